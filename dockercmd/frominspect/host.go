package frominspect

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/quote"
)

// fromHost sets what depends on the host.
func (b *rebuilder) fromHost() {
	h := &b.c.HostConfig
	b.truth("rm", h.AutoRemove)
	b.truth("read-only", h.ReadonlyRootfs)
	b.each("group-add", h.GroupAdd)
	b.text("cgroup-parent", h.CgroupParent, "")
	b.text("cpuset-cpus", h.CpusetCpus, "")
	b.text("cpuset-mems", h.CpusetMems, "")
	b.table("sysctl", h.Sysctls)
	b.table("storage-opt", h.StorageOpt)
	b.table("annotation", h.Annotations)
	b.text("runtime", h.Runtime, "runc")
	b.text("isolation", h.Isolation, "")
	if h.Init != nil {
		b.set("init", strconv.FormatBool(*h.Init))
	}
	if h.ContainerIDFile != "" {
		b.set("cidfile", h.ContainerIDFile)
		b.note("--cidfile", "docker refuses a file that is there; remove %s first, or leave the flag out", h.ContainerIDFile)
	}
	b.restart()
	b.logs()
	b.namespaces()
	b.memory()
	b.processor()
	if h.Cgroup != "" {
		b.note("HostConfig.Cgroup", "%q cannot be said in a line", h.Cgroup)
	}
}

func (b *rebuilder) restart() {
	r := b.c.HostConfig.RestartPolicy
	name := r.Name
	if r.MaximumRetryCount != 0 {
		name += ":" + strconv.Itoa(r.MaximumRetryCount)
	}
	b.text("restart", name, "no")
}

// logs leaves out json-file only where it has no options: with some, a line that names the options alone would depend on the
// engine's own driver.
func (b *rebuilder) logs() {
	l := b.c.HostConfig.LogConfig
	if l.Type != "json-file" || len(l.Config) > 0 {
		b.text("log-driver", l.Type, "")
	}
	b.table("log-opt", l.Config)
}

func (b *rebuilder) namespaces() {
	h := &b.c.HostConfig
	b.text("ipc", h.IpcMode, "private")
	b.text("pid", h.PidMode, "")
	b.text("uts", h.UTSMode, "")
	b.text("userns", h.UsernsMode, "")
	// Engines say something for OomKillDisable on cgroup v1 alone. There the namespace is the host's unless it was asked for.
	usual := "private"
	if h.OomKillDisable != nil {
		usual = "host"
	}
	b.text("cgroupns", h.CgroupnsMode, usual)
}

func (b *rebuilder) memory() {
	h := &b.c.HostConfig
	b.number("memory", int64(h.Memory))
	if h.MemorySwap != 2*h.Memory { // which the engine makes of silence
		b.number("memory-swap", int64(h.MemorySwap))
	}
	b.number("memory-reservation", int64(h.MemoryReservation))
	b.number("kernel-memory", int64(h.KernelMemory))
	if s := h.MemorySwappiness; s != nil && *s != -1 {
		b.set("memory-swappiness", strconv.FormatInt(*s, 10))
	}
	b.truth("oom-kill-disable", h.OomKillDisable != nil && *h.OomKillDisable)
	b.number("oom-score-adj", int64(h.OomScoreAdj))
	if h.PidsLimit != nil {
		b.number("pids-limit", *h.PidsLimit)
	}
	if h.ShmSize != 64*dockercmd.MiB {
		b.number("shm-size", int64(h.ShmSize))
	}
	for _, u := range h.Ulimits {
		b.set("ulimit", u.String())
	}
}

func (b *rebuilder) processor() {
	h := &b.c.HostConfig
	b.number("cpu-shares", h.CPUShares)
	if h.NanoCPUs != 0 {
		b.set("cpus", h.NanoCPUs.String())
	} else {
		b.number("cpu-period", h.CPUPeriod)
		b.number("cpu-quota", h.CPUQuota)
	}
	b.number("cpu-rt-period", h.CPURealtimePeriod)
	b.number("cpu-rt-runtime", h.CPURealtimeRuntime)
	b.number("cpu-count", h.CPUCount)
	b.number("cpu-percent", h.CPUPercent)
	b.number("io-maxbandwidth", int64(h.IOMaximumBandwidth))
	if h.IOMaximumIOps != 0 {
		b.set("io-maxiops", strconv.FormatUint(h.IOMaximumIOps, 10))
	}
}

// fromSecurity sets what the container may do.
func (b *rebuilder) fromSecurity() {
	h := &b.c.HostConfig
	b.truth("privileged", h.Privileged)
	b.each("cap-add", h.CapAdd)
	b.each("cap-drop", h.CapDrop)
	opts := h.SecurityOpt
	if n := len(opts); n > 0 && opts[n-1] == "label=disable" && (h.Privileged || h.PidMode == "host" || h.IpcMode == "host") {
		opts = opts[:n-1] // the engine adds it
	}
	for _, o := range opts {
		if profile, ok := strings.CutPrefix(o, "seccomp="); ok && strings.HasPrefix(profile, "{") {
			b.seccomp()
			continue
		}
		b.set("security-opt", o)
	}
	b.paths()
}

// seccomp names the file that the profile has to be written to: the client reads one, and inspect shows what was in it.
func (b *rebuilder) seccomp() {
	file := strings.ReplaceAll(b.called(), "/", "-") + "-seccomp.json"
	b.set("security-opt", "seccomp="+file)
	b.note("--security-opt", "the client reads the profile from a file, which has to be made of what inspect says: "+
		`docker inspect --format '{{range .HostConfig.SecurityOpt}}{{println .}}{{end}}' %s | sed -n 's/^seccomp={/{/p' >%s`,
		quote.Word(b.called()), quote.Word(file))
}

// called returns what to call the container by.
func (b *rebuilder) called() string { return cmp.Or(b.c.Name, b.c.ID) }

// The paths that engines hide from a container, or let it only read, up to 29.
var (
	maskedPaths = []string{"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		"/proc/sched_debug",
		"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"}
	readonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

// paths sets systempaths. The paths are null where the container is privileged, and empty with systempaths=unconfined.
func (b *rebuilder) paths() {
	h := &b.c.HostConfig
	open := func(paths []string) bool { return paths != nil && len(paths) == 0 }
	if open(h.MaskedPaths) && open(h.ReadonlyPaths) {
		b.set("security-opt", "systempaths=unconfined")
		return
	}
	lists := []struct {
		field       string
		got, usual  []string
		must        string
		alsoAllowed string
	}{
		{"HostConfig.MaskedPaths", h.MaskedPaths, maskedPaths, "/proc/kcore", "/thermal_throttle"},
		{"HostConfig.ReadonlyPaths", h.ReadonlyPaths, readonlyPaths, "/proc/sys", "\x00"},
	}
	for _, l := range lists {
		strange := slices.ContainsFunc(l.got, func(p string) bool {
			return !slices.Contains(l.usual, p) &&
				!strings.HasSuffix(p, l.alsoAllowed)
		})
		if l.got != nil && (strange || !slices.Contains(l.got, l.must)) {
			b.note(l.field, "they are not docker's own, and no line says them; systempaths=unconfined takes all away")
		}
	}
}
