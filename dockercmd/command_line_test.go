package dockercmd_test

import (
	"bytes"
	"errors"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/shlex"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/recorder"
)

// global returns a random set of options that go together.
func (g generator) global() dockercmd.Global {
	path := func() *string {
		return pick(g, nil, new(""), new(g.path()), new(pick(g, `'a'`, `"`, `''`, `"a b"`, `"a'`)), new(g.text()))
	}
	o := dockercmd.Global{
		Config: pick(g, "", g.path(), g.text()), Debug: g.IntN(2) == 0, LogLevel: pick(g, "", "debug", "WARN"),
		TLS:       pick(g, nil, new(false), new(true)),
		TLSCACert: path(), TLSCert: path(), TLSKey: path(), TLSVerify: pick(g, nil, new(false), new(true)),
	}
	switch g.IntN(3) {
	case 0:
		o.Host = pick(g, "tcp://h:1", "unix:///a b", "h:1", "ssh://a@h")
	case 1:
		o.Context = g.context()
	}
	return o
}

// TestParseCommandLineGivesBack holds the first law for whole lines.
func TestParseCommandLineGivesBack(t *testing.T) {
	t.Parallel()
	g := newGenerator(t)
	valid := 0
	for range 1000 {
		want := dockercmd.CommandLine{Program: pick(g, "", "podman", "/usr/bin/docker", "./a b"), Global: g.global(),
			Command: dockercmd.New(pick(g, dockercmd.Names()...))}
		g.fill(want.Command, 5)
		if want.Validate() != nil {
			continue
		}
		valid++
		got, err := dockercmd.ParseCommandLine(want.Args())
		if err != nil {
			t.Fatalf("ParseCommandLine(%q): %v", want.Args(), err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got -, want +\n%s", want.Args(), cmp.Diff(got, want))
		}
		data, err := want.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if got, err = dockercmd.ParseCommandLineJSON(data); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v: got -, want +\n%s", data, err, cmp.Diff(got, want))
		}
	}
	if valid < 300 {
		t.Errorf("%d of 1000 lines are valid: the generator makes too many that are not", valid)
	}
}

// fullGlobal has every field set, though some contradict each other.
func fullGlobal() dockercmd.Global {
	return dockercmd.Global{
		Config: "/conf", Context: "prod", Debug: true, Host: "tcp://h:2376", LogLevel: "debug", TLS: new(false),
		TLSCACert: new("ca.pem"), TLSCert: new(""), TLSKey: new("'key'"), TLSVerify: new(true),
	}
}

func TestEveryGlobalFieldHasOneFlag(t *testing.T) {
	t.Parallel()
	full := reflect.ValueOf(fullGlobal())
	owner := map[string]string{}
	for _, f := range reflect.VisibleFields(full.Type()) {
		var g dockercmd.Global
		reflect.ValueOf(&g).Elem().FieldByIndex(f.Index).Set(full.FieldByIndex(f.Index))
		var set []string
		for _, flag := range dockercmd.GlobalFlags(&g) {
			if flag.Value.IsSet() {
				set = append(set, flag.Name)
			}
		}
		if len(set) != 1 || owner[set[0]] != "" {
			t.Errorf("the field %s sets the flags %q, want one of its own", f.Name, set)
			continue
		}
		owner[set[0]] = f.Name
	}
	for _, flag := range dockercmd.GlobalFlags(new(dockercmd.Global)) {
		if owner[flag.Name] == "" {
			t.Errorf("--%s has no field", flag.Name)
		}
	}
}

// TestGlobalFlagsOfClients holds the rows to the help of each client at hand.
func TestGlobalFlagsOfClients(t *testing.T) {
	t.Parallel()
	rows := map[string]dockercmd.Flag{}
	for _, f := range dockercmd.GlobalFlags(new(dockercmd.Global)) {
		rows[f.Name] = f
	}
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		help := recorder.Start(t).Do(t, client.Path, "--help")
		found := map[string]bool{"help": true, "version": true} // no options of a line that runs: ErrHelp, ErrVersion
		for _, m := range helpFlag.FindAllStringSubmatch(help.Stdout, -1) {
			letter, name, kind := m[1], m[2], m[3]
			row, ok := rows[name]
			if !ok && !found[name] {
				t.Errorf("--%s has no row", name)
			}
			if found[name] {
				continue
			}
			found[name] = true
			if got := strings.Trim(string(rune(row.Short)), "\x00"); got != letter {
				t.Errorf("--%s: letter %q, want %q", name, got, letter)
			}
			if got := row.Value.Type(); got != kind && specialTypes[kind] != got && kind != "list" {
				t.Errorf("--%s: type %q, want %q", name, got, kind)
			}
		}
		for name := range rows {
			if !found[name] {
				t.Errorf("--%s is no option of docker's\n%s", name, help.Stdout)
			}
		}
	})
}

