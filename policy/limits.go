package policy

import (
	"fmt"
	"strconv"

	"github.com/dockercmd/toolkit/dockercmd"
)

// limits are what a line says of memory, CPU time and processes.
type limits struct {
	memory, swap  dockercmd.Bytes
	cpus          dockercmd.CPUs
	period, quota int64 // microseconds
	pids          int64
	update        bool // what is not given stays
}

// defaultPeriod is the scheduler's period when none is given, in microseconds.
const defaultPeriod = 100_000

// limits judges what a line says of memory, CPU time and processes.
func (j *judge) limits(l limits) {
	most := &j.policy.Limits
	wants := func(name string, given bool) bool { return !given && !l.update && most.Required.Has(name) }
	switch {
	case wants("memory", l.memory != 0):
		j.deny("limit.memory", "--memory", "", "is not given", "at most "+most.Memory.String())
	case most.Memory > 0 && l.memory > most.Memory:
		j.deny("limit.memory", "--memory", l.memory.String(), "is too much", "at most "+most.Memory.String())
	}
	switch {
	case most.Swap:
	case l.swap == 0 && l.memory != 0 && !l.update: // docker then allows as much again
		j.deny("limit.swap", "--memory-swap", "", "is not given, so that the container may swap as much again",
			"--memory-swap="+l.memory.String())
	case l.swap < 0, l.swap > l.memory:
		j.deny("limit.swap", "--memory-swap", l.swap.String(), "allows swap", "as much as --memory")
	}
	j.cpu(l, wants)
	switch {
	case l.pids < 0:
		j.deny("limit.pids", "--pids-limit", strconv.FormatInt(l.pids, 10), "is no limit", fmt.Sprintf("at most %d", most.Pids))
	case wants("pids", l.pids != 0):
		j.deny("limit.pids", "--pids-limit", "", "is not given", fmt.Sprintf("at most %d", most.Pids))
	case most.Pids > 0 && l.pids > most.Pids:
		j.deny("limit.pids", "--pids-limit", strconv.FormatInt(l.pids, 10), "is too much", fmt.Sprintf("at most %d", most.Pids))
	}
}

// cpu judges CPU time, in docker's short form and in the scheduler's terms.
func (j *judge) cpu(l limits, wants func(string, bool) bool) {
	most := j.policy.Limits.CPUs
	allowed := "at most " + most.String()
	switch {
	case wants("cpus", l.cpus != 0 || l.quota > 0):
		j.deny("limit.cpus", "--cpus", "", "is not given", allowed)
	case most > 0 && l.cpus > most:
		j.deny("limit.cpus", "--cpus", l.cpus.String(), "is too much", allowed)
	}
	if l.quota < 0 {
		j.deny("limit.cpus", "--cpu-quota", strconv.FormatInt(l.quota, 10), "is no limit", allowed)
	}
	period := l.period
	if period <= 0 {
		period = defaultPeriod
	}
	if most > 0 && float64(l.quota)/float64(period) > float64(most)/float64(dockercmd.CPU) {
		j.deny("limit.cpus", "--cpu-quota", strconv.FormatInt(l.quota, 10), fmt.Sprintf("in each %d is too much", period), allowed)
	}
	if l.update && l.period != 0 && l.quota == 0 {
		j.deny("limit.cpus", "--cpu-period", strconv.FormatInt(l.period, 10), "changes the share without --cpu-quota", "both")
	}
}

// shmSize denies more shared memory than memory.
func shmSize(v *flagValue) {
	size, err := dockercmd.ParseBytes(v.text)
	if most := v.policy.Limits.Memory; err == nil && most > 0 && size > most {
		v.deny("limit.memory", "is too much", "at most "+most.String())
	}
}

func realTime(v *flagValue) {
	if !v.policy.Limits.RealTime {
		v.deny("limit.real-time", "takes CPU time from all others", "")
	}
}

func oomKill(v *flagValue) {
	if !v.policy.Limits.OOMKillDisable {
		v.deny("limit.oom", "keeps the kernel from ending it when memory ends", "")
	}
}

func oomScore(v *flagValue) {
	n, err := strconv.ParseInt(v.text, 10, 64)
	if least := v.policy.Limits.OOMScore; err != nil || n < least {
		v.deny("limit.oom", "has others killed first", fmt.Sprintf("%d or more", least))
	}
}

func ulimit(v *flagValue) {
	u, err := dockercmd.ParseUlimit(v.text)
	if err != nil || !v.policy.Limits.Ulimits.Has(u.Name) {
		v.deny("limit.ulimit", "is not allowed", v.policy.Limits.Ulimits.String())
	}
}

func storageOption(v *flagValue) { v.key("limit.storage", v.policy.Limits.Storage) }
