package dockercmd

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/internal/table"
)

// MinTaskMemory is the smallest memory limit and reservation that a swarm takes ("Must be at least 4MiB").
const MinTaskMemory = 4 * MiB

// taskCPUs is a number of CPUs of a task: a swarm takes less than an engine, and 0 for none.
var taskCPUs taskCPUsKind

type taskCPUsKind struct{ table.TypedKind[CPUs, *CPUs] }

func (taskCPUsKind) Check(c *CPUs) error {
	switch {
	case *c < 0:
		return fmt.Errorf("%s is negative; give a number of CPUs such as 1.5", *c)
	case *c != 0 && *c < MilliCPU:
		return fmt.Errorf("%s is under the swarm's minimum of %s", *c, MilliCPU)
	}
	return nil
}

// serviceTask is what service create and service update both say of a task, in one form.
type serviceTask struct {
	limitMemory, reserveMemory     Bytes
	limitPids, oomScoreAdj         int64
	swappiness                     *int64
	stopSignal, workdir            string
	restartCondition, endpointMode string
	capabilities                   [][]string
}

func (p *problems) serviceTask(t serviceTask) {
	p.taskMemory("--limit-memory", t.limitMemory)
	p.taskMemory("--reserve-memory", t.reserveMemory)
	if t.limitPids < 0 {
		p.Add("--limit-pids", "%d is negative; 0 is unlimited", t.limitPids)
	}
	if t.oomScoreAdj < -1000 || t.oomScoreAdj > 1000 {
		p.Add("--oom-score-adj", "%d is not from -1000 to 1000", t.oomScoreAdj)
	}
	if n := t.swappiness; n != nil && (*n < -1 || *n > 100) {
		p.Add("--memory-swappiness", "%d is not from 0 to 100, or -1 for the node's", *n)
	}
	p.signal("--stop-signal", t.stopSignal)
	if t.workdir != "" && !path.IsAbs(t.workdir) {
		p.Add("--workdir", "%q is not absolute", t.workdir)
	}
	oneOf(p, "--restart-condition", t.restartCondition, "none", "on-failure", "any")
	oneOf(p, "--endpoint-mode", t.endpointMode, "vip", "dnsrr")
	p.capabilities(t.capabilities...)
}

func (p *problems) taskMemory(flag string, b Bytes) {
	if b > 0 && b < MinTaskMemory {
		p.Add(flag, "%s is under the swarm's minimum of %s", b, MinTaskMemory)
	}
}

// rolling holds the words of how an update or a rollback of a service goes on; name is either.
func (p *problems) rolling(name, failureAction, order string) {
	actions := []string{"pause", "continue", "rollback"}
	if name == "rollback" {
		actions = actions[:2]
	}
	oneOf(p, "--"+name+"-failure-action", failureAction, actions...)
	oneOf(p, "--"+name+"-order", order, "start-first", "stop-first")
}

// isRolling reports whether a flag is about how updates and rollbacks go on.
func isRolling(f Flag) bool {
	return strings.HasPrefix(f.Name, "update-") || strings.HasPrefix(f.Name, "rollback-")
}

// changes reports whether any of the flags is given.
func changes(c Command, which func(Flag) bool) bool {
	return slices.ContainsFunc(Flags(c), func(f Flag) bool { return f.Value.IsSet() && which(f) })
}

// noHealthcheck finds what contradicts --no-healthcheck.
func (p *problems) noHealthcheck(c Command, off bool) {
	if off && changes(c, func(f Flag) bool { return strings.HasPrefix(f.Name, "health-") }) {
		p.Client("--no-healthcheck", "contradicts the --health-... flags; give one or the others")
	}
}

func (p *problems) logOpts(driver string, opts []string) {
	if driver == "" && len(opts) > 0 {
		p.Add("--log-opt", "is dropped by docker without --log-driver; give that too")
	}
}

// constraints holds each to the grammar of the swarm ("constraint expected one operator from ==, !=").
func (p *problems) constraints(flag string, list []string) {
	for _, c := range list {
		key, _, ok := strings.Cut(strings.ReplaceAll(c, "!=", "=="), "==")
		if !ok || strings.TrimSpace(key) == "" {
			p.Add(flag, "%q is not a constraint such as node.role==worker or node.labels.disk!=hdd", c)
		}
	}
}

// twice finds values of a list that share what must be each one's own; "" is nothing to share. It tells add, which is p.add or
// p.client.
func twice[T any](add func(flag, format string, args ...any), flag, what string, list []T, own func(*T) string) {
	seen := map[string]bool{"": false}
	for i := range list {
		key := own(&list[i])
		if seen[key] {
			add(flag, "the %s %q is given twice", what, key)
		}
		seen[key] = key != ""
	}
}

// serviceMounts finds two mounts at one target; service update's client refuses them itself.
func serviceMounts(add func(flag, format string, args ...any), flag string, mounts []Mount) {
	twice(add, flag, "target", mounts, func(m *Mount) string { return path.Clean(m.Target) })
}

func (p *problems) swarmFiles(flag string, files []SwarmFile) {
	twice(p.Client, flag, "file", files, func(f *SwarmFile) string {
		if f.Target == "" {
			return f.Source
		}
		return f.Target
	})
}

// servicePorts finds ports that the swarm refuses: one that is published twice, and an ingress port without a virtual address.
func (p *problems) servicePorts(flag string, ports []ServicePort, endpointMode string) {
	twice(p.Add, flag, "published port", ports, func(s *ServicePort) string {
		switch {
		case strings.Trim(s.Published, "0") == "":
			return "" // the swarm chooses
		case s.Protocol == "":
			return s.Published + "/tcp"
		}
		return s.Published + "/" + s.Protocol
	})
	for i := range ports {
		if endpointMode == "dnsrr" && ports[i].Mode != "host" {
			p.Add(flag, "%s needs the virtual address that --endpoint-mode=dnsrr does without; give target=%s,mode=host", ports[i],
				ports[i].Target)
		}
	}
}

var serviceName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$`) })

// validServiceName holds a name to the swarm's grammar ("name must be valid as a DNS name component", 63 characters at most).
// Ids keep it too.
func validServiceName(name string) error {
	switch {
	case name == "":
		return table.RefusedByClient(errors.New("empty; give a service's name or id"))
	case len(name) > 63:
		return fmt.Errorf("%q has %d characters; a swarm takes 63", name, len(name))
	case !serviceName().MatchString(name):
		return fmt.Errorf("%q is no name of a service: letters and digits, and '-' and '_' between them", name)
	}
	return nil
}

// service holds the value of a flag or an operand to the grammar of services.
func (p *problems) service(flag, name string) {
	if err := validServiceName(name); err != nil {
		p.Err(flag, err)
	}
}

func (p *problems) services(names []string) {
	p.atLeastOne("SERVICE", "service", len(names))
	for _, n := range names {
		p.service("SERVICE", n)
	}
}

// deref returns what p points to; nil is zero.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
