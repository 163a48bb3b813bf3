package dockercmd

import (
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/hide"
	"github.com/dockercmd/toolkit/internal/table"
)

// Difference is one flag, or the operands, in which two commands mean something else to docker.
type Difference struct {
	Name string   // the flag with its dashes, or the operands as docker's help calls them
	A, B []string // the words of each side; none when it lacks the flag. The values of secrets are three dots.
}

// Compare returns the differences in effect between a and b: none when only the order of flags, their spelling, the order of
// a map's keys, or of a list whose order docker ignores, is another. Commands of two kinds differ in one thing, the subcommand.
func Compare(a, b Command) []Difference {
	if a.Subcommand() != b.Subcommand() {
		return []Difference{{"subcommand", []string{a.Subcommand()}, []string{b.Subcommand()}}}
	}
	var found []Difference
	flagsB := Flags(b)
	for i, f := range Flags(a) {
		sideA, sideB := meaning(f), meaning(flagsB[i])
		if slices.Equal(sideA, sideB) {
			continue
		}
		if f.Value.IsList() && !f.Ordered {
			sideA, sideB = beside(sideA, sideB), beside(sideB, sideA)
		}
		found = append(found, Difference{"--" + f.Name, f.Words(sideA), f.Words(sideB)})
	}
	if !sameSet(*a.Table().Extra(), *b.Table().Extra()) {
		found = append(found, Difference{"Extra", table.RedactExtra(*a.Table().Extra()), table.RedactExtra(*b.Table().Extra())})
	}
	usage := a.Table().Spec().Operands
	first, _, several := strings.Cut(usage, " ")
	wordsA, wordsB := Operands(a), Operands(b)
	same := slices.Equal(wordsA, wordsB)
	if several && strings.HasSuffix(usage, " ["+first+"...]") { // names, in whatever order
		same = sameSet(wordsA, wordsB)
	}
	if !same {
		found = append(found, Difference{usage, hide.Words(wordsA), hide.Words(wordsB)})
	}
	return found
}

// CompareLines compares whole lines as Compare does commands: docker's options in front of the subcommand count too, and which
// program it is.
func CompareLines(a, b CommandLine) []Difference {
	var found []Difference
	if a.program() != b.program() {
		found = append(found, Difference{"program", []string{a.program()}, []string{b.program()}})
	}
	if x, y := a.Global.Args(), b.Global.Args(); !sameSet(x, y) {
		found = append(found, Difference{"docker's options", hide.Words(beside(x, y)), hide.Words(beside(y, x))})
	}
	return append(found, Compare(a.Command, b.Command)...)
}

// meaning returns the texts of a flag in an order of our own where docker sees none. Of two variables of a name docker keeps
// the last.
func meaning(f Flag) []string {
	texts := f.Value.Texts()
	if !f.Value.IsList() || f.Ordered {
		return texts
	}
	if f.Name == "env" {
		texts = lastOfEach(texts)
	}
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return texts
}

func lastOfEach(texts []string) []string {
	var kept []string
	seen := map[string]bool{}
	for _, text := range slices.Backward(texts) {
		key, _, _ := strings.Cut(text, "=")
		if !seen[key] {
			kept = append(kept, text)
		}
		seen[key] = true
	}
	return kept
}

// beside returns what a sorted list holds more often than another one.
func beside(list, other []string) []string {
	left := slices.Clone(other)
	var more []string
	for _, text := range list {
		if i := slices.Index(left, text); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		more = append(more, text)
	}
	return more
}

func sameSet(a, b []string) bool { return len(beside(a, b)) == 0 && len(beside(b, a)) == 0 }
