package dockercmd

import (
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"time"
)

// MinMemory is the smallest memory limit that an engine takes ("Minimum memory limit allowed is 6MB").
const MinMemory = 6 * MiB

// check finds what docker's client or engine would refuse, and what docker would swallow silently.
func (r *Run) check(p *problems) {
	if err := ValidImage(r.Image); err != nil {
		p.Client("IMAGE", "%w", err)
	}
	p.words("COMMAND", r.Command)
	if r.Name != "" {
		p.name("--name", r.Name)
	}
	if r.MemorySwap > 0 && r.Memory == 0 {
		p.Add("--memory-swap", "goes with --memory only; give that too")
	}
	r.checkResources(p)
	r.checkHealth(p)
	r.checkConflicts(p)
	r.checkWords(p)
	r.checkTargets(p)
}

// checkResources looks at what update can change too, and what goes with it.
func (r *Run) checkResources(p *problems) {
	if r.Memory > 0 && r.Memory < MinMemory {
		p.Add("--memory", "%s is under docker's minimum of %s", r.Memory, MinMemory)
	}
	if r.MemorySwap > 0 && r.MemorySwap < r.Memory {
		p.Add("--memory-swap", "%s is under --memory=%s, and it counts both together", r.MemorySwap, r.Memory)
	}
	if r.MemoryReservation > 0 && r.Memory > 0 && r.MemoryReservation > r.Memory {
		p.Add("--memory-reservation", "%s is above --memory=%s", r.MemoryReservation, r.Memory)
	}
	if s := r.MemorySwappiness; s != nil && (*s < -1 || *s > 100) {
		p.Client("--memory-swappiness", "%d is not from 0 to 100", *s)
	}
	if r.OOMScoreAdj < -1000 || r.OOMScoreAdj > 1000 {
		p.Add("--oom-score-adj", "%d is not from -1000 to 1000", r.OOMScoreAdj)
	}
	if r.PidsLimit < -1 {
		p.Add("--pids-limit", "%d is negative; -1 means unlimited", r.PidsLimit)
	}
	if r.CPUShares < 0 {
		p.Add("--cpu-shares", "%d is negative; give a weight from 2", r.CPUShares)
	}
	if r.CPUs != 0 && (r.CPUPeriod != 0 || r.CPUQuota != 0) {
		p.Add("--cpus", "contradicts --cpu-period and --cpu-quota; give one or the others")
	}
	switch {
	case r.BlkioWeight > math.MaxUint16:
		p.Client("--blkio-weight", "%d is not from 10 to 1000", r.BlkioWeight)
	case r.BlkioWeight != 0 && (r.BlkioWeight < 10 || r.BlkioWeight > 1000):
		p.Add("--blkio-weight", "%d is not from 10 to 1000", r.BlkioWeight)
	}
	p.set("--cpuset-cpus", r.CpusetCpus)
	p.set("--cpuset-mems", r.CpusetMems)
	p.grace("--stop-timeout", r.StopTimeout)
	p.signal("--stop-signal", r.StopSignal)
}

func (r *Run) checkConflicts(p *problems) {
	if r.Rm && r.Restart.Policy != "" && r.Restart.Policy != "no" {
		p.Client("--rm", "contradicts --restart=%s; give one of them", r.Restart)
	}
	if r.Detach && len(r.Attach) > 0 {
		p.Client("--detach", "contradicts --attach; give one of them")
	}
	if r.NoHealthcheck && (r.HealthCmd != "" || r.HealthInterval != 0 || r.HealthRetries != 0 || r.HealthTimeout != 0 ||
		r.HealthStartPeriod != 0 || r.HealthStartInterval != 0) {
		p.Client("--no-healthcheck", "contradicts the --health-... flags; give one or the others")
	}
	if r.LogDriver == "none" && len(r.LogOpts) > 0 {
		p.Client("--log-opt", "contradicts --log-driver=none; leave it out")
	}
	r.checkNetworks(p)
	r.checkNamespaces(p)
}

