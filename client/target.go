package client

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Target returns a text that changes when d may ask another engine than before: it is made of the client's environment, of the
// configuration that names the context in use and of the context itself, and of the socket's file, which an engine that is started
// anew makes anew. It says nothing of an engine that changes behind the same address on another host, or behind a socket that
// somebody else keeps open for it (socket activation).
func (d Docker) Target() string {
	return strings.Join(d.target().parts, "\x00")
}

// Host returns the address of the engine that docker's client asks in d's environment, such as unix:///var/run/docker.sock. It is
// "" for a context that cannot be read.
func (d Docker) Host() string { return d.target().host }

type target struct {
	host  string
	parts []string
}

func (d Docker) target() target {
	env := variables(d.Env)
	dir := env["DOCKER_CONFIG"]
	if dir == "" {
		dir = filepath.Join(env["HOME"], ".docker")
	}
	t := target{host: env["DOCKER_HOST"]}
	name := env["DOCKER_CONTEXT"]
	t.parts = []string{d.program(), d.Dir, t.host, name, env["DOCKER_API_VERSION"], env["DOCKER_TLS_VERIFY"],
		env["DOCKER_CERT_PATH"], dir}
	if t.host == "" {
		config := filepath.Join(dir, "config.json")
		t.parts = append(t.parts, fileMark(config))
		if name == "" {
			name = currentContext(config)
		}
		t.host = defaultHost
		if name != "" && name != "default" {
			sum := sha256.Sum256([]byte(name))
			meta := filepath.Join(dir, "contexts", "meta", hex.EncodeToString(sum[:]), "meta.json")
			t.parts = append(t.parts, fileMark(meta))
			t.host = contextHost(meta)
		}
	}
	t.parts = append(t.parts, name, t.host)
	if path, isUnix := strings.CutPrefix(t.host, "unix://"); isUnix {
		t.parts = append(t.parts, fileMark(path))
	}
	return t
}

// defaultHost is where docker's client finds an engine that nothing names.
const defaultHost = "unix:///var/run/docker.sock"

// variables returns an environment by name; nil is this process's own. The last of a name counts.
func variables(env []string) map[string]string {
	if env == nil {
		env = os.Environ()
	}
	values := make(map[string]string, len(env))
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		values[name] = value
	}
	return values
}

// fileMark tells a file from what it was before it was written or made anew; "" is that it cannot be found.
func fileMark(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
}

// currentContext returns the context that the client's configuration names; "" is none.
func currentContext(config string) string {
	var c struct{ CurrentContext string }
	readSmall(config, &c)
	return c.CurrentContext
}

// contextHost returns the host of a context; "" is that it cannot be told.
func contextHost(meta string) string {
	var c struct {
		Endpoints map[string]struct{ Host string }
	}
	readSmall(meta, &c)
	return c.Endpoints["docker"].Host
}

// readSmall reads a JSON file as far as it can be read: docker's client tells what is wrong with it.
func readSmall(path string, into any) {
	if data, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(data, into)
	}
}
