package worker

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzHideInInspect checks that whatever inspect says, no value of an environment is left, and what is left is JSON.
func FuzzHideInInspect(f *testing.F) {
	f.Add("PASSWORD", "x1", `{"Size": 12345678901234567890}`)
	f.Add("", "=", `[]`)
	f.Fuzz(func(t *testing.T, name, value, more string) {
		if strings.Contains(name, "=") || !json.Valid([]byte(more)) {
			t.Skip("it is no name of a variable, or no JSON")
		}
		const mark = "#4f1c9a#" // which nothing else holds
		if strings.Contains(name+more, mark) {
			t.Skip("the mark is elsewhere")
		}
		env, err := json.Marshal([]string{name + "=" + mark + value, name})
		if err != nil {
			t.Fatal(err)
		}
		raw := `{"Config": {"Env": ` + string(env) + `, "More": ` + more + `}, "Deep": [{"env": ` + string(env) +
			`}], "CreateCommand": ` + string(env) + `}`
		got, err := hideInInspect(json.RawMessage(raw))
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(got) || bytes.Contains(got, []byte(mark)) {
			t.Errorf("got %s", got)
		}
		if !bytes.Contains(got, []byte("=...")) {
			t.Errorf("the variable's name is lost: %s", got)
		}
	})
}

// FuzzHideInEnvFile checks that no value is left, and each line has its name.
func FuzzHideInEnvFile(f *testing.F) {
	f.Add("A", "b=c")
	f.Fuzz(func(t *testing.T, name, value string) {
		const mark = "#4f1c9a#"
		if strings.ContainsAny(name, "=\n") || strings.Contains(value, "\n") || strings.Contains(name, mark) {
			t.Skip("it is no line of such a file")
		}
		got := string(hideInEnvFile([]byte(name + "=" + mark + value + "\n" + name + "\n")))
		if want := name + "=...\n" + name + "=...\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// FuzzHideInScript checks that what is no worker script is refused, and what is one has no value left.
func FuzzHideInScript(f *testing.F) {
	f.Add("#!/bin/sh\nexport A='b c'\numask 0027\nexec sh -c 'echo $A'\n")
	f.Add("#!/bin/sh\nexport A=$(b)\nexec c\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := hideInScript([]byte(text))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v", err)
			}
			return
		}
		for line := range strings.Lines(string(got)) {
			if rest, ok := strings.CutPrefix(line, "export "); ok && !strings.HasSuffix(rest, "=...\n") {
				t.Errorf("got %q of %q", line, text)
			}
			if strings.HasPrefix(line, "exec ") {
				return
			}
		}
	})
}

func TestLastBytes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit      int
		text, want string
	}{
		{10, "", ""}, {10, "0123456789", "0123456789"}, {10, "0\n23456789\n", "23456789\n"}, {5, "no line ends here", " here"},
		{10, strings.Repeat("12\n", 100), "12\n12\n12\n"},
	} {
		for _, size := range []int{1, 3, 1000} {
			l := lastBytes{limit: tt.limit}
			for rest := tt.text; rest != ""; {
				n := min(size, len(rest))
				if _, err := l.Write([]byte(rest[:n])); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if got := string(l.bytes()); got != tt.want || l.total != len(tt.text) {
				t.Errorf("%q by %d bytes: got %q, want %q", tt.text, size, got, tt.want)
			}
		}
	}
}
