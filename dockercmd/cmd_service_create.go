package dockercmd

import (
	"errors"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/internal/table"
)

// ServiceCreate is docker service create: let a swarm keep tasks of an image running, and print the service's id. It waits
// until they run, unless Detach says otherwise.
type ServiceCreate struct {
	// Name is the service's name; "" lets the engine invent one.
	Name string
	// User is NAME or UID, perhaps with :GROUP or :GID; "" is the image's user.
	User string
	// Detach returns at once, instead of waiting until the tasks run.
	Detach bool
	// Mode is replicated (some tasks, kept alive), global (one on each node), replicated-job or global-job (tasks that end); ""
	// is replicated.
	Mode string
	// Replicas is the number of tasks; nil is 1. Not with Mode global or global-job.
	Replicas *uint64
	// MaxConcurrent is how many tasks of a replicated-job run at once; nil is all of them.
	MaxConcurrent *uint64
	// ReplicasMaxPerNode is the most tasks on one node; 0 is unlimited.
	ReplicasMaxPerNode uint64
	// Networks are networks to join.
	Networks []ServiceNetwork
	// ReadOnly makes the root file system of the containers read-only.
	ReadOnly bool
	// Mounts are mounts. A bind mount must be there on every node.
	Mounts []Mount
	// Groups are further groups of the process, names or numbers.
	Groups []string
	// Workdir is the working directory in the containers.
	Workdir string
	// CapDrop are capabilities to take away; ALL takes every one.
	CapDrop []string
	// CapAdd are capabilities to give, also those that CapDrop takes away.
	CapAdd []string
	// LimitCPU is the most CPU time of a task.
	LimitCPU CPUs
	// LimitMemory is the memory limit of a task, at least 4m.
	LimitMemory Bytes
	// LimitPids is the most processes and threads of a task.
	LimitPids int64
	// ReserveCPU is the CPU time that a node must have left for a task.
	ReserveCPU CPUs
	// ReserveMemory is the memory that a node must have left for a task, at least 4m.
	ReserveMemory Bytes
	// MemorySwap is the swap of a task beside LimitMemory; nil is as much again. Docker 29 refuses the -1 that its help speaks of.
	MemorySwap *Bytes
	// MemorySwappiness is 0 to 100; nil or -1 is the node's.
	MemorySwappiness *int64
	// GenericResources are resources of the nodes' own kinds to set aside for a task.
	GenericResources []GenericResource
	// Init puts a tiny init in front of the process, which forwards signals and reaps.
	Init bool
	// Ulimits are resource limits; the last of two equal names wins.
	Ulimits []Ulimit
	// OOMScoreAdj is -1000 to 1000.
	OOMScoreAdj int64
	// Env are variables: KEY=value, or KEY to take the client's own. A value here stands in the process list and in docker
	// service inspect for all to see.
	Env []string
	// EnvFiles are files of KEY=value lines that the client reads.
	EnvFiles []string
	// Labels are labels of the service.
	Labels map[string]string
	// ContainerLabels are labels of its containers.
	ContainerLabels map[string]string
	// Entrypoint replaces the image's entry point; nil or empty keeps it.
	Entrypoint []string
	// Hostname is the host name in the containers, perhaps a template such as {{.Node.Hostname}}; "" is the beginning of the
	// container's id.
	Hostname string
	// Hosts are lines for the containers' /etc/hosts.
	Hosts []Host
	// DNS are name servers by address.
	DNS []string
	// DNSOptions are options of the resolver.
	DNSOptions []string
	// DNSSearch are domains to search.
	DNSSearch []string
	// Publish are ports of the tasks to open on the nodes.
	Publish []ServicePort
	// EndpointMode is vip, one virtual address for all tasks, or dnsrr, an address for each; "" is vip.
	EndpointMode string
	// Secrets are secrets of the swarm to show as files.
	Secrets []SwarmFile
	// Configs are configs of the swarm to show as files.
	Configs []SwarmFile
	// CredentialSpec is for Windows nodes.
	CredentialSpec CredentialSpec
	// Isolation is for Windows nodes.
	Isolation string
	// Sysctls are kernel settings of the containers' namespaces.
	Sysctls map[string]string
	// Constraints are conditions that a node must meet, such as node.role==worker.
	Constraints []string
	// PlacementPrefs spread the tasks over the nodes, the first before the next.
	PlacementPrefs []PlacementPref
	// LogDriver is the logging driver; none keeps no logs.
	LogDriver string
	// LogOpts are options of LogDriver: KEY=value, or KEY to take the client's own variable of that name.
	LogOpts []string
	// RestartCondition is when a task that ended is replaced: none, on-failure or any; "" is any.
	RestartCondition string
	// RestartDelay is the time before it is; nil is 5s.
	RestartDelay *time.Duration
	// RestartMaxAttempts is how often it is at most; nil or 0 is without end.
	RestartMaxAttempts *uint64
	// RestartWindow is the time in which attempts are counted; nil or 0 is all time.
	RestartWindow *time.Duration
	// StopSignal is what stops a container; "" is the image's, else SIGTERM.
	StopSignal string
	// StopGracePeriod is the time between that and the kill; nil is 10s.
	StopGracePeriod *time.Duration
	// HealthCmd is a shell command that checks a container.
	HealthCmd string
	// HealthInterval is the time between checks; nil or 0 is the image's.
	HealthInterval *time.Duration
	// HealthRetries is how many failures in a row make it unhealthy.
	HealthRetries int64
	// HealthTimeout is how long one check may take; nil or 0 is the image's.
	HealthTimeout *time.Duration
	// HealthStartPeriod is the time at the start in which failures do not count; nil or 0 is the image's.
	HealthStartPeriod *time.Duration
	// HealthStartInterval is the time between checks in the start period; nil or 0 is the image's.
	HealthStartInterval *time.Duration
	// NoHealthcheck turns the image's check off.
	NoHealthcheck bool
	// UpdateParallelism is how many tasks are updated at once; 0 is all, nil is 1.
	UpdateParallelism *uint64
	// UpdateDelay is the time between them; nil is none.
	UpdateDelay *time.Duration
	// UpdateMonitor is how long a task must run to count as good; nil is 5s.
	UpdateMonitor *time.Duration
	// UpdateFailureAction is pause, continue or rollback, when too many tasks fail; "" is pause.
	UpdateFailureAction string
	// UpdateMaxFailureRatio is the share of tasks that may fail, 0 to 1; nil is 0.
	UpdateMaxFailureRatio *float32
	// UpdateOrder is start-first or stop-first; "" is stop-first.
	UpdateOrder string
	// RollbackParallelism is how many tasks are rolled back at once; 0 is all, nil is 1.
	RollbackParallelism *uint64
	// RollbackDelay is the time between them; nil is none.
	RollbackDelay *time.Duration
	// RollbackMonitor is how long a task must run to count as good; nil is 5s.
	RollbackMonitor *time.Duration
	// RollbackFailureAction is pause or continue, when too many tasks fail; "" is pause.
	RollbackFailureAction string
	// RollbackMaxFailureRatio is the share of tasks that may fail, 0 to 1; nil is 0.
	RollbackMaxFailureRatio *float32
	// RollbackOrder is start-first or stop-first; "" is stop-first.
	RollbackOrder string
	// NoResolveImage keeps the engine from asking the registry for the image's digest, by which all nodes run the same.
	NoResolveImage bool
	// WithRegistryAuth sends the client's account at the registry to the nodes, so that they can pull.
	WithRegistryAuth bool
	// TTY gives the process a terminal.
	TTY bool
	// Quiet hides the progress.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Image is the image of the tasks.
	Image string
	// Command is the arguments to the image's entry point; nil is the image's own.
	Command []string
}

