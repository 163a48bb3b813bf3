package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"regexp"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// The kinds of a [DockerError], to be found with errors.Is.
var (
	ErrNoClient          = errors.New("no docker client")
	ErrUnavailable       = errors.New("docker engine unavailable")
	ErrPermission        = errors.New("permission denied by the docker engine's socket")
	ErrTimeout           = errors.New("docker did not answer in time")
	ErrNotFound          = errors.New("no such container")
	ErrNameConflict      = errors.New("container name in use")
	ErrRemovalInProgress = errors.New("container removal in progress")
	ErrRunning           = errors.New("container is running")
	ErrNotRunning        = errors.New("container is not running")
	ErrImageNotFound     = errors.New("no such image")
	ErrPullFailed        = errors.New("image pull failed")
	ErrRateLimited       = errors.New("registry limits the rate of pulls")
	ErrNoSpace           = errors.New("no space left on the engine's disk")
	ErrMountSource       = errors.New("mount source missing")
	ErrCIDFile           = errors.New("container id file exists already")
	ErrPortTaken         = errors.New("port taken")
	ErrNetworkNotFound   = errors.New("no such network")
	ErrBadFlag           = errors.New("docker refuses a flag")
	ErrNotExecutable     = errors.New("command cannot be executed in the container")
	ErrCommandNotFound   = errors.New("command not found in the container")
	ErrUnsupported       = errors.New("the engine lacks a flag")
	ErrLauncher          = errors.New("the launcher failed before docker ran")
)

// DockerError says why docker did not do what a command asks for.
type DockerError struct {
	// Line is the command line as a shell takes it, with secret values hidden.
	Line string
	// Subcommand is docker's word: run, stop.
	Subcommand string
	// Kinds are the sentinels of this package that apply; empty when the message is not known.
	Kinds []error
	// Exit is the client's exit status; -1 when it did not run or did not end by itself.
	Exit int
	// Message is docker's own last word on it, on one line.
	Message string
	// ConflictID is the id of the container that holds the name, with ErrNameConflict; it may be "".
	ConflictID string
	// Err is what the Runner said: an [ExitError], a [StartError], a context's error.
	Err error
}

// Error says which command failed and why, on one line, and the way out where there is one.
func (e *DockerError) Error() string {
	message := e.Message
	if message == "" {
		message = e.Err.Error()
	}
	if hint := e.hint(); hint != "" {
		message += "; " + hint
	}
	return fmt.Sprintf("docker %s: %s", e.Subcommand, message)
}

// Unwrap returns the kinds and what the Runner said.
func (e *DockerError) Unwrap() []error { return append(append([]error{}, e.Kinds...), e.Err) }

// hints are the ways out of some kinds.
var hints = map[error]string{
	ErrNoClient:      "install docker, or name the client's path",
	ErrUnavailable:   "start the docker engine, or set DOCKER_HOST to one that runs",
	ErrPermission:    "run as root, as a member of the group docker, or through a launcher",
	ErrTimeout:       "the engine may hang: try docker version by hand",
	ErrImageNotFound: "build or pull the image first",
}

func (e *DockerError) hint() string {
	for _, kind := range e.Kinds {
		if h := hints[kind]; h != "" {
			return h
		}
	}
	return ""
}

// message is one known text of docker: every part must occur in it, in lower case.
type message struct {
	parts []string
	kinds []error
}

