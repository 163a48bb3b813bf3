package worker

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
)

// Spec is what the user wants of one worker. The zero value of a field is the default that its comment names; the defaults
// are hardened: a root file system that cannot be written, no capabilities, no new privileges, an init in front.
type Spec struct {
	// ID is the worker's name and its container's: docker's grammar of container names, at most 128 characters, and not hexadecimal
	// digits alone. Required.
	ID string `yaml:"id"`
	// Image is a reference or an id. Required.
	Image string `yaml:"image"`
	// Pull is always, missing or never; "" is never: a launch that pulls may take minutes.
	Pull string `yaml:"pull"`
	// Command is what the worker runs. Required, unless Shell is "none" and the image has a command.
	Command []string `yaml:"command"`
	// Shell is the POSIX shell in the image that runs the worker script, which sets Env and Umask; "" is /bin/sh. It stands
	// in for the image's entrypoint. With "none" there is no script: Command goes to the image's entrypoint if it has one,
	// and Env is passed as a file that only the supervisor can read.
	Shell string `yaml:"shell"`
	// Env is the worker's environment. Its values appear in no command line, log or error.
	Env map[string]string `yaml:"env"`
	// Umask is the worker's file mode mask; nil is 0027. Not with Shell "none".
	Umask *Mode `yaml:"umask"`
	// User is a name of the host's, or numbers as UID or UID:GID. Required; a name brings its groups along.
	User string `yaml:"user"`
	// Groups are numbers of further groups; nil is those of User, without the group docker, which is as good as root.
	Groups []int `yaml:"groups"`
	// Workdir is the working directory in the container; "" is /worker, the worker's own directory.
	Workdir string `yaml:"workdir"`

	Resources `yaml:",inline"`

	// Network is none, host, bridge or a network's name; "" is the engine's default.
	Network string `yaml:"network"`
	// Publish are ports to open on the host, in docker's short form.
	Publish []dockercmd.PortMapping `yaml:"publish"`
	// Hostname is the host name in the container; "" is the engine's default.
	Hostname string `yaml:"hostname"`

	// Mounts are further mounts, in docker's --mount form: type=bind,source=/data,target=/data,readonly. The source of a bind
	// mount must exist.
	Mounts []dockercmd.Mount `yaml:"mounts"`
	// TmpSize makes /tmp a memory file system of that size; 0 makes it a directory of the worker's own on disk.
	TmpSize dockercmd.Bytes `yaml:"tmp-size"`
	// WritableRoot lets the worker write to the image's file system.
	WritableRoot bool `yaml:"writable-root"`

	// CapAdd are capabilities to keep; all others are dropped.
	CapAdd []string `yaml:"cap-add"`
	// Seccomp is the path of a seccomp profile, or unconfined; "" is the engine's own.
	Seccomp string `yaml:"seccomp"`
	// Init puts the engine's init in front of the worker, which reaps and forwards signals; nil is true.
	Init *bool `yaml:"init"`
	// CgroupParent is the cgroup above the container's: an absolute path with the cgroupfs driver, a slice with systemd.
	CgroupParent string `yaml:"cgroup-parent"`
	// Ulimits are resource limits, NAME=SOFT:HARD.
	Ulimits []dockercmd.Ulimit `yaml:"ulimits"`
	// LogDriver and LogOpts are docker's; "" is the engine's default driver.
	LogDriver string            `yaml:"log-driver"`
	LogOpts   map[string]string `yaml:"log-opts"`
	// Labels are further labels. Names that begin with "dockercmd." are the Manager's.
	Labels map[string]string `yaml:"labels"`

	// StopSignal is what Stop sends first; "" is the image's, else SIGTERM.
	StopSignal string `yaml:"stop-signal"`
	// StopGrace is how long Stop waits before the kill, in whole seconds; nil is 10s, 0 kills at once.
	StopGrace *time.Duration `yaml:"stop-grace"`
}

// DefaultGrace is how long Stop waits when the spec does not say, docker's own time.
const DefaultGrace = 10 * time.Second

