package dockercmd

import (
	"fmt"
	"slices"
	"strings"
)

// The kinds of the flags that say whose namespace a container lives in. They parse any word, as docker's newest client does for some
// of them; what each allows is checked.
var (
	pidMode      pidKind
	ipcMode      ipcKind
	utsMode      utsKind
	userNSMode   userNSKind
	cgroupNSMode cgroupNSKind
)

type (
	pidKind      struct{ wordKind }
	ipcKind      struct{ wordKind }
	utsKind      struct{ wordKind }
	userNSKind   struct{ wordKind }
	cgroupNSKind struct{ wordKind }
)

func (pidKind) check(s *string) error {
	err := checkShared(*s, "host")
	if name, ok := strings.CutPrefix(*s, "container:"); !ok || name == "" {
		err = refusedByClient(err)
	}
	return err
}
func (ipcKind) check(s *string) error      { return checkShared(*s, "none", "private", "shareable", "host") }
func (utsKind) check(s *string) error      { return refusedByClient(checkWords(*s, "host")) }
func (userNSKind) check(s *string) error   { return refusedByClient(checkWords(*s, "host")) }
func (cgroupNSKind) check(s *string) error { return refusedByClient(checkWords(*s, "host", "private")) }

// checkWords holds s to some words.
func checkWords(s string, words ...string) error {
	if !slices.Contains(words, s) {
		return fmt.Errorf("%q is unknown; use %s", s, strings.Join(words, ", "))
	}
	return nil
}

// checkShared holds s to some words, or to container:NAME.
func checkShared(s string, words ...string) error {
	name, ok := strings.CutPrefix(s, "container:")
	if !ok {
		return checkWords(s, append(words, "container:NAME")...)
	}
	if err := checkReference(name); err != nil {
		return fmt.Errorf("the container in %q: %w", s, err)
	}
	return nil
}
