package output_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/recordings"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	client := func(version string) output.VersionPart {
		p := output.VersionPart{Version: version, APIVersion: "1.41", DefaultAPIVersion: "1.41", Os: "linux", Arch: "amd64",
			GitCommit: "297e128", GoVersion: "go1.19.8", Context: "default"}
		if version == "28.2.2" {
			p.DefaultAPIVersion, p.GitCommit, p.GoVersion = "1.50", "e6534b4", "go1.24.3"
		}
		return p
	}
	alone := client("28.2.2")
	alone.APIVersion = "1.50" // none was agreed on
	server := &output.VersionPart{
		Version: "20.10.24+dfsg1", APIVersion: "1.41", MinAPIVersion: "1.12", Os: "linux", Arch: "amd64", GitCommit: "5d6db84",
		GoVersion: "go1.19.8", KernelVersion: "6.1.0-13-amd64",
		Components: []output.VersionComponent{
			{Name: "Engine", Version: "20.10.24+dfsg1"}, {Name: "containerd", Version: "1.6.20~ds1"},
			{Name: "runc", Version: "1.1.5+ds1"}, {Name: "docker-init", Version: "0.19.0"},
		},
	}
	tests := []struct {
		version, file string
		want          output.Version
	}{
		{"20.10.24", "version.json", output.Version{Client: client("20.10.24+dfsg1"), Server: server}},
		{"28.2.2", "version.json", output.Version{Client: client("28.2.2"), Server: server}},
		{"20.10.24", "version-down.json", output.Version{Client: client("20.10.24+dfsg1")}},
		{"28.2.2", "version-down.json", output.Version{Client: alone}},
		{recordings.Podman, "version.json", output.Version{Client: output.VersionPart{Version: "4.3.1", APIVersion: "4.3.1", Os: "linux", OsArch: "linux/amd64",
			GoVersion: "go1.19.8"}}},
	}
	for _, tt := range tests {
		got, err := output.ParseVersion(recordings.Read(t, tt.version, tt.file))
		if diff := cmp.Diff(got, tt.want); err != nil || diff != "" {
			t.Errorf("%s %s: %v, got -, want +\n%s", tt.version, tt.file, err, diff)
		}
	}
	for _, out := range []string{"", "[]", "{", "podman version 4.3.1"} {
		if got, err := output.ParseVersion([]byte(out)); err == nil {
			t.Errorf("ParseVersion(%q): got %v, want an error", out, got)
		}
	}
	if _, err := output.ParseVersion([]byte("json\n")); err == nil || !strings.Contains(err.Error(), "{{json .}}") {
		t.Errorf("--format json of 20.10: got %v", err)
	}
}
