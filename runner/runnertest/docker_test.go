package runnertest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/cgroupread"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// patient runs until it is killed.
func patient(ctx context.Context, _ *runnertest.Container) int {
	<-ctx.Done()
	return 0
}

// fake returns a Docker with an image img that runs p, and closes it at the test's end.
func fake(t *testing.T, p runnertest.Program) *runnertest.Docker {
	d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": p}}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// ask runs a line and returns what it printed, both streams joined, and its exit code.
func ask(t *testing.T, r runner.Runner, line string) (string, int) {
	t.Helper()
	stdout, stderr, err := runner.Output(t.Context(), r, runner.Cmd{Argv: argv("docker " + line)}, runner.Limits{})
	if err == nil {
		return string(stdout) + string(stderr), 0
	}
	exit, ok := errors.AsType[*runner.ExitError](err)
	if !ok {
		t.Fatalf("docker %s: %v", line, err)
	}
	return string(stdout) + string(stderr), exit.Code
}

// must runs a line that has to succeed.
func must(t *testing.T, r runner.Runner, line string) string {
	t.Helper()
	out, code := ask(t, r, line)
	if code != 0 {
		t.Fatalf("docker %s: exit %d: %s", line, code, out)
	}
	return strings.TrimSpace(out)
}

func begin(t *testing.T, r runner.Runner, line string) (runner.Process, *streams) {
	t.Helper()
	out := new(streams)
	p, err := r.Start(t.Context(), runner.Cmd{Argv: argv("docker " + line), Stdout: &out.stdout, Stderr: &out.stderr})
	if err != nil {
		t.Fatal(err)
	}
	return p, out
}

func TestStopCountsTheGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{
			"deaf": patient,
			"slow": func(ctx context.Context, c *runnertest.Container) int {
				select {
				case <-c.Notify(syscall.SIGTERM):
					time.Sleep(3 * time.Second)
					return 7
				case <-ctx.Done():
					return 0
				}
			},
		}}
		defer d.Close()
		tests := []struct {
			name, run, stop string
			want            time.Duration
			code            string
		}{
			{"deaf", "deaf", "stop w1", 10 * time.Second, "137"},
			{"deaf with a timeout of its own", "--stop-timeout=4 deaf", "stop w1", 4 * time.Second, "137"},
			{"deaf with a timeout of the command", "--stop-timeout=4 deaf", "stop --timeout=2 w1", 2 * time.Second, "137"},
			{"deaf, killed at once", "deaf", "stop --timeout=0 w1", 0, "137"},
			{"with an init", "--init deaf", "stop w1", 0, "143"},
			{"with an init and another signal", "--init --stop-signal=INT deaf", "stop w1", 0, "130"},
			{"one that ends by itself", "slow", "stop w1", 3 * time.Second, "7"},
			{"one that is too slow", "slow", "stop --timeout=1 w1", 3 * time.Second, "137"}, // it does not look at its context
			{"one that is waited for without end", "slow", "stop --timeout=-1 w1", 3 * time.Second, "7"},
		}
		for _, tt := range tests {
			must(t, d, "run -d --name=w1 "+tt.run)
			synctest.Wait() // the program listens
			begin := time.Now()
			must(t, d, tt.stop)
			if got := time.Since(begin); got != tt.want {
				t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			}
			if got := must(t, d, "wait w1"); got != tt.code {
				t.Errorf("%s: got exit code %s, want %s", tt.name, got, tt.code)
			}
			must(t, d, "rm w1")
		}
	})
}

func TestStopSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": patient}}
		defer d.Close()
		for i := range 5 {
			must(t, d, fmt.Sprintf("run -d --name=w%d img", i))
		}
		begin := time.Now()
		if got, want := must(t, d, "stop w0 w1 w2 w3 w4"), "w0\nw1\nw2\nw3\nw4"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := time.Since(begin); got != 10*time.Second {
			t.Errorf("got %v, want the grace of one", got)
		}
	})
}

func TestWaitBlocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": patient}}
		defer d.Close()
		must(t, d, "run -d --name=w1 img")
		must(t, d, "run -d --rm --name=w2 img")
		p, out := begin(t, d, "wait w1 w2")
		synctest.Wait()
		if got := out.stdout.String(); got != "" {
			t.Errorf("got %q from containers that run", got)
		}
		must(t, d, "rm --force w1")
		synctest.Wait()
		if got := out.stdout.String(); got != "137\n" {
			t.Errorf("got %q, want the first code", got)
		}
		must(t, d, "kill w2")
		if err := p.Wait(); err != nil || out.stdout.String() != "137\n137\n" {
			t.Errorf("got %q, %v", out.stdout.String(), err)
		}
		if got := must(t, d, "ps -aq"); got != "" {
			t.Errorf("got %q, want no container left", got)
		}
	})
}

// TestGrace ends the contexts of clients and processes that ignore SIGTERM.
func TestGrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": patient}, Grace: time.Minute}
		defer d.Close()
		must(t, d, "run -d --name=w1 img")
		line := argv("docker exec w1 x")
		stubborn := runnertest.Line{Argv: line, Release: make(chan struct{}), Stubborn: true}
		script := &runnertest.Script{Expect: []runnertest.Line{stubborn}, Grace: time.Minute}
		for _, r := range []runner.Runner{d, script} {
			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, _, err := runner.Output(ctx, r, runner.Cmd{Argv: line}, runner.Limits{})
			cancel()
			exit, ok := errors.AsType[*runner.ExitError](err)
			if took := time.Since(begin); !ok || exit.Signal != syscall.SIGKILL || took != time.Second+time.Minute {
				t.Errorf("%T: got %v after %v, want SIGKILL after the grace of a minute", r, err, took)
			}
		}
	})
}

func TestContextEndsTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": patient}}
		defer d.Close()
		must(t, d, "run -d --name=w1 img")
		tests := []struct {
			line string
			want string // the error
			dur  time.Duration
			left string // state of the container
		}{
			{"wait w1", "context deadline exceeded: exit status 143", time.Second, "running"},
			{"stop w1", "context deadline exceeded: exit status 143", time.Second, "running"},
			{"exec w1 x", "context deadline exceeded: ended by signal 9 (killed)", time.Second + runner.DefaultGrace, "running"},
			{"run --name=w2 img", "context deadline exceeded: ended by signal 9 (killed)", time.Second + runner.DefaultGrace, "running"},
			{"run --init --name=w3 img", "context deadline exceeded: exit status 143", time.Second, "exited"},
		}
		for _, tt := range tests {
			begin := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, _, err := runner.Output(ctx, d, runner.Cmd{Argv: argv("docker " + tt.line)}, runner.Limits{})
			cancel()
			if text(err) != tt.want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: got %v, want %s", tt.line, err, tt.want)
			}
			if got := time.Since(begin); got != tt.dur {
				t.Errorf("%s: got %v, want %v", tt.line, got, tt.dur)
			}
			name := strings.TrimPrefix(argv(tt.line)[len(argv(tt.line))-2], "--name=")
			if name == "wait" || name == "stop" {
				name = "w1"
			}
			if got := must(t, d, "inspect --format={{.State.Status}} "+name); got != tt.left {
				t.Errorf("%s: got a container that is %s, want %s", tt.line, got, tt.left)
			}
		}
		time.Sleep(10 * time.Second) // the engine goes on with the stop whose client is gone
		if got := must(t, d, "inspect --format={{.State.Status}} w1"); got != "exited" {
			t.Errorf("got %s, want exited", got)
		}
	})
}

