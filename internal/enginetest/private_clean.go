package enginetest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// privatePrefix begins the name of a private engine's directory and of its cgroup parent.
const privatePrefix = Prefix + "engine-"

// guardVariable makes a test binary a guard: it holds the directory.
const guardVariable = "DOCKERCMD_ENGINETEST_GUARD"

// guard starts this test binary once more, as a process that waits until the pipe from here breaks and then cleans up: a
// killed test cannot do that itself. It holds nothing of the test's but that pipe. Release ends it and waits for it.
func guard(dir string) (release func() error, err error) {
	none := func() error { return nil }
	self, err := os.Executable()
	if err != nil {
		return none, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), guardVariable+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return none, err
	}
	if err := cmd.Start(); err != nil {
		return none, err
	}
	return func() error {
		pipe.Close()
		return cmd.Wait()
	}, nil
}

func init() {
	dir, ok := os.LookupEnv(guardVariable)
	if !ok {
		return
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := clean(dir); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// clean kills every process of the private engine in dir, unmounts what lies below dir, and removes its cgroups, its shims'
// sockets and dir itself. It may be called again, and by two processes at once.
func clean(dir string) error {
	name := filepath.Base(dir)
	if !strings.HasPrefix(name, privatePrefix) || !filepath.IsAbs(dir) {
		return fmt.Errorf("%s is not a private engine's directory", dir)
	}
	sockets := shimSockets(dir)
	parents := append(podmanGroups(dir), name)
	if err := killAll(name, parents); err != nil {
		return err
	}
	errs := unmount(dir)
	for _, parent := range parents {
		errs = append(errs, removeGroups(parent))
	}
	for _, socket := range append(sockets, shimSockets(dir)...) {
		_ = os.Remove(socket)
	}
	return errors.Join(append(errs, os.RemoveAll(dir))...)
}

// killAll kills until none is left: a daemon may have started another while it died.
func killAll(name string, parents []string) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(stopDeadline)
	for {
		left := processes(name)
		if len(left) == 0 {
			return nil
		}
		for _, parent := range parents {
			thaw(parent)
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		select {
		case <-tick.C:
		case <-deadline:
			return fmt.Errorf("processes %d of the private engine %s do not die of SIGKILL", left, name)
		}
	}
}

// processes returns the living processes that belong to a private engine: those that name its directory (the engine, its
// containerd, shims and clients) and those whose root is a container's file system in it.
func processes(name string) (found []int) {
	for _, pid := range pids() {
		if pid != os.Getpid() && !dead(pid) &&
			(strings.Contains(cmdline(pid), "/"+name+"/") || strings.Contains(rootMount(pid), "/"+name+"/")) {
			found = append(found, pid)
		}
	}
	return found
}

// thaw continues paused containers: on cgroup v1 a frozen process does not die of SIGKILL.
func thaw(name string) {
	for _, group := range groups(name) {
		_ = os.WriteFile(filepath.Join(group, "freezer.state"), []byte("THAWED"), 0)
	}
}

// groups returns a private engine's cgroups in all hierarchies, children before their parents.
func groups(name string) (dirs []string) {
	for _, pattern := range []string{"/sys/fs/cgroup/" + name, "/sys/fs/cgroup/*/" + name} {
		parents, _ := filepath.Glob(pattern)
		for _, parent := range parents {
			_ = filepath.WalkDir(parent, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					dirs = append(dirs, path)
				}
				return nil
			})
		}
	}
	slices.Reverse(dirs)
	return dirs
}

// removeGroups removes a private engine's cgroups. A process that is about to be gone, and shows nothing of itself in /proc
// any more, keeps its group busy for some milliseconds.
func removeGroups(name string) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(stopDeadline)
	for {
		var errs []error
		for _, group := range groups(name) {
			if err := os.Remove(group); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
		if len(errs) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-deadline:
			return errors.Join(errs...)
		}
	}
}

// unmount takes away all mounts below dir, the last first, also those still in use.
func unmount(dir string) (errs []error) {
	const detach = 2 // MNT_DETACH
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return []error{err}
	}
	lines := strings.Split(string(table), "\n")
	for _, line := range slices.Backward(lines) {
		fields := strings.Fields(line)
		if len(fields) < 5 || !strings.HasPrefix(fields[4], dir+"/") {
			continue
		}
		if err := syscall.Unmount(fields[4], detach); err != nil &&
			!errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOENT) {
			errs = append(errs, fmt.Errorf("unmount %s: %w", fields[4], err))
		}
	}
	return errs
}

// shimSocket is an address in the files that containerd keeps of its shims: address with containerd 1.6, bootstrap.json with 2.1.
var shimSocket = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`unix://(/run/containerd/s/[0-9a-f]+)`) })

// shimSockets returns the sockets in /run/containerd/s, where containerd puts them for every engine of a machine, that belong to
// the engine. A killed shim leaves its own; the next containerd removes the file that names it, but not the socket, so KillShims
// keeps the names.
func shimSockets(dir string) (sockets []string) {
	shims := filepath.Join(dir, "exec/containerd/daemon/io.containerd.runtime.v2.task/moby/*")
	files := []string{socketsFile(dir)}
	for _, name := range []string{"address", "bootstrap.json"} {
		found, _ := filepath.Glob(filepath.Join(shims, name))
		files = append(files, found...)
	}
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, match := range shimSocket().FindAllSubmatch(text, -1) {
			sockets = append(sockets, string(match[1]))
		}
	}
	slices.Sort(sockets)
	return slices.Compact(sockets)
}

// keepSockets writes down the sockets of all shims that there are, for a later clean.
func keepSockets(dir string) error {
	var text strings.Builder
	for _, socket := range shimSockets(dir) {
		text.WriteString("unix://" + socket + "\n")
	}
	return os.WriteFile(socketsFile(dir), []byte(text.String()), 0o600)
}

func socketsFile(dir string) string { return filepath.Join(dir, "sockets") }
