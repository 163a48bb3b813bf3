package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/runner"
)

// errLogin says that a client has asked for a login, which nobody can give it here.
var errLogin = errors.New("the client asks for a login")

// asksForLogin reports whether a command's client asks for a login when the engine answers 401. Clients of 28.2.2 then wait without
// end, also when standard input is the null device; those of 20.10.24 print the same and fail. Run and create do not ask.
// TestLoginPrompt shows all of it.
func asksForLogin(c dockercmd.Command) bool {
	switch c.(type) {
	case *dockercmd.Pull, *dockercmd.Push, *dockercmd.Search:
		return true
	}
	return false
}

// endAtLogin returns a Runner that ends a client as soon as it asks for a login on standard output. The error is then errLogin, and
// no context's.
func endAtLogin(r runner.Runner) runner.Runner {
	return runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		ctx, end := context.WithCancelCause(ctx)
		c.Stdout = &loginWriter{w: c.Stdout, asked: func() { end(errLogin) }}
		p, err := r.Start(ctx, c)
		if err != nil {
			end(nil)
			return nil, err
		}
		return &loginProcess{p, ctx, end}, nil
	})
}

// loginProcess is a client that ends when it asks for a login.
type loginProcess struct {
	runner.Process
	ctx context.Context
	end context.CancelCauseFunc
}

// Wait waits for the process.
func (p *loginProcess) Wait() error {
	err := p.Process.Wait()
	p.end(nil)
	if context.Cause(p.ctx) != errLogin {
		return err
	}
	if abandoned, is := errors.AsType[*runner.AbandonedError](err); is {
		return errline.Join(errLogin, &runner.AbandonedError{PID: abandoned.PID, Cause: errLogin})
	}
	return errLogin
}

// loginWriter passes on what a client writes, and calls asked when a line of it asks for a login.
type loginWriter struct {
	w     io.Writer
	asked func()
	line  []byte // its beginning
}

// loginPrompts begin the lines that ask for a login: the clients of 28.2.2 and of 20.10.24 end it with the command's word.
var loginPrompts = []string{"Login prior to ", "Please login prior to "}

func (w *loginWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		rest = after
		w.line = append(w.line, line[:min(len(line), maxPrompt-len(w.line))]...)
		if isLoginPrompt(string(w.line)) {
			w.asked()
		}
		if whole {
			w.line = w.line[:0]
		}
	}
	if w.w == nil {
		return len(p), nil
	}
	return w.w.Write(p)
}

// maxPrompt is longer than a prompt.
const maxPrompt = 64

func isLoginPrompt(line string) bool {
	for _, prompt := range loginPrompts {
		word, has := strings.CutPrefix(strings.TrimSpace(line), prompt)
		if has && (word == "pull:" || word == "push:" || word == "search:") {
			return true
		}
	}
	return false
}
