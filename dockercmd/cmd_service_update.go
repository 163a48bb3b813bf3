package dockercmd

import (
	"time"

	"github.com/dockercmd/toolkit/internal/table"
)

// ServiceUpdate is docker service update: change a service, and replace its tasks as its update flags say. What is not given
// stays: a nil field, an empty list, or false or "" where docker has no use for them. A pointer to a zero value sets zero.
type ServiceUpdate struct {
	// Image is a new image for the tasks.
	Image string
	// Arguments are new arguments of the containers' command; empty but not nil goes back to the image's.
	Arguments []string
	// User is NAME or UID, perhaps with :GROUP or :GID; "" is the image's user.
	User *string
	// Detach returns at once, instead of waiting until the tasks run.
	Detach bool
	// Replicas is the number of tasks. A job takes none.
	Replicas *uint64
	// MaxConcurrent is how many tasks of a job run at once. Docker 20.10 and 28 take it and change nothing.
	MaxConcurrent uint64
	// ReplicasMaxPerNode is the most tasks on one node; 0 is unlimited.
	ReplicasMaxPerNode *uint64
	// NetworkAdd are networks to join.
	NetworkAdd []ServiceNetwork
	// NetworkRm are networks to take away, by name or id.
	NetworkRm []string
	// ReadOnly makes the root file system of the containers read-only.
	ReadOnly *bool
	// MountAdd are mounts to add or to set anew.
	MountAdd []Mount
	// MountRm are mounts to take away, by target.
	MountRm []string
	// GroupAdd are groups to add.
	GroupAdd []string
	// GroupRm are groups to take away, by name.
	GroupRm []string
	// Workdir is the working directory in the containers; "" is the image's.
	Workdir *string
	// CapDrop are capabilities to take away; ALL takes every one.
	CapDrop []string
	// CapAdd are capabilities to give, also those that CapDrop takes away.
	CapAdd []string
	// LimitCPU is the most CPU time of a task; 0 is unlimited.
	LimitCPU *CPUs
	// LimitMemory is the memory limit of a task, at least 4m; 0 is unlimited.
	LimitMemory *Bytes
	// LimitPids is the most processes and threads of a task; 0 is unlimited.
	LimitPids *int64
	// ReserveCPU is the CPU time that a node must have left for a task.
	ReserveCPU *CPUs
	// ReserveMemory is the memory that a node must have left for a task, at least 4m.
	ReserveMemory *Bytes
	// MemorySwap is the swap of a task beside LimitMemory. Docker 29 refuses the -1 that its help speaks of.
	MemorySwap *Bytes
	// MemorySwappiness is 0 to 100; -1 is the node's.
	MemorySwappiness *int64
	// GenericResourceAdd are resources to add.
	GenericResourceAdd []GenericResource
	// GenericResourceRm are resources to take away, by kind.
	GenericResourceRm []string
	// Init puts a tiny init in front of the process, which forwards signals and reaps.
	Init *bool
	// UlimitAdd are resource limits to add or to set anew.
	UlimitAdd []Ulimit
	// UlimitRm are resource limits to take away, by name.
	UlimitRm []string
	// OOMScoreAdj is -1000 to 1000.
	OOMScoreAdj *int64
	// EnvAdd are variables to add or to set anew: KEY=value, or KEY to take the client's own.
	EnvAdd []string
	// EnvRm are variables to take away, by name.
	EnvRm []string
	// LabelAdd are labels of the service to add or to set anew.
	LabelAdd map[string]string
	// LabelRm are labels of the service to take away, by key.
	LabelRm []string
	// ContainerLabelAdd are labels of the containers to add or to set anew.
	ContainerLabelAdd map[string]string
	// ContainerLabelRm are labels of the containers to take away, by key.
	ContainerLabelRm []string
	// Entrypoint replaces the image's entry point; empty but not nil goes back to it.
	Entrypoint []string
	// Hostname is the host name in the containers, perhaps a template such as {{.Node.Hostname}}; "" is the beginning of the
	// container's id.
	Hostname *string
	// HostAdd are lines of /etc/hosts to add.
	HostAdd []Host
	// HostRm are lines of /etc/hosts to take away, NAME or NAME:IP.
	HostRm []string
	// DNSAdd are name servers to add.
	DNSAdd []string
	// DNSRm are name servers to take away, by address.
	DNSRm []string
	// DNSOptionAdd are options of the resolver to add.
	DNSOptionAdd []string
	// DNSOptionRm are options of the resolver to take away, as they were given.
	DNSOptionRm []string
	// DNSSearchAdd are domains to search, to add.
	DNSSearchAdd []string
	// DNSSearchRm are domains to search, to take away.
	DNSSearchRm []string
	// PublishAdd are ports of the tasks to open on the nodes.
	PublishAdd []ServicePort
	// PublishRm are ports of the tasks to close. Docker looks at target, protocol and mode only.
	PublishRm []ServicePort
	// EndpointMode is vip, one virtual address for all tasks, or dnsrr, an address for each.
	EndpointMode string
	// SecretAdd are secrets to add.
	SecretAdd []SwarmFile
	// SecretRm are secrets to take away, by name.
	SecretRm []string
	// ConfigAdd are configs to add.
	ConfigAdd []SwarmFile
	// ConfigRm are configs to take away, by name.
	ConfigRm []string
	// CredentialSpec is for Windows nodes; its zero value takes it away.
	CredentialSpec *CredentialSpec
	// Isolation is for Windows nodes.
	Isolation *string
	// SysctlAdd are kernel settings to add or to set anew.
	SysctlAdd map[string]string
	// SysctlRm are kernel settings to take away, by name.
	SysctlRm []string
	// ConstraintAdd are conditions of the nodes to add.
	ConstraintAdd []string
	// ConstraintRm are conditions of the nodes to take away, as they were given.
	ConstraintRm []string
	// PlacementPrefAdd are preferences to add.
	PlacementPrefAdd []PlacementPref
	// PlacementPrefRm are preferences to take away, as they were given.
	PlacementPrefRm []PlacementPref
	// LogDriver is the logging driver; none keeps no logs.
	LogDriver string
	// LogOpts are options of LogDriver in place of all others: KEY=value, or KEY to take the client's own variable of that name.
	LogOpts []string
	// RestartCondition is when a task that ended is replaced: none, on-failure or any.
	RestartCondition string
	// RestartDelay is the time before it is.
	RestartDelay *time.Duration
	// RestartMaxAttempts is how often it is at most; 0 is without end.
	RestartMaxAttempts *uint64
	// RestartWindow is the time in which attempts are counted; 0 is all time.
	RestartWindow *time.Duration
	// StopSignal is what stops a container; "" is the image's, else SIGTERM.
	StopSignal *string
	// StopGracePeriod is the time between that and the kill.
	StopGracePeriod *time.Duration
	// HealthCmd is a shell command that checks a container; "" is the image's.
	HealthCmd *string
	// HealthInterval is the time between checks; 0 is the image's.
	HealthInterval *time.Duration
	// HealthRetries is how many failures in a row make it unhealthy; 0 is the image's.
	HealthRetries *int64
	// HealthTimeout is how long one check may take; 0 is the image's.
	HealthTimeout *time.Duration
	// HealthStartPeriod is the time at the start in which failures do not count; 0 is the image's.
	HealthStartPeriod *time.Duration
	// HealthStartInterval is the time between checks in the start period. Docker 28 takes it and changes nothing.
	HealthStartInterval time.Duration
	// NoHealthcheck turns the image's check off, or with false on again.
	NoHealthcheck *bool
	// UpdateParallelism is how many tasks are updated at once; 0 is all.
	UpdateParallelism *uint64
	// UpdateDelay is the time between them.
	UpdateDelay *time.Duration
	// UpdateMonitor is how long a task must run to count as good.
	UpdateMonitor *time.Duration
	// UpdateFailureAction is pause, continue or rollback, when too many tasks fail.
	UpdateFailureAction string
	// UpdateMaxFailureRatio is the share of tasks that may fail, 0 to 1.
	UpdateMaxFailureRatio *float32
	// UpdateOrder is start-first or stop-first.
	UpdateOrder string
	// RollbackParallelism is how many tasks are rolled back at once; 0 is all.
	RollbackParallelism *uint64
	// RollbackDelay is the time between them.
	RollbackDelay *time.Duration
	// RollbackMonitor is how long a task must run to count as good.
	RollbackMonitor *time.Duration
	// RollbackFailureAction is pause or continue, when too many tasks fail.
	RollbackFailureAction string
	// RollbackMaxFailureRatio is the share of tasks that may fail, 0 to 1.
	RollbackMaxFailureRatio *float32
	// RollbackOrder is start-first or stop-first.
	RollbackOrder string
	// NoResolveImage keeps the engine from asking the registry for the digest of a new image.
	NoResolveImage bool
	// WithRegistryAuth sends the client's account at the registry to the nodes, so that they can pull.
	WithRegistryAuth bool
	// TTY gives the process a terminal.
	TTY *bool
	// Quiet hides the progress.
	Quiet bool
	// Force replaces the tasks even though nothing changes.
	Force bool
	// Rollback goes back to what the service was before its last update. Only Detach and Quiet go with it.
	Rollback bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Service is a name or an id.
	Service string
}

