package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/yamlfile"
	"github.com/dockercmd/toolkit/runner/runnertest"
)

// scenario is a file that says what images the fake has and what goes wrong. Unknown keys are errors.
type scenario struct {
	// Images by the exact name that command lines give.
	Images map[string]image `yaml:"images"`

	// Faults are tried in order; the first that matches a command applies to it.
	Faults []*fault `yaml:"faults"`
}

// image is a simple program. With busybox it runs the words of the command line; else it prints Output and Errors, sleeps, and
// exits with Exit, whatever the words.
type image struct {
	Busybox bool   `yaml:"busybox"`
	Output  string `yaml:"output"`
	Errors  string `yaml:"errors"`
	Sleep   string `yaml:"sleep"` // such as 1.5s or 1h; forever ends by a signal only
	Exit    int    `yaml:"exit"`

	// Ignore are signals, such as TERM, that do nothing. Others, but KILL, end the program as Linux ends one that does not
	// handle them: with --init.
	Ignore []string `yaml:"ignore"`

	// On are exit codes by the signal that makes the program end in its own way: {TERM: 0}.
	On map[string]int `yaml:"on"`

	// Missing are words that the image does not have as a program: docker says not found, with the code 127.
	Missing []string `yaml:"missing"`
}

// fault is what goes wrong with some commands.
type fault struct {
	Command string `yaml:"command"` // docker's subcommand, such as ps or "image inspect"; none is every one
	Skip    int    `yaml:"skip"`    // how many commands go well before
	Times   int    `yaml:"times"`   // how many commands fail; 0 is all of them

	Delay  string `yaml:"delay"`  // how long docker takes before it does anything
	Hang   bool   `yaml:"hang"`   // docker never answers
	Refuse string `yaml:"refuse"` // down, denied or broken: the engine cannot be reached, or goes away before it answers
	Lost   bool   `yaml:"lost"`   // the engine does what it was asked all the same
	Reply  *reply `yaml:"reply"`  // what docker prints instead

	mu    sync.Mutex
	seen  int
	delay time.Duration
}

type reply struct {
	Stdout string `yaml:"stdout"`
	Stderr string `yaml:"stderr"`
	Code   int    `yaml:"code"`
}

func defaultScenario() *scenario {
	return &scenario{Images: map[string]image{"busybox": {Busybox: true}, "busybox:latest": {Busybox: true},
		"busybox:local": {Busybox: true}}}
}

// readScenario reads a file of YAML, of which JSON is a part.
func readScenario(file string) (*scenario, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s := new(scenario)
	documents := 0
	for doc, err := range yamlfile.Documents(text) {
		if documents++; err == nil && documents > 1 {
			err = &yamlfile.Problem{Line: doc.Line, Err: errors.New("a second document; a scenario is one")}
		}
		if err == nil {
			err = yamlfile.Decode(doc, s)
		}
		if p, ok := errors.AsType[*yamlfile.Problem](err); ok {
			return nil, p.In(file)
		}
	}
	if len(s.Images) == 0 {
		s.Images = defaultScenario().Images
	}
	return s, nil
}

// docker makes the fake.
func (s *scenario) docker() (*runnertest.Docker, error) {
	d := &runnertest.Docker{Images: make(map[string]runnertest.Program), Lookup: s.lookup, Fault: s.fault}
	var problems []error
	for name, i := range s.Images {
		program, err := i.program()
		if err != nil {
			problems = append(problems, fmt.Errorf("image %s: %w", name, err))
		}
		d.Images[name] = program
	}
	for i, f := range s.Faults {
		if err := f.check(); err != nil {
			problems = append(problems, fmt.Errorf("fault %d: %w", i+1, err))
		}
	}
	return d, errors.Join(problems...)
}

func (s *scenario) lookup(c *runnertest.Container) error {
	i := s.Images[c.Image]
	if len(c.Args) > 0 {
		for _, m := range i.Missing {
			if m == c.Args[0] {
				return exec.ErrNotFound
			}
		}
	}
	if i.Busybox {
		return runnertest.BusyboxLookup(c)
	}
	return nil
}

func (s *scenario) fault(c dockercmd.Command) *runnertest.Fault {
	for _, f := range s.Faults {
		if f.fits(c) {
			return f.make()
		}
	}
	return nil
}

// check finds what is wrong with a fault before it is used.
func (f *fault) check() (err error) {
	if f.Command != "" && dockercmd.New(f.Command) == nil {
		return fmt.Errorf("docker has no command %q", f.Command)
	}
	if f.Delay != "" {
		if f.delay, err = time.ParseDuration(f.Delay); err != nil {
			return fmt.Errorf("delay: %w", err)
		}
	}
	switch f.Refuse {
	case "", "down", "denied", "broken":
		return nil
	}
	return fmt.Errorf("refuse: %q is none of down, denied and broken", f.Refuse)
}

// fits counts the commands that the fault is for.
func (f *fault) fits(c dockercmd.Command) bool {
	if f.Command != "" && c.Subcommand() != dockercmd.New(f.Command).Subcommand() {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen++
	return f.seen > f.Skip && (f.Times == 0 || f.seen <= f.Skip+f.Times)
}

func (f *fault) make() *runnertest.Fault {
	made := &runnertest.Fault{}
	switch f.Refuse {
	case "down":
		made = runnertest.Down()
	case "denied":
		made = runnertest.Denied()
	case "broken":
		made = runnertest.Broken()
	}
	made.Delay, made.Lost = f.delay, f.Lost
	if f.Hang {
		made.Release = make(chan struct{})
	}
	if r := f.Reply; r != nil {
		made.Reply = &runnertest.Reply{Stdout: r.Stdout, Stderr: r.Stderr, Code: r.Code}
	}
	return made
}

func signalNamed(name string) (unix.Signal, error) {
	if sig := unix.SignalNum("SIG" + strings.TrimPrefix(strings.ToUpper(name), "SIG")); sig != 0 {
		return sig, nil
	}
	return 0, fmt.Errorf("signal %q: %w", name, fs.ErrNotExist)
}
