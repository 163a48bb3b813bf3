package enginetest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Podmans are the releases whose podman tests can play on; internal/rig/engine makes their root file systems.
var Podmans = []Release{
	{Name: "podman-sid", Engine: "5.8."},
	{Name: "podman-trixie", Engine: "5.4.", Optional: true},
}

// PodmanOf returns a podman of this test's own as an Engine: its Docker is a program that becomes the podman of a release, among
// mounts and with containers, images and settings that nobody else has. It takes root. Without it, or where the release is not at
// hand, the test is skipped or fails as with [EachEngine]. When the test ends all of it is removed, as with [Private].
func PodmanOf(t testing.TB, release string) *Engine {
	t.Helper()
	if Quick() || os.Geteuid() != 0 {
		Missing(t, "a podman of the test's own takes root")
	}
	Podmans[slices.IndexFunc(Podmans, func(r Release) bool { return r.Name == release })].Need(t)
	root, err := rootOf(release)
	if err != nil {
		t.Fatal(err)
	}
	p, remove, err := newPodman(root)
	if remove != nil {
		t.Cleanup(func() {
			p.end(t, remove)
			removeParent()
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return p.Engine
}

// What podman is told by files. The limits are for a machine whose root may not raise any, as in a sandbox; the lock type keeps it
// from /dev/shm, which is the machine's.
const (
	containersConf = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "$DIR/exec/libpod"
[network]
network_config_dir = "$DIR/networks"
`
	storageConf = `[storage]
driver = "$DRIVER"
graphroot = "$DIR/data"
runroot = "$DIR/exec/storage"
`
	podmanProgram = `#!/bin/sh
export CONTAINERS_CONF=$DIR/containers.conf CONTAINERS_STORAGE_CONF=$DIR/storage.conf PODMAN_IGNORE_CGROUPSV1_WARNING=1
export TMPDIR=$DIR/tmp PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec nsenter --mount=/proc/$KEEPER/ns/mnt -- $DIR/bin/podman "$@"
`
)

// newPodman makes a podman. Remove, unless it is nil, ends the guard and waits for it, also after an error.
func newPodman(root string) (p *PrivateEngine, remove func() error, err error) {
	dir, err := privateDir()
	if err != nil {
		return nil, nil, err
	}
	p = &PrivateEngine{Engine: &Engine{Docker: filepath.Join(dir, "podman")}, Dir: dir, root: root}
	if remove, err = guard(dir); err != nil {
		return p, remove, err
	}
	if err := p.enterRoot(); err != nil {
		return p, remove, err
	}
	for _, p.driver = range []string{"overlay", "vfs"} {
		if err = p.writePodman(); err != nil {
			return p, remove, err
		}
		if p.Version, err = p.try(pingDeadline, nil, "version", "--format={{.Client.Version}}"); err == nil {
			p.Image, err = imageName, p.importBusybox(imageName)
		}
		if err == nil {
			_, err = p.try(runDeadline, nil, "run", "--rm", "--network=none", imageName, "true")
		}
		if err == nil {
			break
		}
		_ = os.RemoveAll(filepath.Join(dir, "data"))
	}
	return p, remove, err
}

func (p *PrivateEngine) writePodman() error {
	fill := strings.NewReplacer("$DIR", p.Dir, "$DRIVER", p.driver, "$KEEPER", strconv.Itoa(p.keeper))
	write := func(name, text string, mode os.FileMode) error {
		return os.WriteFile(filepath.Join(p.Dir, name), []byte(fill.Replace(text)), mode)
	}
	// By the name of this link clean finds whatever podman runs.
	link := filepath.Join(p.Dir, "bin/podman")
	_ = os.Remove(link)
	return errors.Join(os.MkdirAll(filepath.Join(p.Dir, "tmp"), 0o700), os.MkdirAll(filepath.Dir(link), 0o700),
		os.Symlink("/usr/bin/podman", link), write("containers.conf", containersConf, 0o644), write("storage.conf", storageConf, 0o644),
		write("podman", podmanProgram, 0o755))
}

// podmanParent is the cgroup below which every podman with the cgroupfs manager puts its containers.
const podmanParent = "libpod_parent"

// podmanGroups returns the cgroups of all containers that the podman in dir has, as removeGroups takes them.
func podmanGroups(dir string) (parents []string) {
	containers, _ := filepath.Glob(filepath.Join(dir, "data/*-containers/*/userdata"))
	for _, c := range containers {
		parents = append(parents, podmanParent+"/libpod-"+filepath.Base(filepath.Dir(c)))
	}
	return parents
}

// removeParent removes what podman leaves of its cgroups, unless somebody's containers are there.
func removeParent() {
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		for _, group := range []string{podmanParent + "/conmon", podmanParent} {
			found, _ := filepath.Glob(pattern + group)
			for _, dir := range found {
				_ = os.Remove(dir) // it is in use
			}
		}
	}
}
