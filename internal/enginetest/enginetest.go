// Package enginetest gives tests a real docker engine, the clients at hand and a small image that needs no registry.
//
// A test that needs an engine starts with [Require]. Without an engine it is skipped and says why; where an engine
// must be there (CI), DOCKERCMD_REQUIRE_ENGINE=1 turns the skip into a failure. Only tests import this package.
//
//	e := enginetest.Require(t)
//	name := e.Name(t)
//	e.Run(t, "run", "-d", "--name="+name, "--network=none", e.Image, "sleep", "60")
//
// A test that breaks an engine (stops, kills, freezes it) takes one of its own instead: [Private]. One that asks what engines do
// asks each that is at hand: [EachEngine].
package enginetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Prefix begins the name of everything that this package leaves on an engine while tests run.
const Prefix = "dockercmd-test-"

const (
	pingDeadline = time.Minute // an emulated machine on a busy host takes its time
	runDeadline  = 2 * time.Minute
)

// Engine is a docker engine that answered, and the client that reaches it. It is safe for concurrent use.
type Engine struct {
	// Docker is the absolute path of the client: the first docker on PATH.
	Docker string
	// Version is the engine's own version, for instance "20.10.24+dfsg1".
	Version string
	// Image is on the engine and holds busybox with all its applets in /bin, a writable /tmp, and the users root and
	// worker (1000:1000). DOCKERCMD_TEST_IMAGE names another one.
	Image string
	// env is the client's environment; nil is the test's own.
	env []string
}

// found is looked up once in a test process: an engine does not come and go between tests.
var found = sync.OnceValues(find)

// Require returns the machine's engine. When none answers, or the image cannot be made, it skips the test with the
// cause, or fails it if DOCKERCMD_REQUIRE_ENGINE is 1.
//
// With DOCKERCMD_ENGINE=sid it is an engine of that release instead, as with [PrivateOf], which serves all tests of the process and
// has no network: containers take --network=none or host.
func Require(t testing.TB) *Engine {
	t.Helper()
	e, err := found()
	if err == nil {
		return new(*e)
	}
	Missing(t, "there is no docker engine to test with: "+err.Error())
	return nil
}

// Quick reports whether tests shall start no docker client and need no engine: DOCKERCMD_QUICK is 1, as make quick sets it.
func Quick() bool { return os.Getenv("DOCKERCMD_QUICK") == "1" }

// Slow leaves out a test that takes tens of seconds where tests shall be quick.
func Slow(t testing.TB) {
	t.Helper()
	if Quick() {
		t.Skip("NOT TESTED, DOCKERCMD_QUICK=1 leaves out what takes long")
	}
}

// Missing skips a test that lacks what it is to be run with, and says so, or fails it if DOCKERCMD_REQUIRE_ENGINE is 1.
func Missing(t testing.TB, cause string) {
	t.Helper()
	if Quick() {
		t.Skip("NOT TESTED, DOCKERCMD_QUICK=1 leaves out what needs an engine or a docker client")
	}
	if os.Getenv("DOCKERCMD_REQUIRE_ENGINE") == "1" {
		t.Fatal("DOCKERCMD_REQUIRE_ENGINE=1, but " + cause)
	}
	t.Skip("NOT TESTED, " + cause)
}

func find() (*Engine, error) {
	if Quick() {
		return nil, errors.New("DOCKERCMD_QUICK=1")
	}
	if release := os.Getenv(engineVariable); release != Own && os.Getenv(requiredVariable) == "" {
		if err := requireRelease(release); err != nil {
			return nil, err
		}
	}
	docker, err := exec.LookPath("docker")
	if err != nil {
		return nil, err
	}
	if docker, err = filepath.Abs(docker); err != nil {
		return nil, err
	}
	e := &Engine{Docker: docker}
	if e.Version, err = e.try(pingDeadline, nil, "version", "--format={{.Server.Version}}"); err != nil {
		return nil, err
	}
	e.Image, err = e.image()
	return e, err
}

// Run runs docker with args and returns its standard output without the white space around it. It fails the test when
// docker does not exit with 0 within two minutes. It may be called from a cleanup function.
func (e *Engine) Run(t testing.TB, args ...string) string {
	t.Helper()
	out, err := e.try(runDeadline, nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Name returns a container name that nobody else has. What bears it at the end of the test is removed with its
// anonymous volumes, running or not.
func (e *Engine) Name(t testing.TB) string {
	t.Helper()
	name := Prefix + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() {
		_, err := e.try(runDeadline, nil, "rm", "--force", "--volumes", name)
		if err != nil && !gone(err) {
			t.Errorf("remove the test's container: %v", err)
		}
	})
	return name
}

// gone reports whether a failed removal left nothing to do: clients before 23 exit with 1 when there is no such container, and a
// container started with --rm may be about to go already.
func gone(err error) bool {
	text := err.Error()
	return strings.Contains(text, "No such container") || strings.Contains(text, "is already in progress")
}

func (e *Engine) try(deadline time.Duration, stdin io.Reader, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, e.Docker, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = e.env, stdin, &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		err = errors.Join(context.Cause(ctx), err)
		return "", fmt.Errorf("%s %s: %w\n%s", e.Docker, strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return strings.TrimSpace(stdout.String()), nil
}