// messages are docker's texts as recorded with the clients 20.10.24, 28.2.2 and 29.7.2 before a 20.10.24 engine; where they
// differ, each wording has its row. The first that matches decides: a mount, a socket or a cid file may be "not found" or
// "denied" as well as the command, so those stand before it.
var messages = []message{
	{[]string{"permission denied while trying to connect"}, []error{ErrPermission}},
	{[]string{"cannot connect to the docker daemon"}, []error{ErrUnavailable}}, // 20.10, 28
	{[]string{"failed to connect to the docker api"}, []error{ErrUnavailable}}, // 29
	{[]string{"error during connect"}, []error{ErrUnavailable}},                // 20.10, 28: TCP
	{[]string{"unable to resolve docker endpoint"}, []error{ErrUnavailable}},   // a bad host or context
	{[]string{"unexpected eof"}, []error{ErrUnavailable}},                      // the engine went away meanwhile
	{[]string{"connection reset by peer"}, []error{ErrUnavailable}},            //
	{[]string{"is already in use by container"}, []error{ErrNameConflict}},     // the engine
	{[]string{"removal of container", "in progress"}, []error{ErrRemovalInProgress}},
	{[]string{"marked for removal"}, []error{ErrRemovalInProgress}},
	{[]string{"cannot remove a running container"}, []error{ErrRunning}},
	{[]string{"toomanyrequests"}, []error{ErrPullFailed, ErrRateLimited}},
	{[]string{"no space left on device"}, []error{ErrNoSpace}},
	{[]string{"pull access denied"}, []error{ErrImageNotFound, ErrPullFailed}},
	{[]string{"manifest unknown"}, []error{ErrImageNotFound, ErrPullFailed}},
	{[]string{"unable to find image"}, []error{ErrImageNotFound, ErrPullFailed}},
	{[]string{"no such image"}, []error{ErrImageNotFound}},
	{[]string{"bind source path does not exist"}, []error{ErrMountSource}},
	{[]string{"container id file found"}, []error{ErrCIDFile}},
	{[]string{"port is already allocated"}, []error{ErrPortTaken}},
	{[]string{"network ", " not found"}, []error{ErrNetworkNotFound}},
	{[]string{"no such container"}, []error{ErrNotFound}},
	{[]string{"no such object"}, []error{ErrNotFound}},
	{[]string{"is not running"}, []error{ErrNotRunning}},
	{[]string{"is paused, unpause"}, []error{ErrNotRunning}},
	{[]string{"unknown flag"}, []error{ErrBadFlag}},
	{[]string{"unknown shorthand flag"}, []error{ErrBadFlag}},
	{[]string{"flag needs an argument"}, []error{ErrBadFlag}},
	{[]string{"invalid argument", "flag"}, []error{ErrBadFlag}},
	{[]string{"requires api version"}, []error{ErrBadFlag, ErrUnsupported}},
	{[]string{"executable file not found"}, []error{ErrCommandNotFound}},
	{[]string{"unable to start container process", "no such file or directory"}, []error{ErrCommandNotFound}},
	{[]string{"unable to start container process", "permission denied"}, []error{ErrNotExecutable}},
	{[]string{"unable to start container process", "is a directory"}, []error{ErrNotExecutable}},
}

// classify finds the kinds of docker's words.
func classify(stderr string) []error {
	lower := strings.ToLower(stderr)
	for _, m := range messages {
		all := true
		for _, part := range m.parts {
			all = all && strings.Contains(lower, part)
		}
		if all {
			return m.kinds
		}
	}
	return nil
}

var idRE = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// newDockerError makes an error of what a client left behind. It is nil only if err is.
func newDockerError(c dockercmd.Command, stderr []byte, err error) error {
	if err == nil {
		return nil
	}
	e := &DockerError{
		Line:       dockercmd.Redacted(c),
		Subcommand: c.Subcommand(),
		Exit:       -1,
		Message:    lastWord(string(stderr)),
		Err:        err,
	}
	if exit, ok := errors.AsType[*ExitError](err); ok && exit.Signal == 0 {
		e.Exit = exit.Code
	}
	_, isStart := errors.AsType[*StartError](err)
	launcher, isLauncher := errors.AsType[*LauncherError](err)
	switch {
	case isLauncher: // docker did not run: neither the status nor the words are its own
		e.Exit, e.Message, e.Kinds = -1, launcher.Error(), []error{ErrLauncher}
	case errors.Is(err, exec.ErrNotFound), isStart && errors.Is(err, fs.ErrNotExist):
		e.Kinds = []error{ErrNoClient}
	case errors.Is(err, context.DeadlineExceeded):
		e.Kinds = []error{ErrTimeout}
	default:
		e.Kinds = classify(string(stderr))
	}
	for _, kind := range e.Kinds {
		if kind == ErrNameConflict {
			e.ConflictID = idRE.FindString(string(stderr))
		}
	}
	return e
}

// lastWord is the line of docker's standard error that says what is wrong, without docker's trimmings: usage hints, the
// program's name and the words that only say who speaks.
func lastWord(stderr string) string {
	var found string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "See '"), strings.HasPrefix(line, "Usage:"), strings.HasPrefix(line, "Run '"),
			strings.HasPrefix(line, "WARNING:"), strings.HasPrefix(line, "Unable to find image"):
			continue
		}
		found = line
	}
	if found == "" {
		found = strings.TrimSpace(stderr)
	}
	for _, prefix := range []string{"docker: ", "Error response from daemon: ", "Error: ", "error: "} {
		found = strings.TrimPrefix(found, prefix)
	}
	return strings.TrimSuffix(strings.Join(strings.Fields(found), " "), ".")
}
