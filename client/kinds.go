package client

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/hide"
	"github.com/dockercmd/toolkit/runner"
)

// The kinds of a [DockerError], to be found with errors.Is.
var (
	ErrNoClient          = errors.New("no docker client")
	ErrUnavailable       = errors.New("docker engine unavailable")
	ErrUnreached         = errors.New("docker engine not reached") // beside another kind that says why: nothing at all was done
	ErrBreakerOpen       = errors.New("circuit breaker open: docker is not called")
	ErrPermission        = errors.New("permission denied by the docker engine's socket")
	ErrTimeout           = errors.New("docker did not answer in time")
	ErrInterrupted       = errors.New("docker client ended by a signal") // of somebody else's; what it was to do may be done
	ErrNotFound          = errors.New("no such container")
	ErrNameConflict      = errors.New("container name in use")
	ErrRemovalInProgress = errors.New("container removal in progress")
	ErrRunning           = errors.New("container is running")
	ErrNotRunning        = errors.New("container is not running")
	ErrImageNotFound     = errors.New("no such image")
	ErrPullFailed        = errors.New("image pull failed")
	ErrRateLimited       = errors.New("registry limits the rate of pulls")
	ErrRegistry          = errors.New("registry unavailable")
	ErrUnauthorized      = errors.New("registry refuses access")
	ErrDigest            = errors.New("image is not the one of its digest")
	ErrImageNotAllowed   = errors.New("image not allowed")
	ErrNoSpace           = errors.New("no space left on the engine's disk")
	ErrMountSource       = errors.New("mount source missing")
	ErrCIDFile           = errors.New("container id file exists already")
	ErrPortTaken         = errors.New("port taken")
	ErrNetworkNotFound   = errors.New("no such network")
	// ErrEndpointExists is what an engine that has crashed may leave behind: the network still has the container that is gone, by
	// its name. docker network disconnect --force NET NAME takes it away.
	ErrEndpointExists  = errors.New("the network has an endpoint of that name already")
	ErrBadFlag         = errors.New("docker refuses a flag")
	ErrNotExecutable   = errors.New("command cannot be executed in the container")
	ErrCommandNotFound = errors.New("command not found in the container")
	ErrUnsupported     = errors.New("the engine lacks a flag")
	ErrLauncher        = errors.New("the launcher failed before docker ran")
)

// DockerError is the failure of a docker command.
type DockerError struct {
	// Line is the command line as a shell takes it, with secret values hidden.
	Line string
	// Subcommand is docker's word: run, stop.
	Subcommand string
	// Kinds are the sentinels of this package that apply; empty when the message is not known.
	Kinds []error
	// Mixed says that docker has told of several failures, as a command with several operands can, and not each of them is of all the
	// Kinds: a container that inspect does not show may then be missing, or be the one of the other failure.
	Mixed bool
	// Shared says that the message stood on a stream that a container's program writes to as well, so that it may be the program's.
	// Such an error is not retried, counts for no Breaker, and is never ErrUnreached.
	Shared bool
	// Exit is the client's exit status; -1 when it did not run or did not end by itself.
	Exit int
	// Message is the last error message that docker printed, on one line.
	Message string
	// ConflictID is the id of the container that holds the name, with ErrNameConflict; it may be "".
	ConflictID string
	// Err is what the Runner returned: a [runner.ExitError], a [runner.StartError], a context's error.
	Err error
}

// Error returns which command failed and why, on one line, and a hint where there is one.
func (e *DockerError) Error() string {
	return fmt.Sprintf("docker %s: %s", e.Subcommand, e.reason())
}

func (e *DockerError) reason() string {
	why := e.Message
	if more := e.cause(); more != "" && why != "" {
		why = more + ": " + why
	} else if more != "" {
		why = more
	}
	if hint := e.hint(); hint != "" {
		why += "; " + hint
	}
	return why
}

// cause returns what Err adds to docker's own message; a mere exit status adds nothing.
func (e *DockerError) cause() string {
	if e.Err == nil || e.Err.Error() == e.Message {
		return ""
	}
	if exit, ok := e.Err.(*runner.ExitError); ok && exit.Cause == nil && e.Message != "" {
		return ""
	}
	return strings.ReplaceAll(e.Err.Error(), "\n", "; ")
}

// Unwrap returns the kinds and what the Runner returned.
func (e *DockerError) Unwrap() []error { return append(slices.Clone(e.Kinds), e.Err) }

