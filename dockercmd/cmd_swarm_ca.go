package dockercmd

import (
	"strings"
	"time"

	"github.com/dockercmd/toolkit/internal/table"
)

// SwarmCA is docker swarm ca: print the swarm's root certificate, or with Rotate replace it. All other fields but Detach and Quiet
// go with Rotate only.
type SwarmCA struct {
	// CACert is a file with the new root certificate, which the client reads; "" lets the swarm make one. CAKey or ExternalCAs go
	// with it.
	CACert string
	// CAKey is a file with the key of CACert, which the client reads.
	CAKey string
	// CertExpiry is the life of the nodes' certificates; 0 is 90 days, less than an hour is refused.
	CertExpiry *time.Duration
	// Detach returns at once, instead of waiting until all nodes have new certificates.
	Detach bool
	// ExternalCAs sign the nodes' certificates in place of the managers, with the key of CACert.
	ExternalCAs []ExternalCA
	// Quiet hides the progress.
	Quiet bool
	// Rotate replaces the root certificate and those of all nodes.
	Rotate bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var swarmCASpec = table.Spec{
	Names: []string{"swarm ca"},
	Lacks: []Dialect{Podman, Nerdctl},
	New:   func() table.Command { return new(SwarmCA).Table() },
}

func (s *SwarmCA) flags() []Flag {
	return []Flag{
		swarmFlag("rotate", one(&s.Rotate, boolean)),
		{Name: "ca-cert", Value: one(&s.CACert, pemFile), Usage: "file with the new root certificate"},
		{Name: "ca-key", Value: one(&s.CAKey, pemFile), Usage: "file with its key"},
		swarmFlag("cert-expiry", optional(&s.CertExpiry, duration)),
		swarmFlag("external-ca", many(&s.ExternalCAs, externalCA)),
		serviceFlag("detach", one(&s.Detach, boolean)),
		serviceFlag("quiet", one(&s.Quiet, boolean)),
	}
}

func (s *SwarmCA) appendOperands(dst []string) []string { return dst }
func (s *SwarmCA) setOperands(words []string) error {
	return noWords("swarm ca", words, "")
}
func (s *SwarmCA) check(p *problems) {
	p.certExpiry(deref(s.CertExpiry))
	onlyRotates := func(f Flag) bool {
		return strings.HasPrefix(f.Name, "ca-") || f.Name == "cert-expiry" || f.Name == "external-ca"
	}
	if !s.Rotate && changes(s, onlyRotates) {
		p.Client("--rotate", "is what --ca-cert, --ca-key, --cert-expiry and --external-ca go with; give that too")
	}
	if s.CACert == "" && (s.CAKey != "" || len(s.ExternalCAs) > 0) {
		p.Client("--ca-cert", "is what --ca-key and --external-ca go with; give that too")
	}
	if s.CACert != "" && s.CAKey == "" && len(s.ExternalCAs) == 0 {
		p.Client("--ca-cert", "goes with --ca-key or --external-ca, which sign with it; give one of them")
	}
}

// pemFileKind is the name of a file by docker's own word for the type.
type pemFileKind struct{ table.ChoiceKind }

var pemFile pemFileKind

func (pemFileKind) FlagType() string { return "pem-file" }
