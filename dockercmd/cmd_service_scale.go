package dockercmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// ServiceScale is docker service scale: change how many tasks services have.
type ServiceScale struct {
	// Detach returns at once, instead of waiting until the tasks run.
	Detach bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Scales are the services and their numbers of tasks.
	Scales []Scale
}

// Scale is a service and how many tasks it shall have.
type Scale struct {
	Service  string // a name or an id
	Replicas uint64
}

var serviceScaleSpec = table.Spec{
	Names:    []string{"service scale"},
	Operands: "SERVICE=REPLICAS [SERVICE=REPLICAS...]",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ServiceScale).Table() },
}

func (s *ServiceScale) flags() []Flag {
	return []Flag{serviceFlag("detach", one(&s.Detach, boolean))}
}

// ParseScale reads SERVICE=REPLICAS. Docker takes decimal digits here only.
func ParseScale(s string) (Scale, error) {
	name, count, _ := strings.Cut(s, "=")
	n, err := strconv.ParseUint(count, 10, 64)
	if err != nil || name == "" {
		return Scale{}, fmt.Errorf("%q is not of the form SERVICE=REPLICAS, such as web=3", s)
	}
	return Scale{name, n}, nil
}

func (s Scale) String() string { return s.Service + "=" + strconv.FormatUint(s.Replicas, 10) }

// MarshalText returns String, for YAML and JSON.
func (s Scale) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseScale reads.
func (s *Scale) UnmarshalText(text []byte) (err error) {
	*s, err = ParseScale(string(text))
	return err
}

func (s *ServiceScale) appendOperands(dst []string) []string {
	for _, scale := range s.Scales {
		dst = append(dst, scale.String())
	}
	return dst
}

func (s *ServiceScale) setOperands(words []string) error {
	if len(words) == 0 {
		return errors.New("no SERVICE=REPLICAS; give at least one")
	}
	for _, w := range words {
		scale, err := ParseScale(w)
		if err != nil {
			return err
		}
		s.Scales = append(s.Scales, scale)
	}
	return nil
}

func (s *ServiceScale) check(p *problems) {
	p.atLeastOne("SERVICE=REPLICAS", "service", len(s.Scales))
	for _, scale := range s.Scales {
		p.service("SERVICE=REPLICAS", scale.Service)
	}
	twice(p.Add, "SERVICE=REPLICAS", "service", s.Scales, func(scale *Scale) string { return scale.Service })
}
