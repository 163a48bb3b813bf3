package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/runner"
)

// patient is an engine that tests switch: what it replies, and which subcommands it was asked.
type patient struct {
	mu    sync.Mutex
	reply reply
	hangs bool
	asked []string
}

func (p *patient) Start(ctx context.Context, c runner.Cmd) (runner.Process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, c.Argv[1])
	if p.hangs {
		return pending{ctx: ctx}, nil
	}
	r := p.reply
	if c.Argv[1] == "version" && r.exit == 0 {
		r.stdout = `{"Client":{"Version":"28.2.2"},"Server":{"Version":"28.2.2"}}`
	}
	var calls int
	return replying(&calls, r).Start(ctx, c)
}

// took is what was asked since the last time.
func (p *patient) took() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.asked = nil }()
	return strings.Join(p.asked, " ")
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := &patient{reply: down}
		var told []string
		b := &runner.Breaker{Changed: func(h runner.Health) { told = append(told, h.State.String()) }}
		d := runner.Docker{Runner: engine, Breaker: b}
		ps := func() error { _, err := d.Ps(t.Context(), dockercmd.Ps{}); return err }
		kill := func() error { return d.Kill(t.Context(), dockercmd.Kill{Containers: []string{"w1"}}) }
		open := []error{runner.ErrBreakerOpen, runner.ErrUnavailable, runner.ErrUnreached}
		is := func(asked string, state runner.HealthState, failures int) {
			t.Helper()
			h := b.Health()
			if got := engine.took(); got != asked || h.State != state || h.Failures != failures {
				t.Errorf("asked %q, want %q; %v with %d failures, want %v with %d", got, asked, h.State, h.Failures, state, failures)
			}
		}
		is("", runner.Unknown, 0)
		for range 2 {
			wantKinds(t, ps(), runner.ErrUnavailable, runner.ErrUnreached)
		}
		is("ps ps", runner.Failing, 2)
		kill()
		is("kill", runner.Sick, 3)

		// It is open: whatever is asked, nothing is started.
		for range 5 {
			err := kill()
			wantKinds(t, err, open...)
			if text := err.Error(); !strings.Contains(text, "3 calls in a row failed") || !strings.Contains(text, "Cannot connect") || strings.Contains(text, "\n") {
				t.Errorf("got %q", text)
			}
			wantKinds(t, ps(), open...)
		}
		is("", runner.Sick, 3)

		// Tries come further and further apart, and are a version where the call itself is none.
		wait := time.Second
		for i := range 7 {
			time.Sleep(wait - 1)
			wantKinds(t, ps(), open...)
			is("", runner.Sick, 3+i)
			time.Sleep(1)
			if i%2 == 0 {
				wantKinds(t, ps(), runner.ErrUnavailable, runner.ErrUnreached)
				is("ps", runner.Sick, 4+i)
			} else {
				wantKinds(t, kill(), open...)
				is("version", runner.Sick, 4+i)
			}
			wantKinds(t, kill(), open...)
			wait = min(2*wait, 30*time.Second)
		}
		engine.took()

		// The engine is back: a version, and then the call itself. A refusal is an answer, too.
		engine.reply = missing
		time.Sleep(wait)
		engine.reply = reply{}
		if err := kill(); err != nil {
			t.Error(err)
		}
		is("version kill", runner.Healthy, 0)
		engine.reply = down
		ps()
		engine.reply = missing
		wantKinds(t, kill(), runner.ErrNotFound)
		is("ps kill", runner.Healthy, 0)
		if want := []string{"failing", "sick", "healthy", "failing", "healthy"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// TestBreakerCounts has ends of calls of which some speak against the engine, some for it and some do not speak of it.
func TestBreakerCounts(t *testing.T) {
	t.Parallel()
	ps := func(ctx context.Context, d runner.Docker) error { _, err := d.Ps(ctx, dockercmd.Ps{}); return err }
	wait := func(ctx context.Context, d runner.Docker) error { _, err := d.Wait(ctx, "w1"); return err }
	within := func(timeout time.Duration, call func(context.Context, runner.Docker) error) func(context.Context, runner.Docker) error {
		return func(ctx context.Context, d runner.Docker) error {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			return call(ctx, d)
		}
	}
	cancelled := func(ctx context.Context, d runner.Docker) error {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(time.Minute/4, cancel)
		return ps(ctx, d)
	}
	tests := []struct {
		name   string
		engine *patient
		call   func(context.Context, runner.Docker) error
		want   string
	}{
		{"success", &patient{}, ps, "healthy"},
		{"a refusal", &patient{reply: missing}, ps, "healthy"},
		{"a refusal in unknown words", &patient{reply: reply{stderr: daemon + "the moon is full\n", exit: 1}}, ps, "healthy"},
		{"down", &patient{reply: down}, ps, "failing"},
		{"broken off", &patient{reply: broken}, ps, "failing"},
		{"too late", &patient{hangs: true}, ps, "failing"},
		{"too late for its caller", &patient{hangs: true}, within(2*time.Second, ps), "failing"},
		{"an impatient caller", &patient{hangs: true}, within(time.Second/2, ps), "unknown"},
		{"a long wait", &patient{hangs: true}, within(time.Hour, wait), "unknown"},
		{"cancelled", &patient{hangs: true}, cancelled, "unknown"},
		{"denied", &patient{reply: reply{stderr: "permission denied while trying to connect to the docker API at unix:///s\n", exit: 1}}, ps, "unknown"},
		{"a bad flag", &patient{reply: reply{stderr: "unknown flag: --zz\n", exit: 125}}, ps, "unknown"},
		{"no client", nil, ps, "unknown"},
		{"refused here", &patient{}, func(ctx context.Context, d runner.Docker) error { return d.Kill(ctx, dockercmd.Kill{}) }, "unknown"},
		{"the stream of events ends", &patient{}, func(ctx context.Context, d runner.Docker) error { return d.Events(ctx, dockercmd.Events{}, nil) }, "failing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := new(runner.Breaker)
				d := runner.Docker{Breaker: b, Program: "/nonexistent/docker"}
				if tt.engine != nil {
					d.Runner = tt.engine
				}
				_ = tt.call(t.Context(), d)
				h := b.Health()
				if h.State.String() != tt.want || (h.State == runner.Healthy) != !h.LastSuccess.IsZero() || (h.LastError != "") != (tt.want == "failing") {
					t.Errorf("got %+v, want %s", h, tt.want)
				}
			})
		})
	}
}