// hints are the ways out of some kinds.
var hints = map[error]string{
	ErrNoClient:      "install docker, or name the client's path",
	ErrUnavailable:   "start the docker engine, or set DOCKER_HOST to one that runs",
	ErrPermission:    "run as root, as a member of the group docker, or through a launcher",
	ErrTimeout:       "the engine may hang: try docker version by hand",
	ErrInterrupted:   "look whether docker has done it, and try again if not",
	ErrPullFailed:    "try docker pull by hand, or bring the image with docker load",
	ErrImageNotFound: "build or pull the image first",
	ErrUnauthorized:  "try docker login",
}

// endpointRE finds the names of an endpoint that is left behind and of its network.
var endpointRE = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\bendpoint with name (\S+) already exists in network (\S+)$`)
})

func (e *DockerError) hint() string {
	if slices.Contains(e.Kinds, ErrEndpointExists) {
		if m := endpointRE().FindStringSubmatch(e.Message); m != nil {
			return "if the container is gone, docker network disconnect --force " + m[2] + " " + m[1]
		}
	}
	if start, ok := errors.AsType[*runner.StartError](e.Err); ok && start.Hint != "" {
		return "" // Err contains it already
	}
	if slices.Contains(e.Kinds, ErrUnauthorized) {
		return hints[ErrUnauthorized] // a pull by hand would fail, too
	}
	for _, kind := range e.Kinds {
		if h := hints[kind]; h != "" {
			return h
		}
	}
	return ""
}

// conflictRE finds the id of the container that holds a name. The name before it may look like an id, too.
var conflictRE = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)is already in use by (?:container )?"?([0-9a-f]{64})\b`)
})

// newDockerError makes a DockerError of what a client left behind; it is nil only if err is.
func newDockerError(c dockercmd.Command, stderr []byte, err error) error {
	if err == nil {
		return nil
	}
	e := &DockerError{
		Line:       dockercmd.Redacted(c),
		Subcommand: c.Subcommand(),
		Exit:       -1,
		Message:    hide.URLs(lastMessage(string(stderr))),
		Err:        err,
	}
	if exit, ok := errors.AsType[*runner.ExitError](err); ok && exit.Signal == 0 {
		e.Exit = exit.Code
	}
	launcher, isLauncher := errors.AsType[*runner.LauncherError](err)
	switch {
	case isLauncher: // docker did not run: neither the status nor the words are its own
		e.Exit, e.Message, e.Kinds = -1, launcher.Error(), []error{ErrLauncher, ErrUnreached}
	case errors.Is(err, exec.ErrNotFound):
		e.Kinds = []error{ErrNoClient, ErrUnreached}
	case errors.Is(err, errLogin):
		e.Kinds = []error{ErrUnauthorized}
	case errors.Is(err, context.DeadlineExceeded):
		e.Kinds = []error{ErrTimeout}
	default:
		e.Kinds, e.Mixed = classify(string(stderr)), isMixed(string(stderr))
		if wasInterrupted(c, err) {
			e.Kinds = append(e.Kinds, ErrInterrupted)
		}
	}
	if _, unstarted := errors.AsType[*runner.StartError](err); unstarted && !slices.Contains(e.Kinds, ErrUnreached) {
		e.Kinds = append(e.Kinds, ErrUnreached)
	}
	if slices.Contains(e.Kinds, ErrNameConflict) {
		if found := conflictRE().FindSubmatch(stderr); found != nil {
			e.ConflictID = string(found[1])
		}
	}
	return e
}

// wasInterrupted reports whether somebody else's signal has ended the client: SIGTERM to all processes of a service, say. A client
// of 28 that handles it exits with 128 and the signal's number, which is otherwise the status of a program in an attached
// container.
func wasInterrupted(c dockercmd.Command, err error) bool {
	exit, ok := errors.AsType[*runner.ExitError](err)
	if !ok || exit.Cause != nil {
		return false
	}
	if exit.Signal != 0 {
		return true
	}
	switch c := c.(type) {
	case *dockercmd.Exec, *dockercmd.Attach:
		return false
	case *dockercmd.Run:
		if !c.Detach {
			return false
		}
	case *dockercmd.Start:
		if c.Attach || c.Interactive {
			return false
		}
	}
	return exit.Code == 128+int(syscall.SIGTERM) || exit.Code == 128+int(syscall.SIGINT) || exit.Code == 128+int(syscall.SIGHUP)
}
