package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
)

// batches are the methods that take several containers.
var batches = map[string]func(ctx context.Context, d client.Docker, containers ...string) ([]string, error){
	"stop": func(ctx context.Context, d client.Docker, containers ...string) ([]string, error) {
		return d.StopAll(ctx, dockercmd.Stop{Timeout: new(int64(1)), Containers: containers})
	},
	"kill": func(ctx context.Context, d client.Docker, containers ...string) ([]string, error) {
		return d.KillAll(ctx, dockercmd.Kill{Containers: containers})
	},
	"start": func(ctx context.Context, d client.Docker, containers ...string) ([]string, error) {
		return d.StartAll(ctx, dockercmd.Start{Containers: containers})
	},
	"rm": func(ctx context.Context, d client.Docker, containers ...string) ([]string, error) {
		return d.RmAll(ctx, dockercmd.Rm{Containers: containers})
	},
	"rm -f": func(ctx context.Context, d client.Docker, containers ...string) ([]string, error) {
		return d.RmAll(ctx, dockercmd.Rm{Force: true, Containers: containers})
	},
}

// TestBatches reads what the clients 20.10.24 and 28.2.2 printed before a 20.10.24 engine, and some that could not be recorded.
func TestBatches(t *testing.T) {
	t.Parallel()
	notRunning := "Container " + hexID + " is not running"
	running := "You cannot remove a running container " + hexID + ". Stop the container before attempting removal or force remove"
	three := strings.Repeat(connect+"\n", 3)
	type kinds = []error
	none, gone, unreached := kinds{}, kinds{client.ErrNotFound}, kinds{client.ErrUnavailable, client.ErrUnreached}
	tests := []struct {
		name, command  string
		operands       string
		stdout, stderr string
		exit           int
		done           string
		failed         map[string]kinds
	}{
		{"kill", "kill", "aa nosuch cc bb aa", "aa\nbb\naa\n",
			daemon + "Cannot kill container: nosuch: No such container: nosuch\n" + daemon + "Cannot kill container: cc: " + notRunning +
				"\n", 1,
			"aa bb", map[string]kinds{"nosuch": gone, "cc": {client.ErrNotRunning}}},
		{"start", "start", "aa nosuch bb", "aa\nbb\n", daemon + "No such container: nosuch\nError: failed to start containers: nosuch\n",
			1, "aa bb", map[string]kinds{"nosuch": gone}},
		{"start, 29", "start", "aa nosuch bb", "aa\nbb\n", daemon + "No such container: nosuch\nfailed to start containers: nosuch\n", 1,
			"aa bb", map[string]kinds{"nosuch": gone}},
		{"stop", "stop", "aa nosuch cc bb aa", "aa\ncc\nbb\naa\n", daemon + "No such container: nosuch\n", 1, "aa cc bb",
			map[string]kinds{"nosuch": gone}},
		{"rm, 28", "rm", "aa nosuch bb cc aa", "cc\naa\n", daemon + "removal of container aa is already in progress\n" + daemon +
			"No such container: nosuch\n" + daemon + running + "\n", 1,
			"aa cc", map[string]kinds{"nosuch": gone, "bb": {client.ErrRunning}}},
		{"rm, 20.10", "rm", "aa nosuch bb cc aa", "cc\naa\n",
			daemon + "removal of container aa is already in progress\nError: No such container: nosuch\n" + daemon + running + "\n", 1,
			"aa cc", map[string]kinds{"nosuch": gone, "bb": {client.ErrRunning}}},
		{"rm -f of the missing", "rm -f", "nosuch bb other", "bb\n",
			"Error: No such container: nosuch\nError: No such container: other\n", 0, "nosuch bb other", nil},
		{"rm -f of the missing beside a failure", "rm -f", "aa nosuch bb", "bb\n", daemon + "No such container: nosuch\n" + daemon +
			"removal of container aa is already in progress\n", 1,
			"nosuch bb", map[string]kinds{"aa": {client.ErrRemovalInProgress}}},
		{"by id", "kill", "bb " + otherID[:12] + " " + hexID[:13], "bb\n", daemon + "Container " + otherID + " is not running\n" +
			daemon + notRunning + "\n", 1,
			"bb", map[string]kinds{otherID[:12]: {client.ErrNotRunning}, hexID[:13]: {client.ErrNotRunning}}},

		{"in order", "rm", "aa bb cc", "bb\n", daemon + "the moon is full\n" + daemon + running + "\n", 1, "bb",
			map[string]kinds{"aa": none, "cc": {client.ErrRunning}}},
		{"whose is it", "rm", "aa bb cc", "", daemon + "the moon is full\n" + daemon + running + "\n", 1, "",
			map[string]kinds{"aa": none, "bb": none, "cc": none}},
		{"no engine", "rm", "aa bb cc", "", three, 1, "", map[string]kinds{"aa": unreached, "bb": unreached, "cc": unreached}},
		{"no engine, told once", "rm", "aa bb cc", "", connect9 + "\n", 1, "", map[string]kinds{"aa": unreached, "bb": unreached,
			"cc": unreached}},
		{"the engine went away", "kill", "aa bb cc dd", "aa\n",
			daemon + "Cannot kill container: bb: No such container: bb\nerror during connect: Post \"http://x/containers/c/kill\": EOF\n" +
				connect + "\n", 1,
			"aa", map[string]kinds{"bb": gone, "cc": {client.ErrUnavailable}, "dd": unreached}},
		{"a name like a word of docker's", "kill", "container running No", "",
			daemon + "Cannot kill container: running: No such container: running\n" + daemon + "No such container: No\n" + daemon +
				"the moon\n", 1,
			"", map[string]kinds{"running": gone, "No": gone, "container": none}},
		{"silence", "kill", "aa bb", "aa\n", "", 1, "aa", map[string]kinds{"bb": none}},
		{"a bad flag", "kill", "aa bb", "", "unknown flag: --zz\nSee 'docker kill --help'.\n", 125, "",
			map[string]kinds{"aa": {client.ErrBadFlag}, "bb": {client.ErrBadFlag}}},
		{"all is done, and yet", "kill", "aa bb", "aa\nbb\n", "", 1, "aa bb", map[string]kinds{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			done, err := batches[tt.command](t.Context(), answering(tt.stdout, tt.stderr, tt.exit), strings.Fields(tt.operands)...)
			if got := strings.Join(done, " "); got != tt.done {
				t.Errorf("got %q done, want %q", got, tt.done)
			}
			if (err != nil) != (tt.exit != 0) {
				t.Errorf("got %v", err)
			}
			if len(tt.failed) == 0 {
				return
			}
			batch, ok := errors.AsType[*client.BatchError](err)
			if !ok || !slices.Equal(batch.Done, done) || len(batch.Failed) != len(tt.failed) || asDockerError(t, err).Exit != tt.exit {
				t.Fatalf("got %#v, want %d failures", err, len(tt.failed))
			}
			for operand, want := range tt.failed {
				wantKinds(t, batch.Of(operand), want...)
				for _, kind := range want {
					if !errors.Is(err, kind) && kind != client.ErrUnreached {
						t.Errorf("the whole is not %v", kind)
					}
				}
			}
			for _, operand := range done {
				if err := batch.Of(operand); err != nil {
					t.Errorf("%s is done, and yet %v", operand, err)
				}
			}
			if batch.Of("stranger") == nil {
				t.Error("a stranger is done")
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("several lines: %v", err)
			}
		})
	}
}