func TestRestartPolicy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": func(_ context.Context, c *runnertest.Container) int {
			fmt.Fprintln(c.Stdout, "run")
			return 3
		}}}
		defer d.Close()
		const state = "inspect --format={{.State.Status}}:{{.State.Running}}:{{.RestartCount}} "
		must(t, d, "run -d --name=w1 --restart=always img")
		must(t, d, "run -d --name=w2 --restart=on-failure:2 img")
		synctest.Wait()
		if got := must(t, d, "ps --format={{.State}}:{{.Status}} --filter=name=w1"); got != "restarting:Restarting (3) Less than a second ago" {
			t.Errorf("got %q", got)
		}
		time.Sleep(time.Second)
		if got, want := must(t, d, state+"w1 w2"), "restarting:true:3\nexited:false:2"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := strings.Count(must(t, d, "logs w2"), "run"); got != 3 {
			t.Errorf("got %d runs, want 3", got)
		}
		must(t, d, "stop w1")
		if got, want := must(t, d, state+"w1"), "exited:false:3"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const down = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n"
	const help = "\nRun 'docker run --help' for more information\n"
	tests := []struct {
		name  string
		fault *runnertest.Fault
		line  string
		out   string
		code  int
	}{
		{"down, run", runnertest.Down(), "run img", "docker: " + down + help, 125},
		{"down, ps", runnertest.Down(), "ps", down, 1},
		{"down, rm", runnertest.Down(), "rm --force w1 w2", down + down, 1},
		{"down, inspect", runnertest.Down(), "inspect w1", "[]\n" + down, 1},
		{"down, start", runnertest.Down(), "start w1 w2", down + down + "Error: failed to start containers: w1, w2\n", 1},
		{"down, version", runnertest.Down(), "version --format={{.Client.Version}}:{{.Client.APIVersion}}", "28.2.2:1.50\n" + down, 1},
		{"down, version of the server", runnertest.Down(), "version --format={{.Server.Version}}", "\n" + down, 1},
		{"nothing", &runnertest.Fault{}, "rm --force w1", "Error response from daemon: No such container: w1\n", 0},
		{"reply", &runnertest.Fault{Reply: &runnertest.Reply{Stdout: "a", Stderr: "b", Code: 42}}, "ps", "ab", 42},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := fake(t, patient)
			d.Fault = func(dockercmd.Command) *runnertest.Fault { return tt.fault }
			if out, code := ask(t, d, tt.line); out != tt.out || code != tt.code {
				t.Errorf("got %d and %q, want %d and %q", code, out, tt.code, tt.out)
			}
		})
	}
}

func TestFaultDenied(t *testing.T) {
	t.Parallel()
	d := fake(t, patient)
	d.Fault = func(dockercmd.Command) *runnertest.Fault { return runnertest.Denied() }
	for line, want := range map[string]int{"run img": 126, "ps": 1} {
		if out, code := ask(t, d, line); code != want || !strings.Contains(out, "permission denied while trying to connect") {
			t.Errorf("%s: got %d and %q, want %d", line, code, out, want)
		}
	}
}

func TestFaultThatLosesTheAnswer(t *testing.T) {
	t.Parallel()
	d := fake(t, patient)
	broken := true
	d.Fault = func(c dockercmd.Command) *runnertest.Fault {
		if !broken || c.Subcommand() == "ps" {
			return nil
		}
		f := runnertest.Broken()
		f.Lost = true
		return f
	}
	out, code := ask(t, d, "run --name=w1 img")
	if code != 125 || !strings.Contains(out, "EOF") {
		t.Errorf("got %d and %q", code, out)
	}
	if got := must(t, d, "ps --format={{.Names}}"); got != "w1" {
		t.Errorf("got %q, want the container", got)
	}
	if _, code := ask(t, d, "rm --force w1"); code != 1 {
		t.Errorf("got %d, want 1", code)
	}
	broken = false
	for must(t, d, "ps --all --quiet") != "" { // it goes soon
		runtime.Gosched()
	}
}

