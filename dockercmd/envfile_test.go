package dockercmd_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/recorder"
)

// keyValueFiles are files of variables and labels, odd ones and wrong ones.
var keyValueFiles = []string{
	"", "\n\n", "A=1", "A=1\nB=2\n", "A=1\r\nB=2\r\n", "\ufeffA=1\n", "A=1\n\ufeffB=2\n", "# A=1\n  # B=2\nC=3 # x\n", "A=\n",
	"A='x y'\nB=\"$A\"\n", "  A=1  \n\tB=\t2\t\n",
	"INHERITED\nABSENT\n", "  INHERITED\n", "INHERITED \n", "A=1\nA=2\nB\nA=3\n", "A=b=c\n", "\u00a0A=1\n", "\u2003A=1\n", "é=ü\n",
	"A=1\r\rB\n", "A=1\x00\n",
	"=x\n", "A B=1\n", "A =1\n", "A\u00a0B=1\n", "A\vB=1\n", "A\fB=1\n", "A\rB=1\n", "A\tB=1\n", "A=\xff\n", "export A=1\n",
	"A=1\n=\n", "A=" + strings.Repeat("x", 65533) + "\n", "A=" + strings.Repeat("x", 65534) + "\n", "A=" + strings.Repeat("x", 65533),
}

// TestKeyValueFiles holds what is read of each file to what the real clients send.
func TestKeyValueFiles(t *testing.T) {
	t.Parallel()
	daemon := recorder.Daemon{Env: []string{"INHERITED=from the client"}, Files: map[string]string{}}
	for i, content := range keyValueFiles {
		daemon.Files[fmt.Sprint("f", i)] = content
	}
	lookup := func(key string) (string, bool) { return "from the client", key == "INHERITED" }
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		r := daemon.Start(t)
		for i, content := range keyValueFiles {
			file := fmt.Sprint("f", i)
			var env []string
			sent := r.Do(t, client.Path, "exec", "-d", "--env-file", file, "w1", "env")
			for _, q := range sent.Requests {
				if body, ok := q.Body.(map[string]any); ok && body["Env"] != nil {
					for _, v := range body["Env"].([]any) {
						env = append(env, v.(string))
					}
				}
			}
			got, err := dockercmd.ParseEnvFile([]byte(content), lookup)
			if (err == nil) != (sent.Exit == 0) {
				t.Errorf("%.40q: got %v, the client's exit %d: %s", content, err, sent.Exit, sent.Stderr)
			} else if err == nil && !slices.Equal(got, env) {
				t.Errorf("%.40q: got %.99q, the client sends %.99q", content, got, env)
			}

			labels := map[string]string{}
			sent = r.Do(t, client.Path, "create", "--label-file", file, "busybox")
			for _, q := range sent.Requests {
				if body, ok := q.Body.(map[string]any); ok && body["Labels"] != nil {
					for key, value := range body["Labels"].(map[string]any) {
						labels[key] = value.(string)
					}
				}
			}
			gotLabels, err := dockercmd.ParseLabelFile([]byte(content))
			if (err == nil) != (sent.Exit == 0) {
				t.Errorf("labels in %.40q: got %v, the client's exit %d: %s", content, err, sent.Exit, sent.Stderr)
			} else if err == nil && !maps.Equal(gotLabels, labels) {
				t.Errorf("labels in %.40q: got -, the client sends +\n%s", content, cmp.Diff(gotLabels, labels))
			}
		}
	})
}

// TestEnvFileErrors holds the texts, which show a line's number and nothing else of it.
func TestEnvFileErrors(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"A=1\n=" + secret:                      "line 2 has no name before '='; write KEY=value",
		secret + " X=" + secret:                "line 1 has white space in its name; write KEY=value",
		"#\n\nA=" + secret + "\xff":            "line 3 is not valid UTF-8",
		"A=1\nB=" + strings.Repeat("x", 1<<16): "line 2 is longer than the 64 KiB that docker's client reads",
	} {
		if got, err := dockercmd.ParseEnvFile([]byte(content), nil); err == nil || err.Error() != want || got != nil {
			t.Errorf("%.20q: got %q, %v, want %s", content, got, err, want)
		}
	}
}

// FuzzParseEnvFile writes what it reads into a file again.
func FuzzParseEnvFile(f *testing.F) {
	for _, content := range keyValueFiles[:len(keyValueFiles)-3] {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		pairs, err := dockercmd.ParseEnvFile(data, func(key string) (string, bool) { return "v", len(key)%2 == 0 })
		text := strings.Join(pairs, "\n")
		if err != nil || strings.ContainsAny(text, "\ufeff\r") {
			return
		}
		again, err := dockercmd.ParseEnvFile([]byte(text), nil)
		if err != nil || !slices.Equal(pairs, again) {
			t.Fatalf("%q: read %q, and of that %q, %v", data, pairs, again, err)
		}
	})
}
