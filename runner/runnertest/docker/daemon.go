package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const daemonUsage = `Usage:  docker fake-daemon --socket PATH [--scenario FILE]

Serve a fake docker engine on a unix socket until SIGTERM or SIGINT. It prints a line when it is ready.

  --socket PATH     where to listen; default is what DOCKERCMD_FAKE or DOCKER_HOST names
  --scenario FILE   images and faults, as YAML or JSON; without one there is an image busybox
`

// daemon runs docker fake-daemon.
func daemon(words []string, ready io.Writer) error {
	flags := flag.NewFlagSet("fake-daemon", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	socket := flags.String("socket", "", "")
	file := flags.String("scenario", "", "")
	err := flags.Parse(words)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(ready, daemonUsage)
		return nil
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected word %q", flags.Arg(0))
	}
	path := strings.TrimPrefix(cmp.Or(*socket, os.Getenv("DOCKERCMD_FAKE"), os.Getenv("DOCKER_HOST")), "unix://")
	if err == nil && path == "" {
		err = errors.New("no --socket")
	}
	if err != nil {
		return fmt.Errorf("%w\n\n%s", err, daemonUsage)
	}
	s := defaultScenario()
	if *file != "" {
		if s, err = readScenario(*file); err != nil {
			return err
		}
	}
	d, err := s.docker()
	if err != nil {
		return fmt.Errorf("%s: %w", *file, err)
	}
	l, err := listen(path)
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	served := make(chan error, 1)
	go func() { served <- d.Serve(l) }()
	fmt.Fprintln(ready, "listening on unix://"+path)
	select {
	case err = <-served:
		return errors.Join(err, d.Close())
	case <-stop:
		err = d.Close()
		return errors.Join(err, <-served)
	}
}

// listen replaces a socket whose listener is gone.
func listen(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	if c, dialErr := net.Dial("unix", path); dialErr == nil {
		c.Close()
		return nil, fmt.Errorf("somebody listens on %s already: choose another --socket", path)
	}
	if info, statErr := os.Lstat(path); statErr != nil || info.Mode().Type() != os.ModeSocket {
		return nil, err
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	return net.Listen("unix", path)
}
