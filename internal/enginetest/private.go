package enginetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/client"
)

// startDeadline is for an engine to answer. The engine itself gives its containerd 15 s.
const startDeadline = 2 * time.Minute

// stopDeadline is for an engine to end after SIGTERM. It gives its containers 15 s (--shutdown-timeout), all at once.
const stopDeadline = time.Minute

// PrivateEngine is a docker engine of one test's own, which the test may stop, kill and freeze. Nothing of it lies
// outside its directory but cgroups, below a parent of its own, and its shims' sockets in /run/containerd/s. It has no
// network: containers take --network=none or host.
//
// Run, Name and Image are as with the machine's engine. Its methods are for one goroutine at a time.
type PrivateEngine struct {
	*Engine
	// Host is the engine's address, unix:///tmp/.../docker.sock: what clients take as -H or DOCKER_HOST.
	Host string
	// Dir holds everything of the engine: data/, exec/, docker.sock, pid, daemon.json and log.
	Dir string

	root   string        // of the engine's file system; "" is the machine's
	driver string        // the storage driver
	daemon *exec.Cmd     // the last dockerd
	ended  chan struct{} // closed when it has ended

	keeper      int           // the process that keeps the mounts of an engine with a root of its own
	keeperEnded chan struct{} // closed when it has ended
}

// Private starts an engine for this test alone, beside the machine's own and any other private one; its image is made
// of the machine's busybox whatever DOCKERCMD_TEST_IMAGE says. It takes root, dockerd and a docker client: without them
// the test is skipped, or fails, as with [Require].
//
// When the test ends, the engine, its containers, shims, mounts, cgroups and files are removed, whatever state they are
// in. A process of its own, the guard, does the same when the test binary is killed or panics at its timeout. Only killing
// that as well leaves something behind: the engine and its directory, TMPDIR/dockercmd-test-engine-*. Also left is the
// empty cgroup of a container that was running at the end with a --cgroup-parent outside the engine's own.
//
// With DOCKERCMD_ENGINE=sid it is that release's engine, as with [PrivateOf].
func Private(t testing.TB) *PrivateEngine {
	t.Helper()
	return PrivateOf(t, os.Getenv(engineVariable))
}

