package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ImagePrune is docker image prune: remove images that have no name and no container. Without Force the client asks, and with
// an empty standard input it removes nothing and still exits 0: scripts need Force.
type ImagePrune struct {
	// All removes every image without a container, also one that has a name.
	All bool
	// Filters are KEY=value: until, which is a time or a duration such as 24h, label, label!, and dangling, which All is the
	// better word for.
	Filters []Filter
	// Force does not ask.
	Force bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var imagePruneSpec = table.Spec{
	Names: []string{"image prune"},
	New:   func() table.Command { return new(ImagePrune).Table() },
}

func (i *ImagePrune) flags() []Flag {
	return []Flag{
		{Name: "all", Short: 'a', Value: one(&i.All, boolean), Usage: "those with a name too"},
		{Name: "filter", Value: many(&i.Filters, filter), Splits: []Dialect{Nerdctl}, Usage: "condition, KEY=value"},
		{Name: "force", Short: 'f', Value: one(&i.Force, boolean), Usage: "do not ask"},
	}
}

func (i *ImagePrune) appendOperands(dst []string) []string { return dst }
func (i *ImagePrune) setOperands(words []string) error {
	return noWords("image prune", words, "use --filter=label=...")
}
func (i *ImagePrune) check(*problems) {}