// TestLostAnswers runs every command that changes something and loses its answer.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ran := make(chan string, 1)
		d := &runnertest.Docker{
			Images: map[string]runnertest.Program{"img": patient},
			Exec: func(_ context.Context, c *runnertest.Container) int {
				ran <- c.Args[0]
				return 0
			},
		}
		defer d.Close()
		d.Fault = func(c dockercmd.Command) *runnertest.Fault {
			if c.Subcommand() == "inspect" {
				return nil
			}
			f := runnertest.Broken()
			f.Lost = true
			return f
		}
		for _, tt := range []struct{ line, state string }{
			{"run --init --name=w1 img", "running"},
			{"exec w1 job", "running"},
			{"stop w1", "exited"},
			{"start --attach w1", "running"},
			{"kill w1", "exited"},
			{"wait w1", "exited"},
			{"rm w1", ""},
		} {
			if out, code := ask(t, d, tt.line); code == 0 || !strings.Contains(out, "EOF") {
				t.Errorf("%s: got %d and %q, want an error", tt.line, code, out)
			}
			synctest.Wait()
			got, _, _ := runner.Output(t.Context(), d, runner.Cmd{Argv: argv("docker inspect --format={{.State.Status}} w1")},
				runner.Limits{})
			if strings.TrimSpace(string(got)) != tt.state {
				t.Errorf("%s: got %q, want %q", tt.line, got, tt.state)
			}
		}
		if got := <-ran; got != "job" {
			t.Errorf("got %q, want the job", got)
		}
	})
}

func TestLogs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": func(_ context.Context, c *runnertest.Container) int {
			fmt.Fprint(c.Stdout, "on")
			fmt.Fprint(c.Stderr, "err\n")
			time.Sleep(time.Minute)
			fmt.Fprint(c.Stdout, "e\ntwo\nthr")
			time.Sleep(time.Minute)
			fmt.Fprint(c.Stdout, "ee")
			return 0
		}}}
		defer d.Close()
		must(t, d, "run -d --name=w1 img")
		synctest.Wait()
		begin := time.Now()
		if got, want := must(t, d, "logs --follow w1"), "one\ntwo\nthreeerr"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := time.Since(begin); got != 2*time.Minute {
			t.Errorf("followed for %v, want 2m", got)
		}
		for line, want := range map[string]string{
			"logs w1":                              "one\ntwo\nthreeerr",
			"logs --tail=1 w1":                     "three",
			"logs --tail=3 w1":                     "one\ntwo\nthree",
			"logs --since=90s w1":                  "two\nthree",
			"logs --until=90s w1":                  "one\nerr",
			"logs --since=946684830 w1":            "two\nthree",
			"logs --since=2000-01-01T00:00:30Z w1": "two\nthree",
		} {
			if got := must(t, d, line); got != want {
				t.Errorf("%s: got %q, want %q", line, got, want)
			}
		}
		if _, code := ask(t, d, "logs --since=yesterday w1"); code != 1 {
			t.Errorf("got %d for a time that is none, want 1", code)
		}
	})
}

func TestFaultThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": patient}}
		defer d.Close()
		release := make(chan struct{})
		d.Fault = func(c dockercmd.Command) *runnertest.Fault {
			if c.Subcommand() == "ps" {
				return &runnertest.Fault{Delay: time.Second, Release: release}
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, _, err := runner.Output(ctx, d, runner.Cmd{Argv: argv("docker ps")}, runner.Limits{})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		close(release)
		begin := time.Now()
		if got := must(t, d, "ps --quiet"); got != "" || time.Since(begin) != time.Second {
			t.Errorf("got %q after %v, want nothing after a second", got, time.Since(begin))
		}
	})
}

