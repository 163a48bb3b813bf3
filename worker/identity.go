package worker

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/runner"
)

// Identity is the user and the groups that a worker runs as, in numbers.
type Identity struct {
	Name   string // the host's name, or "" when only numbers were given
	UID    int
	GID    int
	Groups []int // further groups, without GID
}

// dockerGroup may talk to the engine, which makes its members as good as root; a worker must not have it.
const dockerGroup = "docker"

// LookupIdentity finds a user of this machine: a name, a UID, or UID:GID. Names come from the C library's databases through
// id(1) when the user files do not have them, so that LDAP works in a static binary too. A user without an entry is an error,
// unless both numbers are given.
func LookupIdentity(ctx context.Context, r runner.Runner, name string) (Identity, error) {
	uid, gid, hasGID := strings.Cut(name, ":")
	if n, err := parseIDNumber(uid); err == nil && hasGID {
		g, err := parseIDNumber(gid)
		if err != nil {
			return Identity{}, fmt.Errorf("%q: the group is not a number; give UID:GID, or the user's name", name)
		}
		return Identity{UID: n, GID: g}, nil
	}
	if hasGID || name == "" || strings.HasPrefix(name, "-") {
		return Identity{}, fmt.Errorf("%q is not a user; give a name, UID, or UID:GID", name)
	}
	if u, err := user.Lookup(name); err == nil {
		return identityOf(u)
	}
	if u, err := user.LookupId(name); err == nil {
		return identityOf(u)
	}
	return identityByID(ctx, r, name)
}

// identityOf reads what the user files say.
func identityOf(u *user.User) (Identity, error) {
	id := Identity{Name: u.Username}
	var errs [3]error
	id.UID, errs[0] = parseIDNumber(u.Uid)
	id.GID, errs[1] = parseIDNumber(u.Gid)
	groups, err := u.GroupIds()
	errs[2] = err
	for _, text := range groups {
		g, err := parseIDNumber(text)
		if err != nil {
			return Identity{}, err
		}
		if group, err := user.LookupGroupId(text); err == nil && group.Name == dockerGroup {
			continue
		}
		id.Groups = append(id.Groups, g)
	}
	return id.tidy(), errors.Join(errs[:]...)
}

// identityByID asks id(1).
func identityByID(ctx context.Context, r runner.Runner, name string) (Identity, error) {
	ask := func(args ...string) ([]string, error) {
		out, stderr, err := runner.Output(ctx, r, runner.Cmd{Argv: append(append([]string{"id"}, args...), "--", name)}, runner.Limits{})
		switch {
		case errors.Is(err, exec.ErrNotFound):
			return nil, fmt.Errorf("the machine has no user %q", name)
		case err != nil:
			return nil, fmt.Errorf("the machine has no user %q (%s)", name, strings.Join(strings.Fields(string(stderr)), " "))
		}
		return strings.Fields(string(out)), nil
	}
	numbers, err := ask("-u")
	if err != nil {
		return Identity{}, err
	}
	gids, err := ask("-G")
	if err != nil {
		return Identity{}, err
	}
	names, err := ask("-Gn")
	if err != nil || len(numbers) != 1 || len(gids) == 0 {
		return Identity{}, errors.Join(fmt.Errorf("id %s: no user and group numbers", name), err)
	}
	id := Identity{Name: name}
	if id.UID, err = parseIDNumber(numbers[0]); err != nil {
		return Identity{}, err
	}
	docker, err := dockerGID(gids, names)
	if err != nil {
		return Identity{}, fmt.Errorf("user %q: %w", name, err)
	}
	// id prints the user's own group first.
	for i, text := range gids {
		g, err := parseIDNumber(text)
		if err != nil {
			return Identity{}, err
		}
		if i == 0 {
			id.GID = g
		} else if text != docker {
			id.Groups = append(id.Groups, g)
		}
	}
	return id.tidy(), nil
}

// dockerGID returns the number of the group docker among a user's groups, or "".
func dockerGID(gids, names []string) (string, error) {
	i := slices.Index(names, dockerGroup)
	if i < 0 {
		return "", nil
	}
	if len(names) == len(gids) {
		return gids[i], nil
	}
	// A group's name holds a blank, as names of domains do: numbers and names do not stand in the same places.
	g, err := user.LookupGroup(dockerGroup)
	if err != nil {
		return "", fmt.Errorf("nobody can tell which of its groups is %s; give the groups by their numbers: %w", dockerGroup, err)
	}
	return g.Gid, nil
}

// tidy sorts the further groups and leaves the user's own out.
func (id Identity) tidy() Identity {
	slices.Sort(id.Groups)
	id.Groups = slices.DeleteFunc(slices.Compact(id.Groups), func(g int) bool { return g == id.GID })
	return id
}

// user returns the identity as docker's --user.
func (id Identity) user() string { return strconv.Itoa(id.UID) + ":" + strconv.Itoa(id.GID) }

func parseIDNumber(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is not a user or group number", s)
	}
	return int(n), nil
}
