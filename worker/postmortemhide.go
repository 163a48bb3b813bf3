package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
)

// hiddenValue stands for a value that a bundle does not tell.
const hiddenValue = "..."

// hideInLine returns a command file as it is, or its line without the values of secret flags if it has some. A file that holds no
// docker line is refused: nobody can tell what is in it.
func hideInLine(data []byte) ([]byte, error) {
	c, err := client.ParseScript(data)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read as a docker line, and is left out: %w", err)
	}
	redacted := dockercmd.Redacted(c)
	if shown, ok := c.(fmt.Stringer); ok && shown.String() == redacted {
		return data, nil
	}
	return []byte("# values of secret flags are hidden\n" + redacted + "\n"), nil
}

// hideInEnvFile returns a file for --env-file without its values.
func hideInEnvFile(data []byte) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(string(data)) {
		name, _, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
		fmt.Fprintf(&b, "%s=%s\n", name, hiddenValue)
	}
	return b.Bytes()
}

// hideInScript returns a worker script without the values that it exports. What is no such script (its directory is the worker's
// own) is refused.
func hideInScript(data []byte) ([]byte, error) {
	w, err := scripts.ParseWorker(data)
	if err != nil {
		return nil, errors.New("it is not what was written, and left out") // the reason could show a value
	}
	for name := range w.Env {
		w.Env[name] = hiddenValue
	}
	return w.Bytes()
}

// hideInInspect returns docker inspect of one container, with the names of its environment but not the values. All else stays as
// the engine said it, sorted by key.
func hideInInspect(raw json.RawMessage) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	hideEnv(v)
	return jsonText(v), nil
}

// hideEnv hides the values of every list called Env, however deep, and takes out podman's CreateCommand, which repeats them.
func hideEnv(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			hideEnv(e)
		}
	case map[string]any:
		delete(v, "CreateCommand")
		for key, e := range v {
			list, isList := e.([]any)
			if !strings.EqualFold(key, "Env") || !isList {
				hideEnv(e)
				continue
			}
			for i := range list {
				name, _, _ := strings.Cut(fmt.Sprint(list[i]), "=")
				list[i] = name + "=" + hiddenValue
			}
		}
	}
}

// jsonText returns v as JSON for people.
func jsonText(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Appendf(nil, "%q\n", err.Error())
	}
	return b.Bytes()
}
