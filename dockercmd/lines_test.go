package dockercmd_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/shellline"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/recorder"
)

// pasted is a docker line as somebody wrote it for a shell.
type pasted struct {
	Line string   // with all that stands around it
	Argv []string // what a shell hands over; nil is to be found out
	ID   string
	Kind string // the subcommand

	// SplitError says that no shell can split the line.
	SplitError string `json:"split_error"`
	// Subst are the command substitutions in it, for which Argv has words of somebody's choice.
	Subst []string
	// Valid is whether the client 28.2.2 takes it; nil is to be found out.
	Valid *bool

	// Refused is a part of our error: of Parse or of a client's problem for a line that the client refuses, of an engine's problem
	// for one that it takes.
	Refused string
	// Misread says what docker makes of a line that this package refuses although the client takes it.
	Misread string
	// Differs says why the client's requests differ from those for the canonical form, although they mean the same.
	Differs string
	// Anyway says why this package takes a line that the client refuses.
	Anyway string
}

// ourLines are the files of our own lines.
var ourLines = []string{
	"../testdata/dockercmd/lines-of-ours.jsonl", "../testdata/dockercmd/lines-of-values.jsonl",
	"../testdata/dockercmd/lines-of-services.jsonl", "../testdata/dockercmd/lines-of-others.jsonl",
}

func readPasted(t *testing.T, path string) []pasted {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []pasted
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if strings.HasPrefix(s.Text(), "//") || s.Text() == "" {
			continue
		}
		var l pasted
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%s: %q: %v", path, s.Text(), err)
		}
		if l.ID == "" {
			l.ID = l.Line
		}
		lines = append(lines, l)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// linesEnv gives each variable of pasted lines a value.
func linesEnv(name string) (string, bool) {
	switch {
	case name == "HOME":
		return "/home/u", true
	case name == "PWD":
		return "/srv/dir", true
	case name == "SOCKET": // where the recorder listens: it fills that in
		return "$SOCKET", true
	case name == "UID":
		return "1000", true
	case strings.Contains(strings.ToUpper(name), "PORT"):
		return "8080", true
	}
	return "var", true
}

// TestPastedLines holds lines as people write them to what the real client makes of them: what it takes is parsed, has no
// ClientProblems, and the canonical form means the same to it; what it refuses is refused by Parse, or a client's problem. The
// lines are ours, and those of a file that DOCKERCMD_LINES names, in the same form. It runs the client once or twice for each
// line; -short takes every tenth.
func TestPastedLines(t *testing.T) {
	t.Parallel()
	files := slices.Clone(ourLines)
	if path := os.Getenv("DOCKERCMD_LINES"); path != "" {
		if !filepath.IsAbs(path) {
			path = filepath.Join("..", path)
		}
		files = append(files, path)
	}
	clients := enginetest.Clients(t)
	clients = slices.DeleteFunc(clients, func(c enginetest.Client) bool { return olderThan(c.Version, "28.0") })
	if len(clients) == 0 {
		enginetest.Missing(t, "there is no docker client of 28.0 or later on PATH")
	}
	rig := linesRig{
		plain: &bench{recorder: recorder.Start(t), client: clients[0], done: map[string]func() recorder.Result{}},
		files: &bench{recorder: recorder.Daemon{Files: standIns}.Start(t), client: clients[0], done: map[string]func() recorder.Result{}},
	}
	for _, path := range files {
		for i, l := range readPasted(t, path) {
			if testing.Short() && i%10 != 0 {
				continue
			}
			t.Run(l.ID, func(t *testing.T) {
				t.Parallel()
				rig.hold(t, l)
			})
		}
	}
}

// says reports whether an error holds a text, wherever the word at fault stands.
func says(err error, text string) bool {
	return strings.Contains(wordPlace.ReplaceAllString(err.Error(), ""), text)
}

var wordPlace = regexp.MustCompile(` at word \d+`)

// linesRig runs lines as they are, and with stand-ins for the files that they want.
type linesRig struct{ plain, files *bench }

// standIns are files that a client can read in place of the one that a line names.
var standIns = map[string]string{"stand-in.env": "A=b\n", "stand-in.json": "{}"}

// replaced has every name of a missing file in args replaced.
func replaced(args []string, missing map[string]string) []string {
	args = slices.Clone(args)
	for name, standIn := range missing {
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], name, standIn)
		}
	}
	return args
}

var noFile = regexp.MustCompile(`open(?:ing seccomp profile \(.*\) failed: open)? (\S+): no such file or directory`)

