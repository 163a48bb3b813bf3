package worker

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/dockercmd/toolkit/quote"
)

// Write shows the plan to a person: the directories, each file with its content, and each line. Values of variables are
// dots.
func (p *Plan) Write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# worker %s\n", p.ID)
	for _, d := range p.Dirs {
		owner := "the supervisor"
		if d.Owner != nil {
			owner = d.Owner.user()
		}
		fmt.Fprintf(&b, "\n# directory %s, mode 0700, of %s\n", d.Path, owner)
	}
	for _, f := range p.Files {
		fmt.Fprintf(&b, "\n# file %s, mode %04o\n", f.Path, f.Mode)
		for line := range strings.Lines(string(f.Shown)) {
			b.WriteString("    " + line)
		}
		if !bytes.HasSuffix(f.Shown, []byte("\n")) {
			b.WriteByte('\n')
		}
	}
	b.WriteString("\n# lines\n")
	for _, s := range p.Steps {
		b.WriteString(quote.Line(p.Argv(s)) + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Argv returns the exact line of a step, beginning with docker.
func (p *Plan) Argv(s Step) []string {
	return append([]string{"docker"}, p.Setting.Engine.Args(s.Command)...)
}
