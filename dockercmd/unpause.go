package dockercmd

// Unpause is docker unpause: let the processes of paused containers go on.
type Unpause struct {
	// Extra are flags that this package does not know, each --name or --name=value.
	Extra []string

	// Containers are names or ids.
	Containers []string
}

var unpauseSpec = spec{
	names:    []string{"unpause", "container unpause"},
	operands: "CONTAINER [CONTAINER...]",
	make:     func() Command { return new(Unpause) },
}

func (c *Unpause) flags() []Flag { return nil }

func (c *Unpause) appendOperands(dst []string) []string { return append(dst, c.Containers...) }
func (c *Unpause) setOperands(words []string) error {
	c.Containers = tail(words, 0)
	return needContainers(words)
}
func (c *Unpause) check(p *problems) {
	p.names(c.Containers)
}
