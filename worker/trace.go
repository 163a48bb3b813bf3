package worker

import (
	"context"
	"log/slog"

	"github.com/dockercmd/toolkit/runner"
)

// A Manager logs, at debug level, every write before it is made, every delivery before it begins, and every docker call before it
// begins and after its end: an operator sees what was under way when something broke. The handler is called in the goroutine that
// acts, so what it does comes before the act. TestCrash kills a supervisor in it.

// isTracing reports whether anybody wants to know.
func (m *Manager) isTracing() bool {
	return m.Log != nil && m.Log.Enabled(context.Background(), slog.LevelDebug)
}

// trace logs one act.
func (m *Manager) trace(act string, what ...slog.Attr) {
	if m.isTracing() {
		m.Log.LogAttrs(context.Background(), slog.LevelDebug, act, what...)
	}
}

// traced returns a Runner that logs the docker calls which r starts.
func (m *Manager) traced(r runner.Runner) runner.Runner {
	if !m.isTracing() {
		return r
	}
	if r == nil {
		r = runner.Exec{}
	}
	return runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		command := slog.String("command", "docker")
		if len(c.Argv) > 1 {
			command = slog.String("command", "docker "+c.Argv[1])
		}
		m.trace("docker call begins", command)
		p, err := r.Start(ctx, c)
		if err != nil {
			m.trace("docker call did not start", command, slog.Any("error", err))
			return nil, err
		}
		return tracedProcess{p, func() { m.trace("docker call ended", command) }}, nil
	})
}

// tracedProcess calls ended when the process has ended.
type tracedProcess struct {
	runner.Process
	ended func()
}

// Wait waits for the process.
func (p tracedProcess) Wait() error {
	err := p.Process.Wait()
	p.ended()
	return err
}
