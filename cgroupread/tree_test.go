package cgroupread

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Container ids of the trees that are written by hand.
var (
	idA = strings.Repeat("0a", 32)
	idB = strings.Repeat("1b", 32)
	idC = strings.Repeat("2c", 32)
	idD = strings.Repeat("3d", 32)
)

// Containers of the tree captured from an engine 20.10.24 with the cgroupfs driver on Linux 6.18: under /docker with limits of 64
// MiB, half a CPU and 20 tasks, busy after one OOM kill; with --cgroup-parent=/storm, which had a limit of 1 GiB; with
// --cgroup-parent=rel.
const (
	hybrid    = "hybrid-v1-controllers-beside-empty-cgroup2"
	idBusy    = "811db9545e28dd01c38f2bdeaa00424b46cd4a66b79c2c48988296c3f43741a7"
	idStorm   = "1b3bb6132d6a60d3a8b81f480e4df5de34fb8fd8a6d10b4d0eb1ea96a9d55802"
	idRel     = "b83d37f68a2249b53ee7495c2bbb5ff2b24f198d3390bba6840b50c34761819d"
	pidBusy   = 6432
	pidStorm  = 6505
	pidRel    = 6579
	v1Systemd = "v1-systemd-driver-old-kernel-cpu-joined-with-cpuacct"
	v1Moved   = "v1-mounted-elsewhere-with-a-space-in-the-name"
	v1Inside  = "v1-inside-a-container-groups-bind-mounted"
	v2Systemd = "v2-systemd-driver-slices-and-a-podman-scope"
	v2Nested  = "v2-cgroupfs-driver-nested-groups-no-peak-no-swap"
	v2Private = "v2-private-cgroup-namespace"
	v2Real    = "v2-cgroupfs-driver-captured" // engine 20.10.24 on Linux 6.1; limits, an OOM kill and 8 MB of tmpfs
	idReal    = "094ec3800ccf410fc557c743c89b44f9174690881b69835f463a1dc4232eb69b"
	pidReal   = 239
	v2Outside = "v2-private-cgroup-namespace-host-mount"
	split     = "hybrid-memory-on-cgroup2-cpu-and-pids-on-v1"
	bare      = "no-cgroup-mounted"
)

// tree returns the host of a captured tree.
func tree(t testing.TB, name string) Host {
	t.Helper()
	root := filepath.Join("..", "testdata", "cgroupread", name)
	if _, err := os.Stat(root); err != nil {
		t.Fatal(err)
	}
	return Host{Root: root}
}

// plant returns a host whose tree has the files given, with their directories.
func plant(t testing.TB, files map[string]string) Host {
	t.Helper()
	h := Host{Root: t.TempDir()}
	for name, content := range files {
		full := h.path(name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// oneMount is the mountinfo of a machine with nothing but cgroup2.
const oneMount = "24 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"

// dirIn returns a group's directory for a controller, relative to the tree.
func dirIn(t testing.TB, h Host, g Group, controller string) string {
	t.Helper()
	dir, err := g.Dir(controller)
	if err != nil {
		t.Fatalf("Dir(%q): %v", controller, err)
	}
	rel, err := filepath.Rel(h.Root, dir)
	if err != nil {
		t.Fatal(err)
	}
	return rel
}
