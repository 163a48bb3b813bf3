package worker

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// fieldOf names the spec's field that a flag or an operand of docker run is made of, where the two differ in more than dashes.
var fieldOf = map[string]string{
	"IMAGE":                 "image",
	"COMMAND":               "command",
	"--name":                "id",
	"--network":             "network",
	"--net":                 "network",
	"--mount":               "mounts",
	"--volume":              "mounts",
	"--tmpfs":               "tmp-size",
	"--read-only":           "writable-root",
	"--cap-add, --cap-drop": "cap-add",
	"--security-opt":        "seccomp",
	"--ulimit":              "ulimits",
	"--log-opt":             "log-opts",
	"--label":               "labels",
	"--cpus":                "cpu-percent",
	"--cpuset-cpus":         "numa",
	"--cpuset-mems":         "numa",
	"--group-add":           "groups",
	"--entrypoint":          "shell",
	"--env-file":            "env",
	"--stop-timeout":        "stop-grace",
}

// lineErrors puts what is wrong with a line of the worker's in the words of its spec, as *Error values; nil is nothing.
func lineErrors(id string, err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var errs []error
		for _, e := range joined.Unwrap() {
			errs = append(errs, lineErrors(id, e)...)
		}
		return errs
	}
	if f, ok := errors.AsType[*dockercmd.FieldError](err); ok && f.Command == "run" {
		return []error{&Error{ErrSpec, id, specField(f.Flag), f.Err}}
	}
	if u, ok := errors.AsType[*dockercmd.UnsupportedError](err); ok && u.Command == "run" {
		return []error{&Error{ErrSpec, id, specField(u.Flag), err}}
	}
	return []error{&Error{ErrSpec, id, "", err}}
}

func specField(flag string) string {
	if !strings.HasPrefix(flag, "--") {
		return fieldOf[flag]
	}
	return cmp.Or(fieldOf[flag], strings.TrimPrefix(flag, "--"))
}

// checkLine finds what docker run would refuse in fields that no other check of the spec has named.
func (s *Spec) checkLine(known []error) []error {
	r, err := s.run(Setting{Root: "/", Zones: map[string]Zone{s.NUMA: {}}})
	if err != nil {
		return nil // a field that is known
	}
	var errs []error
	for _, err := range lineErrors(s.ID, r.Validate()) {
		field := err.(*Error).Field
		if !slices.ContainsFunc(known, func(k error) bool { return k.(*Error).Field == field }) {
			errs = append(errs, err)
		}
	}
	return errs
}
