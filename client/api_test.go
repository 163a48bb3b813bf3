package client_test

import (
	"errors"
	"os"
	"regexp"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
)

// TestDetectAPI checks that Detect learns which API the client speaks when DOCKER_API_VERSION asks for an old one, and that Check
// then refuses the very flags that the client hides from its help.
func TestDetectAPI(t *testing.T) {
	t.Parallel()
	commands := map[string]dockercmd.Command{
		"gpus":                  &dockercmd.Run{Image: "x", GPUs: []dockercmd.GPURequest{{Count: 1}}},
		"cgroupns":              &dockercmd.Run{Image: "x", CgroupNS: "host"},
		"platform":              &dockercmd.Run{Image: "x", Platform: "linux/amd64"},
		"annotation":            &dockercmd.Run{Image: "x", Annotations: map[string]string{"a": "b"}},
		"health-start-interval": &dockercmd.Run{Image: "x", HealthCmd: "true", HealthStartInterval: 1e9},
		"pids-limit":            &dockercmd.Update{PidsLimit: 9, Containers: []string{"w1"}},
	}
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		for _, api := range []string{"1.38", "1.39", "1.40", "1.41"} {
			d.Engine, d.Env = dockercmd.Engine{}, append(os.Environ(), "DOCKER_API_VERSION="+api)
			detected, err := d.Detect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for name, c := range commands {
				help, _, err := runner.Output(t.Context(), runner.Exec{},
					runner.Cmd{Argv: []string{d.Program, c.Subcommand(), "--help"}, Env: d.Env}, runner.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				hidden := !regexp.MustCompile(`\s--` + name + `\s`).Match(help)
				err = detected.Check(c)
				if refused := errors.Is(err, client.ErrUnsupported); refused != hidden {
					t.Errorf("%s with API %s: --%s refused %t (%v), and hidden by the client %t", detected.Engine, api, name, refused, err, hidden)
				}
			}
		}
	})
}
