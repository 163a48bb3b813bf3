package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/internal/child"
)

// world is a root directory of its own, in which the launcher is installed setuid root, with a docker that writes down what it is
// given. It is made of testdata/policy/host.jsonl, the machine that the corpus of package policy is judged on.
type world struct{ root string }

// hostFile is one file of that machine.
type hostFile struct {
	Path, Kind, Mode string
	UID              int
	To               string
}

// anID is the id of every container in the world.
var anID = strings.Repeat("e", 64)

// standIn is the docker in a world: it says of each container whose it is, and writes down everything else that it is asked.
const standIn = `#!/bin/busybox sh
for last; do :; done
case "$*" in
*dockercmd.owner*--type=container*|*--type=container*)
	case "$*" in *dockercmd.owner*)
		case "$last" in bob*|c*cccc|deadbeef) owner=0;; *) owner=$(/bin/busybox id -u);; esac
		echo "%s $owner"
		exit 0
	esac
esac
for word; do
	case "$word" in *source=/srv/*) from=${word#*source=}; /bin/busybox readlink -f "${from%%%%,*}" >>/out/mounted;; esac
done
printf '%%s\0' "$@" >>/out/argv
printf '\n' >>/out/argv
/bin/busybox env >/out/env
/bin/busybox id >/out/id
`

// accounts are the users of the world.
const accounts = `root:x:0:0::/root:/bin/sh
alice:x:2000:2000::/home/alice:/bin/sh
carol:x:1000:1000::/home/alice:/bin/sh
daemon:x:2:2::/:/bin/sh
`

const accountGroups = "root:x:0:\nsudo:x:27:\ndisk:x:6:\ndocker:x:999:\nalice:x:2000:\ncarol:x:1000:\nsupervisors:x:3000:alice,carol\n"

// newWorld makes a world. It needs root.
func newWorld(t testing.TB) *world {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: a setuid program is installed")
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("needs busybox (Debian's busybox-static), as the shell of the stand-in for docker; make setup installs it")
	}
	w := &world{root: filepath.Join(t.TempDir(), "world")}
	for at := w.root; strings.HasPrefix(at, os.TempDir()+"/"); at = filepath.Dir(at) { // other users walk in
		_ = os.MkdirAll(at, 0o755)
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.files(t)
	for name, text := range map[string]string{
		"etc/passwd": accounts, "etc/group": accountGroups, "usr/bin/docker": fmt.Sprintf(standIn, anID),
	} {
		w.write(t, name, text, map[bool]os.FileMode{true: 0o755, false: 0o644}[strings.HasPrefix(name, "usr/bin")])
	}
	w.copyFile(t, busybox, "bin/busybox", 0o755)
	w.mkdir(t, "out", 0o777)
	w.mkdir(t, "etc/dockercmd", 0o755)
	w.copyFile(t, built(t), "bin/dockercmd-launcher", 0o755)
	launcher := filepath.Join(w.root, "bin/dockercmd-launcher")
	if err := errors.Join(os.Chown(launcher, 0, 3000), syscall.Chmod(launcher, 0o4750)); err != nil {
		t.Fatal(err)
	}
	return w
}

// built builds the launcher as README says, once.
func built(t testing.TB) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "dockercmd-launcher")
	cmd := exec.Command("go", "build", "-trimpath", "-o", name, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return name
}

func (w *world) path(name string) string { return filepath.Join(w.root, name) }

func (w *world) mkdir(t testing.TB, name string, mode uint32) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(w.path(name), 0o755), syscall.Chmod(w.path(name), mode)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) write(t testing.TB, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(w.path(name), []byte(text), mode), os.Chmod(w.path(name), mode)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) copyFile(t testing.TB, from, to string, mode os.FileMode) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, to, string(data), mode)
}

