package main

import (
	"strconv"
	"strings"
	"testing"
)

// TestYAMLOfAliases checks that a file whose aliases hold each other, or multiply, is refused at its place.
func TestYAMLOfAliases(t *testing.T) {
	t.Parallel()
	many := "global: &l0 {a: x}\n"
	for i := range 40 {
		n, next := strconv.Itoa(i), strconv.Itoa(i+1)
		many += "k" + next + ": &l" + next + " {a: {<<: *l" + n + "}, b: {<<: *l" + n + "}}\n"
	}
	for text, want := range map[string]string{
		"global: &a {b: {<<: *a}}\n":     "line 1: << merges nothing here; write the keys out",
		"global: &a {b: *a}\n":           "line 1: line 1, the key \"global\": line 1, the key \"b\": neither a text nor a list of texts",
		many:                             "line 2: << merges nothing here; write the keys out",
		"command: run\ncommand: ps\n":    "line 2: the key \"command\" is given twice",
		"command: run\n---\nimage: [a\n": "line 1: ",
	} {
		var got []string
		for e := range yamlEntries([]byte(text), func(n int) string { return "line " + strconv.Itoa(n) }) {
			if e.err != nil {
				got = append(got, e.at+": "+e.err.Error())
			}
		}
		if len(got) == 0 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%.60q: got %q, want %s", text, got, want)
		}
	}
}
