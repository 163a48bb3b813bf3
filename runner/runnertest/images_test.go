package runnertest_test

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/runner/runnertest"
)

// TestPull compares a pull with testdata/dockercmd/outputs/28.2.2/pull.txt and the recordings beside it, except for the layers:
// the image recorded there had none that were new.
func TestPull(t *testing.T) {
	t.Parallel()
	const image = "127.0.0.1:15000/w-image:1"
	d := &runnertest.Docker{Registry: map[string]runnertest.Program{image: runnertest.Busybox, "busybox": runnertest.Busybox}}
	defer d.Close()
	tests := []struct{ line, file string }{
		{"pull " + image, "pull.txt"},
		{"pull " + image, "pull-known.txt"},
		{"pull -q " + image, "pull-q.txt"},
	}
	for _, tt := range tests {
		want, err := os.ReadFile(filepath.Join("../../testdata/dockercmd/outputs/28.2.2", tt.file))
		if err != nil {
			t.Fatal(err)
		}
		if got := withoutLayers(must(t, d, tt.line)); got != withoutLayers(string(want)) {
			t.Errorf("%s: got %q, want %q", tt.line, got, withoutLayers(string(want)))
		}
	}
	if out, code := ask(t, d, "pull nosuch:1"); code != 1 ||
		!strings.HasPrefix(out, "Error response from daemon: pull access denied for nosuch,") {
		t.Errorf("got %q and exit code %d, want that it is not there", out, code)
	}
	if out := must(t, d, "run --name=w1 busybox echo hello"); !strings.HasPrefix(out, "hello") ||
		!strings.Contains(out, "Unable to find image 'busybox:latest' locally\nlatest: Pulling from library/busybox\n") {
		t.Errorf("got %q, want a pull and hello", out)
	}
	if out, code := ask(t, d, "rmi busybox"); code != 1 || !strings.Contains(out, "(must force) - container") {
		t.Errorf("got %q and exit code %d, want that a container uses it", out, code)
	}
	must(t, d, "rmi -f busybox")
	if out := must(t, d, "start -a w1"); out != "hello" {
		t.Errorf("got %q of a container whose image is gone, want hello", out)
	}
	if out, code := ask(t, d, "run --pull=never busybox"); code != 125 {
		t.Errorf("got %q and exit code %d of an image that is gone", out, code)
	}
	if got := must(t, d, "events --since 0.0 --until "+seconds(time.Now())+
		" --filter type=image --format {{.Action}}|{{.ID}}"); !strings.HasPrefix(got, "pull|127.0.0.1:15000/w-image:1\n") {
		t.Errorf("got the events %q", got)
	}
}

// withoutLayers leaves out the lines of layers, and every digest.
func withoutLayers(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "sha256:")
		if _, layer, ok := strings.Cut(line, ": "); ok && (layer == "Pulling fs layer" || layer == "Verifying Checksum" ||
			layer == "Download complete" || layer == "Pull complete") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	archive := func(name, manifest string) string {
		file := filepath.Join(dir, name)
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		w := tar.NewWriter(f)
		defer w.Close()
		if err := w.WriteHeader(&tar.Header{Name: "manifest.json", Mode: 0o644, Size: int64(len(manifest))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(manifest)); err != nil {
			t.Fatal(err)
		}
		return file
	}
	d := &runnertest.Docker{Registry: map[string]runnertest.Program{"w-image:1": nil, "w-image:2": nil}}
	defer d.Close()
	good := archive("good", `[{"Config":"x","RepoTags":["w-image:1"]},{"RepoTags":["w-image:2"]}]`)
	if got, want := must(t, d, "load -i "+good), "Loaded image: w-image:1\nLoaded image: w-image:2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, d, "run --pull=never w-image:2")
	if out, code := ask(t, d, "load -i "+archive("stranger", `[{"RepoTags":["other:1"]}]`)); code != 125 ||
		!strings.Contains(out, "Registry") {
		t.Errorf("got %q and exit code %d, want a refusal", out, code)
	}
	if out, code := ask(t, d, "load -i /etc/passwd"); code != 1 ||
		out != "Error processing tar file(exit status 1): archive/tar: invalid tar header\n" {
		t.Errorf("got %q and exit code %d, want what docker says of a file that is no archive", out, code)
	}
}
