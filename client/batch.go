package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// clientParallel is how many containers a client stops, kills or removes at once; start takes one after the other. (20.10.24 and
// 28.2.2, see TestClientsWorkInParallel.)
const clientParallel = 50

// startEach is what a start may take for each container after the first.
const startEach = 3 * time.Second

// rounds returns how many rounds a client needs for n containers.
func rounds(n int) time.Duration {
	return time.Duration(max(1, (n+clientParallel-1)/clientParallel))
}

// stopDeadline returns the deadline of a stop; 0 is none but ctx's.
func (d Docker) stopDeadline(c *dockercmd.Stop) time.Duration {
	n := rounds(len(c.Containers))
	switch {
	case c.Timeout == nil:
		return n * d.long()
	case *c.Timeout < 0:
		return 0
	}
	return n * (time.Duration(*c.Timeout)*time.Second + d.short()/2)
}

func (d Docker) startDeadline(c *dockercmd.Start) time.Duration {
	return d.short() + time.Duration(max(0, len(c.Containers)-1))*startEach
}

// StopAll stops containers as Stop does and returns those that have ended, also those that had ended before, in the order of c.
// When docker ran and some have not, the error is a [*BatchError]. One client stops all, 50 at a time, so the deadline is Stop's
// for every 50.
func (d Docker) StopAll(ctx context.Context, c dockercmd.Stop) (done []string, err error) {
	return d.batch(ctx, &c, c.Containers)
}

// KillAll kills containers as Kill does, and answers as StopAll does. The deadline is Kill's for every 50.
func (d Docker) KillAll(ctx context.Context, c dockercmd.Kill) (done []string, err error) {
	return d.batch(ctx, &c, c.Containers)
}

// RmAll removes containers as Rm does, and answers as StopAll does. With Force, one that is missing is done. The deadline is Rm's
// for every 50.
func (d Docker) RmAll(ctx context.Context, c dockercmd.Rm) (done []string, err error) {
	return d.batch(ctx, &c, c.Containers)
}

// StartAll starts containers as Start does, and answers as StopAll does. The client starts one after the other; each after the
// first adds 3 seconds to Start's deadline.
func (d Docker) StartAll(ctx context.Context, c dockercmd.Start) (done []string, err error) {
	if c.Attach || c.Interactive {
		return nil, errStreams
	}
	return d.batch(ctx, &c, c.Containers)
}

var errStreams = errors.New("start: --attach and --interactive stream; use Stream")

// batch runs a command on several containers.
func (d Docker) batch(ctx context.Context, c dockercmd.Command, operands []string) ([]string, error) {
	out, said, err := d.do(ctx, c, Call{}, runner.DefaultStderrLimit+len(operands)*stderrEach)
	if err == nil {
		return unique(operands), nil
	}
	failure, ok := errors.AsType[*DockerError](err)
	if !ok {
		return nil, err
	}
	rm, isRm := c.(*dockercmd.Rm)
	e := newBatchError(operands, out, said, failure, isRm && rm.Force)
	if len(e.Failed) == 0 { // a warning's exit status, or a client that was stopped behind its last word
		return e.Done, err
	}
	return e.Done, e
}

// stderrEach is how long a message about one container may be, on average, if all are to be read.
const stderrEach = 512

// unique returns words without repetitions.
func unique(words []string) []string {
	seen := make(map[string]bool, len(words))
	var once []string
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			once = append(once, w)
		}
	}
	return once
}

// BatchError describes which containers of one command failed, and why. Its kinds are those of all failures together.
type BatchError struct {
	// Done are the operands that docker has done, in the order of the line, each once.
	Done []string
	// Failed are the others.
	Failed []OperandError
	// Err is the failure of the whole line, a [*DockerError].
	Err error
}

// OperandError is the failure of one container.
type OperandError struct {
	// Operand is its name or id, as the line has it.
	Operand string
	// Err has the kinds and the message of this container. Docker's messages name it, or stand in the order of the line; where
	// neither identifies a message's container, and they are not all of one kind, Err has no kinds: ask Inspect.
	Err *DockerError
}

// Of returns nil for an operand that docker has done, the failure of one that it has not, and an error for what is no operand of
// the line.
func (e *BatchError) Of(operand string) error {
	for _, f := range e.Failed {
		if f.Operand == operand {
			return f.Err
		}
	}
	if slices.Contains(e.Done, operand) {
		return nil
	}
	return fmt.Errorf("%s is not a container of this line", operand)
}

// shownFailures is how many failures a message describes.
const shownFailures = 3

// Error counts the failures and describes the first ones.
func (e *BatchError) Error() string {
	var b strings.Builder
	subcommand := ""
	if failure, ok := errors.AsType[*DockerError](e.Err); ok {
		subcommand = failure.Subcommand + ": "
	}
	fmt.Fprintf(&b, "docker %s%d of %d containers failed", subcommand, len(e.Failed), len(e.Failed)+len(e.Done))
	for i, f := range e.Failed {
		if i == shownFailures {
			fmt.Fprintf(&b, "; and %d more", len(e.Failed)-i)
			break
		}
		fmt.Fprintf(&b, "; %s: %s", f.Operand, f.Err.reason())
	}
	return b.String()
}

// Unwrap returns Err.
func (e *BatchError) Unwrap() error { return e.Err }