// PrivateOf is Private for the engine of another Debian release, such as "sid"; see [Releases]. It runs in that release's root
// file system, whose /tmp and /run are the machine's: bind mounts of what lies there, or in the engine's TMPDIR, work as with
// the machine's own. Its mounts are its own, and not seen from outside.
func PrivateOf(t testing.TB, release string) *PrivateEngine {
	t.Helper()
	if Quick() {
		Missing(t, "DOCKERCMD_QUICK=1")
	}
	docker, root, err := parts(release)
	if err != nil {
		Missing(t, err.Error())
	}
	p, remove, err := newPrivate(docker, root)
	if remove != nil {
		t.Cleanup(func() { p.end(t, remove) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parts returns what a private engine is made of, or what is missing for it.
func parts(release string) (docker, root string, err error) {
	if os.Geteuid() != 0 {
		return "", "", errors.New("an engine of the test's own takes root")
	}
	if root, err = rootOf(release); err != nil {
		return "", "", err
	}
	if docker, err = exec.LookPath("docker"); err == nil {
		docker, err = filepath.Abs(docker)
	}
	if err != nil {
		return "", "", fmt.Errorf("there is no docker client: %w", err)
	}
	return docker, root, nil
}

// newPrivate starts an engine. Remove, unless it is nil, ends the guard and waits for it, also after an error.
func newPrivate(docker, root string) (p *PrivateEngine, remove func() error, err error) {
	dir, err := privateDir()
	if err != nil {
		return nil, nil, err
	}
	p = &PrivateEngine{Engine: &Engine{Docker: docker}, Dir: dir, Host: "unix://" + filepath.Join(dir, "docker.sock"), root: root}
	p.env = append(os.Environ(), hostVariables(p.Host)...)
	if remove, err = guard(dir); err != nil {
		return p, remove, err
	}
	if err := p.enterRoot(); err != nil {
		return p, remove, err
	}
	// The name of a driver that does not work here ends dockerd at once. vfs works everywhere.
	for _, p.driver = range []string{"overlay2", "vfs"} {
		if err = p.start(); err == nil {
			break
		}
	}
	if err == nil {
		p.Version, err = p.try(pingDeadline, nil, "version", "--format={{.Server.Version}}")
	}
	if err == nil {
		p.Image, err = imageName, p.importBusybox(imageName)
	}
	return p, remove, err
}

// hostVariables make clients use an engine. They prefer DOCKER_HOST to a context, but would take the others along.
func hostVariables(host string) []string {
	return []string{"DOCKER_HOST=" + host, "DOCKER_CONTEXT=", "DOCKER_TLS=", "DOCKER_TLS_VERIFY=", "DOCKER_API_VERSION="}
}

// privateDir makes a directory with a name short enough for the sockets below it: their paths may have 107 bytes.
func privateDir() (string, error) {
	parent := os.TempDir()
	if len(parent) > 30 {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, privatePrefix)
	if err != nil {
		return "", err
	}
	// Without a file of its own the engine would read the machine's /etc/docker/daemon.json.
	return dir, os.WriteFile(filepath.Join(dir, "daemon.json"), []byte("{}\n"), 0o600)
}

// Docker returns a typed docker for this engine, with the test's client.
func (p *PrivateEngine) Docker() client.Docker {
	return client.Docker{Program: p.Engine.Docker, Env: p.Env()}
}

// Env returns an environment in which every docker client uses this engine: the test's own, with DOCKER_HOST.
func (p *PrivateEngine) Env() []string { return append([]string(nil), p.env...) }

// PID returns the process id of the last dockerd, running or not.
func (p *PrivateEngine) PID() int { return p.daemon.Process.Pid }

// Log returns what the engine and its containerd have logged so far.
func (p *PrivateEngine) Log() string {
	log, _ := os.ReadFile(filepath.Join(p.Dir, "log"))
	return string(log)
}

// Start starts the engine again after Stop or Kill, with further flags such as --live-restore, and waits until it answers.
func (p *PrivateEngine) Start(t testing.TB, flags ...string) {
	t.Helper()
	if err := p.start(flags...); err != nil {
		t.Fatal(err)
	}
}

func (p *PrivateEngine) start(flags ...string) error {
	if p.running() {
		return errors.New("the engine runs already: stop it first")
	}
	p.forgetContainerd()
	log, err := os.OpenFile(filepath.Join(p.Dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// The cgroupfs driver takes a path as a parent everywhere; systemd's, the default on cgroup v2, would not.
	cmd := p.program("dockerd", append([]string{
		"--config-file=" + filepath.Join(p.Dir, "daemon.json"),
		"--data-root=" + filepath.Join(p.Dir, "data"),
		"--exec-root=" + filepath.Join(p.Dir, "exec"),
		"--pidfile=" + filepath.Join(p.Dir, "pid"),
		"--host=" + p.Host,
		"--bridge=none", "--iptables=false", "--ip6tables=false",
		"--storage-driver=" + p.driver,
		"--exec-opt=native.cgroupdriver=cgroupfs",
		"--cgroup-parent=/" + filepath.Base(p.Dir),
	}, flags...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, log, log
	// Its own session: Ctrl-C ends the test, and the guard ends the engine.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(ended)
	}()
	p.daemon, p.ended = cmd, ended
	return p.answers()
}

// answers waits until the engine is up.
func (p *PrivateEngine) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), startDeadline)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", strings.TrimPrefix(p.Host, "unix://"))
		},
	}}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		// The engine listens early and answers late: the request waits in its socket.
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/_ping", nil)
		if err != nil {
			return err
		}
		if answer, err := client.Do(req); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-p.ended:
			return fmt.Errorf("dockerd ended: %v\n%s", p.daemon.ProcessState, tail(p.Log()))
		case <-ctx.Done():
			return fmt.Errorf("dockerd did not answer within %v\n%s", startDeadline, tail(p.Log()))
		}
	}
}

// tail returns the end of a log.
func tail(log string) string {
	const most = 3000
	if len(log) > most {
		log = "..." + log[len(log)-most:]
	}
	return log
}

func (p *PrivateEngine) running() bool {
	if p.ended == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// end removes the engine and says what became of it when the test has failed.
func (p *PrivateEngine) end(t testing.TB, release func() error) {
	if t.Failed() {
		t.Logf("the private engine's log:\n%s", tail(p.Log()))
	}
	if err := errors.Join(clean(p.Dir), release()); err != nil {
		t.Errorf("remove the private engine: %v", err)
	}
	if p.ended != nil {
		<-p.ended
	}
	if p.keeperEnded != nil {
		<-p.keeperEnded
	}
}