// checkHealth looks at the health check's numbers.
func (r *Run) checkHealth(p *problems) {
	if r.HealthRetries < 0 {
		p.Client("--health-retries", "%d is negative; give a number from 1", r.HealthRetries)
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{
		{"--health-interval", r.HealthInterval}, {"--health-timeout", r.HealthTimeout},
		{"--health-start-period", r.HealthStartPeriod}, {"--health-start-interval", r.HealthStartInterval},
	} {
		if d.value > 0 && d.value < time.Millisecond {
			p.Add(d.flag, "%s is under docker's minimum of 1ms", d.value)
		}
	}
}

// sharesIPC reports whether the IPC namespace is the host's or another container's.
func (r *Run) sharesIPC() bool { return r.IPC == "host" || strings.HasPrefix(r.IPC, "container:") }

// checkNamespaces looks at what a container cannot set in a namespace that is not its own.
func (r *Run) checkNamespaces(p *problems) {
	_, sharedNet := r.firstNetwork().Container()
	for _, key := range slices.Sorted(maps.Keys(r.Sysctls)) {
		switch {
		case netSysctl(key) && (sharedNet || r.firstNetwork().Name == "host"):
			p.Add("--sysctl", "%s belongs to the network, which is not this container's own with --network=%s; leave one out", key,
				r.firstNetwork().Name)
		case ipcSysctl(key) && r.sharesIPC():
			p.Add("--sysctl", "%s belongs to the IPC namespace, which is not this container's own with --ipc=%s; leave one out", key, r.IPC)
		}
	}
	if r.UTS == "host" && r.Hostname != "" {
		p.Add("--hostname", "contradicts --uts=host; leave one out")
	}
}

func (r *Run) checkWords(p *problems) {
	if err := checkWords(r.Pull, "always", "missing", "never"); r.Pull != "" && err != nil {
		p.Client("--pull", "%w", err)
	}
	p.capabilities(r.CapAdd, r.CapDrop)
	for _, g := range r.GroupAdd {
		if g == "" {
			p.Add("--group-add", "empty; give a group's name or number")
		}
	}
	if r.Workdir != "" && !path.IsAbs(r.Workdir) && !windowsPath(r.Workdir) {
		p.Add("--workdir", "%q is not absolute", r.Workdir)
	}
}

// capabilities holds each word of the lists to one capability.
func (p *problems) capabilities(lists ...[]string) {
	for _, c := range slices.Concat(lists...) {
		if c == "" || strings.ContainsAny(c, ", ") {
			p.Add("--cap-add, --cap-drop", "%q is not one capability; give the flag once for each", c)
		}
	}
}

// checkTargets finds two mounts at one path, which the engine refuses.
func (r *Run) checkTargets(p *problems) {
	seen := map[string]string{}
	note := func(flag, target string) {
		target = path.Clean(target)
		if other := seen[target]; other != "" {
			p.Add(flag, "the target %q is already taken by %s", target, other)
		}
		seen[target] = flag
	}
	for _, v := range r.Volumes {
		note("--volume", v.Target)
	}
	for _, m := range r.Mounts {
		note("--mount", m.Target)
	}
	for _, t := range r.Tmpfs {
		note("--tmpfs", t.Target)
	}
}

func oneOf(p *problems, flag, value string, words ...string) {
	if value == "" {
		return
	}
	for _, w := range words {
		if value == w {
			return
		}
	}
	p.Add(flag, "%q is unknown; use %s", value, strings.Join(words, ", "))
}

// set holds a value to docker's lists of numbers; "" is none.
func (p *problems) set(flag, s string) {
	if s != "" && !validSet(s) {
		p.Add(flag, "%q is not a list such as 0-3 or 0,2", s)
	}
}

// validSet reports whether s is a list of numbers and ranges: 0-3,7.
func validSet(s string) bool {
	for part := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !digits(low) || isRange && !digits(high) {
			return false
		}
	}
	return true
}

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
