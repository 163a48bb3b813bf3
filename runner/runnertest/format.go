package runnertest

import (
	"bytes"
	"encoding/json"
	"strings"
	"text/template"
)

// newTemplate reads a --format with the functions that docker's templates have.
func newTemplate(name, format string) (*template.Template, error) {
	return template.New(name).Funcs(template.FuncMap{
		"json":     jsonText,
		"split":    strings.Split,
		"join":     strings.Join,
		"lower":    strings.ToLower,
		"upper":    strings.ToUpper,
		"title":    title,
		"truncate": truncate,
		"pad": func(s string, before, after int) string {
			return strings.Repeat(" ", before) + s + strings.Repeat(" ", after)
		},
	}).Parse(format)
}

func execute(t *template.Template, data any) (string, error) {
	var b strings.Builder
	err := t.Execute(&b, data)
	return b.String(), err
}

// renamed returns the text of a template's error with docker's name for the type.
func renamed(err error, ours, dockers string) string {
	return strings.ReplaceAll(err.Error(), ours, dockers)
}

// jsonText implements docker's template function json: it leaves <, > and & as they are.
func jsonText(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSpace(b.String()), err
}

func title(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func truncate(s string, n int) string {
	if len(s) < n {
		return s
	}
	return s[:n]
}
