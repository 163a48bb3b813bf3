package yamlfile_test

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/dockercmd/toolkit/internal/yamlfile"
)

// size knows its own grammar.
type size int

func (s *size) UnmarshalText(text []byte) error {
	if string(text) != "big" {
		return errors.New("not a size:\nmore")
	}
	*s = 9
	return nil
}

type Limits struct {
	CPU float64 `yaml:"cpu"`
	Max size    `yaml:"max"`
}

type settings struct {
	Name   string            `yaml:"name"`
	Words  []string          `yaml:"words"`
	Env    map[string]string `yaml:"env"`
	Wait   *time.Duration    `yaml:"wait"`
	Count  int8              `yaml:"count"`
	On     *bool             `yaml:"on"`
	Limits `yaml:",inline"`
	Parts  map[string]Limits   `yaml:"parts"`
	Refs   []*Limits           `yaml:"refs"`
	Lists  map[string][]string `yaml:"lists"`
	hidden int
}

func decode(text string) (s settings, err error) {
	for doc, err := range yamlfile.Documents([]byte(text)) {
		if err != nil {
			return s, err
		}
		if err := yamlfile.Decode(doc, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want settings
	}{
		{"", settings{}},
		{"# nothing\n---\n...\n---\n~\n", settings{}},
		{"name: 0027\nwords: [1.50, true, ~, 'x', 2001-01-01]",
			settings{Name: "0027", Words: []string{"1.50", "true", "", "x", "2001-01-01"}}},
		{"name: |\r\n  a\r\n  b\r\n", settings{Name: "a\nb\n"}},
		{"name: >-\r\n  a\r\n  b\r\n\r\n  c\r\n", settings{Name: "a b\nc"}},
		{"env: {A: 1, 2: b, C: , <<: {A: 3, D: 4}}", settings{Env: map[string]string{"A": "1", "2": "b", "C": "", "D": "4"}}},
		{"env:\n  <<: [{A: 1, B: 2}, {A: 3, C: 4}]\n", settings{Env: map[string]string{"A": "1", "B": "2", "C": "4"}}},
		{"name: &n w\nwords: &l [*n, *n]\nenv: {*n : *n}",
			settings{Name: "w", Words: []string{"w", "w"}, Env: map[string]string{"w": "w"}}},
		{"wait: 1m30s\ncount: 0x10\non: True\ncpu: 1\nmax: big",
			settings{Wait: new(90 * time.Second), Count: 16, On: new(true), Limits: Limits{1, 9}}},
		{"wait: ~\ncount: -5\non: null\ncpu: 1.5e1", settings{Count: -5, Limits: Limits{15, 0}}},
		{"parts: {a: {cpu: 2}, b: {}}\nrefs: [{max: big}]",
			settings{Parts: map[string]Limits{"a": {2, 0}, "b": {}}, Refs: []*Limits{{0, 9}}}},
	} {
		got, err := decode(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
		} else if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: got %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"- a":                           "f:1:1: wanted here: keys and values, not a list",
		"nmae: x":                       `f:1:1: unknown key "nmae"`,
		"hidden: 1":                     `f:1:1: unknown key "hidden"`,
		"Limits: {}":                    `f:1:1: unknown key "Limits"`,
		"name: x\nparts: {a: {cup: 1}}": `f:2:13: parts: unknown key "cup"`,
		"name: x\r\nname: y":            `f:2:1: the key "name" is given twice`,
		"env: {a: x, a: y}":             `f:1:13: env: the key "a" is given twice`,
		"env: {[a]: x}":                 "f:1:7: env: wanted here: a text as a key, not a list",
		"env: {<<: x}":                  "f:1:11: env: wanted here: keys and values, not a text",
		"name: [x]":                     "f:1:7: name: wanted here: a text, not a list",
		"name: &a {b: *a}":              "f:1:7: name: wanted here: a text, not keys and values",
		"words: x":                      "f:1:8: words: wanted here: a list, not a text",
		"words: [a, [b]]":               "f:1:12: words: wanted here: a text, not a list",
		"wait: 5":                       `f:1:7: wait: "5" is not a duration such as 10s or 1m30s`,
		"max: small":                    "f:1:6: max: not a size:",
		"count: 128":                    "f:1:8: count: 128 is too large a number",
		"count: 1.5":                    "f:1:8: count: wanted here: a whole number, not a number",
		"count: '1'":                    "f:1:8: count: wanted here: a whole number, not a text",
		"on: yes":                       "f:1:5: on: wanted here: true or false, not a text",
		"on: 1":                         "f:1:5: on: wanted here: true or false, not a whole number",
		"cpu: much":                     "f:1:6: cpu: wanted here: a number, not a text",
		"cpu: true":                     "f:1:6: cpu: wanted here: a number, not true or false",
		"name: !!str x": "f:1:7: a tag, such as !!str, says nothing here; " +
			"leave it out, and quote a text that begins with !",
		"name: *x":                   "f:1: an alias names no anchor; quote a value that begins with *",
		"# a*x\nwords:\n- *x":        "f:3: an alias names no anchor; quote a value that begins with *",
		"name: x\n\xff":              "f:2: not valid UTF-8 text",
		"name: x\x00":                "f:1: not valid UTF-8 text",
		"refs: [~]":                  "f:1:8: refs: nothing stands here; give a value, or leave it out",
		"refs:\n-\n":                 "f:2:2: refs: nothing stands here; give a value, or leave it out",
		"name: &x 1\n---\nname: *x":  "f:3:7: an alias names no anchor; quote a value that begins with *",
		"name: &x 999\ncount: *x":    "f:2:8: count: the value that this alias stands for cannot be taken here",
		"name: &x hunter2\nwait: *x": "f:2:7: wait: the value that this alias stands for cannot be taken here",
		"name: \x01":                 "f:1: the control character U+0001 is not allowed; write it as \"\\u0001\"",
		"a:\n  b\nc":                 "f:3: could not find expected ':'",
		"name: x\n- y":               "f:2: did not find expected key",
		"name: x\n---\nname: 'y":     "f:3: found unexpected end of stream",
		"name: x\n...\nname: y":      "f:3: did not find expected <document start>",
		"words: [a, b\nname: x":      "f:2: did not find expected ',' or ']'",
		"env: {a: b: c}":             "f:1: did not find expected ',' or '}'",
		"name: \"\\q\"":              "f:1: found unknown escape character",
		"\tname: x":                  "f:1: found character that cannot start any token",
		strings.Repeat("[", 100_000): "f:1: more than 64 values stand in each other",
		strings.Repeat("- ", 100):    "f:1:131: more than 64 values stand in each other",
		"name: " + strings.Repeat("{a: ", 65) + strings.Repeat("}", 65): "f:1:260: more than 64 values stand in each other",
		"refs: &a [{cpu: &b [*a, *b]}]":                                 "f:1:17: refs: wanted here: a number, not a list",
		"---\n---\nname: " + strings.Repeat("x", yamlfile.MaxDocument):  "f:2: what begins here is larger than 524288 bytes",
	} {
		_, err := decode(text)
		if len(text) > 60 {
			text = text[:60]
		}
		p, ok := errors.AsType[*yamlfile.Problem](err)
		if !ok {
			t.Errorf("%q: got %v, want %s", text, err, want)
		} else if got := p.In("f"); got.Error() != want || !errors.Is(got, p.Err) {
			t.Errorf("%q: got  %v\nwant %s", text, got, want)
		}
	}
}

// TestAliases checks what aliases can do: nothing without end, and nothing that takes more than the document's own size in values.
func TestAliases(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("words: &w [a")
	b.WriteString(strings.Repeat(", x", 2000))
	b.WriteString("]\nlists:\n")
	for i := range 30_000 {
		fmt.Fprintf(&b, " %d: *w\n", i)
	}
	_, err := decode(b.String())
	if err == nil || !strings.Contains(err.Error(), "lists: with aliases the document has more than 1048576 values") {
		t.Errorf("got %v", err)
	}
	_, err = decode("env: &e {<<: *e, x: a}")
	if err == nil || !strings.Contains(err.Error(), "more than 64 values stand in each other") {
		t.Errorf("a mapping that is merged into itself: got %v", err)
	}
	s, err := decode("words: [" + strings.Repeat("&a x, *a, ", 40_000) + "]")
	if err != nil || len(s.Words) != 80_000 {
		t.Errorf("got %d words, %v", len(s.Words), err)
	}
}

// TestPairs checks that who walks by Pairs comes to an end.
func TestPairs(t *testing.T) {
	t.Parallel()
	for doc, err := range yamlfile.Documents([]byte("a: &a {b: {<<: *a}}")) {
		if err != nil {
			t.Fatal(err)
		}
		top, err := yamlfile.Pairs(doc)
		if err != nil || len(top) != 1 || top[0].Key != "a" {
			t.Fatalf("got %+v, %v", top, err)
		}
		within, err := yamlfile.Pairs(top[0].Value)
		if err != nil || len(within) != 1 {
			t.Fatalf("got %+v, %v", within, err)
		}
		_, err = yamlfile.Pairs(within[0].Value)
		if want := "line 1, column 12: << merges nothing here; write the keys out"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestMemory holds what reading takes to the size of the file, whatever is in it. It is not parallel: it counts what is allocated.
func TestMemory(t *testing.T) {
	const most = 400 // bytes for one of a file
	for _, piece := range []string{
		"[", "{", "{a: ", "- ", "? ", ": ", ":", ",", "a,", "- a\n", "a:\n", "a: # x\n", "# x\n", "\n", "\r", "\t", "|", "\"", "\"\",",
		"'", "&a ", "*a ",
		"!a ", "%a\n", "---\n", "--- a\n", "...\n", "\ufeff", "- a\n# x\n\n", "a: |\n", "a ", "\"a\":", "&a [*a,", "<<: ", "{<<: [",
	} {
		for _, head := range []string{"", "[", "{", "a: |\n ", "a: >\n ", "\"", "&a [*a,"} {
			text := []byte(head + strings.Repeat(piece, yamlfile.MaxDocument/8/len(piece)))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for doc, err := range yamlfile.Documents(text) {
				if err == nil {
					_, _ = yamlfile.Pairs(doc)
				}
			}
			runtime.ReadMemStats(&after)
			if took := (after.TotalAlloc - before.TotalAlloc) / uint64(len(text)); took > most {
				t.Errorf("%q, and then %q again and again: %d bytes for each byte", head, piece, took)
			}
		}
	}
}

// FuzzDocuments checks that whatever the file, it is read without a panic or refused by one line that has a place, and that a
// document is the same with the ends of lines of Windows.
func FuzzDocuments(f *testing.F) {
	for _, text := range []string{
		"name: x\nwords: [a, 'b', \"c\"]\nenv: {A: 1}\n", "name: |\n  a\n\n   b\n---\nname: >-\n  a\n  b\n",
		"a: &a [*a]\n", "<<: {a: b}\n",
		"? a\n: b\n", "%YAML 1.1\n---\na: b\n", "- - -\n", "\"", "&", "*", "!", "|", ">", "{", "# x\n- a # y\n", "'a\n\n  b'\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read := func(text string) (trees []any) {
			for doc, err := range yamlfile.Documents([]byte(text)) {
				if err == nil {
					var s settings
					err = yamlfile.Decode(doc, &s)
					if !hasAlias(doc) { // it may hold itself
						trees = append(trees, tree(doc))
					}
				}
				if p, ok := errors.AsType[*yamlfile.Problem](err); err != nil && (!ok || p.Err == nil || strings.Contains(p.Error(), "\n")) {
					t.Errorf("got %q", err)
				}
			}
			return trees
		}
		unix := read(text)
		if strings.ContainsAny(text, "\r\u0085\u2028\u2029") {
			return
		}
		if diff := cmp.Diff(unix, read(strings.ReplaceAll(text, "\n", "\r\n"))); diff != "" {
			t.Errorf("with \\n (-) and \\r\\n (+):\n%s", diff)
		}
	})
}

func hasAlias(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || slices.ContainsFunc(n.Content, hasAlias)
}
