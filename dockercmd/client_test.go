package dockercmd_test

import (
	"fmt"
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

// clientCase is one flag, and lines that use it in several spellings and with several values.
type clientCase struct {
	flag  string
	lines []string // the words behind docker, as a shell takes them
	// since is the first docker version whose client takes the values; "" is every version that has the flag.
	since string
	// until is the first docker version whose client refuses the values.
	until string
	// engine is the first docker version whose engine takes the values: an older client sends them all the same.
	engine string
	// silent says why a client's requests and output do not show the flag; "" is that they do.
	silent string
	daemon *recorder.Daemon // nil is the zero Daemon
}

// bench runs lines against one daemon, each line once: many cases share their canonical lines.
type bench struct {
	recorder *recorder.Recorder
	client   enginetest.Client

	mu   sync.Mutex
	done map[string]func() recorder.Result
}

func (b *bench) do(t *testing.T, args []string) recorder.Result {
	key := strings.Join(args, "\x00")
	b.mu.Lock()
	result := b.done[key]
	if result == nil {
		result = sync.OnceValue(func() recorder.Result { return settled(args, b.recorder.Do(t, b.client.Path, args...)) })
		b.done[key] = result
	}
	b.mu.Unlock()
	return result()
}

// settled takes out of a result what differs from run to run, and the notices that clients print for an old spelling.
func settled(args []string, r recorder.Result) recorder.Result {
	if slices.ContainsFunc(args[:min(2, len(args))], func(w string) bool { return slices.Contains(sideBySide, w) }) {
		slices.SortStableFunc(r.Requests, func(a, b recorder.Request) int { return strings.Compare(a.Path, b.Path) })
	}
	r.Stdout = strings.TrimPrefix(r.Stdout, "Flag --time has been deprecated, use --timeout instead\n")
	r.Stderr = logLine.ReplaceAllString(r.Stderr, "")
	return r
}

// sideBySide are the commands whose client asks several things side by side, such as to stop each container.
var sideBySide = []string{"attach", "rm", "remove", "stop", "kill", "restart", "pause", "unpause", "update", "stats"}

var logLine = regexp.MustCompile(`(?m)^time=.* level=warning .*\n`)

// TestCanonicalLinesMeanTheSame holds the second law: a line as people write it and its canonical form make the real client send
// the same requests and print the same. A flag that a client lacks is refused by the client and by Check alike. It runs the
// clients thousands of times; -short takes two lines of each case.
func TestCanonicalLinesMeanTheSame(t *testing.T) {
	t.Parallel()
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		benches := map[*recorder.Daemon]*bench{}
		for command, cases := range clientCases() {
			for _, c := range cases {
				if benches[c.daemon] == nil {
					d := recorder.Daemon{}
					if c.daemon != nil {
						d = *c.daemon
					}
					benches[c.daemon] = &bench{recorder: d.Start(t), client: client, done: map[string]func() recorder.Result{}}
				}
				t.Run(command+"/"+c.flag, func(t *testing.T) {
					t.Parallel()
					c.run(t, benches[c.daemon])
				})
			}
		}
	})
}

func (c clientCase) run(t *testing.T, b *bench) {
	engine := dockercmd.Engine{Version: b.client.Version}
	shows, lacks := false, false
	lines := c.lines
	if testing.Short() {
		lines = lines[:min(2, len(lines))]
	}
	for _, line := range lines {
		words, err := shlex.Split(line)
		if err != nil {
			t.Fatal(err)
		}
		cmd, err := dockercmd.Parse(words)
		if err != nil {
			t.Errorf("Parse(%q): %v", words, err)
			continue
		}
		raw := b.do(t, words)
		unsupported := engine.Check(cmd)
		if c.engine != "" && olderThan(b.client.Version, c.engine) {
			if unsupported == nil {
				t.Errorf("%q: Check takes it for an engine before %s", words, c.engine)
			}
			unsupported = nil
		}
		switch refused := raw.Exit != 0; {
		case refused != (unsupported != nil || !c.known(b.client)):
			t.Errorf("%q: exit %d of the client, Check says %v, listed for %q to %q\n%s", words, raw.Exit, unsupported, c.since, c.until,
				raw.Stderr)
		case refused:
			lacks = true
		default:
			for _, args := range [][]string{engine.Args(cmd), dockercmd.Engine{}.Args(cmd)} {
				if diff := cmp.Diff(b.do(t, args), raw); diff != "" {
					t.Errorf("the client does not take %q for %q\ncanonical -, as written +\n%s", args, words, diff)
				}
			}
			shows = shows || !cmp.Equal(b.do(t, without(cmd, c.flag)), raw)
		}
	}
	if !lacks && shows != (c.silent == "") {
		t.Errorf("--%s shows in what the client does: %t, silent: %q", c.flag, shows, c.silent)
	}
}

// known reports whether the client knows the values of the case.
func (c clientCase) known(client enginetest.Client) bool {
	return (c.since == "" || !olderThan(client.Version, c.since)) && (c.until == "" || olderThan(client.Version, c.until))
}

// olderThan compares MAJOR.MINOR.
func olderThan(version, other string) bool {
	numbers := func(s string) [2]int {
		var v [2]int
		if _, err := fmt.Sscanf(s, "%d.%d", &v[0], &v[1]); err != nil {
			panic(err)
		}
		return v
	}
	v, o := numbers(version), numbers(other)
	return slices.Compare(v[:], o[:]) < 0
}

// without returns the canonical line of cmd less one flag.
func without(cmd dockercmd.Command, flag string) []string {
	if flag == "" {
		return cmd.Args()
	}
	if flag == "timeout" {
		flag = "t" // the spelling that every version takes
	}
	return slices.DeleteFunc(cmd.Args(), func(w string) bool {
		name, _, _ := strings.Cut(w, "=")
		return name == "--"+flag || name == "-"+flag
	})
}

// TestEveryFlagHasClientCases keeps the table whole: each flag that docker has on Linux, with two values at least.
func TestEveryFlagHasClientCases(t *testing.T) {
	t.Parallel()
	cases := clientCases()
	for _, name := range dockercmd.Names() {
		values := map[string]map[string]bool{}
		for _, c := range cases[name] {
			for _, line := range c.lines {
				words, err := shlex.Split(line)
				if err != nil {
					t.Fatal(err)
				}
				cmd, err := dockercmd.Parse(words)
				if err != nil {
					t.Errorf("Parse(%q): %v", words, err)
					continue
				}
				for _, f := range dockercmd.Flags(cmd) {
					if f.Name != c.flag {
						continue
					}
					if values[f.Name] == nil {
						values[f.Name] = map[string]bool{}
					}
					values[f.Name][strings.Join(f.Value.Texts(), "\x00")] = true
				}
			}
		}
		for _, f := range dockercmd.Flags(dockercmd.New(name)) {
			if len(values[f.Name]) < 2 {
				t.Errorf("%s --%s: %d values before the real clients, want 2 at least: add lines to clientCases in client_cases_test.go",
					name, f.Name, len(values[f.Name]))
			}
		}
	}
}
