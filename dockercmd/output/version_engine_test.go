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
		{"podman's own client", `{"Client":{"APIVersion":"4.3.1","Version":"4.3.1","OsArch":"linux/amd64"}}`, "podman@4.3.1"},
		{"a number is no podman", `{"Client":{"Version":"4.3.1"}}`, "docker"},
		{"candidates", `{"Client":{"Version":"v24.0.7"},"Server":{"Version":"29.0-rc1"}}`, "docker@29.0-rc1/v24.0.7"},
		{"an engine of a developer",
			`{"Client":{"Version":"28.2.2","ApiVersion":"1.48","DefaultAPIVersion":"1.50"},"Server":{"Version":"dev","ApiVersion":"1.48"}}`,
			"docker@28.0/28.2.2"},
		{"a client of a developer",
			`{"Client":{"Version":"unknown-version","ApiVersion":"1.41","DefaultAPIVersion":"1.51"},"Server":{"Version":"20.10.24","ApiVersion":"1.41"}}`,
			"docker@20.10.24/28.3"},
		{"both of a developer",
			`{"Client":{"Version":"library-import","ApiVersion":"1.44","DefaultAPIVersion":"1.44"},"Server":{"Version":"20240305","ApiVersion":"1.44"}}`,
			"docker@25.0"},
		{"nothing known", `{"Client":{"Version":"dev"},"Server":{"Version":"+5.1"}}`, "docker"},
		{"nothing but what is agreed on", `{"Client":{"Version":"dev","ApiVersion":"1.43"},"Server":{"Version":"dev"}}`, "docker@24.0"},
		{"an old API asked for",
			`{"Client":{"Version":"28.2.2","ApiVersion":"1.38","DefaultAPIVersion":"1.50"},"Server":{"Version":"20.10.24+dfsg1","ApiVersion":"1.41"}}`,
			"docker@20.10.24+dfsg1/28.2.2,api=1.38"},
		{"what the versions say already",
			`{"Client":{"Version":"20.10.24","ApiVersion":"1.41","DefaultAPIVersion":"1.41"},"Server":{"Version":"28.2.2","ApiVersion":"1.50"}}`,
			"docker@28.2.2/20.10.24"},
		{"docker's client before podman",
			`{"Client":{"Version":"28.2.2"},"Server":{"Version":"4.3.1","Components":[{"Name":"Podman Engine","Version":"4.3.1"}]}}`,
			"docker@28.2.2"},
		{"docker's client before podman, by the API",
			`{"Client":{"Version":"28.2.2","ApiVersion":"1.41","DefaultAPIVersion":"1.50"},"Server":{"Version":"5.4.0","ApiVersion":"1.41",` +
				`"Components":[{"Name":"Podman Engine","Version":"5.4.0"}]}}`,
			"docker@28.2.2,api=1.41"},
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
