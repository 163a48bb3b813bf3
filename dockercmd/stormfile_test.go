package dockercmd_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/golden"
)

const testdata = "../testdata/dockercmd"

// launcherRun is one command file given to the real worker-launcher: its exit code, and the words that docker received.
type launcherRun struct {
	File string
	Exit int
	Argv []string
}

// corpus reads testdata's record of the real worker-launcher.
func corpus(t testing.TB) []launcherRun {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata, "storm", "corpus.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var runs []launcherRun
	for d := json.NewDecoder(f); d.More(); {
		var r launcherRun
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, r)
	}
	if len(runs) != 78 {
		t.Fatalf("the corpus has %d runs, want 78", len(runs))
	}
	return runs
}

func TestReadStormPredictsTheLauncher(t *testing.T) {
	t.Parallel()
	for _, r := range corpus(t) {
		t.Run(r.File, func(t *testing.T) {
			t.Parallel()
			got := launcherRun{File: r.File}
			var err error
			got.Argv, err = dockercmd.ReadStorm([]byte(r.File))
			if refused, ok := errors.AsType[*dockercmd.StormError](err); ok {
				got.Exit = refused.Exit
			} else if err != nil {
				t.Errorf("%v is no *StormError", err)
			}
			if diff := cmp.Diff(got, r); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

// TestCheckStormRefusesMore holds a verdict on each file of the corpus: 0 ok is what CheckStorm takes, 0 with a reason what
// the launcher alone would take.
func TestCheckStormRefusesMore(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	longer := strings.NewReplacer("--name=w ", "--name=w1 ", "--name w ", "--name w1 ") // docker refuses names of one letter
	for _, r := range corpus(t) {
		verdict := "ok"
		r.File = longer.Replace(r.File)
		if err := dockercmd.CheckStorm([]byte(r.File)); err != nil {
			verdict = err.Error()
		}
		fmt.Fprintf(&b, "%d %q\n\t%s\n", r.Exit, r.File, verdict)
	}
	golden.Dir(testdata).CheckString(t, "storm/verdicts.txt", b.String())
}

func TestStormCannot(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		exit       int
		reason     string
	}{
		{"a dashed command without dashes", "run --name=w1 img bash -c foo", dockercmd.StormRefused, `the letter 'c' is unknown in "-c"`},
		{"a dashed exec without dashes", "exec w1 ls -l", dockercmd.StormRefused, `the letter 'l' is unknown in "-l"`},
		{"a letter that it steals", "run --name=w1 img bash -d foo", 0,
			`"-d" behind the first operand is taken for an option and moved to the front; put "--" before the operands`},
		{"an option of the program", "run --name=w1 img prog --name=evil", 0,
			`"--name=evil" behind the first operand is taken for an option and moved to the front; put "--" before the operands`},
		{"options behind dashes", "run -- --privileged -v /:/host --pid=host img sh -c id", 0,
			`"--privileged" behind "--" reaches docker as an option`},
		{"a bundle behind -v", "rm -vf w1", 0, `docker takes "rm -vf w1" for another command than "rm -v f w1", which it would be given`},
		{"dashes behind the container", "exec w1 -- ls -l", 0, `"--" behind the first operand is dropped; put it before the operands`},
		{"a quoted path", "run --name=w1 -v '/a b:/c' img sh", 0, `docker would refuse it: run: --volume: `},
		{"no image", "run --name=w1", 0, "docker would refuse it: run: no IMAGE"},
		{"an option of another command", "stop --name=w1 w1", 0, "docker would refuse it: stop: flag --name at word 3: unknown"},
		{"the beginning of an option", "run --na=w1 img", 0,
			"docker would refuse it: run: flag --na at word 3: unknown; did you mean --name?"},
		{"a line that is too long", "run --name=w1 img " + strings.Repeat("x", dockercmd.StormLimit), 0,
			"the line is cut off at 131071 bytes"},
		{"nothing behind pull", "pull", dockercmd.StormCrash, "pull without an image"},
		{"a word behind the image of pull", "pull img --all-tags", 0, `the words behind "img" are dropped`},
		{"an image that docker refuses", "pull a//b", 0, `docker would refuse it: pull: NAME: `},
		{"an image's id", "pull sha256:" + strings.Repeat("0", 64), 0, `docker would refuse it: pull: NAME: `},
		{"an option of another kind of images", "images --name=w1", 0, "docker would refuse it: images: flag --name at word 3: unknown"},
		{"an image in upper case", "pull Img", dockercmd.StormBadImage, `"Img" is no image for it: lower case, and no digest`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := dockercmd.CheckStorm([]byte(tt.file))
			refused, ok := errors.AsType[*dockercmd.StormError](err)
			if !ok {
				t.Fatalf("got %v, want a *StormError", err)
			}
			if refused.Exit != tt.exit || !strings.HasPrefix(refused.Reason, tt.reason) {
				t.Errorf("got %d %q, want %d %q", refused.Exit, refused.Reason, tt.exit, tt.reason)
			}
		})
	}
}

// TestCheckStormTakesWhatCheckTakes holds the two ways to a command file together: what Engine.Check takes, CheckStorm takes
// in the file, and docker receives that very command.
func TestCheckStormTakesWhatCheckTakes(t *testing.T) {
	t.Parallel()
	storm := dockercmd.Engine{Dialect: dockercmd.Storm}
	for _, name := range dockercmd.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGenerator(t)
			taken := 0
			for range 800 {
				want := dockercmd.New(name)
				g.fill(want, 1<<30)
				v := reflect.ValueOf(want).Elem()
				for _, f := range fields(want) {
					if stormFields[f.Name] && g.IntN(6) == 0 {
						v.FieldByIndex(f.Index).Set(g.value(want, f))
					}
				}
				err := storm.Check(want)
				if strings.Contains(name, " ") {
					if err == nil {
						t.Fatalf("%q: no error, want one: the launcher moves options before its second word", want.Args())
					}
					taken++
					continue
				}
				if want.Validate() != nil || err != nil {
					continue
				}
				taken++
				file := []byte(strings.Join(storm.Args(want), " "))
				if err := dockercmd.CheckStorm(file); err != nil {
					t.Fatalf("%q: %v", file, err)
				}
				argv, err := dockercmd.ReadStorm(file)
				if err != nil {
					t.Fatalf("%q: %v", file, err)
				}
				got, err := dockercmd.Parse(argv)
				if err != nil {
					t.Fatalf("Parse(%q): %v", argv, err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("%q: got -, want +\n%s", file, cmp.Diff(got, want))
				}
			}
			if taken < 40 {
				t.Errorf("%d of 800 commands are taken: the generator makes too many that are not", taken)
			}
		})
	}
}

// stormFields are the fields of flags that the launcher lets through.
var stormFields = map[string]bool{
	"Name": true, "User": true, "Detach": true, "Networks": true, "ReadOnly": true, "Volumes": true, "Rm": true, "CpusetCpus": true,
	"CpusetMems": true, "CgroupParent": true, "GroupAdd": true, "Workdir": true, "CIDFile": true, "CapDrop": true, "CapAdd": true,
	"SecurityOpts": true, "CPUShares": true, "CPUs": true, "Devices": true, "Force": true, "Timeout": true, "Filters": true,
	"Quiet": true, "Format": true,
}

// stormLines returns the fields of each line of a file, without comments.
func stormLines(t testing.TB, name string) [][]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(testdata, "storm", name))
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for s := bufio.NewScanner(bytes.NewReader(content)); s.Scan(); {
		if !strings.HasPrefix(s.Text(), "#") {
			lines = append(lines, strings.Split(s.Text(), "\t"))
		}
	}
	return lines
}
