package dockercmd_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/shlex"

	"github.com/dockercmd/toolkit/dockercmd"
)

// secret is the value of a variable in these tests. It must not be seen.
const secret = "hunter2"

// TestErrorsHideSecrets parses lines that are wrong near a variable.
func TestErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	lines := [][]string{
		{"run", "-e", "=" + secret, "img"},
		{"run", "--env", "A\x00=" + secret},
		{"run", "-e", "A=" + secret},
		{"run", "-EA=" + secret, "img"},
		{"create", "-e", "=" + secret, "img"},
		{"create", "-d", "-e", "A=" + secret, "img"},
		{"run", "-dEA=" + secret, "img"},
		{"run", "--=A=" + secret, "img"},
		{"run", "--enf=A=" + secret, "img"},
		{"run", "-de"},
		{"run", "-e", "A=" + secret, "--memory=x", "img"},
		{"exec", "-e", "=" + secret, "w1", "env"},
		{"exec", "-e", "A=" + secret, "w1"},
		{"stop", "-e=A=" + secret, "w1"},
		{"ps", "-xA=" + secret},
		{"volume", "create", "-o", "=" + secret, "-o"},
	}
	for _, line := range lines {
		c, err := dockercmd.Parse(line)
		if err == nil {
			err = c.Validate()
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error shows the secret: %v", line, err)
		}
		if c, err := dockercmd.Parse(line); err == nil && c.Validate() == nil {
			t.Errorf("%q: no error", line)
		}
	}
}

// TestLogsHideSecrets renders commands with variables for logs.
func TestLogsHideSecrets(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cmd  dockercmd.Command
		want string
	}{
		{&dockercmd.Run{Env: []string{"A=" + secret, "B", "C=x " + secret, "D="}, Image: "img"},
			"docker run --env=A=... --env=B '--env=C=...' '--env=D=...' img"},
		{&dockercmd.Create{Env: []string{"A=" + secret}, Image: "img"}, "docker create --env=A=... img"},
		{&dockercmd.Exec{Env: []string{"A=" + secret}, Container: "w1", Command: []string{"env"}}, "docker exec --env=A=... w1 env"},
		{&dockercmd.VolumeCreate{Options: map[string]string{"o": "password=" + secret}, Volume: "v1"},
			"docker volume create --opt=o=... v1"},
		{&dockercmd.VolumeCreate{Options: map[string]string{"": secret}, Volume: "v1"}, ""},
		{&dockercmd.Run{Extra: []string{"--envv=A=" + secret, "--flag"}, Image: "img"}, "docker run --envv=... --flag img"},
		{&dockercmd.Run{Env: []string{"A=--env=B=" + secret}, Image: "img", Command: []string{"-x"}}, "docker run --env=A=... img -x"},
		{&dockercmd.Run{Image: "img", Env: []string{"A\x00=" + secret}}, ""},
		{&dockercmd.Run{Image: "img", Extra: []string{"-e=A=" + secret, "A=" + secret, "--env=A=" + secret}}, ""},
	}
	for _, tt := range tests {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "command", tt.cmd)
		texts := []string{dockercmd.Redacted(tt.cmd), log.String(), tt.cmd.LogValue().String()}
		if err := tt.cmd.Validate(); err != nil {
			texts = append(texts, err.Error())
		} else if tt.want == "" {
			t.Errorf("%q is valid", tt.cmd.Args())
		}
		for _, text := range texts {
			if strings.Contains(text, secret) {
				t.Errorf("the secret shows in %s", text)
			}
		}
		if want := strings.ReplaceAll(tt.want, "'", ""); want != "" && strings.ReplaceAll(texts[0], "'", "") != want {
			t.Errorf("got  %s\nwant %s", texts[0], tt.want)
		}
		if !strings.Contains(strings.Join(tt.cmd.Args(), " "), secret) {
			t.Errorf("%q: the line to run lacks the value", tt.cmd.Args())
		}
	}
}

// TestLogValueOfEveryCommand holds that each command logs its redacted line.
func TestLogValueOfEveryCommand(t *testing.T) {
	t.Parallel()
	for name, c := range full() {
		if got, want := c.LogValue().String(), dockercmd.Redacted(c); got != want || !strings.HasPrefix(got, "docker "+name+" ") {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestSecretsByContent holds that no flag of any command, and no operand, shows what a key, a URL, a header or an instruction makes
// a secret.
func TestSecretsByContent(t *testing.T) {
	t.Parallel()
	values := []string{
		"password=" + secret, "a=b,password=" + secret, "o=username=u,password=" + secret, "api-token=" + secret,
		"type=volume,target=/v,volume-opt=o=password=" + secret, "type=volume,target=/v,volume-opt=password=" + secret,
		"name=n,driver-opt=password=" + secret, "https://u:" + secret + "@h/x", "protocol=cfssl,url=https://u:" + secret + "@h/x",
		"host=tcp://u:" + secret + "@h:2376", "tcp://u:" + secret + "@h:2376", "ENV A=" + secret, "ENV A " + secret,
		"curl -H 'Authorization: Bearer " + secret + "' h", "check --password=" + secret,
	}
	flags, taken := 0, map[string]bool{}
	for name := range full() {
		for i, f := range dockercmd.Flags(dockercmd.New(name)) {
			flags++
			for _, value := range values {
				c := dockercmd.New(name)
				if dockercmd.Flags(c)[i].Value.Set(value) != nil {
					continue
				}
				taken[value] = true
				if shown := dockercmd.Redacted(c); strings.Contains(shown, secret) {
					t.Errorf("%s --%s: %s", name, f.Name, shown)
				}
			}
		}
	}
	if flags < 500 || len(taken) < len(values) {
		t.Errorf("%d flags, and values taken by none: %d", flags, len(values)-len(taken))
	}
	for _, l := range []string{
		"docker -H tcp://u:" + secret + "@h:2376 ps", "docker import https://u:" + secret + "@h/x.tar",
		"docker run img --token=" + secret,
		"docker run img mysql --password " + secret, "docker exec w curl https://u:" + secret + "@h",
		"docker context create --docker host=tcp://u:" + secret + "@h:2376 c",
		"docker swarm init --external-ca protocol=cfssl,url=https://u:" + secret + "@h",
		"docker commit --change 'ENV A=" + secret + "' w i", "docker run --log-opt splunk-token=" + secret + " img",
		"docker network create --opt password=" + secret + " n",
		"docker run --mount type=volume,target=/v,volume-opt=o=username=u,volume-opt=password=" + secret + " img",
	} {
		words, err := shlex.Split(l)
		if err != nil {
			t.Fatal(err)
		}
		c, err := dockercmd.ParseCommandLine(words)
		if err != nil {
			t.Errorf("%s: %v", l, err)
		} else if shown := c.Redacted(); strings.Contains(shown, secret) || !strings.Contains(shown, "...") {
			t.Errorf("%s: %s", l, shown)
		}
	}
}
