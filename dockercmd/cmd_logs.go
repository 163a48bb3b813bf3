package dockercmd

import (
	"strconv"

	"github.com/dockercmd/toolkit/internal/table"
)

// Logs is docker logs: what a container wrote, standard output and standard error apart.
type Logs struct {
	// Details adds the log driver's own attributes.
	Details bool
	// Follow goes on until the container ends.
	Follow bool
	// Since and Until are a time (RFC 3339, or seconds since 1970) or a duration before now, such as 10m.
	Since string
	Until string
	// Tail is how many lines from the end, or all; "" is all.
	Tail string
	// Timestamps begins each line with its time.
	Timestamps bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Container is a name or an id.
	Container string
}

var logsSpec = table.Spec{
	Names:    []string{"logs", "container logs"},
	Operands: "CONTAINER",
	New:      func() table.Command { return new(Logs).Table() },
}

func (l *Logs) flags() []Flag {
	return []Flag{
		{Name: "details", Value: one(&l.Details, boolean), Usage: "add the log driver's attributes"},
		{Name: "follow", Short: 'f', Value: one(&l.Follow, boolean), Usage: "go on until the container ends"},
		{Name: "since", Value: one(&l.Since, word), Usage: "from a time, or a duration before now"},
		{Name: "until", Value: one(&l.Until, word), Usage: "to a time, or a duration before now"},
		{Name: "tail", Short: 'n', Value: one(&l.Tail, word), Default: "all", Usage: "lines from the end, or all"},
		{Name: "timestamps", Short: 't', Value: one(&l.Timestamps, boolean), Usage: "begin each line with its time"},
	}
}

func (l *Logs) appendOperands(dst []string) []string { return appendOptional(dst, l.Container) }
func (l *Logs) setOperands(words []string) (err error) {
	l.Container, err = oneContainer(words)
	return err
}
func (l *Logs) check(p *problems) {
	p.name("CONTAINER", l.Container)
	p.tail(l.Tail)
}

// tail holds the value of --tail to docker's; "" is all.
func (p *problems) tail(lines string) {
	if n, err := strconv.Atoi(lines); lines != "" && lines != "all" && (err != nil || n < 0) {
		p.Add("--tail", "%q is neither a number of lines nor all", lines)
	}
}
