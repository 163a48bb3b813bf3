package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
)

// reply is what a client says.
type reply struct {
	stdout, stderr string
	exit           int
}

// replying returns a client that gives these answers in turn, repeats the last one, and counts the calls.
func replying(calls *int, replies ...reply) runner.Runner {
	return runner.RunnerFunc(func(_ context.Context, c runner.Cmd) (runner.Process, error) {
		r := replies[min(*calls, len(replies)-1)]
		*calls++
		var err error
		if r.exit != 0 {
			err = &runner.ExitError{Code: r.exit}
		}
		for w, text := range map[io.Writer]string{c.Stdout: r.stdout, c.Stderr: r.stderr} {
			if w != nil {
				io.WriteString(w, text)
			}
		}
		return processtest.Ended{Err: err}, nil
	})
}

var (
	down    = reply{stderr: connect + "\n", exit: 1}
	down29  = reply{stderr: connect9 + "\n", exit: 1}
	broken  = reply{stderr: "error during connect: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.41/x\": EOF\n", exit: 1}
	missing = reply{stderr: daemon + "No such container: w1\n", exit: 1}
)

func TestRetry(t *testing.T) {
	t.Parallel()
	ps := func(ctx context.Context, d client.Docker) error { _, err := d.Ps(ctx, dockercmd.Ps{}); return err }
	run := func(ctx context.Context, d client.Docker) error {
		_, err := d.Run(ctx, dockercmd.Run{Image: "img"})
		return err
	}
	rm := func(ctx context.Context, d client.Docker) error {
		return d.Rm(ctx, dockercmd.Rm{Force: true, Containers: []string{"w1", "w2"}})
	}
	exec := func(s client.Streams) func(context.Context, client.Docker) error {
		return func(ctx context.Context, d client.Docker) error {
			_, err := d.Exec(ctx, dockercmd.Exec{Container: "w1", Command: []string{"a"}}, s)
			return err
		}
	}
	attached := func(ctx context.Context, d client.Docker) error {
		_, err := d.Stream(ctx, &dockercmd.Run{Image: "img"}, client.Streams{})
		return err
	}
	events := func(ctx context.Context, d client.Docker) error { return d.Events(ctx, dockercmd.Events{}, nil) }
	wait := func(ctx context.Context, d client.Docker) error { _, err := d.Wait(ctx, "w1"); return err }
	logs := func(ctx context.Context, d client.Docker) error {
		return d.Logs(ctx, dockercmd.Logs{Container: "w1"}, client.Streams{})
	}
	id := reply{stdout: hexID + "\n"}
	tests := []struct {
		name    string
		call    func(context.Context, client.Docker) error
		replies []reply
		want    int // calls
		fails   bool
	}{
		{"ps, down once", ps, []reply{down, {}}, 2, false},
		{"ps, down for long", ps, []reply{down29}, 3, true},
		{"ps, broken off", ps, []reply{broken, down, {}}, 3, false},
		{"wait, broken off", wait, []reply{{stderr: "unexpected EOF\n", exit: 1}, {stdout: "7\n"}}, 2, false},
		{"ps, denied", ps, []reply{{stderr: "permission denied while trying to connect to the docker API at unix:///s\n", exit: 1}}, 1,
			true},
		{"run, not reached", run, []reply{{stderr: "docker: " + connect + help28, exit: 125}, id}, 2, false},
		{"run, broken off", run, []reply{broken, id}, 1, true},
		{"run, made and then not reached", run, []reply{{stdout: hexID + "\n", stderr: "docker: " + connect + help28, exit: 125}, id}, 1,
			true},
		{"run in the foreground", attached, []reply{{stderr: "docker: " + connect + help28, exit: 125}, {}}, 1, true},
		{"rm, not reached", rm, []reply{{stderr: strings.Repeat(connect+"\n", 2), exit: 1}, {stdout: "w1\nw2\n"}}, 2, false},
		{"rm, reached once", rm, []reply{{stderr: broken.stderr + connect + "\n", exit: 1}, {}}, 1, true},
		{"rm, one was done", rm, []reply{{stdout: "w1\n", stderr: connect + "\n", exit: 1}, {}}, 1, true},
		{"rm, refused", rm, []reply{missing}, 1, true},
		{"exec, whose program says so, or docker", exec(client.Streams{}), []reply{down, {}}, 1, true},
		{"logs, in which somebody says so, or docker", logs, []reply{down, {}}, 1, true},
		{"exec by Do", func(ctx context.Context, d client.Docker) error {
			_, err := d.Do(ctx, &dockercmd.Exec{Container: "w1", Command: []string{"a"}}, client.Call{})
			return err
		}, []reply{down, {}}, 1, true},
		{"exec in the background", func(ctx context.Context, d client.Docker) error {
			_, err := d.Do(ctx, &dockercmd.Exec{Detach: true, Container: "w1", Command: []string{"a"}}, client.Call{})
			return err
		}, []reply{down, {}}, 2, false},
		{"exec, which has read its input", exec(client.Streams{Stdin: strings.NewReader("x")}), []reply{down, {}}, 1, true},
		{"events", events, []reply{down}, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				err := tt.call(t.Context(), client.Docker{Runner: replying(&calls, tt.replies...), Retry: new(client.Retry)})
				if calls != tt.want || (err != nil) != tt.fails {
					t.Errorf("%d calls, want %d: %v", calls, tt.want, err)
				}
				calls = 0
				if tt.call(t.Context(), client.Docker{Runner: replying(&calls, tt.replies...)}); calls != 1 {
					t.Errorf("%d calls without a Retry", calls)
				}
			})
		})
	}
}

