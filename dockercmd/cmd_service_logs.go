package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// ServiceLogs is docker service logs: what the tasks of a service, or one task, wrote. Each line begins with the task it is from.
type ServiceLogs struct {
	// Details adds the log driver's own attributes.
	Details bool
	// Follow goes on without end.
	Follow bool
	// NoResolve prints ids of services and nodes, not their names.
	NoResolve bool
	// NoTaskIDs leaves the tasks' ids out.
	NoTaskIDs bool
	// NoTrunc prints whole ids.
	NoTrunc bool
	// Raw prints the lines alone. Without it docker refuses a service whose process has a terminal.
	Raw bool
	// Since is a time (RFC 3339, or seconds since 1970) or a duration before now, such as 10m.
	Since string
	// Tail is how many lines from the end, or all; "" is all.
	Tail string
	// Timestamps begins each line with its time.
	Timestamps bool

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Service is the name or id of a service, or the id of a task.
	Service string
}

var serviceLogsSpec = table.Spec{
	Names:    []string{"service logs"},
	Operands: "SERVICE|TASK",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(ServiceLogs).Table() },
}

func (s *ServiceLogs) flags() []Flag {
	return []Flag{
		{Name: "details", Value: one(&s.Details, boolean), Usage: "add the log driver's attributes"},
		{Name: "follow", Short: 'f', Value: one(&s.Follow, boolean), Usage: "go on without end"},
		{Name: "no-resolve", Value: one(&s.NoResolve, boolean), Usage: "ids, not names"},
		{Name: "no-task-ids", Value: one(&s.NoTaskIDs, boolean), Usage: "leave the tasks' ids out"},
		{Name: "no-trunc", Value: one(&s.NoTrunc, boolean), Usage: "whole ids"},
		{Name: "raw", Value: one(&s.Raw, boolean), Usage: "the lines alone"},
		{Name: "since", Value: one(&s.Since, word), Usage: "from a time, or a duration before now"},
		{Name: "tail", Short: 'n', Value: one(&s.Tail, word), Usage: "lines from the end, or all"},
		{Name: "timestamps", Short: 't', Value: one(&s.Timestamps, boolean), Usage: "begin each line with its time"},
	}
}

func (s *ServiceLogs) appendOperands(dst []string) []string { return appendOptional(dst, s.Service) }
func (s *ServiceLogs) setOperands(words []string) (err error) {
	s.Service, err = oneOperand("SERVICE", words)
	return err
}
func (s *ServiceLogs) check(p *problems) {
	p.service("SERVICE", s.Service)
	p.tail(s.Tail)
}