func TestBatchErrorText(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	operands := []string{"w0"}
	for i := range 5 {
		operands = append(operands, fmt.Sprint("x", i))
		fmt.Fprintf(&stderr, daemon+"No such container: x%d\n", i)
	}
	_, err := batches["stop"](t.Context(), answering("w0\n", stderr.String(), 1), operands...)
	want := "docker stop: 5 of 6 containers failed; x0: No such container: x0; x1: No such container: x1; x2: No such container: x2; and 2 more"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestBatchCutShort tests clients that are stopped, or never started.
func TestBatchCutShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		half := runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
			fmt.Fprintln(c.Stdout, "aa")
			fmt.Fprintln(c.Stderr, "Error: No such container: cc")
			return pending{ctx: ctx}, nil
		})
		start := time.Now()
		done, err := batches["stop"](t.Context(), client.Docker{Runner: half}, "aa", "bb", "cc")
		if took := time.Since(start); took != 16*time.Second || !slices.Equal(done, []string{"aa"}) {
			t.Errorf("got %q after %v", done, took)
		}
		batch, _ := errors.AsType[*client.BatchError](err)
		if batch == nil {
			t.Fatalf("got %v", err)
		}
		wantKinds(t, batch.Of("bb"), client.ErrTimeout)
		wantKinds(t, batch.Of("cc"), client.ErrNotFound)
	})
	missing := client.Docker{Program: filepath.Join(t.TempDir(), "docker")}
	_, err := batches["stop"](t.Context(), missing, "aa", "bb")
	batch, _ := errors.AsType[*client.BatchError](err)
	if batch == nil {
		t.Fatalf("got %v", err)
	}
	wantKinds(t, batch.Of("bb"), client.ErrNoClient, client.ErrUnreached)
	_, err = batches["stop"](t.Context(), missing, "aa", "--bb")
	if _, started := errors.AsType[*client.BatchError](err); started || err == nil {
		t.Errorf("got %v, want a refusal of the line", err)
	}
}

