package runnertest

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// machineMemory is what the fake's machine has, and what is free of it as long as nothing runs.
const machineMemory = 16 << 30

// pageCache is what each container has in its file cache, beside its own memory.
const pageCache = 4 << 20

// imageID returns an id for an image, the same one for the same name.
func imageID(image string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(image))) }

// cgroupOf returns where the cgroupfs driver puts a container's group, below the root of the hierarchy.
func cgroupOf(b *containerRecord) string {
	return path.Join("/", cmp.Or(b.run.CgroupParent, "docker"), b.id)
}

// openCgroup makes the files of a container that begins to run. The caller holds d.mu, as everywhere here.
func (d *Docker) openCgroup(b *containerRecord) {
	if d.CgroupRoot == "" {
		return
	}
	group := path.Join("sys/fs/cgroup", cgroupOf(b))
	pid := strconv.Itoa(b.process.pid)
	// Docker gives as much swap as memory by default, and --memory-swap counts both.
	memory, swap := limit(int64(b.run.Memory)), limit(int64(b.run.Memory))
	switch {
	case b.run.MemorySwap < 0:
		swap = "max"
	case b.run.MemorySwap > 0:
		swap = strconv.FormatInt(int64(b.run.MemorySwap-b.run.Memory), 10)
	}
	cpu := "max 100000"
	if b.run.CPUs > 0 {
		cpu = fmt.Sprintf("%d 100000", int64(b.run.CPUs)/10_000)
	}
	d.machine()
	d.put(path.Join("proc", pid, "cgroup"), "0::"+cgroupOf(b)+"\n")
	d.put(group+"/cgroup.controllers", "cpuset cpu io memory pids\n")
	d.put(group+"/cgroup.procs", pid+"\n")
	d.put(group+"/cgroup.events", "populated 1\nfrozen 0\n")
	d.put(group+"/cpu.max", cpu+"\n")
	d.put(group+"/cpu.stat", "usage_usec 25000\nuser_usec 15000\nsystem_usec 10000\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n")
	d.put(group+"/pids.current", "1\n")
	d.put(group+"/pids.max", limit(b.run.PidsLimit)+"\n")
	d.put(group+"/memory.max", memory+"\n")
	d.put(group+"/memory.swap.current", "0\n")
	d.put(group+"/memory.swap.max", swap+"\n")
	d.writeMemory(b, false)
}

func limit(n int64) string {
	if n <= 0 {
		return "max"
	}
	return strconv.FormatInt(n, 10)
}

// writeMemory writes the figures of a running container.
func (d *Docker) writeMemory(b *containerRecord, oom bool) {
	if d.CgroupRoot == "" {
		return
	}
	group := path.Join("sys/fs/cgroup", cgroupOf(b))
	cache := int64(pageCache)
	if m := int64(b.run.Memory); m > 0 { // the cache gives way to what the program needs
		cache = min(cache, m-b.process.memory)
	}
	kills := 0
	if oom {
		kills = 1
	}
	d.put(group+"/memory.current", fmt.Sprintln(b.process.memory+cache))
	d.put(group+"/memory.peak", fmt.Sprintln(b.process.peak+cache))
	d.put(group+"/memory.stat", fmt.Sprintf("anon %d\nfile %d\nkernel 0\nshmem 0\ninactive_anon %d\nactive_anon 0\ninactive_file "+
		"%d\nactive_file 0\n",
		b.process.memory, cache, b.process.memory, cache))
	d.put(group+"/memory.events", fmt.Sprintf("low 0\nhigh 0\nmax %d\noom %d\noom_kill %d\n", kills, kills, kills))
	d.meminfo()
}

// closeCgroup removes the files of a container that has ended.
func (d *Docker) closeCgroup(b *containerRecord) {
	if d.CgroupRoot == "" {
		return
	}
	pid := strconv.Itoa(b.process.pid)
	d.noteCgroup(os.RemoveAll(filepath.Join(d.CgroupRoot, "proc", pid)))
	d.noteCgroup(os.RemoveAll(filepath.Join(d.CgroupRoot, "sys/fs/cgroup", filepath.FromSlash(cgroupOf(b)))))
	d.meminfo()
}

// machine makes the files that belong to no container, once.
func (d *Docker) machine() {
	if _, err := os.Stat(filepath.Join(d.CgroupRoot, "proc/self/mountinfo")); err == nil {
		return
	}
	d.put("proc/self/cgroup", "0::/\n")
	d.put("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n")
	d.put("sys/fs/cgroup/cgroup.procs", "")
	d.put("sys/fs/cgroup/cpu.stat", "usage_usec 90000000\nuser_usec 60000000\nsystem_usec 30000000\n")
	d.put("proc/self/mountinfo", "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"+
		"30 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - cgroup2 cgroup2 rw,nsdelegate\n")
}

// meminfo writes what the machine has free: all that no container has for itself.
func (d *Docker) meminfo() {
	free := machineMemory - d.memory
	d.put("proc/meminfo", fmt.Sprintf("MemTotal:       %d kB\nMemFree:        %d kB\nMemAvailable:   %d kB\n", machineMemory>>10,
		free>>10, free>>10))
}

// put replaces a file as a whole, so that a reader never sees half of it.
func (d *Docker) put(name, text string) {
	name = filepath.Join(d.CgroupRoot, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name+".new", []byte(text), 0o644)
	}
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	d.noteCgroup(err)
}

func (d *Docker) noteCgroup(err error) {
	if err != nil && d.cgroups == nil {
		d.cgroups = errors.New("runnertest: files of the cgroups: " + strings.TrimSpace(err.Error()))
	}
}
