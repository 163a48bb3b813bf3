package main

import (
	"bytes"
	"errors"
	"path"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/policy"
	"github.com/dockercmd/toolkit/scripts"
)

// ownerLabel is the label that tells whose a container is: the number of the caller.
const ownerLabel = "dockercmd.owner"

// exec runs the docker line in a file.
func (s *session) exec(name string) error {
	data, err := s.readRequest(name)
	if err != nil {
		return err
	}
	c, err := scripts.ParseCommand(data)
	if err != nil {
		return fail(statusRequest, "%s: %w", name, err)
	}
	return s.decide(request{argv: c.Argv, file: data})
}

// request is a line that is asked for.
type request struct {
	argv []string
	file []byte // that it comes from
	// check says what is wrong with it beside the policy; nil is nothing.
	check func(dockercmd.Command) error
	// announce is told of it when it is about to run; nil is nobody.
	announce func(dockercmd.CommandLine)
}

// decide parses a line, judges it, and becomes docker with what is rendered of it.
func (s *session) decide(r request) error {
	line, err := s.parse(r.argv)
	if err != nil {
		return errors.Join(err, s.audit(record{Outcome: "unreadable", Problem: err.Error()}, r.file))
	}
	if r.check != nil {
		err = r.check(line.Command)
	}
	if err == nil {
		err = s.judge(&line)
	}
	var p *process
	if err == nil {
		p, err = s.prepare(line)
	}
	if err != nil {
		return s.note(line, r.file, err)
	}
	if err := s.audit(record{Outcome: "run", Line: line.Redacted()}, r.file); err != nil {
		return fail(statusSetup, "audit: %w", err)
	}
	if r.announce != nil {
		r.announce(line)
	}
	return p.become()
}

// note records that a line is not run, and returns why.
func (s *session) note(line dockercmd.CommandLine, file []byte, err error) error {
	r := record{Outcome: "failed", Problem: err.Error()}
	if line.Command != nil {
		r.Line = line.Redacted()
	}
	if d := deniedOf(err); d != nil {
		r.Outcome, r.Problem = "denied", ""
		for _, f := range d.Findings {
			r.Rules = append(r.Rules, f.Rule)
			r.Findings = append(r.Findings, f.String())
		}
	}
	if auditErr := s.audit(r, file); auditErr != nil {
		return fail(statusSetup, "%w; audit: %w", err, auditErr)
	}
	return err
}

// parse reads a line whose first word is docker, by whatever path: which program runs is the configuration's to say.
func (s *session) parse(argv []string) (dockercmd.CommandLine, error) {
	if len(argv) == 0 || argv[0] != "docker" && argv[0] != s.conf.Docker {
		return dockercmd.CommandLine{}, fail(statusRequest, "the line does not begin with docker")
	}
	for i, word := range argv {
		if strings.ContainsRune(word, 0) {
			return dockercmd.CommandLine{}, fail(statusRequest, "word %d holds a NUL", i+1)
		}
	}
	words := append([]string{"docker"}, argv[1:]...)
	line, err := dockercmd.ParseCommandLine(words)
	if err != nil {
		return dockercmd.CommandLine{}, fail(statusRequest, "%w", err)
	}
	return line, nil
}

// judge has the policy decide about a line. What a line makes gets the caller's label; what it acts on is named by its whole id, so
// that a name that another container takes meanwhile means nothing.
func (s *session) judge(line *dockercmd.CommandLine) error {
	s.label(line.Command)
	p := *s.conf.policy
	if prefix := strings.ReplaceAll(*s.conf.Prefix, "{user}", s.who.name); prefix != "" {
		p.Containers = policy.Names{prefix + "*"}
	}
	known := map[string]string{} // ids by what the line calls them
	var asking error
	scope := policy.Scope{
		Denied: []string{path.Dir(configPath)},
		Labels: map[string]string{ownerLabel: strconv.Itoa(s.who.uid)},
		Owned: func(container string) error {
			id, owner, err := s.ownerOf(container)
			switch {
			case asking != nil:
				return errNotAsked
			case err != nil:
				asking = err
				return errNotAsked
			case owner != strconv.Itoa(s.who.uid):
				return errNotYours
			}
			known[container] = id
			return nil
		},
	}
	if s.conf.Work != "" {
		p.Mounts.ReadWrite = append(p.Mounts.ReadWrite[:len(p.Mounts.ReadWrite):len(p.Mounts.ReadWrite)], s.workDir())
	}
	if strings.Contains(s.conf.Policy, "/") {
		scope.Denied = append(scope.Denied, path.Dir(s.conf.Policy))
	}
	if s.conf.Audit != "" {
		scope.Denied = append(scope.Denied, s.conf.Audit)
	}
	if s.conf.TrustCallers {
		scope.Owners = append(scope.Owners, s.who.uid)
	}
	d := p.Judge(*line, scope, policy.OSHost{})
	if asking != nil {
		return asking
	}
	if err := d.Err(); err != nil {
		return &failure{statusDenied, err}
	}
	return s.byID(line, known)
}

// label gives what a line makes the caller's label, unless it has one: the policy demands the right one.
func (s *session) label(c dockercmd.Command) {
	var r *dockercmd.Run
	switch c := c.(type) {
	case *dockercmd.Run:
		r = c
	case *dockercmd.Create:
		r = (*dockercmd.Run)(c)
	default:
		return
	}
	if _, ok := r.Labels[ownerLabel]; ok {
		return
	}
	if r.Labels == nil {
		r.Labels = map[string]string{}
	}
	r.Labels[ownerLabel] = strconv.Itoa(s.who.uid)
}

// byID names the containers of a line by their ids.
func (s *session) byID(line *dockercmd.CommandLine, known map[string]string) error {
	switch line.Command.(type) {
	case *dockercmd.Run, *dockercmd.Create, *dockercmd.Cp: // whose operands are no names of containers, or not only
		return nil
	}
	words := dockercmd.Operands(line.Command)
	changed := false
	for i, word := range words {
		if id, ok := known[word]; ok {
			words[i], changed = id, true
		}
		if _, isExec := line.Command.(*dockercmd.Exec); isExec {
			break // what stands behind the container is its program
		}
	}
	if !changed {
		return nil
	}
	if err := dockercmd.SetOperands(line.Command, words); err != nil {
		return fail(statusRequest, "%w", err)
	}
	return nil
}

// deniedOf returns what a policy has said; nil is that it was not that.
func deniedOf(err error) *policy.DeniedError {
	return asType[*policy.DeniedError](err)
}

// firstLine returns a text up to its first line break.
func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte("\n"))
	return string(line)
}
