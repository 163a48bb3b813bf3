package policy

import (
	"strings"
)

// user judges whom a process runs as. A name means what the image's own files say; a number without a group takes the group from
// there too, else root's.
func (j *judge) user(field, user string) {
	users := &j.policy.Users
	name, group, hasGroup := strings.Cut(user, ":")
	switch id, err := parseID(name); {
	case name == "":
		if !users.Optional {
			j.deny("user.required", field, user, "is not given, so that the image decides", joinIDs(users.IDs))
		}
	case err != nil:
		if !users.Names.Has(name) {
			j.deny("user.name", field, user, "is a name, whose number the image decides", joinIDs(users.IDs))
		}
	case !hasID(users.IDs, id, id == 0):
		j.deny("user", field, user, "is not allowed", joinIDs(users.IDs))
	}
	switch {
	case group != "":
		j.group(field, group)
	case !users.Optional && name != "":
		j.deny("group.required", field, user, "names no group, so that the image decides, and root's is the default",
			"UID:GID with a group of "+joinIDs(users.Groups))
	case hasGroup && group == "":
		j.deny("group.required", field, user, "names an empty group", "")
	}
}

// group judges a group that a process is in.
func (j *judge) group(field, group string) {
	users := &j.policy.Users
	id, err := parseID(group)
	switch {
	case err != nil:
		if !users.Names.Has(group) {
			j.deny("group.name", field, group, "is a name, whose number the image decides", joinIDs(users.Groups))
		}
	case !hasID(users.Groups, id, j.isMightyGroup(id)):
		j.deny("group", field, group, "is not allowed", joinIDs(users.Groups))
	}
}

// mightyGroups are groups of the host whose members are as good as root.
var mightyGroups = []string{"docker", "podman", "sudo", "wheel", "disk", "shadow", "lxd", "incus-admin", "kmem"}

func (j *judge) isMightyGroup(id int) bool {
	if id == 0 {
		return true
	}
	for _, name := range mightyGroups {
		if gid, ok := j.host.Group(name); ok && gid == id {
			return true
		}
	}
	return false
}

func groupAdd(v *flagValue) { v.group(v.field, v.text) }
