package dockercmd

import (
	"log/slog"
	"strconv"
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

func (l *Logs) flags() []Flag {
	return []Flag{
		{Name: "details", Value: one(&l.Details, boolean), Usage: "add the log driver's attributes"},
		{Name: "follow", Short: 'f', Value: one(&l.Follow, boolean), Usage: "go on until the container ends"},
		{Name: "since", Value: one(&l.Since, word), Usage: "from a time, or a duration before now"},
		{Name: "until", Value: one(&l.Until, word), Usage: "to a time, or a duration before now"},
		{Name: "tail", Short: 'n', Value: one(&l.Tail, word), Usage: "lines from the end, or all"},
		{Name: "timestamps", Short: 't', Value: one(&l.Timestamps, boolean), Usage: "begin each line with its time"},
	}
}

// Subcommand is "logs".
func (l *Logs) Subcommand() string { return "logs" }

// Args is the exact argument vector behind docker.
func (l *Logs) Args() []string { return args(l) }

// Validate is nil or all problems as *FieldError values.
func (l *Logs) Validate() error { return validate(l) }

// String is the line as a shell takes it.
func (l *Logs) String() string { return text(l) }

// LogValue is the line without secret values.
func (l *Logs) LogValue() slog.Value { return logValue(l) }

// MarshalJSON is an object of docker's own flag names.
func (l *Logs) MarshalJSON() ([]byte, error) { return marshal(l) }

func (l *Logs) extra() *[]string   { return &l.Extra }
func (l *Logs) operands() []string { return optionalOperand(l.Container) }
func (l *Logs) setOperands(words []string) (err error) {
	l.Container, err = oneContainer(words)
	return err
}
func (l *Logs) check(p *problems) {
	p.name("CONTAINER", l.Container)
	if n, err := strconv.Atoi(l.Tail); l.Tail != "" && l.Tail != "all" && (err != nil || n < 0) {
		p.add("--tail", "%q is neither a number of lines nor all", l.Tail)
	}
}
