package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dockercmd/toolkit/dockercmd"
)

// TestOnlyTheNamedCommandHasItsFlags counts the flags of docker's commands in the tree of a line.
func TestOnlyTheNamedCommandHasItsFlags(t *testing.T) {
	t.Parallel()
	var all []string
	for _, name := range dockercmd.Names() {
		all = append(all, dockercmd.Spellings(dockercmd.New(name))...)
	}
	for _, spelling := range all {
		words := strings.Fields(spelling)
		for _, line := range [][]string{
			words,
			append(slices.Clone(words), "-x", "--name", "run", "w1"),
			append(append([]string{cobra.ShellCompRequestCmd}, words...), "--"),
			append(append([]string{cobra.ShellCompNoDescRequestCmd}, words...), ""),
		} {
			root, late := newRoot()
			late.addNamed(root, line)
			got := flagged(root)
			if len(got) != 1 || got[0] != "dockercmd "+spelling {
				t.Errorf("%q: flags of %q, want those of %q alone", line, got, spelling)
			}
		}
	}
	for _, line := range []string{"", "--help", "help", "help run", "worker ps", "fmt x", "container", "network rn", "bogus",
		"__complete"} {
		root, late := newRoot()
		late.addNamed(root, strings.Fields(line))
		if got := flagged(root); got != nil {
			t.Errorf("%q: flags of %q, want those of none of docker's commands", line, got)
		}
	}
}

// flagged returns the paths of docker's commands that have flags.
func flagged(root *cobra.Command) (paths []string) {
	for _, c := range root.Commands() {
		members := c.Commands()
		if c.GroupID != "preview" {
			continue
		}
		for _, c := range append(members, c) {
			has := false
			c.Flags().VisitAll(func(*pflag.Flag) { has = true })
			if has {
				paths = append(paths, c.CommandPath())
			}
		}
	}
	return paths
}
