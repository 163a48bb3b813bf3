package policy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// judgeRun judges what of docker run and docker create depends on several flags, on one that is not given, or on an operand.
func judgeRun(j *judge) {
	r, ok := j.command.(*dockercmd.Run)
	if !ok {
		r = (*dockercmd.Run)(j.command.(*dockercmd.Create))
	}
	j.name("--name", r.Name)
	j.image("IMAGE", r.Image)
	if !j.policy.Images.Pull.Has(r.Pull) {
		j.deny("image.pull", "--pull", r.Pull, "is not allowed", j.policy.Images.Pull.String())
	}
	j.user("--user", r.User)
	j.overlaps(r)
	j.limits(limits{memory: r.Memory, swap: r.MemorySwap, cpus: r.CPUs, period: r.CPUPeriod, quota: r.CPUQuota, pids: r.PidsLimit})
	if len(r.Networks) == 0 && !j.policy.Network.Networks.Has("") {
		j.deny("network", "--network", "", "is not given, so that docker takes its default", j.policy.Network.Networks.String())
	}
	j.kernel(r)
	if !j.policy.Restart.Has(r.Restart.Policy) {
		j.deny("restart", "--restart", r.Restart.String(), "is not allowed", j.policy.Restart.String())
	}
	if !j.policy.LogDrivers.Has(r.LogDriver) {
		j.deny("log.driver", "--log-driver", r.LogDriver, "is not allowed", j.policy.LogDrivers.String())
	}
	for _, key := range slices.Sorted(maps.Keys(j.scope.Labels)) {
		if r.Labels[key] != j.scope.Labels[key] {
			j.deny("label.reserved", "--label", key, "is not what containers of the caller are known by", key+"="+j.scope.Labels[key])
		}
	}
}

// env judges a variable: its value on the line, or that of the client's own.
func env(v *flagValue) {
	name, _, hasValue := strings.Cut(v.text, "=")
	rule, allowed := "env", v.policy.Env
	if !hasValue {
		rule, allowed = "env.inherit", v.policy.Inherit
	}
	if !allowed.Has(name) {
		v.judge.deny(rule, v.field, name, "is not allowed", allowed.String())
	}
}

// label judges a label. Reserved ones are those that containers are known by.
func label(v *flagValue) {
	key, value, _ := strings.Cut(v.text, "=")
	reserved := slices.ContainsFunc(v.policy.ReservedLabels, func(begin string) bool { return strings.HasPrefix(key, begin) })
	own, isOwn := v.scope.Labels[key]
	switch {
	case isOwn && own == value: // judgeRun tells of another value
	case isOwn:
	case reserved:
		v.deny("label.reserved", "is a label that containers are known by", "")
	case !v.policy.Labels.Has(key):
		v.deny("label", "is not allowed", v.policy.Labels.String())
	}
}

func restart(v *flagValue) {
	r, err := dockercmd.ParseRestartPolicy(v.text)
	if err != nil || !v.policy.Restart.Has(r.Policy) {
		v.deny("restart", "is not allowed", v.policy.Restart.String())
	}
}

// addressOptions are options of logging drivers that send logs elsewhere, or read files.
var addressOptions = []string{"address", "url", "endpoint", "host", "server", "cacert", "capath", "cert", "key", "token", "path",
	"unix-socket", "credentials"}

// logOption judges an option of the logging driver.
func logOption(v *flagValue) {
	key, value, _ := strings.Cut(v.text, "=")
	if !v.policy.LogOptions.Has(key) {
		v.deny("log.option", "is not allowed", v.policy.LogOptions.String())
	}
	isAddress := slices.ContainsFunc(addressOptions, func(word string) bool { return strings.Contains(strings.ToLower(key), word) })
	if isAddress && !v.policy.LogAddresses.Has(value) {
		v.deny("log.address", "sends logs elsewhere, or has the engine read a file", v.policy.LogAddresses.String())
	}
}

func healthCheck(v *flagValue) {
	if !v.policy.HealthChecks {
		v.deny("health", "runs a command beside the container's own", "")
	}
}

func stopTimeout(v *flagValue) {
	n, err := strconv.Atoi(v.text)
	if err != nil || n < 0 || n > v.policy.StopTimeout {
		v.deny("stop.timeout", "is too long", fmt.Sprintf("0 to %d seconds", v.policy.StopTimeout))
	}
}

// format judges a template, which can show whatever the client can ask for.
func format(v *flagValue) {
	if v.text != "json" && v.text != "{{json .}}" && !v.policy.Formats.Has(v.text) {
		v.deny("format", "is a template that is not allowed", strings.Join(append([]string{"json"}, v.policy.Formats...), ", "))
	}
}
