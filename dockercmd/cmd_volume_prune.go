package dockercmd

import (
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// VolumePrune is docker volume prune: remove the volumes that no container has. From engine 23.0 on these are those without a
// name of their own, unless All says otherwise; before, all of them. Without Force the client asks, and with an empty standard
// input it removes nothing and still exits 0: scripts need Force.
type VolumePrune struct {
	// All removes volumes that have a name too. From 24.0 on.
	All bool
	// Filters are KEY=value: label, label!, and from 23.0 on all.
	Filters []Filter
	// Force does not ask.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var volumePruneSpec = table.Spec{
	Names: []string{"volume prune"},
	New:   func() table.Command { return new(VolumePrune).Table() },
}

func (v *VolumePrune) flags() []Flag {
	return []Flag{
		{Name: "all", Short: 'a', Value: one(&v.All, boolean), Since: "24.0", Lacks: []Dialect{Podman}, API: "1.42",
			Usage: "those with a name too"},
		{Name: "filter", Value: many(&v.Filters, filter), Lacks: []Dialect{Nerdctl}, Usage: "condition, KEY=value"},
		{Name: "force", Short: 'f', Value: one(&v.Force, boolean), Usage: "do not ask"},
	}
}

func (v *VolumePrune) appendOperands(dst []string) []string { return dst }
func (v *VolumePrune) setOperands(words []string) error {
	return noWords("volume prune", words, "use --filter=label=...")
}
func (v *VolumePrune) check(p *problems) {
	all := func(f Filter) bool { return strings.EqualFold(strings.TrimSpace(f.Key), "all") }
	if v.All && slices.ContainsFunc(v.Filters, all) {
		p.Client("--all", "and --filter=all=... say the same in two ways; give one of them")
	}
}
