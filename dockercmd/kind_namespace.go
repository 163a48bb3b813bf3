package dockercmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// The kinds of the flags that say whose namespace a container lives in. They parse any word, as docker's newest client does
// for some of them; what each allows is checked.
var (
	pidMode      pidKind
	ipcMode      ipcKind
	utsMode      utsKind
	userNSMode   userNSKind
	cgroupNSMode cgroupNSKind
)

type (
	pidKind      struct{ table.WordKind }
	ipcKind      struct{ table.WordKind }
	utsKind      struct{ table.WordKind }
	userNSKind   struct{ table.WordKind }
	cgroupNSKind struct{ table.WordKind }
)

func (pidKind) Check(s *string) error {
	err := checkShared(*s, "host")
	if name, ok := strings.CutPrefix(*s, "container:"); !ok || name == "" {
		err = table.RefusedByClient(err)
	}
	return err
}
func (ipcKind) Check(s *string) error    { return checkShared(*s, "none", "private", "shareable", "host") }
func (utsKind) Check(s *string) error    { return table.RefusedByClient(checkWords(*s, "host")) }
func (userNSKind) Check(s *string) error { return table.RefusedByClient(checkWords(*s, "host")) }
func (cgroupNSKind) Check(s *string) error {
	return table.RefusedByClient(checkWords(*s, "host", "private"))
}

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
