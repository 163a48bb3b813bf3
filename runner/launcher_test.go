package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
	"github.com/dockercmd/toolkit/scripts"
)

func init() { children["launcher"] = playLauncher }

// playLauncher behaves as Storm's worker-launcher does towards its caller: the same lines, streams and statuses. The
// first word of the "docker" line says what docker does.
func playLauncher(args []string) int {
	user, command, script := args[0], args[1], args[3]
	if user == "root" {
		fmt.Fprintln(os.Stderr, "Running as root is not allowed")
		return 255
	}
	fmt.Printf("main : command provided %s\nmain : user is %s\n", command, user)
	if command == "launch-docker-container" {
		fmt.Print(os.Getenv("LINKS"))
	}
	line, err := os.ReadFile(script)
	if err != nil {
		fmt.Fprintf(os.Stderr, "ERROR: Cannot open file %s\n", script)
		return 30
	}
	words := strings.Split(string(line), " ")
	if slices.Contains(words, "--memory=1g") {
		fmt.Fprintln(os.Stderr, "run: unrecognized option '--memory=1g'")
		return 39
	}
	if words[0] == "oldlauncher" {
		return 0
	}
	fmt.Printf("command: /usr/bin/docker %s\n", line)
	switch words[0] {
	case "nodocker":
		fmt.Fprint(os.Stderr, "ERROR: Couldn't execute the container launch with args /usr/bin/docker - No such file or directory")
		return 29
	case "hang":
		return forever()
	case "exit":
		fmt.Fprintln(os.Stderr, "docker's message")
		return number(words[1])
	}
	fmt.Printf("docker: %s\ncommand: not mine\n", line)
	return 0
}

// storm returns a Launcher that starts playLauncher. Exec tells it by the environment of the Cmd.
func storm(t *testing.T) runner.Launcher {
	t.Helper()
	return runner.Launcher{Path: self("launcher").Argv[0], User: "topo", WorkerDir: "/w", Scripts: scriptDir(t)}
}

