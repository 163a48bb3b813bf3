package dockercmd_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/recorder"
)

// systemFamily are the commands on the engine itself, on contexts and on registries.
var systemFamily = family{bare: bareSystem, full: fullSystem, problems: systemProblems, client: systemCases}

func init() {
	families = append(families, systemFamily)

	byType[reflect.TypeFor[*dockercmd.ContextEndpoint]()] = func(g generator) any { return new(g.endpoint()) }
	maps.Copy(byField, map[string]func(generator) any{
		"Context":             func(g generator) any { return g.context() },
		"Contexts":            func(g generator) any { return []string{g.context(), g.context()}[:1+g.IntN(2)] },
		"context create From": func(g generator) any { return g.context() },
		"Server":              func(g generator) any { return pick(g, "", "reg.example:5000", "-x", "a b") },
		"Term":                func(g generator) any { return g.text() },
		"Limit":               func(g generator) any { return new(g.Int64N(101)) },
		"File":                func(g generator) any { return pick(g, "-", "/a b.tar", "-x") },
	})
}

func (g generator) context() string { return pick(g, "ab", "prod-1", "a.b+c_d", "0_") }

func (g generator) endpoint() dockercmd.ContextEndpoint {
	if g.IntN(4) == 0 {
		return dockercmd.ContextEndpoint{From: g.context()}
	}
	e := dockercmd.ContextEndpoint{Host: pick(g, "", "tcp://h:1", "unix:///a,b", `ssh://a=b"`, "tcp://"+g.text()),
		SkipTLSVerify: g.IntN(2) == 0}
	e.CA = pick(g, "", g.path(), `"quoted"`, g.text())
	if g.IntN(2) == 0 {
		e.Cert, e.Key = g.path(), g.text()
	}
	return e
}

func bareSystem() map[string]dockercmd.Command {
	return map[string]dockercmd.Command{
		"info":              &dockercmd.Info{},
		"system df":         &dockercmd.SystemDf{},
		"system prune":      &dockercmd.SystemPrune{},
		"system dial-stdio": &dockercmd.SystemDialStdio{},
		"context create":    &dockercmd.ContextCreate{Context: "prod"},
		"context update":    &dockercmd.ContextUpdate{Context: "prod"},
		"context use":       &dockercmd.ContextUse{Context: "default"},
		"context show":      &dockercmd.ContextShow{},
		"context ls":        &dockercmd.ContextLs{},
		"context inspect":   &dockercmd.ContextInspect{},
		"context rm":        &dockercmd.ContextRm{Contexts: []string{"prod"}},
		"context export":    &dockercmd.ContextExport{Context: "prod"},
		"context import":    &dockercmd.ContextImport{Context: "prod", File: "-"},
		"login":             &dockercmd.Login{},
		"logout":            &dockercmd.Logout{},
		"search":            &dockercmd.Search{Term: "busybox"},
	}
}

func fullSystem() map[string]dockercmd.Command {
	extra := []string{"--new", "--newer=a b"}
	tls := &dockercmd.ContextEndpoint{Host: "tcp://h:2376", CA: "/a,b.pem", Cert: "/cert.pem", Key: "/key.pem", SkipTLSVerify: true}
	return map[string]dockercmd.Command{
		"info":      &dockercmd.Info{Format: "{{json .}}", Extra: extra},
		"system df": &dockercmd.SystemDf{Format: "{{.Type}} {{.Size}}", Verbose: true, Extra: extra},
		"system prune": &dockercmd.SystemPrune{All: true, Filters: []dockercmd.Filter{{Key: "label", Value: "a=b"},
			{Key: "label!", Value: "c"}}, Force: true, Volumes: true, Extra: extra},
		"system dial-stdio": &dockercmd.SystemDialStdio{Extra: extra},
		"context create": &dockercmd.ContextCreate{Description: "for work", Docker: tls, From: "default", Extra: extra,
			Context: "prod-1.a+b"},
		"context update": &dockercmd.ContextUpdate{Description: "it's new", Docker: &dockercmd.ContextEndpoint{}, Extra: extra,
			Context: "prod"},
		"context use":     &dockercmd.ContextUse{Extra: extra, Context: "prod"},
		"context show":    &dockercmd.ContextShow{Extra: extra},
		"context ls":      &dockercmd.ContextLs{Format: "{{.Name}}", Quiet: true, Extra: extra},
		"context inspect": &dockercmd.ContextInspect{Format: "{{json .}}", Extra: extra, Contexts: []string{"prod", "default"}},
		"context rm":      &dockercmd.ContextRm{Force: true, Extra: extra, Contexts: []string{"prod", "test"}},
		"context export":  &dockercmd.ContextExport{Extra: extra, Context: "prod", File: "a b.tar"},
		"context import":  &dockercmd.ContextImport{Extra: extra, Context: "prod", File: "a b.tar"},
		"login": &dockercmd.Login{Username: "a b", Password: "p=q", PasswordStdin: true, Extra: extra,
			Server: "reg.example:5000"},
		"logout": &dockercmd.Logout{Extra: extra, Server: "reg.example:5000"},
		"search": &dockercmd.Search{Filters: []dockercmd.Filter{{Key: "is-official", Value: "true"}, {Key: "stars", Value: "3"}},
			Format: "{{.Name}}", Limit: new(int64(0)), NoTrunc: true, Extra: extra, Term: "-x"},
	}
}

