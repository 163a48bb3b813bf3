package client

import (
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// The settings of Go's runtime for a client that is to use less of the machine. One thread is enough for what waits for an answer,
// and what lives for milliseconds need not collect its garbage.
const (
	oneThread     = "GOMAXPROCS=1"
	littleGarbage = "GOGC=400"
)

// frugal returns the variables that spare CPU in the client of a command: with clients of 28.2.2 a fifth to a quarter of an
// inspect, a ps, a stop, a detached run. Clients that go on for as long as a stream keep Go's own bound of garbage, and those that
// transfer images or files get nothing. A container that may take the variables from its client gets none either.
func frugal(c dockercmd.Command) []string {
	if inheritsEnv(c) {
		return nil
	}
	switch c := c.(type) {
	case *dockercmd.Pull, *dockercmd.Push, *dockercmd.Load, *dockercmd.Save, *dockercmd.Import, *dockercmd.Export, *dockercmd.Cp:
		return nil
	case *dockercmd.Events, *dockercmd.Logs, *dockercmd.ServiceLogs, *dockercmd.Stats, *dockercmd.Wait, *dockercmd.Attach,
		*dockercmd.Exec, *dockercmd.SystemDialStdio:
		return []string{oneThread}
	case *dockercmd.Run:
		if !c.Detach {
			return []string{oneThread}
		}
	case *dockercmd.Start:
		if c.Attach || c.Interactive {
			return []string{oneThread}
		}
	}
	return []string{oneThread, littleGarbage}
}

// inheritsEnv reports whether a command may give these variables of its client to a container: --env NAME takes the client's value,
// and so does a line of an --env-file that is a name alone.
func inheritsEnv(c dockercmd.Command) bool {
	var env, files []string
	switch c := c.(type) {
	case *dockercmd.Run:
		env, files = c.Env, c.EnvFiles
	case *dockercmd.Create:
		env, files = c.Env, c.EnvFiles
	case *dockercmd.Exec:
		env, files = c.Env, c.EnvFiles
	case *dockercmd.ServiceCreate:
		env, files = c.Env, c.EnvFiles
	case *dockercmd.ServiceUpdate:
		env = c.EnvAdd
	}
	return len(files) > 0 || slices.ContainsFunc(env, func(e string) bool {
		return strings.HasPrefix(oneThread, e+"=") || strings.HasPrefix(littleGarbage, e+"=")
	})
}
