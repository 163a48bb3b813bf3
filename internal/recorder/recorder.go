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
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	// Home are files of the client's home, by their paths there: $SOCKET and $ADDRESS in them are where the daemon listens.
	// When it is not nil, Result.Home tells what the client leaves there.
	Home map[string]string
	// Stdin is the client's standard input.
	Stdin string
	// NoHost leaves DOCKER_HOST out of the client's environment, for commands that ask no daemon: any other would find the
	// machine's own.
	NoHost bool
	// TLS makes the daemon listen at a TCP port and speak TLS, with the certificates of PEM.
	TLS bool
}

// Recorder runs clients against daemons. It is safe for concurrent use.
type Recorder struct {
	daemon Daemon
	dir    string
	count  atomic.Int64
}

// Result is what one client did. Results are comparable with go-cmp. The paths of the client's
// working directory, home and socket stand in it as $PWD, $HOME and $SOCKET, the directory above them as $DIR, the address of a
// TCP port as $ADDRESS.
type Result struct {
	Requests []Request
	Exit     int
	Stdout   string
	Stderr   string
	Files    map[string]string // those that the client made in its working directory
	Home     map[string]string // all files of its home by their paths there, if the daemon has a Home
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

// Do runs the docker client at the path client with args behind the word docker, in a home and a working directory of its own
// and an environment of little but the daemon's Env, and returns what it did. $SOCKET and $ADDRESS in args are where the daemon
// listens. It fails the test only when the client cannot be run or does not end.
func (r *Recorder) Do(t testing.TB, client string, args ...string) Result {
	t.Helper()
	// All paths are of one length, since clients make columns as wide as a path.
	dir := filepath.Join(r.dir, fmt.Sprintf("%06d", r.count.Add(1)))
	home, work, socket := filepath.Join(dir, "home"), filepath.Join(dir, "work"), filepath.Join(dir, "s")
	for _, d := range []string{home, work} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s, err := serve(r.daemon, socket)
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("$SOCKET", socket, "$ADDRESS", s.address)
	if err := place(work, r.daemon.Files, fill); err != nil {
		t.Fatal(err)
	}
	if err := place(home, r.daemon.Home, fill); err != nil {
		t.Fatal(err)
	}
	words := make([]string, len(args))
	for i, w := range args {
		words[i] = fill.Replace(w)
	}

	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, client, words...)
	cmd.Dir = work
	cmd.Env = append([]string{"HOME=" + home, "GOMAXPROCS=1"}, r.daemon.Env...)
	if !r.daemon.NoHost {
		cmd.Env = append([]string{"DOCKER_HOST=" + s.host}, cmd.Env...)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(r.daemon.Stdin), &stdout, &stderr
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

	hide := strings.NewReplacer(work, "$PWD", home, "$HOME", socket, "$SOCKET", dir, "$DIR", s.address, "$ADDRESS")
	result := Result{Exit: cmd.ProcessState.ExitCode(), Stdout: hide.Replace(stdout.String()), Stderr: hide.Replace(stderr.String())}
	for _, q := range requests {
		q, err := q.normal(hide)
		if err != nil {
			t.Fatalf("%s %q: %v", client, args, err)
		}
		result.Requests = append(result.Requests, q)
	}
	if result.Files, err = left(work, r.daemon.Files, hide); err != nil {
		t.Fatal(err)
	}
	if r.daemon.Home != nil {
		if result.Home, err = left(home, nil, hide); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	return result
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
