package dockercmd

// ContextShow is docker context show: the name of the context in use.
type ContextShow struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string
}

var contextShowSpec = spec{
	names: []string{"context show"},
	since: "23.0",
	lacks: "podman nerdctl",
	make:  func() Command { return new(ContextShow) },
}

func (c *ContextShow) flags() []Flag { return nil }

func (c *ContextShow) appendOperands(dst []string) []string { return dst }
func (c *ContextShow) setOperands(words []string) error     { return noWords("context show", words, "") }
func (c *ContextShow) check(*problems)                      {}
