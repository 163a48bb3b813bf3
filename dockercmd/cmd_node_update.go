package dockercmd

import (
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// NodeUpdate is docker node update: change what a node of the swarm is for. What is not given stays.
type NodeUpdate struct {
	// Availability is active, pause (no new tasks) or drain (no tasks).
	Availability string
	// LabelAdd are labels to add or to set anew, for constraints such as node.labels.disk==ssd.
	LabelAdd map[string]string
	// LabelRm are labels to take away, by key. Docker refuses one that the node lacks.
	LabelRm []string
	// Role is worker or manager.
	Role string

	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Node is a name or an id.
	Node string
}

var nodeUpdateSpec = table.Spec{
	Names:    []string{"node update"},
	Operands: "NODE",
	Lacks:    []Dialect{Podman, Nerdctl},
	New:      func() table.Command { return new(NodeUpdate).Table() },
}

func (n *NodeUpdate) flags() []Flag {
	return []Flag{
		{Name: "availability", Value: one(&n.Availability, choice), Usage: "active, pause or drain"},
		{Name: "label-add", Value: pairs(&n.LabelAdd, label), Usage: "label to add, KEY=value"},
		{Name: "label-rm", Value: many(&n.LabelRm, word), Usage: "label to take away, by key"},
		{Name: "role", Value: one(&n.Role, choice), Usage: "worker or manager"},
	}
}

func (n *NodeUpdate) appendOperands(dst []string) []string { return appendOptional(dst, n.Node) }
func (n *NodeUpdate) setOperands(words []string) (err error) {
	n.Node, err = oneOperand("NODE", words)
	return err
}
func (n *NodeUpdate) check(p *problems) {
	p.node(n.Node)
	if err := checkAvailability(n.Availability); err != nil {
		p.Add("--availability", "%w", err)
	}
	oneOf(p, "--role", strings.ToLower(n.Role), "worker", "manager")
}

// checkAvailability checks the word for what a node can be; docker takes it in either case.
func checkAvailability(s string) error {
	if s == "" {
		return nil
	}
	return checkWords(strings.ToLower(s), "active", "pause", "drain")
}
