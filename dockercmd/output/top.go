package output

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Processes is what top prints of one container's processes.
type Processes struct {
	Columns []string   // the titles: UID, PID, ... CMD; as -o asked for
	Rows    [][]string // a text for each column
}

// Column returns the index of the first column that bears one of the titles, -1 if none does: Column("PID"), Column("CMD",
// "COMMAND").
func (p Processes) Column(titles ...string) int {
	return slices.IndexFunc(p.Columns, func(c string) bool { return slices.Contains(titles, c) })
}

// ParseTop reads the output of top. The last column holds all the rest of a line, since a command has spaces; a column of
// commands that is not the last (-o comm,pid) cannot be told apart from its neighbour. So put the command last.
func ParseTop(out []byte) (Processes, error) {
	var p Processes
	number := 0
	for line := range strings.Lines(string(out)) {
		number++
		if strings.TrimSpace(line) == "" {
			continue
		}
		if p.Columns == nil {
			p.Columns = strings.Fields(line)
			continue
		}
		row := columns(line, len(p.Columns))
		if len(row) < len(p.Columns) {
			return Processes{}, fmt.Errorf("line %d of top: %.60q has %d columns of %d", number, strings.TrimSpace(line), len(row),
				len(p.Columns))
		}
		p.Rows = append(p.Rows, row)
	}
	if p.Columns == nil {
		return Processes{}, errors.New("output of top: it is empty")
	}
	return p, nil
}

// columns cuts a line at white space into n parts at most; the last keeps its own.
func columns(line string, n int) []string {
	var row []string
	rest := strings.TrimSpace(line)
	for len(row) < n-1 && rest != "" {
		i := strings.IndexAny(rest, " \t")
		if i < 0 {
			i = len(rest)
		}
		row = append(row, rest[:i])
		rest = strings.TrimLeft(rest[i:], " \t")
	}
	if rest != "" {
		row = append(row, rest)
	}
	return row
}
