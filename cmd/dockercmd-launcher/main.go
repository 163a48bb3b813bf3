// Command dockercmd-launcher runs docker lines for users who may not use docker themselves. It reads a line from a file, parses it,
// judges it by a policy that root has written, renders it again, and becomes docker with just that line.
//
// Installed setuid root (owner root, mode 4750, the supervisors' group), by way of sudo, or as a plain program of somebody who may
// use docker. SECURITY.md says how, and what it trusts.
//
//	dockercmd-launcher exec FILE           run the docker line in FILE: a script as the toolkit writes it
//	dockercmd-launcher make USER ID        make a worker's directory, and print its path
//	dockercmd-launcher remove ID           remove a worker's directory
//	dockercmd-launcher --checksetup        say what is wrong with its installation
//
// and, when the configuration says so, in the protocol of Apache Storm's worker-launcher:
//
//	dockercmd-launcher USER launch-docker-container DIR FILE
//	dockercmd-launcher USER run-docker-cmd DIR FILE
//	dockercmd-launcher USER rmr PATH
//	dockercmd-launcher USER signal PID SIGNAL
//
// Its own exit statuses are 200 to 206; every other is docker's. See [status].
package main

import (
	"errors"
	"fmt"
	"os"
)

// status is an exit status of the launcher's own. Docker's are below 128, and 128 and the number of a signal; a container's own,
// which docker run without --detach passes on, may be any.
type status int

const (
	statusDenied  status = 200 // the policy denies the line
	statusRequest status = 201 // the arguments, or the file, cannot be read or understood
	statusSetup   status = 202 // the installation: configuration, policy, docker, audit file
	statusCaller  status = 203 // the caller may not use the launcher
	statusDocker  status = 204 // docker could not be asked whose a container is
	statusExec    status = 205 // docker could not be started
	statusFiles   status = 206 // a directory could not be made or removed, a process not signalled
)

// failure is why the launcher has not become docker.
type failure struct {
	status status
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func fail(s status, format string, args ...any) error {
	return &failure{s, fmt.Errorf(format, args...)}
}

func main() {
	closeInherited()
	err := run(os.Args[1:])
	if err == nil {
		return
	}
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{statusSetup, err}
	}
	fmt.Fprintf(os.Stderr, "dockercmd-launcher: %s\n", printable(f.Error()))
	os.Exit(exitStatus(f.status))
}

// usage is what it can be asked to do.
const usage = "usage: dockercmd-launcher exec FILE | make USER ID | remove ID | --checksetup"

// run does what the arguments say. It returns only when docker was not started.
func run(args []string) error {
	if len(args) == 1 && args[0] == "--checksetup" {
		return checkSetup(os.Stdout)
	}
	who, err := identify()
	if err != nil {
		return err
	}
	conf, err := readConfig(configPath)
	if err != nil {
		return err
	}
	s := &session{conf: conf, who: who}
	if err := s.admit(); err != nil {
		return err
	}
	switch {
	case len(args) == 2 && args[0] == "exec":
		return s.exec(args[1])
	case len(args) == 3 && args[0] == "make":
		return s.makeWorker(args[1], args[2])
	case len(args) == 2 && args[0] == "remove":
		return s.removeWorker(args[1])
	case len(args) >= 2 && conf.Storm:
		stormStatuses = true
		return s.storm(args)
	}
	return fail(statusRequest, usage)
}
