package dockercmd

import (
	"net/netip"
	"time"

	"github.com/dockercmd/toolkit/internal/table"
)

// SwarmInit is docker swarm init: make the engine the first manager of a new swarm, and print how others join.
type SwarmInit struct {
	// AdvertiseAddr is where other nodes reach this one: IP or INTERFACE, perhaps with :PORT; "" is the engine's choice when it
	// has but one address.
	AdvertiseAddr string
	// Autolock makes a manager that starts again wait for docker swarm unlock.
	Autolock bool
	// Availability is active, pause (no new tasks) or drain (no tasks); "" is active.
	Availability string
	// CertExpiry is the life of the nodes' certificates; 0 is 90 days, less than an hour is refused.
	CertExpiry time.Duration
	// DataPathAddr is where the tasks' traffic goes: IP or INTERFACE; "" is AdvertiseAddr.
	DataPathAddr string
	// DataPathPort is the UDP port of that traffic, 1024 to 49151; 0 is 4789.
	DataPathPort uint64
	// DefaultAddrPools are the ranges that overlay networks take their addresses from; nil is 10.0.0.0/8.
	DefaultAddrPools []netip.Prefix
	// DefaultAddrPoolMaskLength is the length of a network's own prefix in them; nil is 24.
	DefaultAddrPoolMaskLength *uint64
	// DispatcherHeartbeat is the time between two signs of life of a node; 0 is 5s.
	DispatcherHeartbeat time.Duration
	// ExternalCAs sign the nodes' certificates in place of the managers.
	ExternalCAs []ExternalCA
	// ForceNewCluster makes a manager that lost the others a swarm of its own, with all that it knows.
	ForceNewCluster bool
	// ListenAddr is where this manager listens: IP or INTERFACE, perhaps with :PORT; "" is 0.0.0.0:2377.
	ListenAddr string
	// MaxSnapshots is how many old snapshots of the managers' log stay; nil is none.
	MaxSnapshots *uint64
	// SnapshotInterval is after how many entries a snapshot of that log is made; 0 is 10000.
	SnapshotInterval uint64
	// TaskHistoryLimit is how many tasks that ended are kept for each that runs; nil is 5, negative is all.
	TaskHistoryLimit *int64

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var swarmInitSpec = table.Spec{
	Names: []string{"swarm init"},
	Lacks: []Dialect{Podman, Nerdctl},
	New:   func() table.Command { return new(SwarmInit).Table() },
}

func (s *SwarmInit) flags() []Flag {
	return []Flag{
		swarmFlag("advertise-addr", one(&s.AdvertiseAddr, word)),
		swarmFlag("listen-addr", one(&s.ListenAddr, nodeAddr)),
		swarmFlag("data-path-addr", one(&s.DataPathAddr, word)),
		{Name: "data-path-port", Value: one(&s.DataPathPort, unsigned), Usage: "UDP port of the tasks' traffic"},
		{Name: "default-addr-pool", Value: prefixes(&s.DefaultAddrPools), Usage: "range of the networks' addresses"},
		{Name: "default-addr-pool-mask-length", Value: optional(&s.DefaultAddrPoolMaskLength, unsigned),
			Usage: "length of a network's prefix"},
		swarmFlag("availability", one(&s.Availability, lowerChoice)),
		swarmFlag("autolock", one(&s.Autolock, boolean)),
		swarmFlag("cert-expiry", one(&s.CertExpiry, duration)),
		swarmFlag("external-ca", many(&s.ExternalCAs, externalCA)),
		swarmFlag("dispatcher-heartbeat", one(&s.DispatcherHeartbeat, duration)),
		swarmFlag("task-history-limit", optional(&s.TaskHistoryLimit, integer)),
		swarmFlag("max-snapshots", optional(&s.MaxSnapshots, unsigned)),
		swarmFlag("snapshot-interval", one(&s.SnapshotInterval, unsigned)),
		{Name: "force-new-cluster", Value: one(&s.ForceNewCluster, boolean), Usage: "make a swarm of what this manager knows"},
	}
}

func (s *SwarmInit) appendOperands(dst []string) []string { return dst }
func (s *SwarmInit) setOperands(words []string) error {
	return noWords("swarm init", words, "")
}
func (s *SwarmInit) check(p *problems) {
	if err := checkAvailability(s.Availability); err != nil {
		p.Client("--availability", "%w", err)
	}
	p.certExpiry(s.CertExpiry)
	if s.DataPathPort != 0 && (s.DataPathPort < 1024 || s.DataPathPort > 49151) {
		p.Add("--data-path-port", "%d is not from 1024 to 49151", s.DataPathPort)
	}
	if n := s.DefaultAddrPoolMaskLength; n != nil && *n > 32 {
		p.Add("--default-addr-pool-mask-length", "%d is longer than an address; give up to 32", *n)
	}
}

// certExpiry holds a life of certificates to the swarm's least; 0 is the default.
func (p *problems) certExpiry(life time.Duration) {
	if life > 0 && life < time.Hour {
		p.Add("--cert-expiry", "%s is under the swarm's minimum of 1h", life)
	}
}

// nodeAddrKind is a word by docker's own name for the type.
type nodeAddrKind struct{ table.WordKind }

var nodeAddr nodeAddrKind

func (nodeAddrKind) FlagType() string { return "node-addr" }
