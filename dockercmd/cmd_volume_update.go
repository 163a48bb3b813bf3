package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// VolumeUpdate is docker volume update: change a volume of a swarm's cluster. From 23.0 on.
type VolumeUpdate struct {
	// Availability is active, pause (no new use) or drain (tasks that use it move away).
	Availability string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Volume is a name or an id.
	Volume string
}

var volumeUpdateSpec = table.Spec{
	Names:    []string{"volume update"},
	Operands: "VOLUME",
	Since:    "23.0",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(VolumeUpdate).Table() },
}

func (v *VolumeUpdate) flags() []Flag {
	return []Flag{
		{Name: "availability", Value: one(&v.Availability, choice), Since: "23.0", API: "1.42", Usage: "active, pause or drain"},
	}
}

func (v *VolumeUpdate) appendOperands(dst []string) []string { return appendOptional(dst, v.Volume) }
func (v *VolumeUpdate) setOperands(words []string) (err error) {
	v.Volume, err = oneWord("VOLUME", words)
	return err
}
func (v *VolumeUpdate) check(p *problems) {
	if err := ValidVolume(v.Volume); err != nil {
		p.Add("VOLUME", "%w", err)
	}
	oneOf(p, "--availability", v.Availability, "active", "pause", "drain")
}
