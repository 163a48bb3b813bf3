package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/writers"
	"github.com/dockercmd/toolkit/runner"
)

// defaultPullQuiet is how long a pull may print nothing. Without a terminal the client prints a line only when something of a
// layer begins or ends (20.10.24 and 28.2.2, see TestPullIsQuietWithinALayer): it must be longer than the longest layer takes.
const defaultPullQuiet = 10 * time.Minute

// PullOptions bounds a pull and reports its progress. Its zero value is ready.
type PullOptions struct {
	// Line, when set, receives each line of progress as it comes, in one goroutine. It must be quick: the client waits for it.
	Line func(line string)
	// Quiet is how long nothing may be printed before the pull is ended; 0 is 10 minutes, a negative one is no limit.
	Quiet time.Duration
	// Total is how long it may take in all; 0 is no limit.
	Total time.Duration
}

// Pull fetches an image from its registry. A failure is ErrPullFailed, and those of the following that apply: [ErrImageNotFound],
// [ErrUnauthorized], [ErrRateLimited], [ErrRegistry] (it cannot be reached, or has trouble of its own), [ErrDigest], [ErrNoSpace].
// A pull without progress, or one that takes too long, is [ErrTimeout]; the engine then stops it, too, and keeps complete layers.
//
// A client that asks for a login is ended at once: that is ErrUnauthorized.
//
// A registry may deny to clients without a login that an image exists: ErrImageNotFound can mean a missing login.
func (d Docker) Pull(ctx context.Context, c dockercmd.Pull, how PullOptions) (pulled output.Pulled, err error) {
	if err := d.Check(&c); err != nil {
		return pulled, err
	}
	err = d.call(ctx, &c, callMode{deadline: how.Total}, func() (err error) {
		pulled, err = d.pull(ctx, &c, how)
		return err
	})
	return pulled, err
}

func (d Docker) pull(ctx context.Context, c *dockercmd.Pull, how PullOptions) (output.Pulled, error) {
	ctx, cancel := withDeadline(ctx, how.Total)
	defer cancel()
	watched, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	quiet := how.Quiet
	if quiet == 0 {
		quiet = defaultPullQuiet
	}
	stalled := fmt.Errorf("%w: no progress within %v", context.DeadlineExceeded, quiet)
	progress := &progressWriter{line: how.Line, active: func() {}, kept: writers.Bounded{Head: 4 << 10, Tail: 16 << 10}}
	if quiet > 0 {
		timer := time.AfterFunc(quiet, func() { stop(stalled) })
		defer timer.Stop()
		progress.active = func() { timer.Reset(quiet) }
	}
	stderr := writers.HeadTail(runner.DefaultStderrLimit)
	cmd := d.cmd(c)
	cmd.Stdout, cmd.Stderr = progress, &stderr
	p, err := endAtLogin(d.runner()).Start(watched, cmd)
	if err != nil {
		return output.Pulled{}, d.dockerError(c, nil, err)
	}
	err = p.Wait()
	progress.endLine()
	if err != nil {
		if ctx.Err() == nil && context.Cause(watched) == stalled && !errors.Is(err, errLogin) {
			err = stalled
		}
		err = d.dockerError(c, stderr.Bytes(), err)
		if failure, ok := errors.AsType[*DockerError](err); ok && (exitOf(err) != nil || errors.Is(err, errLogin)) &&
			!isEngineError(failure) {
			failure.Kinds = appendNew(failure.Kinds, ErrPullFailed)
		}
		return output.Pulled{}, err
	}
	pulled, err := output.ParsePulled(progress.kept.Bytes())
	return pulled, newDockerError(c, nil, err)
}

// isEngineError reports whether a failure concerns the connection to the engine, or the line.
func isEngineError(e *DockerError) bool {
	return slices.ContainsFunc([]error{ErrUnavailable, ErrPermission, ErrLauncher, ErrNoClient, ErrBadFlag}, func(kind error) bool {
		return slices.Contains(e.Kinds, kind)
	})
}

func appendNew(kinds []error, kind error) []error {
	if slices.Contains(kinds, kind) {
		return kinds
	}
	return append(kinds, kind)
}

// progressWriter passes on lines of progress and reports activity.
type progressWriter struct {
	line   func(string)
	active func()
	part   []byte
	kept   writers.Bounded
}

func (w *progressWriter) Write(p []byte) (int, error) {
	w.active()
	w.kept.Write(p)
	if w.line == nil {
		return len(p), nil
	}
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		rest = after
		w.part = append(w.part, line[:min(len(line), maxProgressLine-len(w.part))]...)
		if whole {
			w.endLine()
		}
	}
	return len(p), nil
}

const maxProgressLine = 4 << 10

// endLine ends a line and passes it on.
func (w *progressWriter) endLine() {
	if text := strings.TrimSpace(string(w.part)); text != "" && w.line != nil {
		w.line(text)
	}
	w.part = w.part[:0]
}
