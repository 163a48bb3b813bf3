package dockercmd

import (
	"errors"

	"github.com/dockercmd/toolkit/internal/table"
)

// VolumeInspect is docker volume inspect: volumes' descriptions as JSON, or as a template makes them.
type VolumeInspect struct {
	// Format is a Go template, or json from 23.0 on; "" is an array of whole objects.
	Format string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Volumes are names.
	Volumes []string
}

var volumeInspectSpec = table.Spec{
	Names:    []string{"volume inspect"},
	Operands: "VOLUME [VOLUME...]",
	New:      func() table.Command { return new(VolumeInspect).Table() },
}

func (v *VolumeInspect) flags() []Flag {
	return []Flag{
		{Name: "format", Short: 'f', Value: one(&v.Format, word), Usage: "Go template, or json"},
	}
}

func (v *VolumeInspect) appendOperands(dst []string) []string { return append(dst, v.Volumes...) }
func (v *VolumeInspect) setOperands(words []string) error {
	v.Volumes = tail(words, 0)
	if len(words) == 0 {
		return errors.New("no VOLUME; give at least one")
	}
	return nil
}
func (v *VolumeInspect) check(p *problems) { p.volumes(v.Volumes) }