// TestBatchDeadlines checks that a deadline grows with how a client works: 50 at once, or one after the other.
func TestBatchDeadlines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		command string
		n       int
		want    time.Duration
	}{
		{"stop", 1, 16 * time.Second}, {"stop", 50, 16 * time.Second}, {"stop", 51, 32 * time.Second}, {"stop", 1000, 320 * time.Second},
		{"kill", 50, 30 * time.Second}, {"kill", 101, 90 * time.Second},
		{"rm", 50, 30 * time.Second}, {"rm -f", 51, time.Minute},
		{"start", 1, 30 * time.Second}, {"start", 11, time.Minute},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.command, tt.n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := batches[tt.command](t.Context(), client.Docker{Runner: runner.RunnerFunc(hanging)}, workers(tt.n)...)
				wantKinds(t, err, client.ErrTimeout)
				if took := time.Since(start); took != tt.want {
					t.Errorf("ended after %v, want %v", took, tt.want)
				}
			})
		})
	}
}

func workers(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("w%05d", i)
	}
	return list
}

// TestBatchOfThousands tests 10,000 containers of which half are gone: each gets its own message.
func TestBatchOfThousands(t *testing.T) {
	t.Parallel()
	const n = 10_000
	var stdout, stderr strings.Builder
	for i, w := range workers(n) {
		if i%2 == 0 {
			fmt.Fprintln(&stdout, w)
		} else {
			fmt.Fprintln(&stderr, daemon+"No such container: "+w)
		}
	}
	done, err := batches["stop"](t.Context(), answering(stdout.String(), stderr.String(), 1), workers(n)...)
	batch, _ := errors.AsType[*client.BatchError](err)
	if len(done) != n/2 || batch == nil || len(batch.Failed) != n/2 {
		t.Fatalf("got %d done, %.200v", len(done), err)
	}
	for _, f := range batch.Failed {
		if !slices.Equal(f.Err.Kinds, []error{client.ErrNotFound}) || !strings.HasSuffix(f.Err.Message, f.Operand) {
			t.Fatalf("got %v of %s", f.Err, f.Operand)
		}
	}
}

