package enginetest

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// engineVariable names the release whose engine Require and Private use in place of the machine's own.
const engineVariable = "DOCKERCMD_ENGINE"

// requiredVariable holds the address of the engine that Require has started, for the children of a test process.
const requiredVariable = "DOCKERCMD_ENGINETEST_REQUIRED"

// Own is the release of the machine's own engine.
const Own = ""

// Release is an engine that tests can start: the machine's own, [Own], or that of a Debian release.
type Release struct {
	// Name is that of the Debian release: "sid".
	Name string
	// Engine begins the version of its engine: "28.5.".
	Engine string
	// Optional is not missed where it is not at hand, as with DOCKERCMD_REQUIRE_ENGINE=1.
	Optional bool
}

// Releases are the engines beside the machine's own; internal/rig/engine makes their root file systems.
var Releases = []Release{
	{Name: "sid", Engine: "28.5."},
	{Name: "trixie", Engine: "26.1.", Optional: true},
}

// EachEngine runs a test for the machine's own engine and for that of every release, in parallel subtests that are named after
// them. The test starts its engine with [PrivateOf]. A release that is not at hand is skipped, which is said, or fails the test, as
// with [Require], unless it is optional.
func EachEngine(t *testing.T, test func(t *testing.T, release string)) {
	t.Helper()
	t.Run("own", func(t *testing.T) {
		t.Parallel()
		test(t, Own)
	})
	for _, r := range Releases {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			r.Need(t)
			test(t, r.Name)
		})
	}
}

// Need skips a test, or fails it, where the release is not at hand, as with [Require].
func (r Release) Need(t testing.TB) {
	t.Helper()
	_, err := rootOf(r.Name)
	switch {
	case err == nil:
	case r.Optional:
		t.Skip("NOT TESTED, " + err.Error())
	default:
		Missing(t, err.Error())
	}
}

// rootOf returns the root file system that holds a release's engine, "" for the machine's own.
func rootOf(release string) (string, error) {
	if release == Own {
		_, err := exec.LookPath("dockerd")
		if err != nil {
			err = fmt.Errorf("there is no engine to start: %w", err)
		}
		return "", err
	}
	cache := os.Getenv("DOCKERCMD_CACHE")
	if cache == "" {
		cache = "/var/cache/dockercmd"
	}
	root := filepath.Join(cache, "engine-"+release)
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no engine of %s here: run internal/rig/engine %[1]s as root, which makes %s", release, root)
	} else if err != nil {
		return "", err
	}
	return root, nil
}

//go:embed enter.sh
var enter string

// enterRoot makes the mounts that a release's engine lives among, in a namespace of their own. A process keeps it for as long as
// the engine's directory is there, so that an engine that is started again finds the mounts of the one before, as on a machine.
func (p *PrivateEngine) enterRoot() error {
	if p.root == "" {
		return nil
	}
	// The argument is what clean knows the process by.
	program := []string{"tail", "-f", filepath.Join(p.Dir, "daemon.json")}
	cmd := exec.Command("unshare", append([]string{"--mount", "--propagation=slave", "/bin/sh", "-ec", enter, "enter.sh",
		p.root, os.TempDir()}, program...)...)
	var stderr strings.Builder
	cmd.Dir, cmd.Env, cmd.Stderr, cmd.WaitDelay = p.Dir, systemEnv(), &stderr, time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	p.keeper, p.keeperEnded = cmd.Process.Pid, ended
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(startDeadline)
	for !strings.HasPrefix(cmdline(p.keeper), strings.Join(program, "\x00")) {
		select {
		case <-tick.C:
		case <-ended:
			return fmt.Errorf("make %s the root of an engine: %v\n%s", p.root, cmd.ProcessState, stderr.String())
		case <-deadline:
			return fmt.Errorf("making %s the root of an engine takes longer than %v", p.root, startDeadline)
		}
	}
	return nil
}

// program returns a command of the engine's release, among its mounts. The process that is started becomes the program itself.
func (p *PrivateEngine) program(name string, args ...string) *exec.Cmd {
	if p.root == "" {
		return exec.Command(name, args...)
	}
	cmd := exec.Command("nsenter", append([]string{fmt.Sprintf("--mount=/proc/%d/ns/mnt", p.keeper), "--", name}, args...)...)
	cmd.Env = systemEnv()
	return cmd
}

// systemEnv returns an environment in which a release's programs are found, whatever a test has put on PATH.
func systemEnv() []string {
	return append(os.Environ(), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
}

// removeRequired ends the guard of the engine that Require has started. Nobody calls it: it keeps the guard's pipe from being
// collected, and closed, before this process ends.
var removeRequired func() error

// requireRelease starts a release's engine for all tests of this process and their children: they find it by DOCKER_HOST. Its
// guard removes it when the process has ended.
func requireRelease(release string) error {
	docker, root, err := parts(release)
	if err != nil {
		return err
	}
	p, remove, err := newPrivate(docker, root)
	if err != nil {
		return err
	}
	removeRequired = remove
	for _, assignment := range append(hostVariables(p.Host), requiredVariable+"="+p.Host) {
		name, value, _ := strings.Cut(assignment, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}