func TestCommandLineTexts(t *testing.T) {
	t.Parallel()
	l := dockercmd.CommandLine{Program: "/opt/my docker", Global: fullGlobal(), Command: &dockercmd.Run{Env: []string{"A=" + secret},
		Image: "busybox", Command: []string{"-x"}}}
	if got, want := l.String(), `'/opt/my docker' --config=/conf --context=prod --debug --host=tcp://h:2376 --log-level=debug --tls=false --tlscacert=ca.pem '--tlscert='"'"''"'"'' `+
		`'--tlskey='"'"''"'"'key'"'"''"'"'' --tlsverify run --env=A=`+secret+` busybox -x`; got != want {
		t.Errorf("String:\ngot  %s\nwant %s", got, want)
	}
	if got, want := l.Redacted(), strings.ReplaceAll(l.String(), secret, "..."); got != want {
		t.Errorf("Redacted:\ngot  %s\nwant %s", got, want)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "line", l)
	if strings.Contains(log.String(), secret) || !strings.Contains(log.String(), "--context=prod") {
		t.Errorf("the log is %s", &log)
	}
	for _, tt := range []struct {
		line dockercmd.CommandLine
		want string
	}{
		{dockercmd.CommandLine{Command: &dockercmd.Ps{All: true}}, `{"command":"ps","all":true}`},
		{
			dockercmd.CommandLine{Program: "podman", Global: dockercmd.Global{Host: "h:1", Debug: true, TLS: new(false)},
				Command: &dockercmd.Wait{Containers: []string{"w1"}}},
			`{"program":"podman","global":{"debug":true,"host":"h:1","tls":false},"command":{"command":"wait","operands":["w1"]}}`,
		},
	} {
		if got, err := tt.line.MarshalJSON(); string(got) != tt.want || err != nil {
			t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
		}
	}
	for text, want := range map[string]string{
		`{"global":{"hst":"h:1"},"command":{"command":"ps"}}`:        `docker: the key "hst" is no option of docker's`,
		`{"global":{"host":["h:1"]},"command":{"command":"ps"}}`:     `docker: the key "host" is no option of docker's that takes one value`,
		`{"global":{"debug":"perhaps"},"command":{"command":"ps"}}`:  `docker: --debug: "perhaps" is neither true nor false`,
		`{"global":3,"command":{"command":"ps"}}`:                    `JSON of docker's options: it is not an object`,
		`{"program":"podman","command":{"command":"run","bogus":1}}`: `run: the key "bogus" is no flag of it`,
	} {
		if l, err := dockercmd.ParseCommandLineJSON([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, %v, want the error %s", text, l, err, want)
		}
	}
}

func TestParseCommandLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"docker ps -a":                            "docker ps --all",
		"/usr/bin/docker -DH tcp://h:1 wait w1":   "/usr/bin/docker --debug --host=tcp://h:1 wait w1",
		"podman --context=a --context b ps":       "podman --context=b ps",
		"docker -c prod -lwarn run img -D":        "docker --context=prod --log-level=warn run img -D",
		"docker -D=false --config= -- ps":         "docker ps",
		"docker --host -- wait w1":                "docker --host=-- wait w1",
		`docker --tlskey "'a'" --tlscert '""' ps`: "docker --tlscert='' --tlskey=a ps",
		"docker --tls=0 --tlsverify=false run -h": "", // the value of -h is missing
	} {
		words, err := shlex.Split(line)
		if err != nil {
			t.Fatal(err)
		}
		got, err := dockercmd.ParseCommandLine(words)
		if (err != nil) != (want == "") || err == nil && strings.Join(got.Args(), " ") != want {
			t.Errorf("%s: got %q, %v, want %s", line, got.Args(), err, want)
		}
	}
}

func TestParseCommandLineErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line string // words between spaces
		want string // the beginning
		kind error
	}{
		{"docker", "unknown command: no word behind docker; give one such as run", dockercmd.ErrUnknownCommand},
		{"docker -D", "unknown command: no word behind docker; give one such as run", dockercmd.ErrUnknownCommand},
		{"docker docker ps", `unknown command "docker"; give one of docker's`, dockercmd.ErrUnknownCommand},
		{"docker -- -D ps", `unknown command "-D"; give one of docker's`, dockercmd.ErrUnknownCommand},
		{"docker --debug false ps", `unknown command "false"; give one that is typed here`, dockercmd.ErrUnknownCommand},
		{"ps -a", `"ps" is a command of docker's, no program; put docker in front`, nil},
		{"context ls", `"context" is a command of docker's, no program; put docker in front`, nil},
		{"-D ps", `the program "-D" begins with a dash; give docker`, nil},
		{"docker -H a -H b ps", "docker: --host: it stands twice; name one engine", nil},
		{"docker -Ha --host=b ps", "docker: --host: it stands twice; name one engine", nil},
		{"docker --host= ps", "docker: --host: it is empty; docker's own socket is unix:///var/run/docker.sock", nil},
		{"docker --tlskey=' ps", `docker: --tlskey: "'" is a quote alone, which docker cannot read; give a path`, nil},
		{"docker --tlscert= ps", "docker: --tlscert: it is empty, which docker cannot read; write two quotes for an empty path", nil},
		{"docker --debug=x ps", `docker: --debug: "x" is neither true nor false`, nil},
		{"docker --hosst=a ps", "docker: unknown option --hosst; did you mean --host?", nil},
		{"docker --tlsverfy ps", "docker: unknown option --tlsverfy; did you mean --tlsverify?", nil},
		{"docker --name=a run", "docker: --name is no option in front of the subcommand; options of the subcommand stand behind it", nil},
		{"docker -DZ" + secret + " ps", "docker: -Z is no option in front of the subcommand; options of the subcommand stand behind it",
			nil},
		{"docker --=" + secret + " ps", "docker: bad flag syntax: no name behind the dashes", nil},
		{"docker --host", "docker: flag needs an argument: --host", nil},
		{"docker --help", "docker: the line asks for help", dockercmd.ErrHelp},
		{"docker -h ps", "docker: the line asks for help", dockercmd.ErrHelp},
		{"docker ps --help", "ps: the line asks for help", dockercmd.ErrHelp},
		{"docker --version", "docker: the line asks for the client's version; leave --version out, or use the command version",
			dockercmd.ErrVersion},
		{"docker -vD ps", "docker: the line asks for the client's version; leave --version out, or use the command version",
			dockercmd.ErrVersion},
		{"docker wait -H a w1", "wait: flag -H at word 3: unknown", nil},
		{"docker ps --context=a", "ps: flag --context at word 3: unknown", nil},
	}
	for _, tt := range tests {
		l, err := dockercmd.ParseCommandLine(strings.Fields(tt.line))
		switch {
		case err == nil:
			t.Errorf("%s: got %q, want an error", tt.line, l.Args())
		case !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), secret):
			t.Errorf("%s:\ngot  %v\nwant %s", tt.line, err, tt.want)
		case tt.kind != nil && !errors.Is(err, tt.kind):
			t.Errorf("%s: %v is not %v", tt.line, err, tt.kind)
		}
	}
	for _, argv := range [][]string{nil, {"", "ps"}, {"a\x00b", "ps"}} {
		if l, err := dockercmd.ParseCommandLine(argv); err == nil {
			t.Errorf("%q: got %q, want an error", argv, l.Args())
		}
	}
}

// TestParseRefusesGlobalOptions holds Parse to say where such options are read.
func TestParseRefusesGlobalOptions(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"docker --context=" + secret +
			" ps": "docker: --context stands in front of the subcommand; use ParseCommandLine, which reads such options",
		"-H" + secret + " ps": "docker: -H stands in front of the subcommand; use ParseCommandLine, which reads such options",
		"docker --help":       "docker: the line asks for help",
		"docker -v":           "docker: the line asks for the client's version; use the command version",
	} {
		if c, err := dockercmd.Parse(strings.Fields(line)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, %v, want %s", line, c, err, want)
		}
	}
}