// TestBreakerTriesOnce has a hundred callers at the moment when the engine is tried again, and it still hangs.
func TestBreakerTriesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := &patient{hangs: true}
		b := &runner.Breaker{Threshold: 1}
		d := runner.Docker{Runner: engine, Breaker: b}
		d.Ps(t.Context(), dockercmd.Ps{})
		engine.took()
		time.Sleep(time.Second)
		start := time.Now()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				var err error
				if i%2 == 0 {
					_, err = d.Ps(t.Context(), dockercmd.Ps{})
				} else {
					_, err = d.Run(t.Context(), dockercmd.Run{Image: "img"})
				}
				if err == nil {
					t.Error("a call of an engine that hangs went well")
				}
			})
		}
		synctest.Wait()
		if got := engine.took(); got != "ps" && got != "version" {
			t.Errorf("asked %q, want one try", got)
		}
		all.Wait()
		if took := time.Since(start); took > runner.DefaultShort {
			t.Errorf("it took %v", took)
		}
		// A call that began before does not end the try of another.
		if h := b.Health(); h.State != runner.Sick || h.Failures != 2 || !h.NextProbe.Equal(time.Now().Add(2*time.Second)) {
			t.Errorf("got %+v", h)
		}
	})
}

func TestBreakerRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := &patient{reply: down}
		d := runner.Docker{Runner: engine, Breaker: &runner.Breaker{Threshold: 2}, Retry: new(runner.Retry)}
		_, err := d.Ps(t.Context(), dockercmd.Ps{})
		if got := engine.took(); got != "ps ps" || !errors.Is(err, runner.ErrBreakerOpen) {
			t.Errorf("asked %q: %v; want the second failure to open the breaker and end the repetitions", got, err)
		}
	})
}

