package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNeutral(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "",
		"docker run 'é 日本' 👍\n\tx": "docker run 'é 日本' 👍\n\tx",
		"\x1b[31mred\x1b[m":        `\x1b[31mred\x1b[m`,
		"a\rb\x07\x08\x7f":         `a\rb\a\b\x7f`,
		"\u202egnp.exe":            `\u202egnp.exe`,
		"\u009b31m":                `\u009b31m`,
		"a\u200bb\u00a0c\ufeff":    `a\u200bb\u00a0c\ufeff`,
		"\xff\xc3":                 `\xff\xc3`,
		"\U000e0041":               `\U000e0041`,
	} {
		if got := neutral(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// FuzzNeutral checks that nothing which a terminal obeys is left, and that texts come out the same however they are cut.
func FuzzNeutral(f *testing.F) {
	f.Add("\x1b[31m", "é\u202e", 1)
	f.Add("\xe6\x97", "\xa5x\xff", 2)
	f.Fuzz(func(t *testing.T, before, after string, at int) {
		text := before + after
		at = int(uint(at) % uint(len(text)+1))
		var whole, cut bytes.Buffer
		for out, parts := range map[*bytes.Buffer][]string{&whole: {text}, &cut: {text[:at], text[at:]}} {
			w := &neutralWriter{w: out}
			for _, p := range parts {
				if n, err := w.Write([]byte(p)); n != len(p) || err != nil {
					t.Fatal(n, err)
				}
			}
			w.flush()
		}
		if whole.String() != cut.String() || strings.ContainsFunc(whole.String(), obeyed) || !utf8.ValidString(whole.String()) {
			t.Errorf("got %q whole, %q cut", whole.String(), cut.String())
		}
	})
}

// TestTerminalObeysNobody shows lines, differences, explanations and errors that hold escape sequences on a terminal, and sends
// them through a pipe.
func TestTerminalObeysNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const hostile = "\x1b]0;owned\x07\u202e"
	one := file("one.sh", "docker run --name=w --label='a="+hostile+"' i\n")
	two := file("two.sh", "docker run --name=w --label='a=b' i\n")
	bad := file("bad"+hostile+".sh", "docker run --memory='"+hostile+"' i\n")
	show := func(args ...string) string {
		tty, screen := openTerminal(t, 80, 24)
		run(t.Context(), args, strings.NewReader(""), tty, tty)
		if err := awaitText(screen, `\n\z`); err != nil {
			t.Errorf("%q: %v", args, err)
		}
		data, err := os.ReadFile(screen)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, args := range [][]string{
		{"fmt", one}, {"diff", "--color=never", one, two}, {"explain", "--", "run", "--label=a=" + hostile, "i"},
		{"check", bad}, {"fmt", bad},
		{"run", "--label=a=" + hostile, "i"}, {"run", "--memory=" + hostile, "i"}, {"fmt", filepath.Join(dir, hostile)}, {hostile},
		{"convert", "--to=go", one}, {"worker", "preview", "-f", bad},
	} {
		shown := show(args...)
		if shown == "" || strings.ContainsAny(shown, "\x1b\x07\u202e") {
			t.Errorf("%q shows %q", args, shown)
		}
		var out, said bytes.Buffer
		run(t.Context(), args, strings.NewReader(""), &out, &said)
		if strings.ContainsAny(said.String(), "\x1b\x07\u202e") {
			t.Errorf("%q says %q", args, said.String())
		}
		if args[0] == "fmt" && args[1] == one && !strings.Contains(out.String(), hostile) {
			t.Errorf("a pipe gets %q", out.String())
		}
	}
	shown := show("diff", "--color=always", one, two)
	if rest := strings.NewReplacer(red, "", green, "", "\x1b[m", "").Replace(shown); rest == shown ||
		strings.ContainsAny(rest, "\x1b\x07\u202e") {
		t.Errorf("in colours it shows %q", shown)
	}
}
