package dockercmd_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	c, err := dockercmd.Parse([]string{"run", "--rm", "-e", "API_TOKEN=hunter2", "-e", "A=1", "--use-api-socket", "--kernel-memory=1g",
		"img"})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range dockercmd.Explain(c) {
		lines = append(lines, strings.Join([]string{e.Flag, strings.Join(e.Values, " "), e.Since, e.Until, strings.Join(e.Risks, " ")},
			"|"))
	}
	want := []string{
		"--rm||||container, logs and exit code are gone at its end",
		"--kernel-memory|1g||29.0|",
		"--env|API_TOKEN=... A=...|||the value is in the process list and in docker inspect for all to see; use --env-file, or KEY alone",
		"--use-api-socket||28.1||whoever has the engine's socket has the host",
	}
	if !reflect.DeepEqual(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestRisks holds each rule to a value that it is for, and one beside it that it is not for.
func TestRisks(t *testing.T) {
	t.Parallel()
	tests := []struct{ risky, harmless string }{
		{"run --privileged img", "run --privileged=false img"},
		{"run -v /var/run/docker.sock:/s img", "run -v /srv/docker.sock.d:/s img"},
		{"run --mount type=bind,src=/run/docker.sock,dst=/s img", "run --mount type=volume,src=docker.sock,dst=/s img"},
		{"run -v /:/host:ro img", "run -v /srv/data:/host img"},
		{"run --mount type=bind,src=/etc/,dst=/e img", "run --mount type=bind,src=/etc-mine,dst=/e img"},
		{"run --net host img", "run --net bridge img"},
		{"run --pid host img", "run --pid container:w1 img"},
		{"run --cap-add cap_sys_admin img", "run --cap-add CHOWN img"},
		{"run --cap-add all img", "run --cap-drop ALL img"},
		{"run --security-opt seccomp=unconfined img", "run --security-opt seccomp=/p.json img"},
		{"run --device /dev/sda img", "run img"},
		{"exec -u 0:0 w1 sh", "exec -u 1000 w1 sh"},
		{"run -e DB_PASSWORD=x img", "run -e DB_PASSWORD img"},
		{"run -p 80:80 img", "run -p 127.0.0.1:80:80 img"},
		{"rm -f w1", "rm w1"},
		{"run --pull always img", "run --pull missing img"},
		{"run --memory-swap -1 -m 1g img", "run --memory-swap 2g -m 1g img"},
	}
	risky := func(line string) bool {
		c, err := dockercmd.Parse(strings.Fields(line))
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(dockercmd.Explain(c), func(e dockercmd.Explanation) bool { return len(e.Risks) > 0 })
	}
	for _, tt := range tests {
		if !risky(tt.risky) {
			t.Errorf("%s: no risk", tt.risky)
		}
		if risky(tt.harmless) {
			t.Errorf("%s: a risk", tt.harmless)
		}
	}
}
