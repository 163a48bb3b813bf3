package output_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func TestParseDeleted(t *testing.T) {
	t.Parallel()
	first := func(d output.Deleted) []string {
		return append(append(append([]string{}, d.Untagged...), d.Deleted...), d.Objects...)
	}
	tests := []struct {
		file                       string
		untagged, deleted, objects int
		reclaimed                  dockercmd.Bytes
	}{
		{"rmi.txt", 2, 1, 0, -1},
		{"image-prune.txt", 0, 1, 0, 0},
		{"image-prune-none.txt", 0, 0, 0, 0},
		{"container-prune.txt", 0, 0, 4, 0},
	}
	for _, version := range recordings.Clients {
		for _, tt := range tests {
			d, err := output.ParseDeleted(recordings.Read(t, version, tt.file))
			if err != nil || len(d.Untagged) != tt.untagged || len(d.Deleted) != tt.deleted || len(d.Objects) != tt.objects ||
				d.Reclaimed != tt.reclaimed {
				t.Errorf("%s %s: %v, got %+v", version, tt.file, err, d)
			}
		}
		d, _ := output.ParseDeleted(recordings.Read(t, version, "rmi.txt"))
		want := []string{"w-image:1", "w-image:2", d.Deleted[0]}
		if diff := cmp.Diff(first(d), want); diff != "" || len(d.Deleted[0]) != len("sha256:")+64 {
			t.Errorf("%s: got -, want +\n%s", version, diff)
		}
	}
	d, err := output.ParseDeleted(recordings.Read(t, recordings.Podman, "rmi.txt"))
	if want := (output.Deleted{Untagged: []string{"localhost/busybox:local"},
		Deleted: []string{"eacd346848153ead71c36f22f7cc74e0726335e1c430b79f681442680129dd46"}, Reclaimed: -1}); err != nil ||
		!cmp.Equal(d, want) {
		t.Errorf("podman: %v, got %+v", err, d)
	}
	d, err = output.ParseDeleted([]byte("Deleted Volumes:\nv1\n\nDeleted Images:\nuntagged: a@sha256:00\ndeleted: sha256:11\n\nTotal reclaimed space: 1.5GB\n"))
	if want := (output.Deleted{Untagged: []string{"a@sha256:00"}, Deleted: []string{"sha256:11"}, Objects: []string{"v1"},
		Reclaimed: 15e8}); err != nil || !cmp.Equal(d, want) {
		t.Errorf("of the whole system: %v, got %+v", err, d)
	}
	for out, want := range map[string]string{
		"Untagged: a\nError: no such image": `line 2 of the removal: "Error: no such image" is neither an id nor a name`,
		"a b\n":                             `line 1 of the removal: "a b" is neither an id nor a name`,
		"Total reclaimed space: much":       `line 1 of the removal: "much" is not a size such as 1.46kB or 324KiB`,
	} {
		if d, err := output.ParseDeleted([]byte(out)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, %v, want %s", out, d, err, want)
		}
	}
}

func TestParseLoaded(t *testing.T) {
	t.Parallel()
	for _, version := range recordings.Clients {
		got, err := output.ParseLoaded(recordings.Read(t, version, "load.txt"))
		if diff := cmp.Diff(got, []string{"w-image:1", "w-image:2"}); err != nil || diff != "" {
			t.Errorf("%s: %v, got -, want +\n%s", version, err, diff)
		}
	}
	got, err := output.ParseLoaded([]byte("c38d5aa1f5fa: Loading layer  2.1MB/2.1MB\nLoaded image ID: sha256:00\n"))
	if diff := cmp.Diff(got, []string{"sha256:00"}); err != nil || diff != "" {
		t.Errorf("without a name: %v, got -, want +\n%s", err, diff)
	}
	for _, out := range []string{"", "c38d5aa1f5fa: Loading layer\n"} {
		if got, err := output.ParseLoaded([]byte(out)); err == nil {
			t.Errorf("%q: got %v, want an error", out, got)
		}
	}
}

func TestParsePulled(t *testing.T) {
	t.Parallel()
	const name, digest = "127.0.0.1:15000/w-image", "sha256:774d4552d50fc840cfa954fa0c60cf98fc0db28032c09c0eec9f42fbc8d5b04b"
	for _, version := range recordings.Clients {
		for file, want := range map[string]output.Pulled{
			"pull.txt":       {Image: name + ":1", Digest: digest, New: true},
			"pull-known.txt": {Image: name + ":1", Digest: digest},
			"pull-q.txt":     {Image: name + ":1"},
			"pull-a.txt":     {Image: name, Digest: digest, New: true}, // --all-tags
		} {
			if got, err := output.ParsePulled(recordings.Read(t, version, file)); err != nil || got != want {
				t.Errorf("%s %s: %v, got %+v, want %+v", version, file, err, got, want)
			}
		}
		d, err := output.ParseDeleted(recordings.Read(t, version, "rmi-pulled.txt"))
		if want := []string{name + ":1", name + "@" + digest}; err != nil || !cmp.Equal(d.Untagged, want) || d.Deleted != nil {
			t.Errorf("%s, rmi: %v, got %+v, want %q", version, err, d, want)
		}
	}
	for _, out := range []string{"", "Error response from daemon: x y\n"} {
		if got, err := output.ParsePulled([]byte(out)); err == nil {
			t.Errorf("%q: got %+v, want an error", out, got)
		}
	}
}