var serviceCreateSpec = table.Spec{
	Names:    []string{"service create"},
	Operands: "IMAGE [COMMAND] [ARG...]",
	Verbatim: true,
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ServiceCreate).Table() },
}

func (s *ServiceCreate) flags() []Flag {
	return []Flag{
		{Name: "name", Value: one(&s.Name, word), Usage: "name of the service"},
		serviceFlag("user", one(&s.User, word)),
		serviceFlag("detach", one(&s.Detach, boolean)),
		{Name: "mode", Value: one(&s.Mode, choice), Usage: "replicated, global, replicated-job or global-job"},
		serviceFlag("replicas", optional(&s.Replicas, unsigned)),
		serviceFlag("max-concurrent", optional(&s.MaxConcurrent, unsigned)),
		serviceFlag("replicas-max-per-node", one(&s.ReplicasMaxPerNode, unsigned)),
		{Name: "network", Ordered: true, Value: many(&s.Networks, serviceNetwork), Usage: "network to join"},
		serviceFlag("read-only", one(&s.ReadOnly, boolean)),
		{Name: "mount", Value: many(&s.Mounts, mount), Usage: "mount in the form type=bind,source=...,target=..."},
		{Name: "group", Value: many(&s.Groups, word), Usage: "further group"},
		serviceFlag("workdir", one(&s.Workdir, word)),
		serviceFlag("cap-drop", many(&s.CapDrop, word)),
		serviceFlag("cap-add", many(&s.CapAdd, word)),
		serviceFlag("limit-cpu", one(&s.LimitCPU, taskCPUs)),
		serviceFlag("limit-memory", one(&s.LimitMemory, size)),
		serviceFlag("limit-pids", one(&s.LimitPids, integer)),
		serviceFlag("reserve-cpu", one(&s.ReserveCPU, taskCPUs)),
		serviceFlag("reserve-memory", one(&s.ReserveMemory, size)),
		serviceFlag("memory-swap", optional(&s.MemorySwap, size)),
		serviceFlag("memory-swappiness", optional(&s.MemorySwappiness, integer)),
		{Name: "generic-resource", Value: many(&s.GenericResources, genericResource),
			Usage: "resource of a kind of the nodes' own, KIND=COUNT"},
		serviceFlag("init", one(&s.Init, boolean)),
		{Name: "ulimit", Value: many(&s.Ulimits, ulimit), API: "1.41", Usage: "resource limit, NAME=SOFT:HARD"},
		serviceFlag("oom-score-adj", one(&s.OOMScoreAdj, integer)),
		{Name: "env", Short: 'e', Value: many(&s.Env, envVar), Secret: true, Usage: "variable, KEY=value or KEY to inherit"},
		{Name: "env-file", Ordered: true, Value: many(&s.EnvFiles, word), Usage: "file of variables"},
		{Name: "label", Short: 'l', Value: pairs(&s.Labels, label), Usage: "label of the service, KEY=value"},
		{Name: "container-label", Value: pairs(&s.ContainerLabels, label), Usage: "label of the containers, KEY=value"},
		serviceFlag("entrypoint", shellWords(&s.Entrypoint)),
		serviceFlag("hostname", one(&s.Hostname, word)),
		{Name: "host", Value: many(&s.Hosts, addHost), Usage: "line of /etc/hosts, NAME:IP"},
		{Name: "dns", Ordered: true, Value: many(&s.DNS, dnsServer), Usage: "name server"},
		{Name: "dns-option", Value: many(&s.DNSOptions, word), Usage: "option of the resolver"},
		{Name: "dns-search", Ordered: true, Value: many(&s.DNSSearch, dnsDomain), Usage: "domain to search"},
		{Name: "publish", Short: 'p', Value: many(&s.Publish, servicePort), Usage: "port to open, PUBLISHED:TARGET/PROTOCOL"},
		serviceFlag("endpoint-mode", one(&s.EndpointMode, lowerChoice)),
		{Name: "secret", Value: many(&s.Secrets, secretFile), Usage: "secret to show as a file"},
		{Name: "config", Value: many(&s.Configs, configFile), Usage: "config to show as a file"},
		serviceFlag("credential-spec", one(&s.CredentialSpec, credentialSpec)),
		serviceFlag("isolation", one(&s.Isolation, word)),
		{Name: "sysctl", Value: pairs(&s.Sysctls, pair), API: "1.40", Usage: "kernel setting, KEY=value"},
		{Name: "constraint", Value: many(&s.Constraints, word), Usage: "condition of the nodes"},
		{Name: "placement-pref", Value: many(&s.PlacementPrefs, placementPref), Usage: "how to spread the tasks, spread=LABEL"},
		serviceFlag("log-driver", one(&s.LogDriver, word)),
		serviceFlag("log-opt", many(&s.LogOpts, envVar)),
		serviceFlag("restart-condition", one(&s.RestartCondition, choice)),
		serviceFlag("restart-delay", optional(&s.RestartDelay, duration)),
		serviceFlag("restart-max-attempts", optional(&s.RestartMaxAttempts, unsigned)),
		serviceFlag("restart-window", optional(&s.RestartWindow, duration)),
		serviceFlag("stop-signal", one(&s.StopSignal, word)),
		serviceFlag("stop-grace-period", optional(&s.StopGracePeriod, duration)),
		serviceFlag("health-cmd", one(&s.HealthCmd, word)),
		serviceFlag("health-interval", optional(&s.HealthInterval, health)),
		serviceFlag("health-retries", one(&s.HealthRetries, integer)),
		serviceFlag("health-timeout", optional(&s.HealthTimeout, health)),
		serviceFlag("health-start-period", optional(&s.HealthStartPeriod, health)),
		serviceFlag("health-start-interval", optional(&s.HealthStartInterval, health)),
		serviceFlag("no-healthcheck", one(&s.NoHealthcheck, boolean)),
		serviceFlag("update-parallelism", optional(&s.UpdateParallelism, unsigned)),
		serviceFlag("update-delay", optional(&s.UpdateDelay, duration)),
		serviceFlag("update-monitor", optional(&s.UpdateMonitor, duration)),
		serviceFlag("update-failure-action", one(&s.UpdateFailureAction, choice)),
		serviceFlag("update-max-failure-ratio", optional(&s.UpdateMaxFailureRatio, ratio)),
		serviceFlag("update-order", one(&s.UpdateOrder, choice)),
		serviceFlag("rollback-parallelism", optional(&s.RollbackParallelism, unsigned)),
		serviceFlag("rollback-delay", optional(&s.RollbackDelay, duration)),
		serviceFlag("rollback-monitor", optional(&s.RollbackMonitor, duration)),
		serviceFlag("rollback-failure-action", one(&s.RollbackFailureAction, choice)),
		serviceFlag("rollback-max-failure-ratio", optional(&s.RollbackMaxFailureRatio, ratio)),
		serviceFlag("rollback-order", one(&s.RollbackOrder, choice)),
		serviceFlag("no-resolve-image", one(&s.NoResolveImage, boolean)),
		serviceFlag("with-registry-auth", one(&s.WithRegistryAuth, boolean)),
		serviceFlag("tty", one(&s.TTY, boolean)),
		serviceFlag("quiet", one(&s.Quiet, boolean)),
	}
}