func scriptDir(t *testing.T) *scripts.Dir {
	t.Helper()
	d, err := scripts.OpenDir(filepath.Join(t.TempDir(), "scripts"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func docker(words ...string) runner.Cmd {
	return runner.Cmd{Argv: append([]string{"docker"}, words...), Env: self("launcher").Env}
}

func names(t *testing.T, d *scripts.Dir) []string {
	t.Helper()
	got, err := d.Names()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestLauncherAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		user     string
		cmd      runner.Cmd
		want     string
		wantCode int    // of docker
		wantErr  string // of the launcher
	}{
		{name: "docker's own output", cmd: docker("ps", "--quiet=true"), want: "docker: ps --quiet=true\ncommand: not mine\n"},
		{name: "docker fails", cmd: docker("exit", "1"), wantCode: 1},
		{name: "docker fails with a status of the launcher's", cmd: docker("exit", "39"), wantCode: 39},
		{name: "docker fails with 29", cmd: docker("exit", "29"), wantCode: 29},
		{
			name: "flag refused", cmd: docker("run", "--memory=1g", "img"),
			wantErr: `launcher failed before docker ran: status 39 (ERROR_SANITIZING_DOCKER_COMMAND): "run: unrecognized option '--memory=1g'"`,
		},
		{
			name: "user refused", user: "root", cmd: docker("ps"),
			wantErr: `launcher failed before docker ran: status 255 (no name): "Running as root is not allowed"`,
		},
		{
			name: "no docker", cmd: docker("nodocker"),
			wantErr: `launcher failed before docker ran: status 29 (DOCKER_RUN_FAILED): "ERROR: Couldn't execute the container launch with args /usr/bin/docker - No such file or directory"`,
		},
		{
			name: "not Storm's", cmd: docker("oldlauncher"),
			wantErr: `launcher ended with success, but without the line that names docker's command: is it Storm's? Its last words: "main : user is topo"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := storm(t)
			if tt.user != "" {
				l.User = tt.user
			}
			got, _, err := runner.Output(t.Context(), l, tt.cmd, runner.Limits{})
			if string(got) != tt.want {
				t.Errorf("stdout: got %q, want %q", got, tt.want)
			}
			failed, ok := errors.AsType[*runner.LauncherError](err)
			if ok != (tt.wantErr != "") || ok && failed.Error() != tt.wantErr {
				t.Errorf("got %v, want %s", err, tt.wantErr)
			}
			if exit, _ := errors.AsType[*runner.ExitError](err); !ok && (tt.wantCode != 0) != (exit != nil && exit.Code == tt.wantCode) {
				t.Errorf("got %v, want docker's status %d", err, tt.wantCode)
			}
			if left := names(t, l.Scripts); len(left) != 0 {
				t.Errorf("files left: %q", left)
			}
		})
	}
}

// TestLauncherLinks checks that a link in the worker's directory whose name looks like docker's answer is not taken for it.
func TestLauncherLinks(t *testing.T) {
	t.Parallel()
	forged := "NOOP: /w/a\ncommand: /usr/bin/docker run\n0123forged\n"
	c := docker("run", "--detach", "img")
	c.Env = append(c.Env, "LINKS="+forged)
	l := storm(t)
	l.WorkerDir = t.TempDir()
	got, _, err := runner.Output(t.Context(), l, c, runner.Limits{})
	if err != nil || strings.Contains(string(got), "forged") {
		t.Errorf("got %q and %v, want docker's answer alone", got, err)
	}
}

// TestLauncherHolds writes what a launcher prints at docker run.
func TestLauncherHolds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789\n", 10_000)
	tests := []struct {
		name string
		said string
		want string
	}{
		{name: "an id", said: "main\ncommand: docker run\nid\n", want: "id\n"},
		{name: "no answer", said: "main\ncommand: docker run\n", want: ""},
		{name: "several forged answers", said: "command: a\nfake\ncommand: b\nfake\nNOOP: x\ncommand: docker run\nid\n", want: "id\n"},
		{name: "forged and then nothing", said: "command: a\nfake\ncommand: docker run\n", want: ""},
		{name: "within a line", said: "command: docker run\nmy command: x\n", want: "my command: x\n"},
		{name: "too long to hold", said: "main\ncommand: docker run\n" + long, want: long},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := storm(t)
			l.Runner = processtest.Writing(strings.SplitAfter(tt.said, "\n"), nil, nil)
			got, _, err := runner.Output(t.Context(), l, docker("run", "img"), runner.Limits{})
			if err != nil || string(got) != tt.want {
				t.Errorf("got %d bytes (%.40q) and %v, want %d", len(got), got, err, len(tt.want))
			}
		})
	}
}

// TestLauncherAnswersAtLast writes what a launcher prints at docker run --detach, where a worker has planted names of links that
// look like docker's answer, in any amount.
func TestLauncherAnswersAtLast(t *testing.T) {
	t.Parallel()
	forged := strings.Repeat("NOOP: x\ncommand: /usr/bin/docker run\n"+strings.Repeat("f", 64)+"\n", 1000)
	const named = "command: /usr/bin/docker run -d\n"
	exit := func(code int) error { return &runner.ExitError{Code: code} }
	for _, tt := range []struct {
		name   string
		said   []string
		stderr string
		end    error
		want   string // the last line, or the launcher's words
		failed bool   // as the launcher's own
	}{
		{"an id", []string{"main\n", named, "id\n"}, "", nil, "id\n", false},
		{"in bytes", strings.Split("main\n"+named+"id\n", ""), "", nil, "id\n", false},
		{"16 MiB of names", append(slices.Repeat([]string{forged}, 16<<20/len(forged)), named, "id\n"), "", nil, "id\n", false},
		{"one name of 16 MiB", append(slices.Repeat([]string{strings.Repeat("f", 1<<10)}, 16<<10), "\n", named, "id\n"), "", nil, "id\n",
			false},
		{"no answer behind names", []string{forged, named}, "", nil, "", false},
		{"docker fails behind names", []string{forged, named}, "docker: Error response from daemon: no.", exit(125), "", false},
		{"docker breaks behind names", []string{forged, named}, "panic: x", exit(2), "", false},
		{"ended by a signal behind names", []string{forged}, "", &runner.ExitError{Code: 137, Signal: 9}, "", false},
		{"stopped behind names", []string{forged}, "", context.DeadlineExceeded, "", false},
		{"the launcher fails behind names", []string{forged, "ERROR: Unexpected\n"}, "", exit(255), "ERROR: Unexpected", true},
		{"its own number behind names", []string{forged}, "ERROR: Cannot open file", exit(30), "ERROR: Cannot open", true},
		{"there is no docker", []string{named}, "ERROR: Couldn't execute the container launch with args x", exit(29),
			"Couldn't execute", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := storm(t)
			l.Runner = processtest.Writing(tt.said, []string{tt.stderr}, tt.end)
			c := docker("run", "-d", "img")
			c.LastLine = true
			got, _, err := runner.Output(t.Context(), l, c, runner.Limits{})
			failure, failed := errors.AsType[*runner.LauncherError](err)
			if failed != tt.failed || (err == nil) != (tt.end == nil) {
				t.Fatalf("got %v", err)
			}
			if failed && (len(failure.Output) > 64<<10 || !strings.Contains(failure.Output, tt.want)) {
				t.Errorf("got %d bytes of its words, without %q", len(failure.Output), tt.want)
			}
			if failed && len(got) > 0 {
				t.Errorf("%.40q is handed over as docker's answer", got)
			}
			if !failed && string(got) != tt.want {
				t.Errorf("got %d bytes (%.40q), want %q", len(got), got, tt.want)
			}
		})
	}
}

// TestLauncherSharesStreams checks that a program's exit status and words, on streams that it shares with the launcher, stay the
// program's.
func TestLauncherSharesStreams(t *testing.T) {
	t.Parallel()
	for line, shared := range map[string]bool{
		"run i": true, "exec w ps": true, "start --attach w": true, "attach w": true,
		"exec --detach w ps": false, "start w": false, "logs w": false, "ps": false,
	} {
		l := storm(t)
		l.Runner = processtest.Writing([]string{"main\ncommand: /usr/bin/docker x\n"},
			[]string{"Couldn't execute the container launch"}, &runner.ExitError{Code: 29})
		_, _, err := runner.Output(t.Context(), l, docker(strings.Fields(line)...), runner.Limits{})
		if _, failed := errors.AsType[*runner.LauncherError](err); failed == shared {
			t.Errorf("%s: got %v", line, err)
		}
	}
}

func TestLauncherStarts(t *testing.T) {
	t.Parallel()
	sudo := func(c runner.LauncherCall) []string {
		return []string{"-u", c.User, "-D", c.WorkerDir, c.Cmd.Argv[1], c.Script}
	}
	own := filepath.Join(t.TempDir(), "own.sh")
	tests := []struct {
		name        string
		change      func(*runner.Launcher, *runner.Cmd)
		words       []string
		wantArgs    []string // SCRIPT stands for the command file
		wantFile    string   // its name
		wantContent string
		wantMode    fs.FileMode
	}{
		{
			name: "run", words: []string{"run", "--name=w", "img"},
			wantArgs: []string{"topo", "launch-docker-container", "/w", "SCRIPT"},
			wantFile: "docker-run-b332b3af.sh", wantContent: "run --name=w img", wantMode: 0o600,
		},
		{
			name: "run behind a global option", words: []string{"--config=/c", "run", "img"},
			wantArgs: []string{"topo", "launch-docker-container", "/w", "SCRIPT"},
			wantFile: "docker-run-", wantContent: "--config=/c run img", wantMode: 0o600,
		},
		{
			name: "ps", words: []string{"ps", "--quiet=true"},
			wantArgs: []string{"topo", "run-docker-cmd", "/w", "SCRIPT"},
			wantFile: "docker-ps-", wantContent: "ps --quiet=true", wantMode: 0o600,
		},
		{
			name: "no worker directory", words: []string{"ps"},
			change:   func(l *runner.Launcher, _ *runner.Cmd) { l.WorkerDir = "" },
			wantArgs: []string{"topo", "run-docker-cmd", "/nonexistent", "SCRIPT"},
			wantFile: "docker-ps-", wantContent: "ps", wantMode: 0o600,
		},
		{
			name: "a subcommand that is no file name", words: []string{"../x"},
			wantArgs: []string{"topo", "run-docker-cmd", "/w", "SCRIPT"},
			wantFile: "docker-command-", wantContent: "../x", wantMode: 0o600,
		},
		{
			name: "another protocol", words: []string{"ps", "a b"},
			change:   func(l *runner.Launcher, _ *runner.Cmd) { l.Args = sudo },
			wantArgs: []string{"-u", "topo", "-D", "/w", "ps", "SCRIPT"},
			wantFile: "docker-ps-", wantContent: "#!/bin/sh\nexec docker ps 'a b'\n", wantMode: 0o700,
		},
		{
			name: "another protocol, a line", words: []string{"ps"},
			change:   func(l *runner.Launcher, _ *runner.Cmd) { l.Args, l.Format = sudo, scripts.Line },
			wantArgs: []string{"-u", "topo", "-D", "/w", "ps", "SCRIPT"},
			wantFile: "docker-ps-", wantContent: "ps", wantMode: 0o600,
		},
		{
			name: "a file of the caller's", words: []string{"ps"},
			change: func(l *runner.Launcher, c *runner.Cmd) {
				c.Script, l.Scripts = own, nil
				os.WriteFile(own, []byte("ps"), 0o640)
			},
			wantArgs: []string{"topo", "run-docker-cmd", "/w", "SCRIPT"},
			wantFile: "own.sh", wantContent: "ps", wantMode: 0o640,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, c := storm(t), docker(tt.words...)
			if tt.change != nil {
				tt.change(&l, &c)
			}
			var got runner.Cmd
			var content []byte
			var mode fs.FileMode
			l.Runner = runner.RunnerFunc(func(_ context.Context, c runner.Cmd) (runner.Process, error) {
				got = c
				script := c.Argv[len(c.Argv)-1]
				content, _ = os.ReadFile(script)
				info, err := os.Stat(script)
				if err == nil {
					mode = info.Mode()
				}
				return processtest.Ended{}, err
			})
			p, err := l.Start(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			p.Wait()
			script := got.Argv[len(got.Argv)-1]
			got.Argv[len(got.Argv)-1] = "SCRIPT"
			if want := append([]string{l.Path}, tt.wantArgs...); !slices.Equal(got.Argv, want) {
				t.Errorf("got %q, want %q", got.Argv, want)
			}
			if got.Script != "" {
				t.Errorf("got Script %q, which holds another Argv", got.Script)
			}
			if !strings.HasPrefix(filepath.Base(script), tt.wantFile) {
				t.Errorf("got file %s, want %s", script, tt.wantFile)
			}
			if string(content) != tt.wantContent || mode != tt.wantMode {
				t.Errorf("got %q with mode %v, want %q with %v", content, mode, tt.wantContent, tt.wantMode)
			}
			if _, err := os.Stat(script); (err == nil) != (script == own) {
				t.Errorf("after the end: %v", err)
			}
		})
	}
}

func TestLauncherRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*runner.Launcher)
		cmd    runner.Cmd
		want   string
	}{
		{name: "no launcher", change: func(l *runner.Launcher) { l.Path = "" }, cmd: docker("ps"), want: "Launcher.Path"},
		{name: "blank user", change: func(l *runner.Launcher) { l.User = " \t" }, cmd: docker("ps"), want: "Launcher.User"},
		{name: "no directory for files", change: func(l *runner.Launcher) { l.Scripts = nil }, cmd: docker("ps"),
			want: "Launcher.Scripts"},
		{name: "relative worker directory", change: func(l *runner.Launcher) { l.WorkerDir = "w" }, cmd: docker("run", "img"),
			want: `Launcher.WorkerDir "w"`},
		{name: "no worker directory", change: func(l *runner.Launcher) { l.WorkerDir = "" }, cmd: docker("run", "img"),
			want: `Launcher.WorkerDir ""`},
		{name: "a space", cmd: docker("run", "img", "a b"), want: "argv[3] holds a space"},
		{name: "no subcommand", cmd: docker(), want: "no subcommand"},
		{name: "no command", cmd: runner.Cmd{}, want: "Cmd.Argv"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := storm(t)
			dir := l.Scripts
			l.Runner = runner.RunnerFunc(func(context.Context, runner.Cmd) (runner.Process, error) {
				t.Error("started")
				return processtest.Ended{}, nil
			})
			if tt.change != nil {
				tt.change(&l)
			}
			p, err := l.Start(t.Context(), tt.cmd)
			if p != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v, want an error with %q", p, err, tt.want)
			}
			if left := names(t, dir); len(left) != 0 {
				t.Errorf("files left: %q", left)
			}
		})
	}
}

func TestLauncherMissing(t *testing.T) {
	t.Parallel()
	l := storm(t)
	l.Path = filepath.Join(t.TempDir(), "worker-launcher")
	if _, err := l.Start(t.Context(), docker("ps")); err == nil || !strings.Contains(err.Error(), "start "+l.Path) {
		t.Errorf("got %v, want a StartError", err)
	}
	if left := names(t, l.Scripts); len(left) != 0 {
		t.Errorf("files left: %q", left)
	}
}

// TestLauncherSharesFiles starts one line twice at once: the file must outlive the first.
func TestLauncherSharesFiles(t *testing.T) {
	t.Parallel()
	l := storm(t)
	ctx1, cancel1 := context.WithCancel(t.Context())
	defer cancel1()
	ctx2, cancel2 := context.WithCancel(t.Context())
	defer cancel2()
	p1, err1 := l.Start(ctx1, docker("hang"))
	p2, err2 := l.Start(ctx2, docker("hang"))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for _, step := range []struct {
		end       func()
		p         runner.Process
		wantFiles int
	}{{cancel1, p1, 1}, {cancel2, p2, 0}} {
		step.end()
		if err := step.p.Wait(); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if got := names(t, l.Scripts); len(got) != step.wantFiles {
			t.Errorf("got files %q, want %d", got, step.wantFiles)
		}
	}
}

// TestLauncherContextEnds ends the context before the launcher has printed anything: that is no LauncherError.
func TestLauncherContextEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want error
	}{
		{"stopped", &runner.ExitError{Code: 143, Cause: context.Canceled}, context.Canceled},
		{"abandoned", &runner.AbandonedError{PID: 1, Cause: context.Canceled}, runner.ErrAbandoned},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			l := storm(t)
			l.Runner = runner.RunnerFunc(func(context.Context, runner.Cmd) (runner.Process, error) {
				cancel()
				return processtest.Ended{Err: tt.err}, nil
			})
			p, err := l.Start(ctx, docker("ps"))
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Wait(); got != tt.err || !errors.Is(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.err)
			}
			if _, err := l.Start(ctx, docker("ps")); !errors.Is(err, context.Canceled) {
				t.Errorf("after the end: got %v, want context.Canceled", err)
			}
			if left := names(t, l.Scripts); len(left) != 0 {
				t.Errorf("files left: %q", left)
			}
		})
	}
}

// TestLauncherOneWriter writes to both streams at once, for the race detector.
func TestLauncherOneWriter(t *testing.T) {
	t.Parallel()
	const each = 1000
	l := storm(t)
	l.Runner = runner.RunnerFunc(func(_ context.Context, c runner.Cmd) (runner.Process, error) {
		c.Stdout.Write([]byte("command: docker ps\n"))
		var both sync.WaitGroup
		for _, w := range []io.Writer{c.Stdout, c.Stderr} {
			both.Go(func() {
				for range each {
					w.Write([]byte("x"))
				}
			})
		}
		both.Wait()
		return processtest.Ended{}, nil
	})
	var both bytes.Buffer
	c := docker("ps")
	c.Stdout, c.Stderr = &both, &both
	p, err := l.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil || both.Len() != 2*each {
		t.Errorf("got %d bytes and %v, want %d", both.Len(), err, 2*each)
	}
}

func FuzzLauncherOutput(f *testing.F) {
	banner := "main : command provided run-docker-cmd\nmain : user is topo\n"
	f.Add(banner, "abc\n", uint8(1))
	f.Add(banner, "no newline", uint8(7))
	f.Add(banner, "command: of the container\n", uint8(3))
	f.Add(banner+"commander\ncommand:\n", "", uint8(9))
	f.Add("", strings.Repeat("x", 300), uint8(255))
	f.Add("NOOP: a\n\n\ncommand\n", "\n\n", uint8(2))
	f.Fuzz(func(t *testing.T, banner, answer string, size uint8) {
		if strings.Contains("\n"+banner, "\ncommand: ") || banner != "" && !strings.HasSuffix(banner, "\n") {
			t.Skip("the launcher names docker's command once, on a line of its own")
		}
		all := []byte(banner + "command: /usr/bin/docker ps\n" + answer)
		l := storm(t)
		l.Runner = runner.RunnerFunc(func(_ context.Context, c runner.Cmd) (runner.Process, error) {
			for chunk := range slices.Chunk(all, max(1, int(size))) {
				if n, err := c.Stdout.Write(chunk); n != len(chunk) || err != nil {
					t.Errorf("Write: got %d, %v, want %d", n, err, len(chunk))
				}
			}
			return processtest.Ended{}, nil
		})
		got, _, err := runner.Output(t.Context(), l, docker("ps"), runner.Limits{})
		if err != nil || string(got) != answer {
			t.Errorf("got %q and %v, want %q", got, err, answer)
		}
	})
}
