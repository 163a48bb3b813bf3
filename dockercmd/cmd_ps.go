package dockercmd

import (
	"regexp"

	"github.com/dockercmd/toolkit/internal/table"
)

// Ps is docker ps: list containers. Only running ones, unless All, Last, Latest or a filter by status says otherwise.
type Ps struct {
	// All lists containers in every state.
	All bool
	// Filters choose containers. A name is an unanchored regular expression: see ExactName. Filters of one key are alternatives,
	// those by label must all hold.
	Filters []Filter
	// Format is a Go template, or json from 23.0 on. See PsFormat.
	Format string
	// Last lists the newest n, in every state.
	Last int64
	// Latest lists the newest, in every state.
	Latest bool
	// NoTrunc prints whole ids and commands.
	NoTrunc bool
	// Quiet prints ids only.
	Quiet bool
	// Size adds sizes, which is slow.
	Size bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var psSpec = table.Spec{
	Names: []string{"ps", "container ls", "container list", "container ps"},
	New:   func() table.Command { return new(Ps).Table() },
}

func (q *Ps) flags() []Flag {
	return []Flag{
		{Name: "all", Short: 'a', Value: one(&q.All, boolean), Usage: "every state, not only running"},
		{Name: "filter", Short: 'f', Value: many(&q.Filters, filter), Storm: "--filter=", Splits: []Dialect{Podman, Nerdctl},
			Usage: "condition, KEY=value"},
		{Name: "format", Value: one(&q.Format, word), Storm: "--format=", Usage: "Go template, or json"},
		{Name: "last", Short: 'n', Value: one(&q.Last, integer), Usage: "the newest n, every state"},
		{Name: "latest", Short: 'l', Value: one(&q.Latest, boolean), Usage: "the newest, every state"},
		{Name: "no-trunc", Value: one(&q.NoTrunc, boolean), Usage: "whole ids and commands"},
		{Name: "quiet", Short: 'q', Value: one(&q.Quiet, boolean), Storm: "--quiet=true", Usage: "ids only"},
		{Name: "size", Short: 's', Value: one(&q.Size, boolean), Usage: "add sizes"},
	}
}

func (q *Ps) appendOperands(dst []string) []string { return dst }
func (q *Ps) setOperands(words []string) error {
	return noWords("ps", words, "use --filter=name=...")
}
func (q *Ps) check(p *problems) {}

// ExactName returns the filter that finds the container of exactly this name and no other, on docker, podman and nerdctl. Docker's
// name filter is an unanchored regular expression over the name with and without its leading slash.
func ExactName(name string) Filter { return Filter{"name", "^/?" + regexp.QuoteMeta(name) + "$"} }