// maxID is the length of the longest worker id: names of files and hosts are made of it.
const maxID = 128

// Grace returns StopGrace or its default.
func (s *Spec) Grace() time.Duration {
	if s.StopGrace == nil {
		return DefaultGrace
	}
	return *s.StopGrace
}

// Validate returns all that is wrong with the spec by itself, as *Error values joined together, or nil; the kind is ErrSpec.
// Whether users, mounts and resources exist is the Manager's to find, what the engine lacks is NewPlan's.
func (s *Spec) Validate() error { return s.problems(s.check()) }

// problems joins what check has found with what the line of docker run shows besides.
func (s *Spec) problems(found []error) error {
	return errors.Join(append(found, s.checkLine(found)...)...)
}

// checkedSpec is a spec that check finds no fault with: it need not be checked again. Only checked makes one.
type checkedSpec struct{ Spec }

// checked returns the spec as one that is checked, or what Validate says.
func (s Spec) checked() (checkedSpec, error) {
	if found := s.check(); len(found) > 0 {
		return checkedSpec{}, s.problems(found)
	}
	return checkedSpec{s}, nil
}

// check returns Validate's problems without those that the line of docker run shows.
func (s *Spec) check() []error {
	var errs []error
	bad := func(field, format string, args ...any) {
		errs = append(errs, problem(ErrSpec, s.ID, field, format, args...))
	}
	if err := ValidID(s.ID); err != nil {
		bad("id", "%w", err)
	}
	if err := dockercmd.ValidImage(s.Image); err != nil {
		bad("image", "%w", err)
	}
	s.checkCommand(bad)
	s.checkPlaces(bad)
	if s.User == "" {
		bad("user", "none given; name the user that the worker runs as, or root if you mean it")
	}
	for _, g := range s.Groups {
		if g < 0 {
			bad("groups", "%d is negative; give group numbers", g)
		}
	}
	if err := s.Resources.check(); err != nil {
		bad(err.Field, "%w", err.Err)
	}
	if s.TmpSize < 0 {
		bad("tmp-size", "%d is negative; give a size such as 64m, or leave it out", s.TmpSize)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Labels)) {
		if strings.HasPrefix(key, "dockercmd.") {
			bad("labels", "%q is the manager's own; use another prefix", key)
		}
	}
	if g := s.StopGrace; g != nil && (*g < 0 || *g%time.Second != 0) {
		bad("stop-grace", "%s is not a number of whole seconds from 0", *g)
	}
	return errs
}

// checkCommand checks what the worker runs, and its environment.
func (s *Spec) checkCommand(bad func(field, format string, args ...any)) {
	script := s.Shell != NoShell
	switch {
	case len(s.Command) == 0 && script:
		bad("command", "none given; give the command that the worker runs")
	case len(s.Command) > 0 && s.Command[0] == "":
		bad("command", "its first word is empty; name a program")
	}
	for i, w := range s.Command {
		if err := dockercmd.CheckWord(w); err != nil {
			bad("command", "word %d: %w", i+1, err)
		} else if len(w) > maxVariable {
			bad("command", "word %d has %d bytes, and at most %d can be handed over; put it in a file", i+1, len(w), maxVariable)
		}
	}
	if script && s.Shell != "" && !path.IsAbs(s.Shell) {
		bad("shell", "%q is neither an absolute path nor none", s.Shell)
	} else if strings.Contains(s.Shell, " ") {
		bad("shell", "%q is one word to docker; name the shell alone", s.Shell)
	}
	if !script && s.Umask != nil {
		bad("umask", "cannot be set without a shell; leave it out, or name a shell")
	} else if s.Umask != nil && *s.Umask > 0o777 {
		bad("umask", "%s is not from 0000 to 0777", *s.Umask)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Env)) {
		if err := checkEnvName(key); err != nil {
			bad("env", "%w", err)
		} else if err := checkEnvValue(key, s.Env[key], script); err != nil {
			bad("env", "the value of %s %w", key, err)
		}
	}
}