func TestPath(t *testing.T) {
	t.Parallel()
	outer, inner := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(inner, "worker.sh"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(outer, "made")
	d := fake(t, func(_ context.Context, c *runnertest.Container) int {
		for _, p := range []string{"/", "/data", "/data/x/../y", "/data/in/worker.sh", "/database", "/made"} {
			host, ok := c.Path(p)
			fmt.Fprintln(c.Stdout, p, ok, strings.NewReplacer(outer, "OUTER", inner, "INNER").Replace(host))
		}
		return 0
	})
	must(t, d, fmt.Sprintf("run --name=w1 --volume=%s:/data --mount=type=bind,source=%s,target=/data/in/,readonly --volume=named:/cache --volume=%s:/made img", outer, inner, made))
	want := `/ false
/data true OUTER
/data/x/../y true OUTER/y
/data/in/worker.sh true INNER/worker.sh
/database false
/made true OUTER/made`
	got := strings.ReplaceAll(must(t, d, "logs w1"), " \n", "\n")
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if _, err := os.Stat(made); err != nil {
		t.Errorf("the missing source of a volume was not made: %v", err)
	}
}

func TestWhatAProgramGets(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	for name, content := range map[string]string{"env": "# comment\nA=file\n\nB=file\nHERE\nGONE\n", "labels": "k=file\nl=file\n"} {
		if err := os.WriteFile(filepath.Join(files, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := fake(t, func(_ context.Context, c *runnertest.Container) int {
		in, err := io.ReadAll(c.Stdin)
		fmt.Fprintln(c.Stdout, c.Name, c.Image, c.Args, c.Env, c.Labels, string(in), err, c.Run.User, c.PID() >= 1<<22, len(c.ID))
		return 300
	})
	out, errOut, err := runner.Output(t.Context(), d, runner.Cmd{
		Argv: argv("/usr/bin/docker run -i --name=w1 --user=5 --entrypoint=e --env-file=" + files + "/env --label-file=" + files +
			"/labels --label=k=v --env=B=flag --env=C img arg"),
		Env:   []string{"HERE=mine", "C=c"},
		Stdin: strings.NewReader("input"),
	}, runner.Limits{})
	want := "w1 img [e arg] [A=file HERE=mine B=flag C=c] map[k:v l:file] input <nil> 5 true 64\n"
	if string(out) != want || text(err) != "exit status 44" {
		t.Errorf("got %q, %q, %v, want %q", out, errOut, err, want)
	}
}

func TestCgroups(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	steps := make(chan int64)
	d := fake(t, func(ctx context.Context, c *runnertest.Container) int {
		for {
			select {
			case n := <-steps:
				c.SetMemory(n)
				steps <- n
			case <-ctx.Done():
				return 0
			}
		}
	})
	d.CgroupRoot = root
	set := func(n int64) { steps <- n; <-steps }
	host := cgroupread.Host{Root: root}

	id := must(t, d, "run -d --name=w1 --memory=64m --memory-swap=96m --pids-limit=9 --cgroup-parent=/workers img")
	set(20 << 20)
	g, err := host.ByID(id, "/workers")
	if err != nil {
		t.Fatal(err)
	}
	m, err := g.Memory()
	if err != nil {
		t.Fatal(err)
	}
	if limit, _ := m.Limit.Get(); m.WorkingSet != 20<<20 || m.Anon != 20<<20 || m.Current <= m.WorkingSet || limit != 64<<20 {
		t.Errorf("got %+v", m)
	}
	if swap, _ := m.SwapLimit.Get(); swap != 32<<20 {
		t.Errorf("got swap of %d, want what --memory-swap has beyond --memory", swap)
	}
	if pids, err := g.Pids(); err != nil || pids.Limit != cgroupread.Known(9) {
		t.Errorf("got %+v, %v", pids, err)
	}
	if _, err := g.CPU(); err != nil {
		t.Error(err)
	}
	pid := 0
	fmt.Sscan(must(t, d, "inspect --format={{.State.Pid}} w1"), &pid)
	byPID, err := host.ByPID(pid)
	if err != nil || byPID.String() != g.String() {
		t.Errorf("got %v, %v, want %v", byPID, err, g)
	}
	if procs, err := g.Procs(); err != nil || !slices.Equal(procs, []int{pid}) {
		t.Errorf("got %v, %v, want %d", procs, err, pid)
	}
	total, _ := host.TotalMemory()
	if free, err := host.FreeMemory("/workers"); err != nil || free != total-20<<20 {
		t.Errorf("got %d, %v, want all but 20 MiB of %d", free, err, total)
	}

	set(65 << 20)
	if got := must(t, d, "wait w1"); got != "137" {
		t.Errorf("got %s, want 137", got)
	}
	if got := must(t, d, "inspect --format={{.State.OOMKilled}} w1"); got != "true" {
		t.Error("inspect does not tell that it was killed for its memory")
	}
	if _, err := g.Memory(); !errors.Is(err, cgroupread.ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
	if _, err := host.ByPID(pid); !errors.Is(err, cgroupread.ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
	must(t, d, "start w1")
	if _, err := host.ByID(id, "/workers"); err != nil {
		t.Errorf("started again: %v", err)
	}
}

func TestCgroupRootThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := &runnertest.Docker{Images: map[string]runnertest.Program{"img": patient}, CgroupRoot: file}
	must(t, d, "run -d img")
	if err := d.Close(); err == nil || !strings.Contains(err.Error(), "files of the cgroups") {
		t.Errorf("got %v, want a failure", err)
	}
}

func TestRefs(t *testing.T) {
	t.Parallel()
	d := fake(t, patient)
	id := must(t, d, "run -d --name=w1 img")
	for range 20 { // two of 21 ids begin alike, since there are 16 digits
		must(t, d, "run -d img")
	}
	for _, ref := range []string{"w1", "/w1", id, id[:12]} {
		if got := must(t, d, "inspect --format={{.Name}} "+ref); got != "/w1" {
			t.Errorf("%s: got %q, want /w1", ref, got)
		}
	}
	ambiguous := 0
	for _, digit := range strings.Split("0123456789abcdef", "") {
		if out, code := ask(t, d, "stop --timeout=0 "+digit); code == 1 && strings.Contains(out, "provided prefix: "+digit) {
			ambiguous++
		}
	}
	if ambiguous == 0 {
		t.Error("no beginning of an id is ambiguous")
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	d := fake(t, patient)
	tests := []struct {
		line, out string
		code      int
	}{
		{"-H tcp://x ps", "takes no options in front", 125},
		{"run nosuch", "Unable to find image 'nosuch:latest' locally\ndocker: Error response from daemon: pull access denied for nosuch",
			125},
		{"run --memory=x img", `invalid argument "x" for "-m, --memory" flag: `, 125},
		{"run --network=none --publish=80:80 img", "docker: run: --publish", 125},
		{"run --help", "Usage:  docker run", 0},
		{"ps --filter=volume=x", "no filter volume", 125},
		{"inspect --type=network none", "containers and images only", 125},
		{"tag img other", "docker: unknown command: docker tag", 1},
		{"volume ls", "docker: unknown command: docker volume", 1},
		{"image prune", "docker: unknown command: docker image", 1},
		{"logs --details w1", "no details", 125},
		{"rm --link a", "no links", 125},
	}
	for _, tt := range tests {
		if out, code := ask(t, d, tt.line); code != tt.code || !strings.Contains(out, tt.out) {
			t.Errorf("%s: got %d and %q, want %d and %q", tt.line, code, out, tt.code, tt.out)
		}
	}
	_, err := d.Start(t.Context(), runner.Cmd{Argv: argv("podman ps")})
	if !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// TestClose leaves everything running that can run, and then counts the goroutines. It is not parallel to others.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	d := &runnertest.Docker{Images: map[string]runnertest.Program{
		"img":   patient,
		"short": func(context.Context, *runnertest.Container) int { return 1 },
	}}
	must(t, d, "run -d --name=w1 img")
	must(t, d, "run -d --restart=always short")
	clients := []runner.Process{}
	for _, line := range []string{"run --name=w2 img", "exec w1 x", "wait w1", "logs --follow w1", "stop w1"} {
		p, _ := begin(t, d, line)
		clients = append(clients, p)
	}
	for must(t, d, "ps --quiet --filter=name=w2") == "" {
		runtime.Gosched()
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	for _, p := range clients {
		_ = p.Wait() // it returns; what it says depends on how far it had come
	}
	if _, err := d.Start(t.Context(), runner.Cmd{Argv: argv("docker ps")}); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("got %v, want a refusal", err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched() // goroutines that have ended are counted for a moment
	}
	if got := runtime.NumGoroutine(); got > before {
		buf := make([]byte, 1<<20)
		t.Errorf("got %d goroutines, want %d:\n%s", got, before, buf[:runtime.Stack(buf, true)])
	}
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	root := t.TempDir() // before the fake, which writes there until it is closed
	d := fake(t, func(ctx context.Context, c *runnertest.Container) int {
		fmt.Fprintln(c.Stdout, "hello")
		c.SetMemory(5 << 20)
		select {
		case <-ctx.Done():
		case <-c.Notify():
		}
		return 5
	})
	d.CgroupRoot = root
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			name := fmt.Sprintf("w%02d", i)
			for _, line := range []string{
				"run -d --init --label=n=" + name + " --name=" + name + " img", "ps --quiet", "exec -d " + name + " x", "logs " + name,
				"inspect " + name, "stop --timeout=1 " + name, "wait " + name, "start " + name, "kill " + name, "ps --all --filter=label=n=" +
					name, "rm --force " + name,
			} {
				if out, code := ask(t, d, line); code != 0 {
					t.Errorf("%s: exit %d: %s", line, code, out)
				}
			}
		})
		wg.Go(func() { // all of them want the same name: one of them gets it
			_, code := ask(t, d, "run -d --name=one img")
			if code != 0 && code != 125 {
				t.Errorf("exit %d", code)
			}
		})
	}
	wg.Wait()
	if got := must(t, d, "ps --all --format={{.Names}}"); got != "one" {
		t.Errorf("got %q, want only one", got)
	}
}

// TestTypedOutput reads the fake's output with the parsers of package output.
func TestTypedOutput(t *testing.T) {
	t.Parallel()
	d := fake(t, patient)
	id, err := output.ParseID([]byte(must(t, d, "run -d --name=w1 --label=k=a,b --memory=64m --cpus=1.5 --user=1:2 img a b")))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{output.PsFormat("k"), output.PsStormFormat, "json"} {
		stdout, _, err := runner.Output(t.Context(), d,
			runner.Cmd{Argv: append([]string{"docker"}, (&dockercmd.Ps{Format: format, NoTrunc: true}).Args()...)}, runner.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := output.ParsePs(stdout)
		if err != nil || len(rows) != 1 || rows[0].ID != id || rows[0].State != output.StateRunning || rows[0].Names[0] != "w1" {
			t.Errorf("%s: got %+v, %v", format, rows, err)
		}
	}
	containers, err := output.ParseInspect([]byte(must(t, d, "inspect --type=container w1")))
	if err != nil || len(containers) != 1 {
		t.Fatalf("got %v, %v", containers, err)
	}
	c := containers[0]
	if c.ID != id || c.Name != "w1" || c.HostConfig.Memory != 64*dockercmd.MiB || c.HostConfig.NanoCPUs != 1500*dockercmd.MilliCPU ||
		c.Config.User != "1:2" || c.Config.Labels["k"] != "a,b" || c.State.Pid < 1<<22 || c.State.StartedAt.IsZero() ||
		!c.State.FinishedAt.IsZero() {
		t.Errorf("got %+v", c)
	}
	stdout, _, err := runner.Output(t.Context(), d,
		runner.Cmd{Argv: []string{"docker", "version", "--format=" + output.VersionFormat}}, runner.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := output.ParseVersion(stdout)
	if err != nil || v.Client.Version != runnertest.ClientVersion || v.Server.Version != runnertest.EngineVersion {
		t.Errorf("got %+v, %v", v, err)
	}
	if got := must(t, d, "version"); !strings.Contains(got, "API version:       1.41 (downgraded from 1.50)") ||
		!strings.Contains(got, "Version:          20.10.24") {
		t.Errorf("got %q", got)
	}
}

// FuzzLine checks that every line gets an answer. Lines that touch files are left out.
func FuzzLine(f *testing.F) {
	for _, line := range []string{
		"ps\x00--filter=name=^w1$\x00--format={{.Label \"k\"}}", "ps\x00--filter=status=exited",
		"ps\x00--format=table {{.ID}}\\t{{.Names}}",
		"inspect\x00--format={{json .State}}\x00w1", "logs\x00--since=1h\x00--tail=3\x00w1", "kill\x00--signal=RTMIN+3\x00w1",
		"kill\x00-s\x00RTMAX--9\x00w1",
		"stop\x00-t\x000\x00w1", "version\x00--format={{.Client}}", "container\x00ls", "container", "",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, "\x00")
		if slices.ContainsFunc(words, func(w string) bool {
			return w == "run" || w == "exec" || w == "logs" &&
				strings.Contains(line, "-f")
		}) {
			t.Skip("not this command: it touches files or goes on")
		}
		d := fake(t, func(context.Context, *runnertest.Container) int { return 0 })
		must(t, d, "run --name=w1 --label=k=v img")
		_, _, err := runner.Output(t.Context(), d, runner.Cmd{Argv: append([]string{"docker"}, words...)}, runner.Limits{})
		if exit, ok := errors.AsType[*runner.ExitError](err); err != nil && (!ok || exit.Signal != 0) {
			t.Errorf("got %v, want an answer", err)
		}
	})
}

func ExampleDocker() {
	d := &runnertest.Docker{Images: map[string]runnertest.Program{
		"worker:1": func(ctx context.Context, c *runnertest.Container) int {
			fmt.Fprintln(c.Stdout, "working as", c.Name, "on", c.Args)
			return 3
		},
	}}
	defer d.Close()
	docker := func(line string) {
		out, msg, err := runner.Output(context.Background(), d, runner.Cmd{Argv: strings.Fields("docker " + line)}, runner.Limits{})
		fmt.Printf("%s%s", out, msg)
		if err != nil {
			fmt.Println(err)
		}
	}
	docker("run --name=w1 worker:1 a.txt")
	docker("ps --all --format={{.Names}}:{{.State}}")
	docker("wait w1")
	docker("rm w1")
	docker("rm w1")
	// Output:
	// working as w1 on [a.txt]
	// exit status 3
	// w1:exited
	// 3
	// w1
	// Error response from daemon: No such container: w1
	// exit status 1
}

// A fault is injected where the supervisor cannot see it.
func ExampleDocker_fault() {
	d := &runnertest.Docker{
		Images: map[string]runnertest.Program{"worker:1": func(context.Context, *runnertest.Container) int { return 0 }},
		Fault: func(c dockercmd.Command) *runnertest.Fault {
			if c.Subcommand() == "ps" {
				return runnertest.Down()
			}
			return nil
		},
	}
	defer d.Close()
	_, msg, err := runner.Output(context.Background(), d, runner.Cmd{Argv: []string{"docker", "ps"}}, runner.Limits{})
	fmt.Printf("%s%v", msg, err)
	// Output:
	// Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
	// exit status 1
}

func TestEngineThatTheFakeDoesNotKnow(t *testing.T) {
	t.Parallel()
	d := &runnertest.Docker{Engine: "27.3"}
	defer d.Close()
	_, err := d.Start(t.Context(), runner.Cmd{Argv: []string{"docker", "ps"}})
	if err == nil || !strings.Contains(err.Error(), `does not speak for engine "27.3": it knows 20.10 and 28.5`) {
		t.Errorf("got %v, want a refusal that names the engines", err)
	}
}
