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

var continuationPrompt = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[ \t]*>[ \t]`) })

// rootPrompt is a # that a docker command stands behind, which would be a comment otherwise.
var rootPrompt = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[ \t]*#[ \t]+(?:sudo[ \t]+)?(?:\S*/)?(?:docker|podman|nerdctl)(?:\.exe)?[ \t]+[a-z]`)
})

// beginsSession reports whether the first line of a text with something in it begins with a prompt.
func beginsSession(text string) bool {
	for {
		line, rest, more := strings.Cut(text, "\n")
		if !more || strings.TrimSpace(line) != "" {
			return prompt(line) != ""
		}
		text = rest
	}
}

// maxPrompt bounds how far a prompt is looked for in a line.
const maxPrompt = 4096

// prompt returns what a line begins with, "" for none. C:\docker.exe ps > file is none.
func prompt(line string) string {
	p := prompts().FindString(line[:min(len(line), maxPrompt)])
	if windows := strings.ToLower(p); strings.Contains(windows, "docker ") || strings.Contains(windows, "docker.exe ") {
		return ""
	}
	return p
}

// maxContinued bounds how many lines a command with a prompt may have.
const maxContinued = 1000

// maxLooked bounds what it may cost to find out where the commands of a session end, beside what its size allows.
const maxLooked = 64 << 20

// unprompted blanks the prompts of a pasted session, and the output between its commands. What is left stays in its place. A
// text whose first line has no prompt is no session, and stays as it is.
func unprompted(text string) string {
	if !beginsSession(text) {
		return text
	}
	lines := strings.Split(text, "\n")
	var b strings.Builder
	looked := 0
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
		for i+1 < len(lines) && i-from < maxContinued && looked <= maxLooked+8*len(text) && unfinished(command) &&
			prompt(lines[i+1]) == "" {
			i++
			looked += len(command)
			next := lines[i]
			if p := continuationPrompt().FindString(next); p != "" {
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
	_, err := parse(command)
	return syntax.IsIncomplete(err)
}

// withoutRootPrompt blanks every # in front of a docker command.
func withoutRootPrompt(text string) string {
	var blanked []byte
	for from := 0; from < len(text); {
		line := text[from:]
		if end := strings.IndexByte(line, '\n'); end >= 0 {
			line = line[:end]
		}
		if at := len(line) - len(strings.TrimLeft(line, " \t")); at < len(line) && line[at] == '#' &&
			rootPrompt().MatchString(line[:min(len(line), maxPrompt)]) {
			if blanked == nil {
				blanked = []byte(text)
			}
			blanked[from+at] = ' '
		}
		from += len(line) + 1
	}
	if blanked == nil {
		return text
	}
	return string(blanked)
}

func blank(s string) string { return strings.Repeat(" ", len([]rune(s))) }