func (r linesRig) hold(t *testing.T, l pasted) {
	split, err := shellline.Split(l.Line, linesEnv)
	switch {
	case l.SplitError != "":
		if err == nil {
			t.Errorf("split into %q, and no shell can: %s", split.Argv(), l.SplitError)
		}
		return
	case l.Argv == nil:
		if err != nil {
			t.Fatal(err)
		}
		l.Argv = split.Argv()
	case len(l.Subst) == 0:
		if err != nil {
			t.Fatalf("split: %v", err)
		}
		if diff := cmp.Diff(split.Argv(), l.Argv); diff != "" {
			t.Fatalf("split -, of a shell +\n%s", diff)
		}
	}
	args := l.Argv[1:]
	raw := r.plain.do(t, args)
	run := func(args []string) recorder.Result { return r.plain.do(t, args) }
	missing := map[string]string{}
	for range 5 {
		m := noFile.FindStringSubmatch(raw.Stderr)
		if m == nil {
			break
		}
		missing[m[1]] = "stand-in.env"
		if strings.Contains(m[0], "seccomp") {
			missing[m[1]] = "stand-in.json"
		}
		run = func(args []string) recorder.Result { return r.files.do(t, replaced(args, missing)) }
		raw = run(args)
	}
	if strings.Contains(raw.Stderr, "the input device is not a TTY") { // detached it needs none, and create never does
		attached := run
		run = func(args []string) recorder.Result {
			at := slices.IndexFunc(args, func(w string) bool { return w == "run" || w == "exec" })
			return attached(slices.Insert(slices.Clone(args), at+1, "--detach"))
		}
		if raw = run(args); strings.Contains(raw.Stderr, "cannot specify both --attach and --detach") {
			run = func(args []string) recorder.Result {
				args = slices.Clone(args)
				args[slices.Index(args, "run")] = "create"
				return attached(args)
			}
			raw = run(args)
		}
	}
	taken := raw.Exit == 0
	if l.Valid != nil && *l.Valid != taken {
		t.Fatalf("the client's exit is %d: %s", raw.Exit, raw.Stderr)
	}
	cmd, err := dockercmd.ParseCommandLine(l.Argv)
	if taken && (errors.Is(err, dockercmd.ErrHelp) || errors.Is(err, dockercmd.ErrVersion)) {
		return
	}
	var problem error
	if err == nil {
		problem = cmd.Validate()
		err = dockercmd.ClientProblems(problem)
	}
	switch {
	case taken && err != nil && l.Misread == "":
		t.Fatalf("the client takes %q: %v", args, err)
	case taken && err == nil && l.Misread != "":
		t.Errorf("%q is taken, and docker misreads it: %s", args, l.Misread)
	case !taken && err == nil && l.Anyway == "":
		t.Errorf("%q is taken, and the client says: %s", args, raw.Stderr)
	case !taken && err != nil && l.Anyway != "":
		t.Errorf("%q is refused: %v\ntaken anyway: %q", args, err, l.Anyway)
	case err != nil && l.Valid == nil && !says(err, l.Refused):
		t.Errorf("%q is refused: %v\nwant %q", args, err, l.Refused)
	}
	if !taken || err != nil {
		return
	}
	if l.Argv[0] == "docker" && len(l.Subst) == 0 && !strings.HasPrefix(args[0], "-") {
		if parsed, err := shellline.Parse(l.Line, linesEnv); err != nil || !slices.Equal(parsed.Args(), cmd.Command.Args()) {
			t.Errorf("shellline.Parse: %v, %v; ParseCommandLine: %v", parsed, err, cmd)
		}
	}
	canonical := cmd.Args()
	if diff := cmp.Diff(run(canonical[1:]), raw); (diff != "") != (l.Differs != "") {
		t.Errorf("the client does not take %q for %q\ncanonical -, as written +\n%s\nlisted as different: %q", canonical, args, diff,
			l.Differs)
	}
	if again, err := dockercmd.ParseCommandLine(canonical); err != nil || !slices.Equal(again.Args(), canonical) {
		t.Errorf("%q is not read back: %v, %v", canonical, again, err)
	}
	switch {
	case l.Valid != nil: // others' lines may be bad
	case problem == nil && l.Refused != "":
		t.Errorf("%q is valid, want a problem with %q", args, l.Refused)
	case problem != nil && (l.Refused == "" || !says(problem, l.Refused)):
		t.Errorf("%q: Validate says %v, want %q", args, problem, l.Refused)
	}
}
