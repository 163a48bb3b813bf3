package dockercmd

import (
	"path"
	"slices"
	"strings"
)

// MinMemory is the smallest memory limit that an engine takes ("Minimum memory limit allowed is 6MB").
const MinMemory = 6 * MiB

// check finds what docker's client or engine would refuse, and what docker would swallow silently.
func (r *Run) check(p *problems) {
	if err := ValidImage(r.Image); err != nil {
		p.add("IMAGE", "%w", err)
	}
	p.words("COMMAND", r.Command)
	if r.Name != "" {
		p.name("--name", r.Name)
	}
	if r.MemorySwap > 0 && r.Memory == 0 {
		p.add("--memory-swap", "goes with --memory only; give that too")
	}
	r.checkResources(p)
	r.checkConflicts(p)
	r.checkWords(p)
	r.checkTargets(p)
}

// checkResources looks at what update can change too, and what goes with it.
func (r *Run) checkResources(p *problems) {
	if r.Memory > 0 && r.Memory < MinMemory {
		p.add("--memory", "%s is under docker's minimum of %s", r.Memory, MinMemory)
	}
	if r.MemorySwap > 0 && r.MemorySwap < r.Memory {
		p.add("--memory-swap", "%s is under --memory=%s, and it counts both together", r.MemorySwap, r.Memory)
	}
	if r.MemoryReservation > 0 && r.Memory > 0 && r.MemoryReservation > r.Memory {
		p.add("--memory-reservation", "%s is above --memory=%s", r.MemoryReservation, r.Memory)
	}
	if s := r.MemorySwappiness; s != nil && (*s < -1 || *s > 100) {
		p.add("--memory-swappiness", "%d is not from 0 to 100", *s)
	}
	if r.OOMScoreAdj < -1000 || r.OOMScoreAdj > 1000 {
		p.add("--oom-score-adj", "%d is not from -1000 to 1000", r.OOMScoreAdj)
	}
	if r.PidsLimit < -1 {
		p.add("--pids-limit", "%d is negative; -1 means unlimited", r.PidsLimit)
	}
	if r.CPUShares < 0 {
		p.add("--cpu-shares", "%d is negative; give a weight from 2", r.CPUShares)
	}
	if r.CPUs != 0 && (r.CPUPeriod != 0 || r.CPUQuota != 0) {
		p.add("--cpus", "contradicts --cpu-period and --cpu-quota; give one or the others")
	}
	if r.BlkioWeight != 0 && (r.BlkioWeight < 10 || r.BlkioWeight > 1000) {
		p.add("--blkio-weight", "%d is not from 10 to 1000", r.BlkioWeight)
	}
	p.set("--cpuset-cpus", r.CpusetCpus)
	p.set("--cpuset-mems", r.CpusetMems)
	p.grace("--stop-timeout", r.StopTimeout)
	p.signal("--stop-signal", r.StopSignal)
}

func (r *Run) checkConflicts(p *problems) {
	if r.Rm && r.Restart.Policy != "" && r.Restart.Policy != "no" {
		p.add("--rm", "contradicts --restart=%s; give one of them", r.Restart)
	}
	if r.Detach && len(r.Attach) > 0 {
		p.add("--detach", "contradicts --attach; give one of them")
	}
	if r.NoHealthcheck && (r.HealthCmd != "" || r.HealthInterval != 0 || r.HealthRetries != 0 || r.HealthTimeout != 0 ||
		r.HealthStartPeriod != 0 || r.HealthStartInterval != 0) {
		p.add("--no-healthcheck", "contradicts the --health-... flags; give one or the others")
	}
	if r.LogDriver == "none" && len(r.LogOpts) > 0 {
		p.add("--log-opt", "contradicts --log-driver=none; leave it out")
	}
	if len(r.Networks) == 0 {
		return
	}
	network := r.Networks[0]
	shared := strings.HasPrefix(network, "container:")
	if shared && (r.Hostname != "" || len(r.Publish) > 0 || r.PublishAll || len(r.Expose) > 0 || len(r.DNS) > 0 || len(r.AddHosts) > 0 || r.MACAddress != "") {
		p.add("--network", "%s shares another container's network, so hostname, ports, name servers, hosts and mac-address are not this one's to set", network)
	}
	if network == "host" && (len(r.Publish) > 0 || r.PublishAll) {
		p.add("--publish", "is discarded with --network=host; leave one out")
	}
	if network == "none" && (len(r.Publish) > 0 || r.PublishAll) {
		p.add("--publish", "does nothing with --network=none; leave one out")
	}
}

func (r *Run) checkWords(p *problems) {
	oneOf(p, "--pull", r.Pull, "always", "missing", "never")
	oneOf(p, "--cgroupns", r.CgroupNS, "host", "private")
	oneOf(p, "--uts", r.UTS, "host")
	oneOf(p, "--userns", r.UserNS, "host")
	for _, s := range r.Attach {
		oneOf(p, "--attach", strings.ToLower(s), "stdin", "stdout", "stderr")
	}
	if r.PID != "" && r.PID != "host" && !strings.HasPrefix(r.PID, "container:") {
		p.add("--pid", "%q is neither host nor container:NAME", r.PID)
	}
	p.capabilities(r.CapAdd, r.CapDrop)
	for _, g := range r.GroupAdd {
		if g == "" {
			p.add("--group-add", "empty; give a group's name or number")
		}
	}
	for _, o := range r.SecurityOpts {
		if o != "no-new-privileges" && !strings.ContainsAny(o, "=:") {
			p.add("--security-opt", "%q is neither no-new-privileges nor KEY=VALUE", o)
		}
	}
	for _, n := range r.Networks {
		if strings.TrimSpace(n) == "" {
			p.add("--network", "empty; give none, host, bridge or a network's name")
		}
	}
	if r.Workdir != "" && !path.IsAbs(r.Workdir) {
		p.add("--workdir", "%q is not absolute", r.Workdir)
	}
	if r.Entrypoint != nil && strings.ContainsAny(*r.Entrypoint, " ") {
		p.add("--entrypoint", "%q is one word to docker; put the arguments behind the image", *r.Entrypoint)
	}
}

// capabilities holds each word of the lists to one capability.
func (p *problems) capabilities(lists ...[]string) {
	for _, c := range slices.Concat(lists...) {
		if c == "" || strings.ContainsAny(c, ", ") {
			p.add("--cap-add, --cap-drop", "%q is not one capability; give the flag once for each", c)
		}
	}
}

// checkTargets finds two mounts at one path, which the engine refuses.
func (r *Run) checkTargets(p *problems) {
	seen := map[string]string{}
	note := func(flag, target string) {
		target = path.Clean(target)
		if other := seen[target]; other != "" {
			p.add(flag, "the target %q is already taken by %s", target, other)
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
		target, _, _ := strings.Cut(t, ":")
		if !path.IsAbs(target) {
			p.add("--tmpfs", "the path %q is not absolute", target)
		}
		note("--tmpfs", target)
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
	p.add(flag, "%q is unknown; use %s", value, strings.Join(words, ", "))
}

// set holds a value to docker's lists of numbers; "" is none.
func (p *problems) set(flag, s string) {
	if s != "" && !validSet(s) {
		p.add(flag, "%q is not a list such as 0-3 or 0,2", s)
	}
}

// validSet says whether s is a list of numbers and ranges: 0-3,7.
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
