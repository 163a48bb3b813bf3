package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/runner/runnertest"
	"github.com/dockercmd/toolkit/scripts"
)

// demoMemory is how much memory a worker of the demo fills.
const demoMemory = 16 << 20

// newDemoWorker returns what the demo's containers run.
func newDemoWorker() *cobra.Command {
	return &cobra.Command{
		Use: "demo-worker KIND", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == profiling {
				processes, err := filepath.Glob("/proc/[0-9]*")
				if err != nil {
					return err
				}
				return profileProcesses(cmd.OutOrStdout(), processes)
			}
			signals := make(chan os.Signal, 1)
			signal.Notify(signals, syscall.SIGTERM)
			held := make([]byte, demoMemory)
			for i := 0; i < len(held); i += os.Getpagesize() {
				held[i] = 1
			}
			code := demoWork(context.Background(), args[0], os.Getenv("GREETING"), cmd.OutOrStdout(), signals)
			if held[0] != 1 {
				panic("unreachable: keeps the memory in use until here")
			}
			return &exitError{code: code}
		},
	}
}

// The kinds of the demo's workers.
const (
	failing  = "failing"  // ends by itself with exit code 7
	polite   = "polite"   // ends when it is asked to
	stubborn = "stubborn" // does not

	profiling = "profile" // no worker, but a look at one from inside its container
)

// profileProcesses shows the memory and the threads of processes, by their directories in /proc.
func profileProcesses(out io.Writer, dirs []string) error {
	for _, dir := range dirs {
		status, err := os.ReadFile(filepath.Join(dir, "status"))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended meanwhile
		}
		if err != nil {
			return err
		}
		var seen []string
		for line := range strings.Lines(string(status)) {
			key, value, _ := strings.Cut(line, ":")
			if key == "Name" || key == "VmRSS" || key == "Threads" {
				seen = append(seen, key+" "+strings.TrimSpace(value))
			}
		}
		fmt.Fprintf(out, "process %s: %s\n", filepath.Base(dir), strings.Join(seen, ", "))
	}
	return nil
}

// demoExec plays docker exec in the fake docker: there, workers live in this very process.
func demoExec(_ context.Context, c *runnertest.Container) int {
	if err := profileProcesses(c.Stdout, []string{"/proc/self"}); err != nil {
		fmt.Fprintln(c.Stderr, err)
		return 1
	}
	return 0
}

// demoWork returns a worker's life: in a real container, and in the fake docker's.
func demoWork(killed context.Context, kind, greeting string, out io.Writer, signals <-chan os.Signal) int {
	fmt.Fprintf(out, "%s, this is the %s worker\n", greeting, kind)
	done := make(<-chan time.Time)
	if kind == failing {
		done = time.After(2 * time.Second)
	}
	for {
		select {
		case <-done:
			fmt.Fprintln(out, "something went wrong")
			return 7
		case <-killed.Done():
			return 137
		case s := <-signals:
			if kind == stubborn {
				fmt.Fprintf(out, "I do not care for %v\n", s)
				continue
			}
			fmt.Fprintf(out, "%v: my work is saved\n", s)
			return 0
		}
	}
}

// demoProgram returns the demo's image in the fake docker: it reads the worker script through its mount, as a shell would.
func demoProgram(ctx context.Context, c *runnertest.Container) int {
	fail := func(err error) int {
		fmt.Fprintln(c.Stderr, err)
		return 127
	}
	if len(c.Args) != 2 {
		return fail(fmt.Errorf("sh: %q is not a shell and a script", c.Args))
	}
	path, ok := c.Path(c.Args[1])
	if !ok {
		return fail(fmt.Errorf("sh: %s: not mounted", c.Args[1]))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fail(err)
	}
	w, err := scripts.ParseWorker(data)
	if err != nil {
		return fail(err)
	}
	c.SetMemory(demoMemory)
	return demoWork(ctx, w.Argv[len(w.Argv)-1], w.Env["GREETING"], c.Stdout, c.Notify(syscall.SIGTERM))
}