// checkEnvName refuses what a shell cannot export. Of a wrong name it shows no more than the beginning: it may be a value that
// was written in the wrong place.
func checkEnvName(name string) error {
	const wayOut = "a shell exports names of letters, digits and _ only; hand it over in command, as env NAME=VALUE PROGRAM"
	i := strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	switch {
	case name == "":
		return errors.New("a name is empty; " + wayOut)
	case i >= 0:
		r, _ := utf8.DecodeRuneInString(name[i:])
		return fmt.Errorf("the name that begins with %.4q holds %q; %s", name, r, wayOut)
	}
	if err := scripts.CheckEnvName(name); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "env "))
	}
	return nil
}

// The longest word or NAME=value that Linux hands to a program, and the longest line of an env file that docker reads (20.10, 28.2:
// "token too long" from 65536 bytes on).
const (
	maxVariable = 128<<10 - 1
	maxEnvLine  = 64<<10 - 1
)

// checkEnvValue returns what keeps a value from reaching the worker, without showing the value.
func checkEnvValue(key, value string, script bool) error {
	longest := maxVariable
	if !script {
		longest = maxEnvLine
	}
	switch n := len(key) + len("=") + len(value); {
	case !script && strings.ContainsAny(value, "\r\n"):
		return errors.New("holds a line break, which docker's env file cannot carry; name a shell")
	case n > longest:
		return fmt.Errorf("makes it %d bytes, and at most %d can be handed over; put it in a file", n, longest)
	}
	if err := dockercmd.CheckWord(value); err != nil {
		return fmt.Errorf("cannot be handed over: %w", err)
	}
	return nil
}

// ownTargets are where the worker's own directories are mounted.
var ownTargets = []string{workTarget, tmpTarget}

// checkPlaces checks paths, in the container and on the host.
func (s *Spec) checkPlaces(bad func(field, format string, args ...any)) {
	if s.Workdir != "" && !path.IsAbs(s.Workdir) {
		bad("workdir", "%q is not absolute", s.Workdir)
	}
	for _, m := range s.Mounts {
		if slices.Contains(ownTargets, path.Clean(m.Target)) {
			bad("mounts", "the target %q is the worker's own; mount elsewhere", m.Target)
		}
		// --mount could carry them, but -v, the worker-launcher and other engines cannot: a spec is for all of them.
		if i := strings.IndexAny(m.Source, ":,"); m.Type == "bind" && i >= 0 {
			bad("mounts", "the source %q holds %q, which not every engine can be told; use another path, or a link to it", m.Source,
				m.Source[i])
		}
	}
	if s.Seccomp != "" && s.Seccomp != "unconfined" && !path.IsAbs(s.Seccomp) {
		bad("seccomp", "%q is neither an absolute path nor unconfined", s.Seccomp)
	}
	if p := s.CgroupParent; p != "" && !path.IsAbs(p) && !strings.HasSuffix(p, ".slice") {
		bad("cgroup-parent", "%q is neither an absolute path nor a slice; a relative path lands below the daemon's own group", p)
	}
}

// ValidID returns an error unless an id follows docker's grammar of names, so that it can be no path, and is not too long.
// Hexadecimal digits alone are refused: docker takes the beginning of any container's id for that container, so that "docker rm
// --force 0f" removes a stranger's (20.10) once the worker's own is gone.
func ValidID(id string) error {
	if err := dockercmd.ValidName(id); err != nil {
		return err
	}
	if strings.Trim(id, "0123456789abcdef") == "" {
		return fmt.Errorf("%q could be the beginning of another container's id to docker; add a dash, or a letter behind f", id)
	}
	if len(id) > maxID {
		return errors.New("it has " + strconv.Itoa(len(id)) + " characters; give at most " + strconv.Itoa(maxID))
	}
	return nil
}

// NoShell is the Shell of a spec without a worker script.
const NoShell = "none"