func systemProblems() []problemCase {
	endpoint := func(name string, e dockercmd.ContextEndpoint) problemCase {
		return problemCase{"context endpoint: " + name, &dockercmd.ContextCreate{Docker: &e, Context: "prod"}}
	}
	return []problemCase{
		{"until and volumes", &dockercmd.SystemPrune{Filters: []dockercmd.Filter{{Key: "label", Value: "a"}, {Key: "until", Value: "1h"}},
			Volumes: true}},
		{"prune filter", &dockercmd.SystemPrune{Filters: []dockercmd.Filter{{Value: "until"}}}},
		{"no context", &dockercmd.ContextCreate{}},
		{"context of one letter", &dockercmd.ContextUse{Context: "a"}},
		{"context with a slash", &dockercmd.ContextInspect{Contexts: []string{"prod", "a/b"}}},
		{"context that begins with a plus", &dockercmd.ContextImport{Context: "+ab", File: "-"}},
		{"docker's own context", &dockercmd.ContextRm{Contexts: []string{"default"}}},
		{"no contexts", &dockercmd.ContextRm{}},
		{"endpoint and from", &dockercmd.ContextCreate{Docker: &dockercmd.ContextEndpoint{}, From: "a", Context: "prod"}},
		endpoint("from and host", dockercmd.ContextEndpoint{From: "ab", Host: "tcp://h:1"}),
		endpoint("no scheme", dockercmd.ContextEndpoint{Host: "h:1"}),
		endpoint("no key", dockercmd.ContextEndpoint{Cert: "/c.pem"}),
		endpoint("carriage return", dockercmd.ContextEndpoint{CA: "/a\r\nb"}),
		endpoint("NUL", dockercmd.ContextEndpoint{CA: "/a\x00"}),
		{"context to update", &dockercmd.ContextUpdate{Context: "default"}},
		{"context to export", &dockercmd.ContextExport{Context: "-a", File: "\xff"}},
		{"no file", &dockercmd.ContextImport{Context: "prod"}},
		{"two passwords", &dockercmd.Login{Username: "a", Password: secret, PasswordStdin: true}},
		{"whose password", &dockercmd.Login{PasswordStdin: true, Server: "a\x00"}},
		{"password with a NUL", &dockercmd.Login{Username: "a", Password: secret + "\x00"}},
		{"server to leave", &dockercmd.Logout{Server: "\xff"}},
		{"no term", &dockercmd.Search{Limit: new(int64(101))}},
		{"negative limit", &dockercmd.Search{Limit: new(int64(-1)), Term: "x"}},
	}
}

// contextFile returns where docker's client keeps what it knows of a context, below the home.
func contextFile(name string) string {
	sum := sha256.Sum256([]byte(name))
	return ".docker/contexts/meta/" + hex.EncodeToString(sum[:]) + "/meta.json"
}

func contextMeta(name, description, host string) string {
	return `{"Name":"` + name + `","Metadata":{"Description":"` + description + `"},"Endpoints":{"docker":{"Host":"` + host +
		`","SkipTLSVerify":false}}}`
}

// contextHome returns a home with two contexts: there is the recording daemon, away is nobody.
func contextHome() map[string]string {
	return map[string]string{
		contextFile("there"): contextMeta("there", "the daemon", "unix://$SOCKET"),
		contextFile("away"):  contextMeta("away", "no daemon", "tcp://127.0.0.1:1"),
	}
}