func (s *ServiceCreate) appendOperands(dst []string) []string {
	if s.Image == "" && len(s.Command) == 0 {
		return dst
	}
	return append(append(dst, s.Image), s.Command...)
}

func (s *ServiceCreate) setOperands(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New("no IMAGE; give an image and perhaps a command behind it")
	}
	s.Image = words[0]
	s.Command = tail(words, 1)
	return nil
}

func (s *ServiceCreate) check(p *problems) {
	if err := ValidImage(s.Image); err != nil {
		p.Add("IMAGE", "%w", err)
	}
	p.words("COMMAND", s.Command)
	if s.Name != "" {
		p.service("--name", s.Name)
	}
	s.checkMode(p)
	p.serviceTask(serviceTask{
		limitMemory: s.LimitMemory, reserveMemory: s.ReserveMemory, limitPids: s.LimitPids,
		oomScoreAdj: s.OOMScoreAdj, swappiness: s.MemorySwappiness, stopSignal: s.StopSignal, workdir: s.Workdir,
		restartCondition: s.RestartCondition, endpointMode: s.EndpointMode, capabilities: [][]string{s.CapAdd, s.CapDrop},
	})
	if s.MemorySwap != nil && s.LimitMemory == 0 {
		p.Add("--memory-swap", "goes with --limit-memory only; give that too")
	}
	p.rolling("update", s.UpdateFailureAction, s.UpdateOrder)
	p.rolling("rollback", s.RollbackFailureAction, s.RollbackOrder)
	p.noHealthcheck(s, s.NoHealthcheck)
	p.logOpts(s.LogDriver, s.LogOpts)
	p.constraints("--constraint", s.Constraints)
	serviceMounts(p.Add, "--mount", s.Mounts)
	p.swarmFiles("--secret", s.Secrets)
	p.swarmFiles("--config", s.Configs)
	p.servicePorts("--publish", s.Publish, s.EndpointMode)
	twice(p.Client, "--generic-resource", "kind", s.GenericResources, func(g *GenericResource) string { return g.Kind })
}

// checkMode finds what does not go with the mode: the client refuses it.
func (s *ServiceCreate) checkMode(p *problems) {
	if err := checkWords(s.Mode, "replicated", "global", "replicated-job", "global-job"); s.Mode != "" && err != nil {
		p.Client("--mode", "%w", err)
	}
	isGlobal, isJob := strings.HasPrefix(s.Mode, "global"), strings.HasSuffix(s.Mode, "-job")
	if isGlobal && s.Replicas != nil {
		p.Client("--replicas", "does not go with --mode=%s, which runs one task on each node; leave it out", s.Mode)
	}
	if isGlobal && s.ReplicasMaxPerNode != 0 {
		p.Client("--replicas-max-per-node", "does not go with --mode=%s, which runs one task on each node; leave it out", s.Mode)
	}
	if s.MaxConcurrent != nil && s.Mode != "replicated-job" {
		p.Client("--max-concurrent", "goes with --mode=replicated-job only; give that too or leave it out")
	}
	if isJob && changes(s, isRolling) {
		p.Client("--mode", "%s is a job, which is neither updated nor rolled back; leave the --update-... and --rollback-... flags out",
			s.Mode)
	}
}
