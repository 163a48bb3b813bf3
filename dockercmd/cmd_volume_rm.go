package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// VolumeRm is docker volume rm: remove volumes that no container has.
type VolumeRm struct {
	// Force does not mind a volume that is missing, and removes one that its driver no longer knows.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Volumes are names.
	Volumes []string
}

var volumeRmSpec = table.Spec{
	Names:    []string{"volume rm", "volume remove"},
	Operands: "VOLUME [VOLUME...]",
	New:      func() table.Command { return new(VolumeRm).Table() },
}

func (v *VolumeRm) flags() []Flag {
	return []Flag{
		{Name: "force", Short: 'f', Value: one(&v.Force, boolean), Usage: "do not mind a volume that is missing"},
	}
}

func (v *VolumeRm) appendOperands(dst []string) []string { return append(dst, v.Volumes...) }
func (v *VolumeRm) setOperands(words []string) error {
	v.Volumes = tail(words, 0)
	if len(words) == 0 {
		return errors.New("no VOLUME; give at least one")
	}
	return nil
}
func (v *VolumeRm) check(p *problems) { p.volumes(v.Volumes) }
