package golden

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// around is how many equal lines are shown before and after a change.
const around = 3

// diff shows the lines that differ, - from want and + from got, with a few equal ones around them.
func diff(want, got []byte) string {
	if !utf8.Valid(want) || !utf8.Valid(got) {
		return fmt.Sprintf("- %s\n+ %s\n", binary(want), binary(got))
	}
	var e edits
	cmp.Equal(lines(want), lines(got), cmp.Reporter(&e))
	return e.String()
}

// lines cuts text after its newlines. It returns no nil: cmp would compare that as a whole.
func lines(text []byte) []string {
	all := strings.SplitAfter(string(text), "\n")
	if all[len(all)-1] == "" {
		return all[:len(all)-1]
	}
	return all
}

// binary describes what is no text.
func binary(b []byte) string {
	const enough = 200
	if len(b) <= enough {
		return fmt.Sprintf("%d bytes: %q", len(b), b)
	}
	return fmt.Sprintf("%d bytes: %q...", len(b), b[:enough])
}

// edits is a cmp.Reporter that collects the comparison of two slices of lines.
type edits struct {
	path cmp.Path
	all  []edit
}

type edit struct {
	sign byte // ' ', '-' or '+'
	line string
}

func (e *edits) PushStep(s cmp.PathStep) { e.path = append(e.path, s) }
func (e *edits) PopStep()                { e.path = e.path[:len(e.path)-1] }

func (e *edits) Report(r cmp.Result) {
	want, got := e.path.Last().Values()
	if r.Equal() {
		e.all = append(e.all, edit{' ', want.String()})
		return
	}
	if want.IsValid() {
		e.all = append(e.all, edit{'-', want.String()})
	}
	if got.IsValid() {
		e.all = append(e.all, edit{'+', got.String()})
	}
}

// String returns the changes with their surroundings; each part begins with the number of its first line in the file.
func (e *edits) String() string {
	var b strings.Builder
	number, shown := 1, 0 // of the line in the file; how far it has been shown
	for i, x := range e.all {
		if e.near(i) {
			if i > shown || i == 0 {
				fmt.Fprintf(&b, "@@ line %d @@\n", number)
			}
			fmt.Fprintf(&b, "%c %s\n", x.sign, visible(x.line))
			shown = i + 1
		}
		if x.sign != '+' {
			number++
		}
	}
	return b.String()
}

// near reports whether there is a change around the i-th edit.
func (e *edits) near(i int) bool {
	for _, x := range e.all[max(0, i-around):min(len(e.all), i+around+1)] {
		if x.sign != ' ' {
			return true
		}
	}
	return false
}

// visible returns a line as it is, or quoted when part of it would be invisible: trailing blanks, control characters, a missing
// newline.
func visible(line string) string {
	text, whole := strings.CutSuffix(line, "\n")
	hidden := func(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }
	if text != strings.TrimRight(text, " \t") || strings.ContainsFunc(text, hidden) {
		text = fmt.Sprintf("%q", text)
	}
	if !whole {
		text += "   (no newline at the end)"
	}
	return text
}
