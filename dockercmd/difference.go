package dockercmd

import (
	"slices"
	"strings"
)

// Difference is one flag, or the operands, in which two commands mean something else to docker.
type Difference struct {
	Name string   // the flag with its dashes, or the operands as docker's help calls them
	A, B []string // the words of each side; none when it lacks the flag. The values of secrets are three dots.
}

// Compare tells what docker would do otherwise for b than for a: nothing when only the order of flags, their spelling, the order of
// a map's keys, or of a list whose order docker ignores, is another. Commands of two kinds differ in one thing, the subcommand.
func Compare(a, b Command) []Difference {
	if a.Subcommand() != b.Subcommand() {
		return []Difference{{"subcommand", []string{a.Subcommand()}, []string{b.Subcommand()}}}
	}
	var found []Difference
	flagsB := Flags(b)
	for i, f := range Flags(a) {
		sideA, sideB := f.meaning(f.Value), f.meaning(flagsB[i].Value)
		if slices.Equal(sideA, sideB) {
			continue
		}
		if f.Value.IsList() && !f.ordered() {
			sideA, sideB = beside(sideA, sideB), beside(sideB, sideA)
		}
		found = append(found, Difference{"--" + f.Name, f.words(sideA), f.words(sideB)})
	}
	if !sameSet(*a.extra(), *b.extra()) {
		found = append(found, Difference{"Extra", redactExtra(*a.extra()), redactExtra(*b.extra())})
	}
	usage := a.spec().operands
	first, _, several := strings.Cut(usage, " ")
	wordsA, wordsB := a.appendOperands(nil), b.appendOperands(nil)
	same := slices.Equal(wordsA, wordsB)
	if several && strings.HasSuffix(usage, " ["+first+"...]") { // names, in whatever order
		same = sameSet(wordsA, wordsB)
	}
	if !same {
		found = append(found, Difference{usage, wordsA, wordsB})
	}
	return found
}

// CompareLines is Compare for whole lines: docker's options in front of the subcommand count too, and which program it is.
func CompareLines(a, b CommandLine) []Difference {
	var found []Difference
	if a.program() != b.program() {
		found = append(found, Difference{"program", []string{a.program()}, []string{b.program()}})
	}
	if x, y := a.Global.Args(), b.Global.Args(); !sameSet(x, y) {
		found = append(found, Difference{"docker's options", beside(x, y), beside(y, x)})
	}
	return append(found, Compare(a.Command, b.Command)...)
}

// orderedFlags are lists in which the order means something: the first network is the one that the container begins with, resolvers
// and domains are asked in turn, and of two files the later one wins.
var orderedFlags = []string{"network", "dns", "dns-search", "env-file", "label-file", "gpus", "change"}

func (f *Flag) ordered() bool { return slices.Contains(orderedFlags, f.Name) }

// meaning is the texts of a value in an order of our own where docker sees none. Of two variables of a name docker keeps the last.
func (f *Flag) meaning(v Value) []string {
	texts := v.Texts()
	if !v.IsList() || f.ordered() {
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

// beside is what a sorted list holds more often than another one.
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

// words are texts as the words of a line.
func (f *Flag) words(texts []string) []string {
	var words []string
	s := spell(f.canonical())
	for _, text := range texts {
		words = append(words, s.with(f.Shown(text), f.Value.IsBool()))
	}
	return words
}
