package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
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

// took returns what was asked since the last call of took.
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
		b := &client.Breaker{Changed: func(h client.Health) { told = append(told, h.State.String()) }}
		d := client.Docker{Runner: engine, Breaker: b}
		ps := func() error { _, err := d.Ps(t.Context(), dockercmd.Ps{}); return err }
		kill := func() error { return d.Kill(t.Context(), dockercmd.Kill{Containers: []string{"w1"}}) }
		open := []error{client.ErrBreakerOpen, client.ErrUnavailable, client.ErrUnreached}
		is := func(asked string, state client.BreakerState, failures int) {
			t.Helper()
			h := b.Health()
			if got := engine.took(); got != asked || h.State != state || h.Failures != failures {
				t.Errorf("asked %q, want %q; %v with %d failures, want %v with %d", got, asked, h.State, h.Failures, state, failures)
			}
		}
		is("", client.BreakerClosed, 0)
		for range 2 {
			wantKinds(t, ps(), client.ErrUnavailable, client.ErrUnreached)
		}
		is("ps ps", client.BreakerClosed, 2)
		kill()
		is("kill", client.BreakerOpen, 3)

		// It is open: whatever is asked, nothing is started.
		for range 5 {
			err := kill()
			wantKinds(t, err, open...)
			if text := err.Error(); !strings.Contains(text, "3 calls in a row failed") || !strings.Contains(text, "Cannot connect") ||
				strings.Contains(text, "\n") {
				t.Errorf("got %q", text)
			}
			wantKinds(t, ps(), open...)
		}
		is("", client.BreakerOpen, 3)

		// Tries come further and further apart, and are a version where the call itself is none.
		wait := time.Second
		for i := range 7 {
			time.Sleep(wait - 1)
			wantKinds(t, ps(), open...)
			is("", client.BreakerOpen, 3+i)
			time.Sleep(1)
			if i%2 == 0 {
				wantKinds(t, ps(), client.ErrUnavailable, client.ErrUnreached)
				is("ps", client.BreakerOpen, 4+i)
			} else {
				wantKinds(t, kill(), open...)
				is("version", client.BreakerOpen, 4+i)
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
		is("version kill", client.BreakerClosed, 0)
		engine.reply = down
		ps()
		engine.reply = missing
		wantKinds(t, kill(), client.ErrNotFound)
		is("ps kill", client.BreakerClosed, 0)
		if want := []string{"open", "closed"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// TestBreakerCounts classifies the ends of calls: a failure of the engine, a success, or neither.
func TestBreakerCounts(t *testing.T) {
	t.Parallel()
	ps := func(ctx context.Context, d client.Docker) error { _, err := d.Ps(ctx, dockercmd.Ps{}); return err }
	wait := func(ctx context.Context, d client.Docker) error { _, err := d.Wait(ctx, "w1"); return err }
	within := func(timeout time.Duration, call func(context.Context, client.Docker) error) func(context.Context, client.Docker) error {
		return func(ctx context.Context, d client.Docker) error {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			return call(ctx, d)
		}
	}
	cancelled := func(ctx context.Context, d client.Docker) error {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(time.Minute/4, cancel)
		return ps(ctx, d)
	}
	tests := []struct {
		name   string
		engine *patient
		call   func(context.Context, client.Docker) error
		want   string
	}{
		{"success", &patient{}, ps, "success"},
		{"a refusal", &patient{reply: missing}, ps, "success"},
		{"a refusal in unknown words", &patient{reply: reply{stderr: daemon + "the moon is full\n", exit: 1}}, ps, "success"},
		{"down", &patient{reply: down}, ps, "failure"},
		{"broken off", &patient{reply: broken}, ps, "failure"},
		{"too late", &patient{hangs: true}, ps, "failure"},
		{"too late for its caller", &patient{hangs: true}, within(2*time.Second, ps), "failure"},
		{"an impatient caller", &patient{hangs: true}, within(time.Second/2, ps), "neutral"},
		{"a long wait", &patient{hangs: true}, within(time.Hour, wait), "neutral"},
		{"cancelled", &patient{hangs: true}, cancelled, "neutral"},
		{"denied", &patient{reply: reply{stderr: "permission denied while trying to connect to the docker API at unix:///s\n", exit: 1}},
			ps, "neutral"},
		{"a bad flag", &patient{reply: reply{stderr: "unknown flag: --zz\n", exit: 125}}, ps, "neutral"},
		{"no client", nil, ps, "neutral"},
		{"refused here", &patient{}, func(ctx context.Context, d client.Docker) error { return d.Kill(ctx, dockercmd.Kill{}) },
			"neutral"},
		{"the stream of events ends", &patient{},
			func(ctx context.Context, d client.Docker) error { return d.Events(ctx, dockercmd.Events{}, nil) }, "failure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := new(client.Breaker)
				d := client.Docker{Breaker: b, Program: filepath.Join(t.TempDir(), "docker")}
				if tt.engine != nil {
					d.Runner = tt.engine
				}
				_ = tt.call(t.Context(), d)
				h := b.Health()
				got := "neutral"
				switch {
				case h.Failures == 1 && h.LastError != "":
					got = "failure"
				case !h.LastSuccess.IsZero():
					got = "success"
				}
				if got != tt.want || h.State != client.BreakerClosed {
					t.Errorf("got %s, %+v, want %s", got, h, tt.want)
				}
			})
		})
	}
}

