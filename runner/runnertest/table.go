package runnertest

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// listing is a command that prints rows.
type listing struct {
	header             headings
	rows               string // docker's name for their type
	unread, unexecuted string // how the client begins when it cannot read or execute a template
}

// table prints rows by a format, which may begin with "table ".
func (p *client) table(l listing, format string, rows []any) int {
	format, isTable := strings.CutPrefix(format, "table ")
	if isTable {
		format = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(format)
	}
	t, err := newTemplate("", format)
	if err != nil {
		p.errln(l.unread + ": " + err.Error())
		return 1
	}
	var lines strings.Builder
	if isTable {
		head, err := execute(t, l.header)
		if err != nil {
			p.errln(l.unexecuted + ": " + err.Error())
			return 1
		}
		lines.WriteString(head + "\n")
	}
	for _, row := range rows {
		line, err := execute(t, row)
		if err != nil {
			p.errln(l.unexecuted + ": " + renamed(err, fmt.Sprintf("%T", row), l.rows))
			return 1
		}
		lines.WriteString(line + "\n")
	}
	if !isTable {
		p.out(lines.String())
		return 0
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 10, 1, 3, ' ', 0)
	fmt.Fprint(w, lines.String())
	w.Flush()
	p.out(table.String())
	return 0
}
