package policy

import (
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// owner judges a container that a line acts on or refers to.
func (j *judge) owner(field, container string) {
	if j.scope.Owned != nil {
		if err := j.scope.Owned(container); err != nil {
			j.deny("container.owner", field, container, err.Error(), j.policy.Containers.String())
		}
		return
	}
	switch {
	case slices.Contains(j.policy.Containers, "*"):
	case strings.Trim(container, "0123456789abcdef") == "": // an id, or the beginning of one
		j.deny("container.owner", field, container, "may be anybody's: nothing is known of whose containers there are",
			j.policy.Containers.String())
	case !j.policy.Containers.Has(strings.TrimPrefix(container, "/")):
		j.deny("container.owner", field, container, "is not the caller's", j.policy.Containers.String())
	}
}

// judgeContainers judges commands whose operands are containers.
func judgeContainers(j *judge) {
	for _, name := range dockercmd.Operands(j.command) {
		j.owner("CONTAINER", name)
	}
}

func judgeFirstContainer(j *judge) {
	if all := dockercmd.Operands(j.command); len(all) > 0 {
		j.owner("CONTAINER", all[0])
	}
}

// judgeTop judges docker top, which runs ps on the host with the options that it is given.
func judgeTop(j *judge) {
	judgeFirstContainer(j)
	for i, word := range dockercmd.Operands(j.command) {
		if i > 0 && !j.policy.TopOptions.Has(word) {
			j.deny("top.option", "PS-OPTION", word, "is an option of ps, which runs on the host", j.policy.TopOptions.String())
		}
	}
}

func judgeRename(j *judge) {
	r := j.command.(*dockercmd.Rename)
	j.owner("CONTAINER", r.Container)
	j.name("NEW_NAME", r.NewName)
}

// name judges the name that a container is to get. A list that allows any name allows none, too: docker makes one up.
func (j *judge) name(field, name string) {
	if !j.policy.Containers.Has(name) && !(name == "" && slices.Contains(j.policy.Containers, "*")) {
		j.deny("container.name", field, name, "is not a name for the caller's containers", j.policy.Containers.String())
	}
}

// judgeInspect judges docker inspect, which looks at whatever has the name.
func judgeInspect(j *judge) {
	i := j.command.(*dockercmd.Inspect)
	switch i.Type {
	case "image":
	case "container":
		judgeContainers(j)
	case "":
		judgeContainers(j)
		if !j.policy.InspectAny {
			j.deny("inspect.type", "--type", "", "is not given, so that it looks at volumes, networks and secrets too", "container, image")
		}
	} // inspectType denies all others
}

func inspectType(v *flagValue) {
	if v.text != "container" && v.text != "image" {
		v.deny("inspect.type", "is not allowed", "container, image")
	}
}

func checkpoint(v *flagValue) {
	v.deny("start.checkpoint", "restores memory that somebody else may have written", "")
}

func removeLink(v *flagValue) { v.deny("network.link", "removes a link of another container", "") }

func judgeExec(j *judge) {
	e := j.command.(*dockercmd.Exec)
	j.owner("CONTAINER", e.Container)
	j.user("--user", e.User)
	first := ""
	if len(e.Command) > 0 {
		first = e.Command[0]
	}
	if !j.policy.Exec.Has(first) {
		j.deny("exec.command", "COMMAND", first, "is not a program that may be started in a running container", j.policy.Exec.String())
	}
}

func judgeUpdate(j *judge) {
	u := j.command.(*dockercmd.Update)
	judgeContainers(j)
	j.limits(limits{
		memory: u.Memory, swap: u.MemorySwap, cpus: u.CPUs, period: u.CPUPeriod, quota: u.CPUQuota, pids: u.PidsLimit, update: true,
	})
}
