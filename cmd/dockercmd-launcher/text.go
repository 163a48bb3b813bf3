package main

import (
	"strings"
	"unicode"
)

// printable returns a text without what a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// stormStatuses is that the caller speaks Storm's protocol, and wants the statuses of Storm's worker-launcher.
var stormStatuses bool

// exitStatus returns the number of a status in the caller's protocol.
func exitStatus(s status) int {
	if !stormStatuses {
		return int(s)
	}
	if n, ok := map[status]int{
		statusDenied: 39, statusRequest: 3, statusSetup: 24, statusCaller: 255, statusDocker: 29, statusExec: 29, statusFiles: 21,
	}[s]; ok {
		return n
	}
	return int(s)
}
