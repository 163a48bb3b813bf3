package output_test

import (
	"testing"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

func TestVersionEngine(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, json, want string }{
		{"one version", `{"Client":{"Version":"28.2.2"},"Server":{"Version":"28.2.2"}}`, "docker@28.2.2"},
		{"two versions", `{"Client":{"Version":"28.2.2"},"Server":{"Version":"20.10.24+dfsg1"}}`, "docker@20.10.24+dfsg1/28.2.2"},
		{"no engine", `{"Client":{"Version":"28.2.2"},"Server":null}`, "docker@28.2.2"},
		{"podman's own client", `{"Client":{"Version":"4.3.1"}}`, "podman"},
		{"docker's client before podman",
			`{"Client":{"Version":"28.2.2"},"Server":{"Version":"4.3.1","Components":[{"Name":"Podman Engine","Version":"4.3.1"}]}}`,
			"docker@28.2.2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := output.ParseVersion([]byte(tt.json))
			if err != nil {
				t.Fatal(err)
			}
			if got := v.Engine().String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
