package shellline

import (
	"regexp"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// prompts are what shells write in front of a command: a dollar or percent sign, perhaps with user, host and directory, and
// those of Windows.
var prompts = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[ \t]*(?:[$%❯➜]|\[?[\w.-]+@[\w.-]+[^$%#>'"\n]*[$%#>]|` +
		`\((?:[\w.-]+)\)[ \t]*\$|[~/][\w./~-]*[$#%]|PS [A-Za-z]:[^>'"\n]*>|[A-Za-z]:\\[^>'"\n]*>)[ \t]+`)
})

var continuationPrompt = regexp.MustCompile(`^[ \t]*>[ \t]`)

// rootPrompt is a # that a docker command stands behind, which would be a comment otherwise.
var rootPrompt = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^([ \t]*)#([ \t]+(?:sudo[ \t]+)?(?:\S*/)?(?:docker|podman|nerdctl)(?:\.exe)?[ \t]+[a-z])`)
})

// prompt returns what a line begins with, "" for none. C:\docker.exe ps > file is none.
func prompt(line string) string {
	p := prompts().FindString(line)
	if windows := strings.ToLower(p); strings.Contains(windows, "docker ") || strings.Contains(windows, "docker.exe ") {
		return ""
	}
	return p
}

// maxContinued bounds how many lines a command with a prompt may have.
const maxContinued = 1000

// unprompted blanks the prompts of a pasted session, and the output between its commands. What is left stays in its place. A
// text whose first line has no prompt is no session, and stays as it is.
func unprompted(text string) string {
	lines := strings.Split(text, "\n")
	first := 0
	for first < len(lines)-1 && strings.TrimSpace(lines[first]) == "" {
		first++
	}
	if prompt(lines[first]) == "" {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(lines); i++ {
		if i > 0 {
			b.WriteByte('\n')
		}
		p := prompt(lines[i])
		if p == "" {
			continue // output
		}
		command := blank(p) + lines[i][len(p):]
		from := i
		for i+1 < len(lines) && i-from < maxContinued && unfinished(command) && prompt(lines[i+1]) == "" {
			i++
			next := lines[i]
			if p := continuationPrompt.FindString(next); p != "" {
				next = blank(p) + next[len(p):]
			}
			command += "\n" + next
		}
		b.WriteString(command)
	}
	return b.String()
}

// unfinished reports whether the shell would ask for another line.
func unfinished(command string) bool {
	if backslashes := len(command) - len(strings.TrimRight(command, `\`)); backslashes%2 == 1 {
		return true
	}
	_, err := parseShell(command)
	return syntax.IsIncomplete(err)
}

// withoutRootPrompt blanks every # in front of a docker command.
func withoutRootPrompt(text string) string { return rootPrompt().ReplaceAllString(text, "$1 $2") }

func blank(s string) string { return strings.Repeat(" ", len([]rune(s))) }
