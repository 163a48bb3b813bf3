package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// VolumeLs is docker volume ls: list volumes.
type VolumeLs struct {
	// Cluster lists a swarm's volumes only, with columns of their own. From 23.0 on.
	Cluster bool
	// Filters are KEY=value: dangling, driver, label and name. Those of one key are alternatives, different keys must all hold.
	Filters []Filter
	// Format is a Go template, or json from 23.0 on: 20.10 prints that word for each volume. {{json .}} works with every version.
	Format string
	// Quiet prints names only.
	Quiet bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var volumeLsSpec = table.Spec{
	Names: []string{"volume ls", "volume list"},
	New:   func() table.Command { return new(VolumeLs).Table() },
}

func (v *VolumeLs) flags() []Flag {
	return []Flag{
		{Name: "cluster", Value: one(&v.Cluster, boolean), Since: "23.0", Lacks: []Dialect{Podman, Nerdctl}, API: "1.42",
			Usage: "a swarm's volumes only"},
		{Name: "filter", Short: 'f', Value: many(&v.Filters, filter), Splits: []Dialect{Podman, Nerdctl}, Usage: "condition, KEY=value"},
		{Name: "format", Value: one(&v.Format, word), Usage: "Go template, or json"},
		{Name: "quiet", Short: 'q', Value: one(&v.Quiet, boolean), Usage: "names only"},
	}
}

func (v *VolumeLs) appendOperands(dst []string) []string { return dst }
func (v *VolumeLs) setOperands(words []string) error {
	return noWords("volume ls", words, "use --filter=name=...")
}
func (v *VolumeLs) check(*problems) {}