// contextArchive returns an exported context.
func contextArchive() string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	meta := contextMeta("exported", "from elsewhere", "ssh://h")
	if err := w.WriteHeader(&tar.Header{Name: "meta.json", Mode: 0o644, Size: int64(len(meta))}); err != nil {
		panic(err)
	}
	if _, err := w.Write([]byte(meta)); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

var (
	freshHome = &recorder.Daemon{Home: map[string]string{}, Stdin: secret + "\n"}
	loggedIn  = &recorder.Daemon{Home: map[string]string{
		".docker/config.json": `{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"},"reg.example:5000":{"auth":"YTpi"},"other.example":{"auth":"YTpi"}}}`,
	}}
	contexts = func() *recorder.Daemon {
		files := recorder.PEM()
		files["a,b.pem"], files["exported.tar"] = files["ca.pem"], contextArchive()
		return &recorder.Daemon{Home: contextHome(), Files: files, Stdin: contextArchive()}
	}()
	inUse = func() *recorder.Daemon {
		home := contextHome()
		home[".docker/config.json"] = `{"currentContext":"away"}`
		return &recorder.Daemon{Home: home, NoHost: true} // a host would override the context
	}()
)

// withContexts gives a client the two contexts.
func withContexts(cases ...clientCase) []clientCase {
	for i := range cases {
		if cases[i].daemon == nil {
			cases[i].daemon = contexts
		}
	}
	return cases
}

var endpointLines = []string{
	"--docker host=tcp://h:1", "--docker=host=ssh://a@h,skip-tls-verify=1", "--docker 'host=tcp://h:1,\"ca=a,b.pem\"'",
	"--docker '\"ca=a,b.pem\"'",
	"--docker host=unix:///a,b", "--docker host=tcp://h:1,cert=cert.pem,key=key.pem --docker skip-tls-verify=true,ca=ca.pem",
	"--docker host=", "--docker key=",
	"--docker host=tcp://a:1,host=tcp://b:1", "--docker host=tcp://a:1 --docker host=tcp://b:1", "--docker skip-tls-verify=F",
	"--docker from=away",
	"--docker 'host=unix:///a=b'", `--docker '"host=unix:///a=""b"""'`,
}

