package runnertest

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// runRun runs docker run.
func (d *Docker) runRun(p *client, c *dockercmd.Run) int {
	if text := streamsRefusal(c); text != "" {
		p.errln(text)
		return 1
	}
	if text := clientRefusal(c); text != "" {
		p.errln("docker: " + text + "\n\nRun 'docker run --help' for more information")
		return 125
	}
	if err := c.Validate(); err != nil {
		if text := engineRefusal(c); text != "" {
			return runError(p, "", daemonError(text), 125)
		}
		first, _, _ := strings.Cut(err.Error(), "\n")
		p.errln("docker: " + first + "\n\nRun 'docker run --help' for more information")
		return 125
	}
	if c.CIDFile != "" {
		f, err := os.OpenFile(p.path(c.CIDFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		switch {
		case errors.Is(err, fs.ErrExist):
			return runError(p, "", "container ID file found, make sure the other container isn't running or delete "+c.CIDFile, 125)
		case err != nil:
			return runError(p, "", "failed to create the container ID file: "+err.Error(), codeByText(err.Error()))
		}
		f.Close()
	}
	env, labels, err := readFiles(p, c)
	if err != nil {
		return runError(p, c.CIDFile, err.Error(), codeByText(err.Error()))
	}
	program, code := d.pull(p, c)
	if code != 0 {
		return code
	}
	b, text := d.create(c, program, env, labels)
	if text != "" {
		return runError(p, c.CIDFile, daemonError(text), 125)
	}
	if c.CIDFile != "" {
		if err := os.WriteFile(p.path(c.CIDFile), []byte(b.id), 0o666); err != nil {
			return runError(p, "", "failed to write the container ID to the file: "+err.Error(), 125)
		}
	}
	return d.startRun(p, c, b)
}

// startRun starts what docker run has made, and shows its output unless it is detached.
func (d *Docker) startRun(p *client, c *dockercmd.Run, b *containerRecord) int {
	if c.Detach {
		p.out(b.id + "\n")
	}
	if !c.Detach && (c.SigProxy == nil || *c.SigProxy) {
		p.handle(d.proxy(b))
	} else if !c.Detach {
		p.handle(ignoreInterrupts) // it goes on and leaves the container alone
	}
	var stdin io.Reader
	if c.Interactive && !c.Detach {
		stdin = p.cmd.Stdin
	}
	if !c.Detach {
		d.mu.Lock()
		d.note(b, "attach")
		d.mu.Unlock()
	}
	exit, text, code := d.start(b, stdin)
	if text != "" {
		d.mu.Lock()
		if c.Rm {
			d.remove(b)
		}
		d.mu.Unlock()
		return runError(p, "", daemonError(text), code)
	}
	if c.Detach {
		return 0
	}
	return d.attach(p, b, exit, 0, c.Attach)
}

// attach shows what a container writes, from a chunk on, until its process ends, and returns the exit code.
func (d *Docker) attach(p *client, b *containerRecord, exit <-chan struct{}, from int, streams []string) int {
	wants := func(name string) bool {
		return len(streams) == 0 || slices.ContainsFunc(streams, func(s string) bool { return strings.EqualFold(s, name) })
	}
	done := b.log.follow(p, from, exit, func(c chunk) {
		switch {
		case c.stream == stdout && wants("stdout"):
			p.write(p.cmd.Stdout, c.data)
		case c.stream == stderr && wants("stderr"):
			p.write(p.cmd.Stderr, c.data)
		}
	})
	if !done {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return b.exitCode
}

// proxy returns a signal handler that passes a client's signals on to a container, as an attached client does.
func (d *Docker) proxy(b *containerRecord) func(syscall.Signal) (exitStatus, bool) {
	return func(sig syscall.Signal) (exitStatus, bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if b.process != nil {
			b.process.deliver(sig)
			d.noteKill(b, sig)
		}
		return exitStatus{}, false
	}
}

// ignoreInterrupts returns what a signal does to a client that SIGINT and SIGTERM do not end.
func ignoreInterrupts(sig syscall.Signal) (exitStatus, bool) {
	if sig == syscall.SIGINT || sig == syscall.SIGTERM {
		return exitStatus{}, false
	}
	return clientSignal(sig)
}

// runError ends docker run with an error. The cid file, which the client has made first, goes when there is no id in it.
func runError(p *client, cidFile, text string, code int) int {
	if cidFile != "" {
		if info, err := os.Stat(p.path(cidFile)); err == nil && info.Size() == 0 {
			_ = os.Remove(p.path(cidFile)) // docker does not look either
		}
	}
	p.errln("docker: " + text + "\n\nRun 'docker run --help' for more information")
	return code
}

// notTTY is what the client says when a terminal is asked for: a Cmd has none.
const notTTY = "the input device is not a TTY"

// streamsRefusal returns what the client refuses about the streams, before anything else.
func streamsRefusal(c *dockercmd.Run) string {
	switch {
	case c.Detach && len(c.Attach) > 0:
		return "conflicting options: cannot specify both --attach and --detach"
	case c.TTY && c.Interactive && !c.Detach:
		return notTTY
	}
	return ""
}

// clientRefusal returns what the client refuses by itself, in its own words.
func clientRefusal(c *dockercmd.Run) string {
	switch {
	case c.Restart.Policy != "" && c.Restart.Policy != "no" && c.Rm:
		return "conflicting options: cannot specify both --restart and --rm"
	}
	return referenceProblem(c.Image)
}

// referenceProblem returns what the client says about an image's name.
func referenceProblem(image string) string {
	if dockercmd.ValidImage(image) == nil {
		return ""
	}
	name, _, _ := strings.Cut(image, ":")
	if strings.ToLower(name) != name && dockercmd.ValidImage(strings.ToLower(image)) == nil {
		return "invalid reference format: repository name (library/" + name + ") must be lowercase"
	}
	return "invalid reference format"
}

// engineRefusal returns what the engine says about the mistakes that it finds.
func engineRefusal(c *dockercmd.Run) string {
	switch {
	case c.Memory > 0 && c.Memory < dockercmd.MinMemory:
		return "Minimum memory limit allowed is 6MB"
	case c.Name != "" && dockercmd.ValidName(c.Name) != nil:
		return "Invalid container name (" + c.Name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
	}
	return ""
}

// pull finds the image's program, or the code with which the client ends.
func (d *Docker) pull(p *client, c *dockercmd.Run) (Program, int) {
	if program, ok := d.image(c.Image); ok && c.Pull != "always" {
		return program, 0
	}
	if c.Pull == "never" {
		return nil, runError(p, c.CIDFile, daemonError("No such image: "+tagged(c.Image)), 125)
	}
	if !c.Quiet && c.Pull != "always" {
		p.errln("Unable to find image '" + tagged(c.Image) + "' locally")
	}
	old, text := d.fetch(c.Image)
	if program, ok := d.image(c.Image); ok && text != "" && len(d.Registry) == 0 {
		return program, 0 // a fake without a registry has nothing newer
	}
	if text != "" {
		return nil, runError(p, c.CIDFile, daemonError(text), 125)
	}
	if !c.Quiet {
		p.write(p.cmd.Stderr, []byte(progress(c.Image, old)))
	}
	program, _ := d.image(c.Image)
	return program, 0
}

// tagged returns an image's name with a tag or a digest.
func tagged(image string) string {
	if strings.ContainsAny(path.Base(image), ":@") {
		return image
	}
	return image + ":latest"
}

// create puts a container on the list, or says in the engine's words why not.
func (d *Docker) create(c *dockercmd.Run, program Program, env []string, labels map[string]string) (*containerRecord, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := c.Name
	id := newID()
	if name == "" {
		name = "nameless_" + id[:12]
	}
	if b := d.containers.byName[name]; b != nil {
		return nil, nameConflict(name, b)
	}
	mounts, text := bindMounts(c)
	if text != "" {
		return nil, text
	}
	b := &containerRecord{
		id: id, name: name, image: c.Image, program: program, run: *c, labels: labels, env: env, mounts: mounts,
		created: time.Now(), log: new(outputLog), gone: make(chan struct{}),
		state: output.StateCreated, autoRemove: c.Rm,
	}
	d.containers.add(b)
	d.note(b, "create")
	return b, ""
}

func nameConflict(name string, b *containerRecord) string {
	return fmt.Sprintf("Conflict. The container name %q is already in use by container %q. You have to remove (or rename) that "+
		"container to be able to reuse that name.", "/"+name, b.id)
}

func newID() string {
	var raw [32]byte
	rand.Read(raw[:]) // never fails
	return hex.EncodeToString(raw[:])
}

// bindMounts returns the mounts of host paths. A missing source of --volume is made, one of --mount is an error, as in docker.
func bindMounts(c *dockercmd.Run) ([]bindMount, string) {
	var mounts []bindMount
	for _, m := range c.Mounts {
		if m.Type != "bind" {
			continue
		}
		if _, err := os.Stat(m.Source); err != nil && !m.BindCreateSrc {
			return nil, `invalid mount config for type "bind": bind source path does not exist: ` + m.Source
		}
		mounts = append(mounts, bindMount{m.Source, path.Clean(m.Target), m.ReadOnly})
	}
	for _, v := range c.Volumes {
		if !path.IsAbs(v.Source) {
			continue
		}
		if err := os.MkdirAll(v.Source, 0o755); err != nil && !errors.Is(err, syscall.ENOTDIR) {
			return nil, "error while creating mount source path '" + v.Source + "': " + err.Error()
		}
		mounts = append(mounts, bindMount{v.Source, path.Clean(v.Target), slices.Contains(v.Options, "ro")})
	}
	return mounts, ""
}

// readFiles gathers the environment and the labels, from the files first, as the client does.
func readFiles(p *client, c *dockercmd.Run) (env []string, labels map[string]string, err error) {
	labels = make(map[string]string)
	for _, file := range c.LabelFiles {
		lines, err := readLines(p.path(file))
		if err != nil {
			return nil, nil, err
		}
		for _, l := range lines {
			if k, v, ok := strings.Cut(l, "="); ok {
				labels[k] = v
			}
		}
	}
	maps.Copy(labels, c.Labels)
	env, err = environment(p, c.EnvFiles, c.Env)
	return env, labels, err
}

// environment combines --env-file and --env: a bare name takes the client's value or, when it has none, is dropped; of equal names
// the last one counts.
func environment(p *client, files, vars []string) ([]string, error) {
	var all []string
	for _, file := range files {
		lines, err := readLines(p.path(file))
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	all = append(all, vars...)
	var env []string
	for _, v := range all {
		name, _, hasValue := strings.Cut(v, "=")
		env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		if !hasValue {
			value, ok := p.getenv(name)
			if !ok {
				continue
			}
			v = name + "=" + value
		}
		env = append(env, v)
	}
	return env, nil
}

// getenv looks into the client's own environment.
func (p *client) getenv(name string) (string, bool) {
	env := p.cmd.Env
	if env == nil {
		return os.LookupEnv(name)
	}
	for _, e := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// readLines reads a file of variables or labels: no empty lines, no comments.
func readLines(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		if line := strings.TrimLeft(s.Text(), " \t"); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines, s.Err()
}

// lookup asks Docker.Lookup for a program, and turns its error into the words of the OCI runtime.
func (d *Docker) lookup(c *Container) (text string, code int) {
	if d.Lookup == nil {
		return "", 0
	}
	err := d.Lookup(c)
	if err == nil {
		return "", 0
	}
	prefix := "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
	if d.is28() {
		prefix = "failed to create task for container: " + prefix + "error during container init: "
	}
	if why, known := d.programProblem(c.Args, err); known {
		return prefix + why, codeByText(why)
	}
	return err.Error(), 125
}

// programProblem returns what runc says about a program that is missing or may not be executed.
func (d *Docker) programProblem(words []string, err error) (string, bool) {
	program := ""
	if len(words) > 0 {
		program = words[0]
	}
	format := "exec: %q: %s: unknown"
	if d.is28() {
		format = "exec: %q: %s"
	}
	switch {
	case d.is28() && errors.Is(err, syscall.EISDIR):
		return fmt.Sprintf(format, program, "is a directory: permission denied"), true
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf(format, program, "permission denied"), true
	case errors.Is(err, exec.ErrNotFound) && strings.Contains(program, "/"):
		return fmt.Sprintf(format, program, "stat "+program+": no such file or directory"), true
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Sprintf(format, program, "executable file not found in $PATH"), true
	}
	return "", false
}