// TestRetryTimeout checks that a call that ran to its deadline is not made again.
func TestRetryTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := client.Docker{Runner: runner.RunnerFunc(hanging), Retry: new(client.Retry)}.Ps(t.Context(), dockercmd.Ps{})
		wantKinds(t, err, client.ErrTimeout)
		if took := time.Since(start); took != client.DefaultShort {
			t.Errorf("it took %v", took)
		}
	})
}

// TestRetryPauses checks that the pauses keep their bounds and are spread over them.
func TestRetryPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		retry := &client.Retry{Attempts: 6, Base: time.Second, Max: 5 * time.Second, Budget: &client.Budget{Burst: 1 << 20}}
		most := []time.Duration{1, 2, 4, 5, 5}
		longest := make([]time.Duration, len(most))
		for range 300 {
			last, n := time.Now(), 0
			d := client.Docker{Retry: retry, Runner: runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
				if n > 0 {
					longest[n-1] = max(longest[n-1], time.Since(last))
				}
				last, n = time.Now(), n+1
				return answering("", connect+"\n", 1).Runner.Start(ctx, c)
			})}
			if _, err := d.Ps(t.Context(), dockercmd.Ps{}); err == nil || n != 6 {
				t.Fatal(n, err)
			}
		}
		for i, got := range longest {
			if limit := most[i] * time.Second; got > limit || got < limit*3/4 {
				t.Errorf("pause %d: the longest of 300 is %v, want nearly %v", i+1, got, limit)
			}
		}
	})
}

// TestRetryEnds checks that a call does not wait for an attempt that would come too late, or after its context's end.
func TestRetryEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		slow := &client.Retry{Base: time.Hour, Max: time.Hour}
		d := client.Docker{Runner: replying(&calls, down), Retry: slow}
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		start := time.Now()
		if _, err := d.Ps(ctx, dockercmd.Ps{}); !errors.Is(err, client.ErrUnreached) || time.Since(start) != 0 || calls != 1 {
			t.Errorf("%d calls in %v: %v", calls, time.Since(start), err)
		}
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Microsecond, stop)
		calls = 0
		if _, err := d.Ps(ctx, dockercmd.Ps{}); !errors.Is(err, client.ErrUnreached) || calls != 1 {
			t.Errorf("%d calls: %v", calls, err)
		}
	})
}

// TestRetryBudget counts what a hundred callers of an engine that is down cost it.
func TestRetryBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			retry *client.Retry
			want  int
		}{
			{new(client.Retry), 1000 + 10 + 100},
			{&client.Retry{Budget: &client.Budget{Ratio: 0.5, Burst: 2}}, 1000 + 2 + 500},
		} {
			calls := 0
			d := client.Docker{Runner: replying(&calls, down), Retry: tt.retry}
			for range 1000 {
				d.Ps(t.Context(), dockercmd.Ps{})
			}
			if calls < tt.want-2 || calls > tt.want {
				t.Errorf("%d calls, want %d", calls, tt.want)
			}
			calls = 0
			d.Runner = replying(&calls, reply{})
			for range 1000 {
				d.Ps(t.Context(), dockercmd.Ps{})
			}
			if calls != 1000 {
				t.Errorf("%d calls of 1000 that went well", calls)
			}
		}
	})
}

func ExampleRetry() {
	calls := 0
	d := client.Docker{
		Runner: replying(&calls, reply{stderr: "Cannot connect to the Docker daemon at unix:///s.\n", exit: 1}, reply{stdout: "7\n"}),
		Retry:  new(client.Retry),
	}
	codes, err := d.Wait(context.Background(), "w1")
	fmt.Println(codes, err, calls)
	// Output: [7] <nil> 2
}