func TestHealthText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		h    runner.Health
		want string
	}{
		{runner.Health{}, "docker engine unknown"},
		{(*runner.Breaker)(nil).Health(), "docker engine unknown"},
		{runner.Health{State: runner.Healthy, Since: at, LastSuccess: at}, "docker engine healthy since 2026-01-02T03:04:05Z"},
		{runner.Health{State: runner.Failing, Since: at, Failures: 2, LastError: "docker ps: no"}, "docker engine failing since 2026-01-02T03:04:05Z, failures in a row: 2, it has never answered: docker ps: no"},
		{runner.Health{State: runner.Sick, Since: at, Failures: 9, LastError: "docker ps: no", LastSuccess: at, NextProbe: at.Add(time.Minute)},
			"docker engine sick since 2026-01-02T03:04:05Z, failures in a row: 9, it last answered at 2026-01-02T03:04:05Z, to be tried again from 2026-01-02T03:05:05Z: docker ps: no"},
		{runner.Health{State: 9}, "docker engine state 9"},
	} {
		if got := tt.h.String(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// TestObserve is told of every call, and of nothing that the line holds.
func TestObserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const secret = "hunter2"
		var got []string
		engine := &patient{reply: down}
		d := runner.Docker{Runner: engine, Retry: &runner.Retry{Attempts: 2}, Breaker: &runner.Breaker{Threshold: 2}}
		d.Observe = func(o runner.Observation) {
			got = append(got, fmt.Sprintf("%s %q %d", o.Operation, o.Kind, o.Attempt))
			if text := fmt.Sprintf("%+v", o); strings.Contains(text, secret) || o.Start.IsZero() || o.Duration < 0 || (o.Err == nil) != (o.Kind == "") {
				t.Errorf("got %s", text)
			}
		}
		run := dockercmd.Run{Image: "img", Env: []string{"A=" + secret}}
		d.Run(t.Context(), run)
		d.Run(t.Context(), run)
		engine.reply = reply{stdout: hexID + "\n"}
		time.Sleep(time.Minute)
		d.Run(t.Context(), run)
		d.Wait(t.Context(), "w1")
		engine.reply = reply{exit: 3}
		d.Exec(t.Context(), dockercmd.Exec{Container: "w1", Command: []string{"a"}}, runner.Streams{})
		engine.reply = missing
		d.Logs(t.Context(), dockercmd.Logs{Container: "w1"}, runner.Streams{})
		d.Import(t.Context(), dockercmd.Import{}, strings.NewReader(""))
		d.Events(t.Context(), dockercmd.Events{}, nil)
		d.Kill(t.Context(), dockercmd.Kill{}) // refused before anything is started
		engine.hangs = true
		d.StopAll(t.Context(), dockercmd.Stop{Containers: []string{"w1", "w2"}})
		want := []string{
			`run "unavailable" 1`, `run "unavailable" 2`, `run "breaker_open" 1`, `version "" 1`, `run "" 1`,
			`wait "" 1`, `exec "" 1`, `logs "not_found" 1`, `import "not_found" 1`, `events "not_found" 1`, `stop "timeout" 1`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestKindName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, kind := range append(allKinds, context.Canceled, runner.ErrEventsLost) {
		name := runner.KindName(fmt.Errorf("x: %w", kind))
		if seen[name] || name == "other" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%v is called %q", kind, name)
		}
		seen[name] = true
	}
	seen["other"] = true
	for _, name := range runner.KindNames() {
		if !seen[name] {
			t.Errorf("%q is no kind's", name)
		}
		delete(seen, name)
	}
	if len(seen) > 0 {
		t.Errorf("KindNames lacks %v", seen)
	}
	if got := runner.KindName(nil) + runner.KindName(errors.New("x")) + runner.KindName(context.DeadlineExceeded); got != "othertimeout" {
		t.Errorf("got %q", got)
	}
	both := &runner.DockerError{Kinds: []error{runner.ErrPullFailed, runner.ErrRateLimited}}
	if got := runner.KindName(both); got != "rate_limited" {
		t.Errorf("got %q, want the narrower kind", got)
	}
}
