package client_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
)

func eventLine(name string) string {
	return `{"Type":"container","Action":"die","Actor":{"ID":"x","Attributes":{"name":"` + name + `"}},"time":1}` + "\n"
}

// eventNames collects the names of events.
func eventNames(into *[]string) func(output.Event) {
	return func(e output.Event) { *into = append(*into, e.Name) }
}

// TestEventsEnd tests streams that end by themselves.
func TestEventsEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		c              dockercmd.Events
		stdout, stderr string
		exit           int
		want           []string
		kinds          []error
		text           string
	}{
		{"the engine went away", dockercmd.Events{}, eventLine("a"), "unexpected EOF\n", 1, []string{"a"}, []error{client.ErrUnavailable},
			"docker events: unexpected EOF"},
		{"the engine closed in order", dockercmd.Events{}, eventLine("a"), "", 0, []string{"a"}, []error{client.ErrUnavailable},
			"docker events: exit status 0: the engine ended the stream"},
		{"no engine", dockercmd.Events{}, "", connect + "\n", 1, nil, []error{client.ErrUnavailable, client.ErrUnreached},
			"Cannot connect"},
		{"cut off in a line", dockercmd.Events{}, eventLine("a") + eventLine("b")[:9], "unexpected EOF\n", 1, []string{"a"},
			[]error{client.ErrUnavailable}, "1 lines were left out"},
		{"words between", dockercmd.Events{Until: "1"}, "hello\n" + eventLine("a") + "json\n", "", 0, []string{"a"}, nil,
			"2 lines were left out: an event: "},
		{"as long as asked", dockercmd.Events{Until: "1"}, eventLine("a") + eventLine("b"), "", 0, []string{"a", "b"}, nil, ""},
		{"shorter than asked", dockercmd.Events{Until: "1"}, eventLine("a"), "unexpected EOF\n", 1, []string{"a"},
			[]error{client.ErrUnavailable}, "unexpected EOF"},
		{"a flag too many", dockercmd.Events{}, "", "unknown flag: --zz\nSee 'docker events --help'.\n", 125, nil,
			[]error{client.ErrBadFlag}, "--zz"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			err := answering(tt.stdout, tt.stderr, tt.exit).Events(t.Context(), tt.c, eventNames(&got))
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			wantError(t, err, tt.text, tt.kinds...)
			lines, isBad := errors.AsType[*client.EventLineError](err)
			if bad := strings.Contains(tt.text, "left out"); bad != errors.Is(err, client.ErrEventLine) || bad != isBad {
				t.Errorf("got ErrEventLine: %v, want %v", !bad, bad)
			}
			if isBad && (lines.Lines < 1 || lines.Err == nil) {
				t.Errorf("got %+v, want a count and a reason", lines)
			}
		})
	}
}

// chatter returns a client that prints n events at once and then waits for its context; printed is closed after the last.
func chatter(n int, printed chan<- struct{}) runner.Runner {
	return runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
		go func() {
			for i := range n {
				io.WriteString(c.Stdout, eventLine(fmt.Sprint(i)))
			}
			close(printed)
		}()
		return pending{ctx: ctx}, nil
	})
}

// TestEventsAreDrained tests a handler that takes an hour for its first event.
func TestEventsAreDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 10_000
		printed := make(chan struct{})
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var got []string
		handle := func(e output.Event) {
			if got == nil {
				<-printed
				if took := time.Since(start); took != 0 {
					t.Errorf("the client was held up for %v", took)
				}
				time.Sleep(time.Hour)
			}
			if got = append(got, e.Name); len(got) == n {
				cancel()
			}
		}
		err := client.Docker{Runner: chatter(n, printed)}.Events(ctx, dockercmd.Events{}, handle)
		if !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrEventsLost) {
			t.Errorf("got %v, want the context's error", err)
		}
		for i, name := range got {
			if name != fmt.Sprint(i) {
				t.Fatalf("event %d is %s", i, name)
			}
		}
	})
}

