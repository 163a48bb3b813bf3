package output

import (
	"encoding/json"
	"errors"
)

// ContextRow is one line of context ls.
type ContextRow struct {
	Name           string
	Current        bool
	Description    string
	DockerEndpoint string // unix:///var/run/docker.sock
	Error          string // why it cannot be used, from 28.0 on

	Raw json.RawMessage `json:"-"` // the whole object
}

// ParseContexts reads the output of context ls --format=JSONFormat.
func ParseContexts(out []byte) ([]ContextRow, error) {
	return rows("context ls", out, func(line json.RawMessage) (ContextRow, error) {
		c := ContextRow{Raw: line}
		loose := struct {
			*ContextRow
			Current looseBool
		}{ContextRow: &c}
		if err := json.Unmarshal(line, &loose); err != nil {
			return ContextRow{}, err
		}
		if c.Current = bool(loose.Current); c.Name == "" {
			return ContextRow{}, errors.New("it has no name")
		}
		return c, nil
	})
}