var serviceUpdateSpec = table.Spec{
	Names:    []string{"service update"},
	Operands: "SERVICE",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ServiceUpdate).Table() },
}

func (s *ServiceUpdate) flags() []Flag {
	return []Flag{
		{Name: "image", Value: one(&s.Image, choice), Usage: "new image"},
		{Name: "args", Value: shellWords(&s.Arguments), Usage: "new arguments, words for a shell"},
		serviceFlag("user", optional(&s.User, word)),
		serviceFlag("detach", one(&s.Detach, boolean)),
		serviceFlag("replicas", optional(&s.Replicas, unsigned)),
		serviceFlag("max-concurrent", one(&s.MaxConcurrent, unsigned)),
		serviceFlag("replicas-max-per-node", optional(&s.ReplicasMaxPerNode, unsigned)),
		{Name: "network-add", Value: many(&s.NetworkAdd, serviceNetwork), Usage: "network to add"},
		{Name: "network-rm", Value: many(&s.NetworkRm, word), Usage: "network to take away, by name or id"},
		serviceFlag("read-only", optional(&s.ReadOnly, boolean)),
		{Name: "mount-add", Value: many(&s.MountAdd, mount), Usage: "mount to add"},
		{Name: "mount-rm", Value: many(&s.MountRm, word), Usage: "mount to take away, by target"},
		{Name: "group-add", Value: many(&s.GroupAdd, word), Usage: "group to add"},
		{Name: "group-rm", Value: many(&s.GroupRm, word), Usage: "group to take away, by name"},
		serviceFlag("workdir", optional(&s.Workdir, word)),
		serviceFlag("cap-drop", many(&s.CapDrop, word)),
		serviceFlag("cap-add", many(&s.CapAdd, word)),
		serviceFlag("limit-cpu", optional(&s.LimitCPU, taskCPUs)),
		serviceFlag("limit-memory", optional(&s.LimitMemory, size)),
		serviceFlag("limit-pids", optional(&s.LimitPids, integer)),
		serviceFlag("reserve-cpu", optional(&s.ReserveCPU, taskCPUs)),
		serviceFlag("reserve-memory", optional(&s.ReserveMemory, size)),
		serviceFlag("memory-swap", optional(&s.MemorySwap, size)),
		serviceFlag("memory-swappiness", optional(&s.MemorySwappiness, integer)),
		{Name: "generic-resource-add", Value: many(&s.GenericResourceAdd, genericResource), Usage: "resource to add"},
		{Name: "generic-resource-rm", Value: many(&s.GenericResourceRm, word), Usage: "resource to take away, by kind"},
		serviceFlag("init", optional(&s.Init, boolean)),
		{Name: "ulimit-add", Value: many(&s.UlimitAdd, ulimit), API: "1.41", Usage: "resource limit to add"},
		{Name: "ulimit-rm", Value: many(&s.UlimitRm, word), API: "1.41", Usage: "resource limit to take away, by name"},
		serviceFlag("oom-score-adj", optional(&s.OOMScoreAdj, integer)),
		{Name: "env-add", Value: many(&s.EnvAdd, envVar), Secret: true, Usage: "variable to add, KEY=value or KEY to inherit"},
		{Name: "env-rm", Value: many(&s.EnvRm, word), Usage: "variable to take away, by name"},
		{Name: "label-add", Value: pairs(&s.LabelAdd, label), Usage: "label of the service to add"},
		{Name: "label-rm", Value: many(&s.LabelRm, word), Usage: "label of the service to take away, by key"},
		{Name: "container-label-add", Value: pairs(&s.ContainerLabelAdd, label), Usage: "label of the containers to add"},
		{Name: "container-label-rm", Value: many(&s.ContainerLabelRm, word), Usage: "label of the containers to take away, by key"},
		serviceFlag("entrypoint", shellWords(&s.Entrypoint)),
		serviceFlag("hostname", optional(&s.Hostname, word)),
		{Name: "host-add", Value: many(&s.HostAdd, addHost), Usage: "line of /etc/hosts to add"},
		{Name: "host-rm", Value: many(&s.HostRm, word), Usage: "line of /etc/hosts to take away, NAME or NAME:IP"},
		{Name: "dns-add", Value: many(&s.DNSAdd, dnsServer), Usage: "name server to add"},
		{Name: "dns-rm", Value: many(&s.DNSRm, word), Usage: "name server to take away, by address"},
		{Name: "dns-option-add", Value: many(&s.DNSOptionAdd, word), Usage: "option of the resolver to add"},
		{Name: "dns-option-rm", Value: many(&s.DNSOptionRm, word), Usage: "option of the resolver to take away, as it was given"},
		{Name: "dns-search-add", Value: many(&s.DNSSearchAdd, dnsDomain), Usage: "domain to search to add"},
		{Name: "dns-search-rm", Value: many(&s.DNSSearchRm, word), Usage: "domain to search to take away, by name"},
		{Name: "publish-add", Value: many(&s.PublishAdd, servicePort), Usage: "port to open, PUBLISHED:TARGET/PROTOCOL"},
		{Name: "publish-rm", Value: many(&s.PublishRm, servicePort), Usage: "port to close, TARGET/PROTOCOL"},
		serviceFlag("endpoint-mode", one(&s.EndpointMode, choice)),
		{Name: "secret-add", Value: many(&s.SecretAdd, secretFile), Usage: "secret to add"},
		{Name: "secret-rm", Value: many(&s.SecretRm, word), Usage: "secret to take away, by name"},
		{Name: "config-add", Value: many(&s.ConfigAdd, configFile), Usage: "config to add"},
		{Name: "config-rm", Value: many(&s.ConfigRm, word), Usage: "config to take away, by name"},
		serviceFlag("credential-spec", optional(&s.CredentialSpec, credentialSpec)),
		serviceFlag("isolation", optional(&s.Isolation, word)),
		{Name: "sysctl-add", Value: pairs(&s.SysctlAdd, pair), API: "1.40", Usage: "kernel setting to add"},
		{Name: "sysctl-rm", Value: many(&s.SysctlRm, word), API: "1.40", Usage: "kernel setting to take away, by name"},
		{Name: "constraint-add", Value: many(&s.ConstraintAdd, word), Usage: "condition of the node to add"},
		{Name: "constraint-rm", Value: many(&s.ConstraintRm, word), Usage: "condition of the node to take away, as it was given"},
		{Name: "placement-pref-add", Value: many(&s.PlacementPrefAdd, placementPref), Usage: "preference to add"},
		{Name: "placement-pref-rm", Value: many(&s.PlacementPrefRm, placementPref), Usage: "preference to take away, as it was given"},
		serviceFlag("log-driver", one(&s.LogDriver, word)),
		serviceFlag("log-opt", many(&s.LogOpts, envVar)),
		serviceFlag("restart-condition", one(&s.RestartCondition, choice)),
		serviceFlag("restart-delay", optional(&s.RestartDelay, duration)),
		serviceFlag("restart-max-attempts", optional(&s.RestartMaxAttempts, unsigned)),
		serviceFlag("restart-window", optional(&s.RestartWindow, duration)),
		serviceFlag("stop-signal", optional(&s.StopSignal, word)),
		serviceFlag("stop-grace-period", optional(&s.StopGracePeriod, duration)),
		serviceFlag("health-cmd", optional(&s.HealthCmd, word)),
		serviceFlag("health-interval", optional(&s.HealthInterval, health)),
		serviceFlag("health-retries", optional(&s.HealthRetries, integer)),
		serviceFlag("health-timeout", optional(&s.HealthTimeout, health)),
		serviceFlag("health-start-period", optional(&s.HealthStartPeriod, health)),
		serviceFlag("health-start-interval", one(&s.HealthStartInterval, health)),
		serviceFlag("no-healthcheck", optional(&s.NoHealthcheck, boolean)),
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
		serviceFlag("tty", optional(&s.TTY, boolean)),
		serviceFlag("quiet", one(&s.Quiet, boolean)),
		{Name: "force", Value: one(&s.Force, boolean), Usage: "replace the tasks though nothing changes"},
		{Name: "rollback", Value: one(&s.Rollback, boolean), Usage: "go back to what the service was before"},
	}
}

