// Package recorder is a docker daemon that does nothing but answer and remember: it stands on a unix socket of its own,
// lets real docker clients run their commands against it, and tells which requests they sent. With it a test can hold two
// command lines to be the same without any engine, image or container.
//
//	r := recorder.Start(t)
//	a := r.Do(t, client, "run", "-dm", "64m", "busybox")
//	b := r.Do(t, client, "run", "--detach", "--memory=64m", "busybox")
//	// a and b are equal
//
// Only tests import it.
package recorder

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/internal/enginetest"
)

// ID is the id of every container that the daemon makes, ExecID that of every command in one.
const (
	ID     = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	ExecID = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
)

// deadline is what one client may take. A call takes 20 to 50 ms on an idle machine.
const deadline = 30 * time.Second

// Daemon says what the recording daemon is like. The zero value is a Linux engine of API 1.50 that has every image.
type Daemon struct {
	// API is the newest API version that the daemon speaks; "" is 1.50. A client speaks the lower one of this and its own.
	API string
	// OS is linux or windows; "" is linux. Clients refuse some flags for want of the right one.
	OS string
	// NoImage makes the first create of each run fail for want of the image, so that the client pulls it.
	NoImage bool
	// Signal is sent to the client when it starts a container in the foreground; the container ends when the client asks
	// to kill it, or a second later. 0 sends none.
	Signal syscall.Signal
	// Swarm is what the daemon is in a swarm; "" is that it is in none.
	Swarm Swarm
	// Env is the client's environment beside HOME and DOCKER_HOST, each KEY=value.
	Env []string
	// Files are placed in the client's working directory: name to content.
	Files map[string]string
}

// Recorder runs clients against daemons. It is safe for concurrent use.
type Recorder struct {
	daemon Daemon
	dir    string
	count  atomic.Int64
}

// Result is what one client did. Results are comparable with go-cmp. The paths of the client's
// working directory, home and socket stand in it as $PWD, $HOME and $SOCKET.
type Result struct {
	Requests []Request
	Exit     int
	Stdout   string
	Stderr   string
	Files    map[string]string // those that the client made in its working directory
}

// Start makes a recorder of the zero Daemon.
func Start(t testing.TB) *Recorder {
	t.Helper()
	return Daemon{}.Start(t)
}

// Start makes a recorder. What it leaves on disk is removed at the end of the test.
func (d Daemon) Start(t testing.TB) *Recorder {
	t.Helper()
	if d.API == "" {
		d.API = "1.50"
	}
	if d.OS == "" {
		d.OS = "linux"
	}
	// Not t.TempDir: the path of a socket must fit into 108 bytes, and test names are long.
	dir, err := os.MkdirTemp("", "recorder")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return &Recorder{daemon: d, dir: dir}
}

// Do runs the docker client at the path client with args behind the word docker, in an empty home, a working directory of
// its own and an environment of little but the daemon's Env, and returns what it did. Standard input is empty. It fails
// the test only when the client cannot be run or does not end.
func (r *Recorder) Do(t testing.TB, client string, args ...string) Result {
	t.Helper()
	dir := filepath.Join(r.dir, strconv.FormatInt(r.count.Add(1), 10))
	home, work, socket := filepath.Join(dir, "home"), filepath.Join(dir, "work"), filepath.Join(dir, "s")
	for _, d := range []string{home, work} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range r.daemon.Files {
		if err := os.WriteFile(filepath.Join(work, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := serve(r.daemon, socket)
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, client, args...)
	cmd.Dir = work
	cmd.Env = append([]string{"HOME=" + home, "DOCKER_HOST=unix://" + socket, "GOMAXPROCS=1"}, r.daemon.Env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = deadline
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.client <- cmd.Process
	err = cmd.Wait()
	requests := s.close()
	if err != nil && (ctx.Err() != nil || !errors.As(err, new(*exec.ExitError))) {
		t.Fatalf("%s %q: %v\n%s", client, args, err, &stderr)
	}

	hide := strings.NewReplacer(work, "$PWD", home, "$HOME", socket, "$SOCKET")
	result := Result{Exit: cmd.ProcessState.ExitCode(), Stdout: hide.Replace(stdout.String()), Stderr: hide.Replace(stderr.String())}
	for _, q := range requests {
		q, err := q.normal(hide)
		if err != nil {
			t.Fatalf("%s %q: %v", client, args, err)
		}
		result.Requests = append(result.Requests, q)
	}
	if result.Files, err = r.made(work); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	return result
}

// made are the files that the client left in its working directory beside the daemon's.
func (r *Recorder) made(work string) (map[string]string, error) {
	entries, err := os.ReadDir(work)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, e := range entries {
		if _, ours := r.daemon.Files[e.Name()]; ours {
			continue
		}
		content, err := os.ReadFile(filepath.Join(work, e.Name()))
		if err != nil {
			return nil, err
		}
		files[e.Name()] = string(content)
	}
	return files, nil
}

// PerClient runs a test with each docker client of this machine, side by side. Without any the test is skipped.
func PerClient(t *testing.T, test func(t *testing.T, client enginetest.Client)) {
	t.Helper()
	clients := enginetest.Clients(t)
	if len(clients) == 0 {
		enginetest.Missing(t, "there is no docker client on PATH")
	}
	for _, c := range clients {
		t.Run(c.Version, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}