// TestBreakerTriesOnce makes a hundred calls at the moment when a probe is due and the engine still hangs.
func TestBreakerTriesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := &patient{hangs: true}
		b := &client.Breaker{Threshold: 1}
		d := client.Docker{Runner: engine, Breaker: b}
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
			t.Errorf("asked %q, want one probe", got)
		}
		if h := b.Health(); h.State != client.BreakerHalfOpen {
			t.Errorf("got %v while the probe is in flight", h)
		}
		all.Wait()
		if took := time.Since(start); took > client.DefaultShort {
			t.Errorf("it took %v", took)
		}
		// A call that began before does not end the try of another.
		if h := b.Health(); h.State != client.BreakerOpen || h.Failures != 2 || !h.NextProbe.Equal(time.Now().Add(2*time.Second)) {
			t.Errorf("got %+v", h)
		}
	})
}

// TestBreakerProbes checks that Probe and ProbeMax bound the time between probes.
func TestBreakerProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &client.Breaker{Threshold: 1, Probe: time.Minute, ProbeMax: 3 * time.Minute}
		d := client.Docker{Runner: &patient{reply: down}, Breaker: b}
		for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 3 * time.Minute, 3 * time.Minute} {
			d.Ps(t.Context(), dockercmd.Ps{})
			if got := time.Until(b.Health().NextProbe); got != want {
				t.Errorf("the next probe is due in %v, want %v", got, want)
			}
			time.Sleep(want)
		}
	})
}

func TestBreakerRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := &patient{reply: down}
		d := client.Docker{Runner: engine, Breaker: &client.Breaker{Threshold: 2}, Retry: new(client.Retry)}
		_, err := d.Ps(t.Context(), dockercmd.Ps{})
		if got := engine.took(); got != "ps ps" || !errors.Is(err, client.ErrBreakerOpen) {
			t.Errorf("asked %q: %v; want the second failure to open the breaker and end the repetitions", got, err)
		}
	})
}

func TestHealthText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		h    client.Health
		want string
	}{
		{client.Health{}, "breaker closed"},
		{(*client.Breaker)(nil).Health(), "breaker closed"},
		{client.Health{LastSuccess: at}, "breaker closed"},
		{client.Health{Failures: 2, LastError: "docker ps: no"},
			"breaker closed, failures in a row: 2, the engine has never answered: docker ps: no"},
		{client.Health{State: client.BreakerOpen, Since: at, Failures: 9, LastError: "docker ps: no", LastSuccess: at,
			NextProbe: at.Add(time.Minute)},
			"breaker open since 2026-01-02T03:04:05Z, failures in a row: 9, the engine last answered at 2026-01-02T03:04:05Z, next probe from 2026-01-02T03:05:05Z: docker ps: no"},
		{client.Health{State: client.BreakerHalfOpen, Since: at}, "breaker half-open since 2026-01-02T03:04:05Z"},
		{client.Health{State: 9}, "breaker state 9"},
	} {
		if got := tt.h.String(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	text, err := json.Marshal(client.Health{State: client.BreakerHalfOpen})
	if want := `"State":"half-open"`; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("got %s, %v, want %s in it", text, err, want)
	}
}

// TestObserve checks that every call is observed, and that nothing of its line is.
func TestObserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const secret = "hunter2"
		var got []string
		engine := &patient{reply: down}
		d := client.Docker{Runner: engine, Retry: &client.Retry{Attempts: 2}, Breaker: &client.Breaker{Threshold: 2}}
		d.Observe = func(o client.Observation) {
			got = append(got, fmt.Sprintf("%s %q %d", o.Operation, o.Kind, o.Attempt))
			if text := fmt.Sprintf("%+v", o); strings.Contains(text, secret) || o.Start.IsZero() || o.Duration < 0 ||
				(o.Err == nil) != (o.Kind == "") {
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
		d.Exec(t.Context(), dockercmd.Exec{Container: "w1", Command: []string{"a"}}, client.Streams{})
		engine.reply = missing
		d.Logs(t.Context(), dockercmd.Logs{Container: "w1"}, client.Streams{})
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
	for _, kind := range append(allKinds, context.Canceled, client.ErrEventsLost) {
		name := client.KindName(fmt.Errorf("x: %w", kind))
		if seen[name] || name == "other" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%v is called %q", kind, name)
		}
		seen[name] = true
	}
	seen["other"] = true
	for _, name := range client.KindNames() {
		if !seen[name] {
			t.Errorf("%q is no kind's", name)
		}
		delete(seen, name)
	}
	if len(seen) > 0 {
		t.Errorf("KindNames lacks %v", seen)
	}
	if got := client.KindName(nil) + client.KindName(errors.New("x")) +
		client.KindName(context.DeadlineExceeded); got != "othertimeout" {
		t.Errorf("got %q", got)
	}
	both := &client.DockerError{Kinds: []error{client.ErrPullFailed, client.ErrRateLimited}}
	if got := client.KindName(both); got != "rate_limited" {
		t.Errorf("got %q, want the narrower kind", got)
	}
}
