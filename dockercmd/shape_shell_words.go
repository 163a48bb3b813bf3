package dockercmd

import (
	"fmt"

	"github.com/google/shlex"

	"github.com/dockercmd/toolkit/internal/table"
	"github.com/dockercmd/toolkit/quote"
)

// shellWords binds a list that one use of the flag holds whole, as words for a shell: --entrypoint='sh -c "a b"'. The client
// splits it with the package that is used here, so that quotes count and variables do not. nil leaves the flag out, an empty
// list does not.
func shellWords(p *[]string) Value { return shellWordsValue{p} }

type shellWordsValue struct{ p *[]string }

func (v shellWordsValue) text() string { return quote.Line(*v.p) }

func (v shellWordsValue) IsSet() bool { return *v.p != nil }
func (v shellWordsValue) Texts() []string {
	if *v.p == nil {
		return nil
	}
	return []string{v.text()}
}
func (v shellWordsValue) Set(text string) error {
	words, err := shlex.Split(text)
	if err != nil {
		return fmt.Errorf("%q has a quote or a backslash that nothing follows; close it", text)
	}
	*v.p = append([]string{}, words...)
	return nil
}
func (v shellWordsValue) Type() string { return "command" }
func (v shellWordsValue) IsBool() bool { return false }
func (v shellWordsValue) IsList() bool { return false }
func (v shellWordsValue) Problems() []error {
	for i, w := range *v.p {
		if err := CheckWord(w); err != nil {
			return []error{fmt.Errorf("word %d: %w", i+1, err)}
		}
	}
	return nil
}
func (v shellWordsValue) Render(w *table.Writer, s *table.Spelling) {
	if v.IsSet() {
		w.Word(s.Start + v.text())
	}
}
func (v shellWordsValue) Needs() []table.Need { return nil }
