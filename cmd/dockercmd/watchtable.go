package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/worker"
)

// watchView is what dockercmd worker watch shows at one moment.
type watchView struct {
	At      time.Time
	Problem string // what keeps us from knowing more, or ""
	Rows    []watchRow
}

// watchRow is one worker. Figures below 0 are not known.
type watchRow struct {
	ID       string
	State    worker.State
	ByCgroup bool // nobody but its cgroup says so
	Uptime   time.Duration
	CPU      float64 // percent of one CPU
	Memory   int64   // the working set, in bytes
	Limit    int64
	Pids     int64
	LastExit string
	Failed   bool // the last exit was no success
}

// column is a column of the table. The last one takes what is left.
type column struct {
	head  string
	width int
	right bool
	cell  func(watchRow) (text, colour string)
}

const barWidth = 8

// render draws a view for a terminal: no line is longer than width, and there are at most height lines; 0 is any number of
// them. The workers that live come first. Where there is no room for all columns, some are left out.
func (v watchView) render(t terminal) string {
	rows := slices.Clone(v.Rows)
	slices.SortStableFunc(rows, func(a, b watchRow) int {
		return cmp.Or(cmp.Compare(rank(a.State), rank(b.State)), strings.Compare(a.ID, b.ID))
	})
	var b strings.Builder
	line := func(text, colour string) {
		text = cut(text, t.width)
		if t.colour && colour != "" {
			text = colour + text + uncoloured
		}
		b.WriteString(text + "\n")
	}
	line(v.headline(), "")
	used := 2
	if v.Problem != "" {
		line(v.Problem, inYellow)
		used++
	}
	columns := columnsFor(rows, t.width)
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = c.pad(c.head)
	}
	line(strings.TrimRight(strings.Join(heads, "  "), " "), inBold)
	left := 0
	if room := t.height - used; t.height > 0 && len(rows) > room {
		room = max(room-1, 0) // and a line that says how many are left out
		left = len(rows) - room
		rows = rows[:room]
	}
	for _, r := range rows {
		b.WriteString(row(columns, r, t) + "\n")
	}
	if left > 0 {
		line(fmt.Sprintf("and %d more", left), inDim)
	}
	return b.String()
}

// rank sorts states: what lives, what is not known, what has ended.
func rank(s worker.State) int {
	switch {
	case s.Alive(), s == worker.Launching:
		return 0
	case s == worker.Unknown:
		return 1
	}
	return 2
}

