package scripts

import (
	"fmt"
	"regexp"
	"sync"
)

var envName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

// CheckEnvName returns why a shell cannot export the variable name unchanged, and the way out; nil if it can.
func CheckEnvName(name string) error {
	const wayOut = "hand it over as a word of argv, env NAME=VALUE PROGRAM"
	if !envName().MatchString(name) {
		return fmt.Errorf("env %q: a shell exports only names of letters, digits and _, and dash and busybox also drop others that "+
			"they inherit: %s",
			name, wayOut)
	}
	if reason, ok := keptByShell[name]; ok {
		return fmt.Errorf("env %q: %s: %s", name, reason, wayOut)
	}
	return nil
}

const (
	readOnly = "bash keeps it read-only"
	computed = "bash computes it"
	list     = "bash does not export its lists"
)

// keptByShell holds the variables that do not reach the program as given, by trial with bash 5.2 (which is also sh in
// many images), dash 0.5.12 and busybox 1.35. Others that only look dangerous came through unharmed: IFS, ENV, BASH_ENV,
// PWD, PS4, POSIXLY_CORRECT, LC_ALL (bash may warn about a locale that the image lacks).
var keptByShell = map[string]string{
	"BASHOPTS":      readOnly,
	"BASH_VERSINFO": readOnly,
	"EUID":          readOnly,
	"PPID":          readOnly,
	"SHELLOPTS":     readOnly,
	"UID":           readOnly,

	"BASHPID":       computed,
	"BASH_COMMAND":  computed,
	"BASH_SUBSHELL": computed,
	"EPOCHREALTIME": computed,
	"EPOCHSECONDS":  computed,
	"HISTCMD":       computed,
	"LINENO":        computed,
	"RANDOM":        computed,
	"SECONDS":       computed,
	"SRANDOM":       computed,
	"_":             computed,

	"BASH_ALIASES": list,
	"BASH_ARGC":    list,
	"BASH_ARGV":    list,
	"BASH_CMDS":    list,
	"BASH_LINENO":  list,
	"BASH_SOURCE":  list,
	"DIRSTACK":     list,
	"FUNCNAME":     list,
	"GROUPS":       list,

	"EXECIGNORE": "bash would pass over the worker's program",
	"OPTIND":     "dash stops at one that is not a number, and bash computes it",
	"SHLVL":      "bash counts it down at exec",
}