func (s *ServiceUpdate) appendOperands(dst []string) []string { return appendOptional(dst, s.Service) }
func (s *ServiceUpdate) setOperands(words []string) (err error) {
	s.Service, err = oneOperand("SERVICE", words)
	return err
}

func (s *ServiceUpdate) check(p *problems) {
	p.service("SERVICE", s.Service)
	if s.Image != "" {
		if err := ValidImage(s.Image); err != nil {
			p.Add("--image", "%w", err)
		}
	}
	p.serviceTask(serviceTask{
		limitMemory: deref(s.LimitMemory), reserveMemory: deref(s.ReserveMemory), limitPids: deref(s.LimitPids),
		oomScoreAdj: deref(s.OOMScoreAdj), swappiness: s.MemorySwappiness, stopSignal: deref(s.StopSignal), workdir: deref(s.Workdir),
		restartCondition: s.RestartCondition, endpointMode: s.EndpointMode, capabilities: [][]string{s.CapAdd, s.CapDrop},
	})
	p.rolling("update", s.UpdateFailureAction, s.UpdateOrder)
	p.rolling("rollback", s.RollbackFailureAction, s.RollbackOrder)
	p.noHealthcheck(s, deref(s.NoHealthcheck))
	p.logOpts(s.LogDriver, s.LogOpts)
	p.constraints("--constraint-add", s.ConstraintAdd)
	serviceMounts(p.Client, "--mount-add", s.MountAdd)
	p.swarmFiles("--secret-add", s.SecretAdd)
	p.swarmFiles("--config-add", s.ConfigAdd)
	p.servicePorts("--publish-add", s.PublishAdd, s.EndpointMode)
	twice(p.Client, "--generic-resource-add", "kind", s.GenericResourceAdd, func(g *GenericResource) string { return g.Kind })
	goesWithRollback := func(f Flag) bool { return f.Name == "rollback" || f.Name == "detach" || f.Name == "quiet" }
	if s.Rollback && changes(s, func(f Flag) bool { return !goesWithRollback(f) }) {
		p.Client("--rollback", "contradicts every other change; give it alone")
	}
}