var systemCases = map[string][]clientCase{
	"info": {
		{flag: "format", lines: []string{"info -f '{{.Name}}'", "system info --format='{{json .Swarm}}'", "info"}},
	},
	"system df": {
		{flag: "format", lines: []string{"system df --format '{{.Type}} {{.Size}}'", "system df -v --format='{{json .}}'"}},
		{flag: "verbose", lines: []string{"system df -v", "system df --verbose=true", "system df --verbose=0"}},
	},
	"system prune": {
		{flag: "all", lines: []string{"system prune -af", "system prune -f --all=1", "system prune -f --all=false"}},
		{flag: "filter", lines: []string{"system prune -f --filter until=24h",
			"system prune -f --filter=label=a=b --filter label!=c --volumes", "system prune -f --filter 'LABEL= x'"}},
		{flag: "force", lines: []string{"system prune -f", "system prune --force=true", "system prune --force=0"}},
		{flag: "volumes", lines: []string{"system prune -f --volumes", "system prune -f --volumes=t", "system prune -f --volumes=false"}},
	},
	"context create": withContexts(
		clientCase{flag: "description", lines: []string{"context create --description 'a b' prod",
			"context create prod --from=away --description=new", "context create --description= prod"}},
		clientCase{flag: "docker", lines: on("context create", "prod", endpointLines)},
		clientCase{flag: "from", lines: []string{"context create --from away prod", "context create prod --from=there",
			"context create -- prod"}},
	),
	"context update": withContexts(
		clientCase{flag: "description", lines: []string{"context update --description 'a b' away",
			"context update there --description=new", "context update --description= away"}},
		clientCase{flag: "docker", lines: on("context update", "there", endpointLines)},
	),
	"context use": withContexts(
		clientCase{lines: []string{"context use away", "context use -- there", "context use default"},
			silent: "context use has no flags"},
	),
	"context show": withContexts(
		clientCase{lines: []string{"context show"}, since: "23.0", silent: "context show has no flags"},
		clientCase{lines: []string{"context show"}, since: "23.0", silent: "context show has no flags", daemon: inUse},
	),
	"context ls": withContexts(
		clientCase{flag: "format", lines: []string{"context ls --format '{{.Name}} {{.DockerEndpoint}}'",
			"context list --format='{{json .}}'"}},
		clientCase{flag: "quiet", lines: []string{"context ls -q", "context list --quiet=true", "context ls -q=f"}},
	),
	"context inspect": withContexts(
		clientCase{flag: "format", lines: []string{"context inspect -f '{{.Name}}'",
			"context inspect away --format='{{json .Endpoints}}' there", "context inspect -- there"}},
	),
	"context rm": withContexts(
		clientCase{flag: "force", lines: []string{"context rm -f away", "context remove away --force there"}, daemon: inUse},
		clientCase{flag: "force", lines: []string{"context rm --force=0 away", "context rm -f=false there away"},
			silent: "false is the default"},
	),
	"context export": withContexts(
		clientCase{lines: []string{"context export there", "context export away a.tar", "context export -- away -"},
			silent: "no flag of context export is left"},
	),
	"context import": withContexts(
		clientCase{lines: []string{"context import prod exported.tar", "context import prod -", "context import -- prod exported.tar"},
			silent: "context import has no flags"},
	),
	"login": {
		{flag: "username", lines: []string{"login -u a -p b", "login --username='a b' -p c reg.example:5000", "login -ua -pb ''"},
			daemon: freshHome},
		{flag: "password", lines: []string{"login -u a -p b", "login reg.example:5000 -u a --password='c=d e'"}, daemon: freshHome},
		{flag: "password-stdin", lines: []string{"login -u a --password-stdin", "login --password-stdin=true -u b reg.example:5000"},
			daemon: freshHome},
		{flag: "password-stdin", lines: []string{"login -u a -p b --password-stdin=false"}, until: "28.0", silent: "false is the default",
			daemon: freshHome},
	},
	"logout": {
		{lines: []string{"logout", "logout reg.example:5000", "logout -- other.example", "logout ''"}, silent: "logout has no flags",
			daemon: loggedIn},
	},
	"search": {
		{flag: "filter", lines: []string{"search -f is-official=true busybox", "search x --filter=stars=3 -f 'IS-AUTOMATED=false'"}},
		{flag: "format", lines: []string{"search --format '{{.Name}}' busybox", "search x --format='{{json .}}'"}},
		{flag: "limit", lines: []string{"search --limit 5 busybox", "search x --limit=0x10", "search --limit 0 x",
			"search --limit 25 -- -x"}},
		{flag: "no-trunc", lines: []string{"search --no-trunc busybox", "search --no-trunc=true x", "search --no-trunc=0 x"}},
	},
}

// TestPasswordsAreHidden parses lines that are wrong near a password, and logs one that is right.
func TestPasswordsAreHidden(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"login -u a -p " + secret + " x y", "login -u a " + secret + " y", "login --passwrd=" + secret, "login -xp" + secret,
		"login --password-stdin=no -p " + secret,
		"login --username= -p " + secret, "login -p " + secret + " -u", "login -u a --password-stdin -p " + secret,
	} {
		c, err := dockercmd.Parse(strings.Fields(line))
		if err == nil {
			err = c.Validate()
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error shows the password: %v", line, err)
		}
	}
	for password, want := range map[string]string{secret: "docker login --username=a --password=... reg.example",
		"a=" + secret: "docker login --username=a --password=... reg.example"} {
		c := &dockercmd.Login{Username: "a", Password: password, Server: "reg.example"}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "command", c)
		if got := dockercmd.Redacted(c); got != want || strings.Contains(log.String(), secret) {
			t.Errorf("got %s, want %s; the log is %s", got, want, &log)
		}
		if !slices.Contains(c.Args(), "--password="+password) {
			t.Errorf("%q: the line to run lacks the password", c.Args())
		}
	}
}

func FuzzContextEndpoint(f *testing.F) {
	fuzzValue[dockercmd.ContextEndpoint](f, "host=tcp://h:1", "host=a,b", `"ca=/a,b"`, `host=tcp://h:1,"ca=/a,b",skip-tls-verify=T`,
		"from=ab", "host=", "host=a=b", `host=a"`, `ca=a="`, "x", ",")
}