// files makes the files of host.jsonl. Those that are a second place of others are mounted by mounts.
func (w *world) files(t testing.TB) {
	t.Helper()
	for _, f := range hostFiles(t) {
		name := w.path(f.Path)
		mode, _ := strconv.ParseUint(f.Mode, 8, 32)
		var err error
		switch f.Kind {
		case "dir", "same":
			if err = os.MkdirAll(name, 0o755); err == nil && f.Kind == "dir" {
				err = syscall.Chmod(name, uint32(mode))
			}
		case "file":
			err = os.WriteFile(name, nil, 0o644)
		case "link":
			err = os.Symlink(f.To, name)
		case "socket":
			err = unix.Mknod(name, unix.S_IFSOCK|uint32(mode), 0)
		case "pipe":
			err = unix.Mknod(name, unix.S_IFIFO|uint32(mode), 0)
		case "device":
			err = unix.Mknod(name, unix.S_IFCHR|uint32(mode), int(unix.Mkdev(1, 3)))
		}
		if err == nil {
			err = os.Lchown(name, f.UID, f.UID)
		}
		if err == nil && (f.Kind == "file" || f.Kind == "device" || f.Kind == "socket" || f.Kind == "pipe") {
			err = syscall.Chmod(name, uint32(mode))
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Path, err)
		}
	}
}

func hostFiles(t testing.TB) (all []hostFile) {
	t.Helper()
	readLines(t, "../../testdata/policy/host.jsonl", func(data []byte) error {
		var f hostFile
		err := json.Unmarshal(data, &f)
		all = append(all, f)
		return err
	})
	return all
}

func readLines(t testing.TB, name string, each func([]byte) error) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		if err := each(line); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// mounts gives files their second places. It is called in a mount namespace that ends with the process.
func (w *world) mounts(files []hostFile) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	for _, f := range files {
		if f.Kind == "same" {
			if err := unix.Mount(w.path(f.To), w.path(f.Path), "", unix.MS_BIND, ""); err != nil {
				return fmt.Errorf("%s: %w", f.Path, err)
			}
		}
	}
	return nil
}

// call is one call of the launcher by a user of the world.
type call struct {
	uid  int
	args []string
}

// answer is what it has come to.
type answer struct {
	Status         int
	Stdout, Stderr string
	Argv           []string // what docker got; nil is that it was not started
}

// do calls the launcher.
func (w *world) do(c call) (answer, error) {
	for _, name := range []string{"argv", "env", "id", "mounted"} {
		_ = os.Remove(w.path("out/" + name))
	}
	cmd := &exec.Cmd{Path: "/bin/dockercmd-launcher", Args: append([]string{"dockercmd-launcher"}, c.args...), Dir: "/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: w.root,
		Credential: &syscall.Credential{Uid: uint32(c.uid), Gid: uint32(c.uid), Groups: []uint32{3000}}}
	cmd.Env = []string{"DOCKER_HOST=tcp://203.0.113.9:2375", "LD_PRELOAD=/x", "DOCKER_CONFIG=/home/alice", "HOME=/home/alice", "SUDO_UID=0",
		"GODEBUG=x", "PATH=/home/alice", "A=b"}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	a := answer{Stdout: stdout.String(), Stderr: stderr.String(), Argv: w.argv()}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		a.Status, err = exit.ExitCode(), nil
	}
	return a, err
}

// argv returns what docker got.
func (w *world) argv() []string {
	data, err := os.ReadFile(w.path("out/argv"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\x00\n"), "\x00")
}

// lastRules returns the rules of the last record in the audit file.
func (w *world) lastRules() (outcome string, rules []string, err error) {
	f, err := os.Open(w.path("var/lib/audit.jsonl"))
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	var last record
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		last = record{}
		if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
			return "", nil, err
		}
	}
	slices.Sort(last.Rules)
	return last.Outcome, slices.Compact(last.Rules), lines.Err()
}

// ask writes a command file of the caller's and has the launcher run it.
func (w *world) ask(uid int, script string) (answer, error) {
	name := fmt.Sprintf("/home/request-%d", uid)
	at := w.path(name)
	_ = os.Remove(at)
	if err := errors.Join(os.WriteFile(at, []byte(script), 0o600), os.Chown(at, uid, uid)); err != nil {
		return answer{}, err
	}
	return w.do(call{uid: uid, args: []string{"exec", name}})
}

// configure writes the launcher's configuration, and empties the audit file.
func (w *world) configure(text string) error {
	at := w.path("etc/dockercmd/launcher.yaml")
	return errors.Join(os.WriteFile(at, []byte("version: 1\naudit: /var/lib/audit.jsonl\n"+text), 0o644),
		os.RemoveAll(w.path("var/lib/audit.jsonl")))
}

// apart starts this test binary in a role, in a mount namespace of its own.
func apart(t testing.TB, role string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), child.As(role))
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if text := strings.TrimSpace(string(out)); text != "" {
		t.Log(text)
	}
	if err != nil {
		t.Error(err)
	}
}