// TestEngineBatches tests real clients with a running, an ended, a made and a missing container.
func TestEngineBatches(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		up, _ := launch(t, e, d, forever...)
		beside, besideID := launch(t, e, d, forever...)
		ended, _ := launch(t, e, d, "true")
		exitOf(t, d, ended)
		missing := enginetest.Prefix + "nobody"
		check := func(command string, operands []string, want string, failed map[string]error, also ...error) {
			t.Helper()
			done, err := batches[command](t.Context(), d, operands...)
			if got := strings.Join(done, " "); got != want {
				t.Errorf("%s: got %q done, want %q", command, got, want)
			}
			batch, _ := errors.AsType[*client.BatchError](err)
			if (batch == nil) != (len(failed) == 0) || batch != nil && len(batch.Failed) != len(failed) {
				t.Errorf("%s: got %v, want %d failures", command, err, len(failed))
				return
			}
			for operand, kind := range failed {
				wantKinds(t, batch.Of(operand), append(also, kind)...)
			}
		}
		gone := client.ErrNotFound
		check("kill", []string{missing, up, ended}, up, map[string]error{missing: gone, ended: client.ErrNotRunning})
		check("stop", []string{up, missing, ended}, up+" "+ended, map[string]error{missing: gone})
		check("start", []string{up, missing, beside}, up+" "+beside, map[string]error{missing: gone})
		check("rm", []string{up, missing, ended}, ended, map[string]error{missing: gone, up: client.ErrRunning})
		check("rm", []string{up, besideID[:12]}, "", map[string]error{up: client.ErrRunning, besideID[:12]: client.ErrRunning})
		check("rm -f", []string{ended, up, missing, beside}, strings.Join([]string{ended, up, missing, beside}, " "), nil)
		d.Env = append(os.Environ(), "DOCKER_HOST=unix://"+filepath.Join(t.TempDir(), "missing"))
		check("stop", []string{up, beside}, "", map[string]error{up: client.ErrUnavailable, beside: client.ErrUnavailable},
			client.ErrUnreached)
	})
}

// TestClientsWorkInParallel counts how many containers the real clients stop, kill, remove and start at once.
func TestClientsWorkInParallel(t *testing.T) {
	t.Parallel()
	for _, c := range enginetest.Clients(t) {
		for command, want := range map[string]int{"stop": 50, "kill": 50, "rm": 50, "rm -f": 50, "start": 1} {
			t.Run(c.Version+" "+command, func(t *testing.T) {
				t.Parallel()
				const n = 60
				crowd := crowd{want: want, full: make(chan struct{})}
				d := client.Docker{Program: c.Path, Env: crowd.listen(t)}
				done, err := batches[command](t.Context(), d, workers(n)...)
				if err != nil || len(done) != n {
					t.Errorf("got %d done, %v", len(done), err)
				}
				if crowd.most != want {
					t.Errorf("%d at once, want %d", crowd.most, want)
				}
			})
		}
	}
}

// crowd is an engine that keeps calls waiting until as many are there as it wants, and a little longer, to see whether one more
// comes.
type crowd struct {
	want int
	full chan struct{}

	mu         sync.Mutex
	here, most int
}

func (c *crowd) listen(t *testing.T) (env []string) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: c}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return []string{"HOME=" + t.TempDir(), "DOCKER_HOST=unix://" + l.Addr().String()}
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("API-Version", "1.41")
	if strings.HasSuffix(r.URL.Path, "/_ping") {
		return
	}
	c.mu.Lock()
	c.here++
	if c.here > c.most {
		if c.most = c.here; c.most == c.want {
			time.AfterFunc(200*time.Millisecond, func() { close(c.full) })
		}
	}
	c.mu.Unlock()
	select {
	case <-c.full:
	case <-time.After(2 * time.Minute): // fewer than it wants: the test fails
	}
	c.mu.Lock()
	c.here--
	c.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func FuzzBatch(f *testing.F) {
	f.Add("aa\nbb\n", daemon+"Cannot kill container: cc: No such container: cc\n", "aa bb cc")
	f.Add("", daemon+"You cannot remove a running container "+hexID+". Stop", hexID[:12]+" xx")
	f.Add("", "Error: No such container: \n", "xx yy")
	f.Fuzz(func(t *testing.T, stdout, stderr, operands string) {
		list := strings.Fields(operands)
		for _, command := range []string{"rm", "rm -f"} {
			done, err := batches[command](t.Context(), answering(stdout, stderr, 1), list...)
			batch, ok := errors.AsType[*client.BatchError](err)
			if !ok {
				continue // the line is refused, or all is done
			}
			told := slices.Clone(done)
			for _, f := range batch.Failed {
				told = append(told, f.Operand)
			}
			slices.Sort(told)
			slices.Sort(list)
			if !slices.Equal(told, slices.Compact(list)) {
				t.Errorf("told of %q, want %q each once", told, list)
			}
		}
	})
}
