package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// Events is docker events: what happens on the engine, a line each, until it is told to end or Until is reached.
type Events struct {
	// Filters choose events, such as container=w1, event=die, type=container or label=a=b. Those of one key are alternatives,
	// different keys must all hold.
	Filters []Filter
	// Format is a Go template, or json from 23.0 on: 20.10 prints that word for each event. {{json .}} works with every version.
	Format string
	// Since and Until are a time (RFC 3339, or seconds since 1970) or a duration before now, such as 10m. Since shows what
	// the engine remembers, Until ends the client.
	Since string
	Until string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var eventsSpec = table.Spec{
	Names: []string{"events", "system events"},
	New:   func() table.Command { return new(Events).Table() },
}

func (e *Events) flags() []Flag {
	return []Flag{
		{Name: "filter", Short: 'f', Value: many(&e.Filters, filter), Storm: "--filter=", Splits: []Dialect{Nerdctl},
			Usage: "condition, KEY=value"},
		{Name: "format", Value: one(&e.Format, word), Storm: "--format=", Usage: "Go template, or json"},
		{Name: "since", Value: one(&e.Since, word), Lacks: []Dialect{Nerdctl}, Usage: "from a time, or a duration before now"},
		{Name: "until", Value: one(&e.Until, word), Lacks: []Dialect{Nerdctl}, Usage: "to a time, or a duration before now"},
	}
}

func (e *Events) appendOperands(dst []string) []string { return dst }
func (e *Events) setOperands(words []string) error {
	return noWords("events", words, "use --filter=container=...")
}
func (e *Events) check(*problems) {}