func (v watchView) headline() string {
	count := map[worker.State]int{}
	for _, r := range v.Rows {
		count[r.State]++
	}
	var parts []string
	for _, s := range []worker.State{
		worker.Running, worker.Paused, worker.Restarting, worker.Revived, worker.Stopping, worker.Launching, worker.InDoubt,
		worker.Unknown, worker.Reserved, worker.Exited, worker.Gone,
	} {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	text := fmt.Sprintf("%s  %s", v.At.Format(time.TimeOnly), counted(len(v.Rows), "worker"))
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}

// counted returns "1 worker" or "2 workers".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// columnsFor returns the columns that there is room for.
func columnsFor(rows []watchRow, width int) []column {
	id, states, memories := len("WORKER"), len("launching"), len("999MiB/999MiB")
	for _, r := range rows {
		text, _ := state(r)
		id, states, memories = max(id, len(r.ID)), max(states, len(text)), max(memories, len(memory(r)))
	}
	id = min(id, max(width/3, 8))
	bar := column{"", barWidth + 2, false, func(r watchRow) (string, string) { return bar(r.Memory, r.Limit) }}
	uptime := column{"UPTIME", 6, true, func(r watchRow) (string, string) { return age(r.Uptime), "" }}
	pids := column{"PIDS", 4, true, func(r watchRow) (string, string) { return known(r.Pids, fmt.Sprint), "" }}
	exit := column{"LAST EXIT", 10, false, func(r watchRow) (string, string) {
		if r.Failed {
			return dash(r.LastExit), inRed
		}
		return dash(r.LastExit), ""
	}}
	cpu := column{"CPU", 6, true, func(r watchRow) (string, string) { return percent(r.CPU), "" }}
	columns := []column{
		{"WORKER", id, false, func(r watchRow) (string, string) { return r.ID, "" }},
		{"STATE", states, false, state}, uptime, cpu, {"MEMORY", memories, true, func(r watchRow) (string, string) {
			return memory(r),
				""
		}}, bar, pids, exit,
	}
	for _, drop := range []column{pids, bar, uptime, exit, cpu} {
		if wide(columns) <= width {
			break
		}
		columns = slices.DeleteFunc(columns, func(c column) bool { return c.head == drop.head })
	}
	if last := &columns[len(columns)-1]; last.head == exit.head {
		last.width += max(width-wide(columns), 0)
	}
	return columns
}

func wide(columns []column) int {
	n := 2 * (len(columns) - 1)
	for _, c := range columns {
		n += c.width
	}
	return n
}

// row draws one worker.
func row(columns []column, r watchRow, t terminal) string {
	var b strings.Builder
	length, blanks := 0, 0 // blanks at the end are not written
	for i, c := range columns {
		if i > 0 {
			blanks += 2
		}
		text, colour := c.cell(r)
		text = cut(text, c.width)
		n := len([]rune(text))
		pad := c.width - n
		if c.right {
			blanks += pad
		}
		if length+blanks+n > t.width { // a terminal too narrow for the least of the columns
			text = cut(text, max(t.width-length-blanks, 0))
			n = len([]rune(text))
		}
		if n > 0 {
			b.WriteString(strings.Repeat(" ", blanks))
			length, blanks = length+blanks+n, 0
			if t.colour && colour != "" {
				text = colour + text + uncoloured
			}
			b.WriteString(text)
		}
		if !c.right {
			blanks += pad
		}
	}
	return b.String()
}

func (c column) pad(text string) string {
	if c.right {
		return fmt.Sprintf("%*s", c.width, text)
	}
	return fmt.Sprintf("%-*s", c.width, text)
}

func state(r watchRow) (text, colour string) {
	text = string(r.State)
	if r.ByCgroup {
		text += "*"
	}
	switch {
	case r.State == worker.Running && !r.ByCgroup:
		return text, inGreen
	case r.State == worker.Exited, r.State == worker.Gone, r.State == worker.Reserved:
		return text, inDim
	}
	return text, inYellow
}

func memory(r watchRow) string {
	switch {
	case r.Memory < 0:
		return "-"
	case r.Limit < 0:
		return size(r.Memory)
	}
	return size(r.Memory) + "/" + size(r.Limit)
}

// bar shows what part of a limit is used.
func bar(used, limit int64) (text, colour string) {
	if used < 0 || limit <= 0 {
		return "", ""
	}
	part := min(float64(used)/float64(limit), 1)
	full := int(part*barWidth + 0.5)
	text = "[" + strings.Repeat("#", full) + strings.Repeat(" ", barWidth-full) + "]"
	switch {
	case part >= 0.9:
		return text, inRed
	case part >= 0.75:
		return text, inYellow
	}
	return text, inGreen
}

func percent(p float64) string {
	switch {
	case p < 0:
		return "-"
	case p >= 999.95:
		return fmt.Sprintf("%.0f%%", p)
	}
	return fmt.Sprintf("%.1f%%", p)
}

func known(n int64, text func(...any) string) string {
	if n < 0 {
		return "-"
	}
	return text(n)
}

// age returns a time in at most six characters: 45s, 12m05s, 3h12m, 5d03h.
func age(d time.Duration) string {
	switch {
	case d < 0:
		return "-"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	case d < 1000*24*time.Hour:
		return fmt.Sprintf("%dd%02dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}
