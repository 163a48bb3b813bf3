package main

import "github.com/spf13/cobra"

// lateParts holds what adds the subcommands and flags of commands that no line has named yet. Docker's commands have 1,300 flags in
// all their spellings, and a line needs those of one.
type lateParts map[*cobra.Command]func()

// add adds what a command lacks, and reports whether there was anything.
func (l lateParts) add(c *cobra.Command) bool {
	parts, late := l[c]
	if late {
		delete(l, c)
		parts()
	}
	return late
}

// addNamed adds what the command lacks that words name, and the commands above it.
func (l lateParts) addNamed(root *cobra.Command, words []string) {
	if len(words) > 0 && (words[0] == cobra.ShellCompRequestCmd || words[0] == cobra.ShellCompNoDescRequestCmd) {
		words = words[1:] // a shell asks how they go on
	}
	for {
		c, _, err := root.Find(words)
		if err != nil || !l.add(c) {
			return
		}
	}
}
