package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"
)

// account is a user of the machine.
type account struct {
	name     string
	uid, gid int
	groups   []int
}

// caller is who asks.
type caller struct {
	account
	// mighty is that the launcher has root's rights, and has to give them up.
	mighty bool
}

// identify finds out who calls: the real user; of a launcher that root has started, the user that sudo names.
func identify() (caller, error) {
	ruid, euid := os.Getuid(), os.Geteuid()
	w := caller{mighty: euid == 0}
	uid := ruid
	if sudo := os.Getenv("SUDO_UID"); ruid == 0 && sudo != "" {
		n, err := strconv.Atoi(sudo)
		if err != nil || n < 0 {
			return caller{}, fail(statusCaller, "SUDO_UID is %q, which is no user", sudo)
		}
		uid = n
	}
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return caller{}, fail(statusCaller, "user %d: %w", uid, err)
	}
	w.account, err = accountOf(u)
	return w, err
}

func accountOf(u *user.User) (account, error) {
	a := account{name: u.Username}
	var errs [2]error
	a.uid, errs[0] = strconv.Atoi(u.Uid)
	a.gid, errs[1] = strconv.Atoi(u.Gid)
	groups, err := u.GroupIds()
	for _, e := range append(errs[:], err) {
		if e != nil {
			return account{}, fail(statusCaller, "user %s: %w", u.Username, e)
		}
	}
	for _, g := range groups {
		if n, err := strconv.Atoi(g); err == nil {
			a.groups = append(a.groups, n)
		}
	}
	return a, nil
}

// as runs a function with the caller's rights on files. Package syscall changes all threads of the process.
func (w caller) as(f func()) error {
	if !w.mighty {
		f()
		return nil
	}
	before, err := syscall.Getgroups()
	if err != nil {
		return err
	}
	gid := syscall.Getegid()
	if err := errors.Join(syscall.Setgroups(w.groups), syscall.Setresgid(-1, w.gid, -1), syscall.Setresuid(-1, w.uid, -1)); err != nil {
		return fmt.Errorf("become user %d: %w", w.uid, err)
	}
	f()
	if err := errors.Join(syscall.Setresuid(-1, 0, -1), syscall.Setresgid(-1, gid, -1), syscall.Setgroups(before)); err != nil {
		return fmt.Errorf("become root again: %w", err)
	}
	return nil
}

// session is one call.
type session struct {
	conf *config
	who  caller
}

// admit denies those who may not call.
func (s *session) admit() error {
	if s.conf.isBanned(s.who.account) {
		return fail(statusCaller, "user %s (%d) may not use the launcher: min-uid is %d, and banned are %q", s.who.name, s.who.uid,
			s.conf.MinUID, s.conf.Banned)
	}
	if s.conf.Group == "" {
		return nil
	}
	gid, err := groupID(s.conf.Group)
	if err != nil {
		return fail(statusSetup, "configuration: group: %w", err)
	}
	if gid != s.who.gid && !slices.Contains(s.who.groups, gid) {
		return fail(statusCaller, "user %s is not in the group %s", s.who.name, s.conf.Group)
	}
	return nil
}

func groupID(name string) (int, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(g.Gid)
}
