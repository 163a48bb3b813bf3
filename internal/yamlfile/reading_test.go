package yamlfile_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/dockercmd/toolkit/internal/yamlfile"
)

// TestReadings holds what is read to what PyYAML 6.0.3 has read of 1 500 texts, of which a third has ends of lines of Windows.
func TestReadings(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/readings.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, refused := 0, 0
	for s := bufio.NewScanner(f); s.Scan(); {
		var recorded struct {
			Text    string
			Reading []any // null: it is refused
		}
		if err := json.Unmarshal(s.Bytes(), &recorded); err != nil {
			t.Fatal(err)
		}
		lines++
		var got []any
		var problem error
		for doc, err := range yamlfile.Documents([]byte(recorded.Text)) {
			if problem = err; err == nil {
				got = append(got, tree(doc))
			}
		}
		if recorded.Reading == nil {
			refused++
			if problem == nil {
				t.Errorf("%q is read as %v, and PyYAML refuses it", recorded.Text, got)
			}
			continue
		}
		if problem != nil {
			t.Errorf("%q: %v, and PyYAML reads %v", recorded.Text, problem, recorded.Reading)
		} else if diff := cmp.Diff(recorded.Reading, got); diff != "" {
			t.Errorf("%q by PyYAML (-) and here (+):\n%s", recorded.Text, diff)
		}
	}
	if lines != 1500 || refused > lines/2 {
		t.Errorf("%d texts, %d of them refused", lines, refused)
	}
}

// tree returns a node as the recording has it.
func tree(n *yaml.Node) any {
	switch n.Kind {
	case yaml.AliasNode:
		return tree(n.Alias)
	case yaml.ScalarNode:
		return n.Value
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = tree(c)
		}
		return list
	}
	pairs := make([]any, len(n.Content)/2)
	for i := range pairs {
		pairs[i] = []any{tree(n.Content[2*i]), tree(n.Content[2*i+1])}
	}
	return map[string]any{"keys": pairs}
}