func TestValidateCommandLine(t *testing.T) {
	t.Parallel()
	ps := &dockercmd.Ps{}
	for _, tt := range []struct {
		line dockercmd.CommandLine
		want string
	}{
		{dockercmd.CommandLine{Program: "docker", Command: ps}, ""},
		{dockercmd.CommandLine{}, "docker: COMMAND: none given; give one such as &Ps{}"},
		{dockercmd.CommandLine{Program: "-x", Command: ps},
			`docker: PROGRAM: the program "-x" begins with a dash; give docker, or a path to it`},
		{dockercmd.CommandLine{Global: dockercmd.Global{Host: "h:1", Context: "ab"}, Command: ps},
			"docker: --host: docker takes it or --context, not both; leave one out"},
		{dockercmd.CommandLine{Global: dockercmd.Global{Host: "http://h"}, Command: ps},
			`docker: --host: the scheme "http" is unknown; give unix:///path, tcp://host:port or ssh://user@host`},
		{dockercmd.CommandLine{Global: dockercmd.Global{Host: "/run/docker.sock"}, Command: ps},
			"docker: --host: a path alone is one on tcp://localhost to docker; put unix:// in front"},
		{dockercmd.CommandLine{Global: dockercmd.Global{Host: "ssh://a:" + secret + "@h"}, Command: ps},
			"docker: --host: docker takes no password in an ssh address; use a key"},
		{dockercmd.CommandLine{Global: dockercmd.Global{Host: " h"}, Command: ps},
			"docker: --host: it begins or ends with white space, which docker drops"},
		{dockercmd.CommandLine{Global: dockercmd.Global{LogLevel: "loud"}, Command: ps},
			`docker: --log-level: "loud" is no level; use debug, info, warn, error or fatal`},
		{dockercmd.CommandLine{Global: dockercmd.Global{TLSKey: new("a\x00")}, Command: &dockercmd.Wait{}},
			"docker: --tlskey: a NUL byte at offset 1; no program can be given it\n" +
				"wait: CONTAINER: none given; name at least one container"},
	} {
		err := tt.line.Validate()
		if got := errorText(err); got != tt.want {
			t.Errorf("%q:\ngot  %s\nwant %s", tt.line.Args(), got, tt.want)
		}
		if _, ok := errors.AsType[*dockercmd.FieldError](err); tt.want != "" && !ok {
			t.Errorf("%v is no *FieldError", err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// The daemons of options: DOCKER_HOST leads nowhere, unless the option needs it.
var (
	nowhere   = []string{"DOCKER_HOST=unix:///nowhere"}
	elsewhere = &recorder.Daemon{Env: nowhere, Home: func() map[string]string {
		home := contextHome()
		home[contextFile("here")] = contextMeta("here", "the same daemon", "unix://$SOCKET")
		return home
	}()}
	configured = &recorder.Daemon{Files: map[string]string{
		"one/config.json": `{"psFormat":"{{.Names}}"}`, "two/config.json": `{"psFormat":"{{.ID}}"}`,
	}}
	tlsAsked = &recorder.Daemon{Env: []string{"DOCKER_TLS=1"}}
	tlsBare  = &recorder.Daemon{TLS: true, Files: recorder.PEM()}
	tlsHome  = &recorder.Daemon{TLS: true, Files: recorder.PEM(), Home: map[string]string{
		".docker/ca.pem": recorder.PEM()["ca.pem"], ".docker/cert.pem": recorder.PEM()["cert.pem"],
		".docker/key.pem": recorder.PEM()["key.pem"],
	}}
)

var globalCases = []clientCase{
	{flag: "config", lines: []string{"--config one ps", "--config=two ps", "--config two --config one ps"}, daemon: configured},
	{flag: "context", lines: []string{"-c there wait w1", "--context=here ps -a", "-cthere ps",
		"--context away --context there wait w1"}, daemon: elsewhere},
	{flag: "debug", lines: []string{"-D info", "--debug=true info", "-D=false info"}},
	{flag: "host", lines: []string{"-H unix://$SOCKET wait w1", "--host=unix://$SOCKET ps", "-DHunix://$SOCKET wait w1",
		"-H=unix://../s wait w1", "-DH ' unix://../s' -- ps"}, daemon: elsewhere},
	{flag: "log-level", lines: []string{"-l debug exec w1 true", "--log-level=trace run busybox", "--log-level= -lwarn exec w1 true"}},
	{flag: "tls", lines: []string{"--tls wait w1", "--tls=true ps"}, daemon: tlsHome},
	{flag: "tls", lines: []string{"--tls=false wait w1", "--tls=0 ps"}, daemon: tlsAsked},
	{flag: "tlscacert", lines: []string{"--tlsverify --tlscacert ca.pem wait w1", `--tlsverify --tlscacert='"ca.pem"' ps`,
		`--tls --tlscacert "''" wait w1`, `--tls '--tlscacert=""' ps`}, daemon: tlsBare},
	{flag: "tlscert", lines: []string{"--tls --tlscert cert2.pem --tlskey=key2.pem wait w1",
		`--tls --tlscert="''" --tlskey '""' wait w1`}, daemon: tlsHome},
	{flag: "tlskey", lines: []string{"--tls --tlscert cert2.pem --tlskey=key2.pem wait w1",
		`--tls --tlscert="''" --tlskey '""' wait w1`}, daemon: tlsHome},
	{flag: "tlsverify", lines: []string{"--tlsverify wait w1", "--tlsverify=false wait w1", "--tlsverify=1 --tls=false ps"},
		daemon: tlsHome},
}

// TestCanonicalCommandLinesMeanTheSame holds the second law for whole lines, for each option and client.
func TestCanonicalCommandLinesMeanTheSame(t *testing.T) {
	t.Parallel()
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		for _, c := range globalCases {
			d := recorder.Daemon{}
			if c.daemon != nil {
				d = *c.daemon
			}
			b := &bench{recorder: d.Start(t), client: client, mu: sync.Mutex{}, done: map[string]func() recorder.Result{}}
			t.Run(c.flag, func(t *testing.T) {
				t.Parallel()
				c.runLines(t, b)
			})
		}
	})
}

var logTime = regexp.MustCompile(`time="[^"]*"`)

func (c clientCase) runLines(t *testing.T, b *bench) {
	shows, values := false, map[string]bool{}
	for _, line := range c.lines {
		words, err := shlex.Split(line)
		if err != nil {
			t.Fatal(err)
		}
		l, err := dockercmd.ParseCommandLine(append([]string{"docker"}, words...))
		if err != nil {
			t.Errorf("%q: %v", words, err)
			continue
		}
		for _, f := range dockercmd.GlobalFlags(&l.Global) {
			if f.Name == c.flag {
				values[strings.Join(f.Value.Texts(), "\x00")] = true
			}
		}
		do := func(words []string) recorder.Result {
			r := b.do(t, words)
			log := strings.Split(logTime.ReplaceAllString(r.Stderr, ""), "\n")
			slices.Sort(log) // streams end side by side
			r.Stderr = strings.Join(log, "\n")
			return r
		}
		raw := do(words)
		if raw.Exit != 0 {
			t.Errorf("%q: exit %d of the client\n%s", words, raw.Exit, raw.Stderr)
		}
		args := l.Args()[1:]
		if diff := cmp.Diff(do(args), raw); diff != "" {
			t.Errorf("the client does not take %q for %q\ncanonical -, as written +\n%s", args, words, diff)
		}
		without := slices.DeleteFunc(slices.Clone(args), func(w string) bool {
			return w == "--"+c.flag ||
				strings.HasPrefix(w, "--"+c.flag+"=")
		})
		shows = shows || !cmp.Equal(do(without), raw)
	}
	if shows != (c.silent == "") {
		t.Errorf("--%s shows in what the client does: %t, silent: %q", c.flag, shows, c.silent)
	}
	if len(values) == 0 {
		t.Errorf("no line has --%s", c.flag)
	}
}

// TestEveryGlobalFlagHasClientCases keeps the table whole: each option with two values at least.
func TestEveryGlobalFlagHasClientCases(t *testing.T) {
	t.Parallel()
	values := map[string]map[string]bool{}
	for _, c := range globalCases {
		for _, line := range c.lines {
			words, err := shlex.Split(line)
			if err != nil {
				t.Fatal(err)
			}
			l, err := dockercmd.ParseCommandLine(append([]string{"docker"}, words...))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range dockercmd.GlobalFlags(&l.Global) {
				if f.Name == c.flag {
					if values[f.Name] == nil {
						values[f.Name] = map[string]bool{}
					}
					values[f.Name][strings.Join(f.Value.Texts(), "\x00")] = true
				}
			}
		}
	}
	for _, f := range dockercmd.GlobalFlags(new(dockercmd.Global)) {
		if len(values[f.Name]) < 2 {
			t.Errorf("--%s: %d values in globalCases, want 2 at least", f.Name, len(values[f.Name]))
		}
	}
}

// FuzzParseCommandLine takes words between NUL bytes. What is read, it gives back unchanged once it is rendered.
func FuzzParseCommandLine(f *testing.F) {
	for _, line := range []string{"docker ps -a", "/usr/bin/docker -DH tcp://h:1 wait w1",
		"podman --tlskey=\"'a'\" --tlscert= -- run -d img", "docker --log-level x -cab ps", "-D\x00docker"} {
		f.Add(strings.ReplaceAll(line, " ", "\x00"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Split(text, "\x00")
		first, err := dockercmd.ParseCommandLine(words)
		if err != nil {
			return
		}
		again, err := dockercmd.ParseCommandLine(first.Args())
		if err != nil || !reflect.DeepEqual(first, again) {
			t.Fatalf("%q became %q, %v: first -, again +\n%s", words, first.Args(), err, cmp.Diff(first, again))
		}
		_, _ = first.Validate(), first.Redacted()
		if _, err := first.MarshalJSON(); err != nil {
			t.Fatal(err)
		}
	})
}