// TestEventsAreBounded tests a handler that is behind by more than may wait.
func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	const n = client.MaxEvents + 10
	told := func(problem func(error), release <-chan struct{}) (got []string, err error) {
		printed := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		if release == nil {
			release = printed
		}
		handle := func(e output.Event) {
			<-release
			if got = append(got, e.Name); e.Name == fmt.Sprint(n-1) {
				cancel()
			}
		}
		d := client.Docker{Runner: chatter(n, printed)}
		err = d.FollowEvents(ctx, dockercmd.Events{}, client.EventHandler{Event: handle, Problem: problem})
		return got, err
	}
	t.Run("told", func(t *testing.T) {
		var lost *client.EventsLostError
		got, err := told(func(err error) { lost, _ = errors.AsType[*client.EventsLostError](err) }, nil)
		if !errors.Is(err, context.Canceled) || lost == nil || len(got)+lost.Dropped != n {
			t.Errorf("got %d events, lost %v of %d: %v", len(got), lost, n, err)
		}
	})
	t.Run("not told", func(t *testing.T) {
		got, err := told(nil, nil)
		lost, ok := errors.AsType[*client.EventsLostError](err)
		if !ok || !errors.Is(err, client.ErrEventsLost) || len(got) > 1 || lost.Dropped < client.MaxEvents {
			t.Errorf("got %d events, %v", len(got), err)
		}
		wantKinds(t, err)
	})
}

// TestEventsStop checks that the handler is not called once Events has returned, and that what waits is dropped.
func TestEventsStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		printed := make(chan struct{})
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("shutting down")
		time.AfterFunc(time.Minute, func() { cancel(cause) })
		calls := 0
		start := time.Now()
		err := client.Docker{Runner: chatter(100, printed)}.Events(ctx, dockercmd.Events{}, func(output.Event) {
			calls++
			time.Sleep(25 * time.Second)
		})
		if took := time.Since(start); took != 75*time.Second || calls != 3 {
			t.Errorf("it returned after %v and %d calls, want 75s and 3", took, calls)
		}
		if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("got %v, want the context's cause", err)
		}
		time.Sleep(time.Hour)
		if calls != 3 {
			t.Errorf("%d calls after the end", calls-3)
		}
	})
}

func TestEventsLines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		engine dockercmd.Engine
		want   []string
	}{
		{dockercmd.Engine{}, []string{"docker", "events", "--filter=label=a", "--format={{json .}}", "--since=5"}},
		{dockercmd.Engine{Version: "20.10"}, []string{"docker", "events", "--filter=label=a", "--format={{json .}}", "--since=5"}},
	} {
		var rec runner.Recorder
		rec.Runner = processtest.Writing(nil, nil, nil)
		d := client.Docker{Runner: &rec, Engine: tt.engine}
		c := dockercmd.Events{Format: "x", Since: "5", Filters: []dockercmd.Filter{{Key: "label", Value: "a"}}}
		_ = d.Events(t.Context(), c, nil)
		if got := rec.Records()[0].Argv; !slices.Equal(got, tt.want) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// breakable returns an environment in which clients reach the engine through a proxy, and a function that cuts all its connections.
func breakable(t *testing.T) (env []string, cut func()) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var open []net.Conn
	closed := false
	keep := func(c net.Conn) bool {
		mu.Lock()
		defer mu.Unlock()
		if closed {
			c.Close()
			return false
		}
		open = append(open, c)
		return true
	}
	cut = func() {
		l.Close()
		mu.Lock()
		defer mu.Unlock()
		closed = true
		for _, c := range open {
			c.Close()
		}
	}
	t.Cleanup(cut)
	socket := strings.TrimPrefix(cmp.Or(os.Getenv("DOCKER_HOST"), "unix:///var/run/docker.sock"), "unix://")
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			engine, err := net.Dial("unix", socket)
			if err != nil || !keep(conn) || !keep(engine) {
				conn.Close()
				continue
			}
			go func() { io.Copy(engine, conn); engine.Close() }()
			go func() { io.Copy(conn, engine); conn.Close() }()
		}
	}()
	return []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "DOCKER_HOST=unix://" + l.Addr().String()}, cut
}

// TestEngineEvents follows the life of a container, and then loses the engine.
func TestEngineEvents(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		env, cut := breakable(t)
		name := e.Name(t)
		since := time.Now().Add(-time.Second)
		_, err := d.Run(t.Context(), worker(e, name, "sh", "-c", "exit 7"))
		if err != nil {
			t.Fatal(err)
		}
		exitOf(t, d, name)
		d.Env = env
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		var got []string
		err = d.Events(ctx, dockercmd.Events{Since: fmt.Sprint(since.Unix()),
			Filters: []dockercmd.Filter{{Key: "container", Value: name}}}, func(ev output.Event) {
			got = append(got, ev.Action)
			if code, ok := ev.ClaimedExitCode(); ok {
				if code != 7 || ev.Name != name {
					t.Errorf("got the code %d of %s", code, ev.Name)
				}
				cut()
			}
		})
		if want := []string{"create", "start", "die"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		wantKinds(t, err, client.ErrUnavailable)

		err = d.Events(ctx, dockercmd.Events{}, nil)
		wantKinds(t, err, client.ErrUnavailable, client.ErrUnreached)
	})
}
