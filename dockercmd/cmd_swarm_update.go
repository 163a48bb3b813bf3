package dockercmd

import (
	"time"

	"github.com/dockercmd/toolkit/internal/table"
)

// SwarmUpdate is docker swarm update: change the swarm itself. What is not given stays.
type SwarmUpdate struct {
	// Autolock makes a manager that starts again wait for docker swarm unlock.
	Autolock *bool
	// CertExpiry is the life of the nodes' certificates; 0 is 90 days, less than an hour is refused.
	CertExpiry *time.Duration
	// DispatcherHeartbeat is the time between two signs of life of a node; 0 is 5s.
	DispatcherHeartbeat *time.Duration
	// ExternalCAs sign the nodes' certificates in place of the managers, and of those that did before.
	ExternalCAs []ExternalCA
	// MaxSnapshots is how many old snapshots of the managers' log stay.
	MaxSnapshots *uint64
	// SnapshotInterval is after how many entries a snapshot of that log is made; 0 is 10000.
	SnapshotInterval *uint64
	// TaskHistoryLimit is how many tasks that ended are kept for each that runs; negative is all.
	TaskHistoryLimit *int64

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var swarmUpdateSpec = table.Spec{
	Names: []string{"swarm update"},
	Lacks: []Dialect{Podman, Nerdctl},
	New:   func() table.Command { return new(SwarmUpdate).Table() },
}

func (s *SwarmUpdate) flags() []Flag {
	return []Flag{
		swarmFlag("autolock", optional(&s.Autolock, boolean)),
		swarmFlag("cert-expiry", optional(&s.CertExpiry, duration)),
		swarmFlag("external-ca", many(&s.ExternalCAs, externalCA)),
		swarmFlag("dispatcher-heartbeat", optional(&s.DispatcherHeartbeat, duration)),
		swarmFlag("task-history-limit", optional(&s.TaskHistoryLimit, integer)),
		swarmFlag("max-snapshots", optional(&s.MaxSnapshots, unsigned)),
		swarmFlag("snapshot-interval", optional(&s.SnapshotInterval, unsigned)),
	}
}

func (s *SwarmUpdate) appendOperands(dst []string) []string { return dst }
func (s *SwarmUpdate) setOperands(words []string) error {
	return noWords("swarm update", words, "")
}
func (s *SwarmUpdate) check(p *problems) {
	p.certExpiry(deref(s.CertExpiry))
	if len(s.Extra) == 0 && !changes(s, func(Flag) bool { return true }) {
		p.Add("OPTIONS", "none given, and docker prints its help then; give what to change")
	}
}
