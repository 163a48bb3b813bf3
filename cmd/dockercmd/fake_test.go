package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// fakeProgram is runner/runnertest/docker, built once.
var fakeProgram = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "dockercmd-test-fake-")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "docker")
	out, err := exec.Command("go", "build", "-o", path, "../../runner/runnertest/docker").CombinedOutput()
	if err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("build the fake docker: %w\n%s", err, out)
	}
	removeFake = func() { os.RemoveAll(dir) }
	return path, nil
})

// removeFake takes fakeProgram away when the tests are over.
var removeFake = func() {}

// startFake starts a fake docker engine with a scenario, or without one where that is "". Its client is the program at path,
// and finds it by the environment variable DOCKERCMD_FAKE, whose value is host.
func startFake(scenario string) (path, host string, stop func() error, err error) {
	path, err = fakeProgram()
	if err != nil {
		return "", "", nil, err
	}
	dir, err := os.MkdirTemp("", "dockercmd-test-") // short: a socket's path has 107 bytes at most
	if err != nil {
		return "", "", nil, err
	}
	host = "unix://" + filepath.Join(dir, "sock")
	args := []string{"fake-daemon", "--socket", filepath.Join(dir, "sock")}
	if scenario != "" {
		args = append(args, "--scenario", scenario)
	}
	daemon := exec.Command(path, args...)
	daemon.Stderr = os.Stderr
	out, err := daemon.StdoutPipe()
	if err == nil {
		err = daemon.Start()
	}
	if err != nil {
		return "", "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	stop = func() error {
		return errors.Join(daemon.Process.Signal(syscall.SIGTERM), daemon.Wait(), os.RemoveAll(dir))
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return "", "", nil, errors.Join(fmt.Errorf("the fake docker says %q: %w", line, err), stop())
	}
	return path, host, stop, nil
}

// fakeDockerCmd runs the script command "fakedocker [SCENARIO]": docker is then a fake, with an engine of the script's own.
func fakeDockerCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: fakedocker [SCENARIO]")
	}
	scenario := ""
	if len(args) == 1 {
		scenario = ts.MkAbs(args[0])
	}
	path, host, stop, err := startFake(scenario)
	ts.Check(err)
	ts.Defer(func() { ts.Check(stop()) })
	ts.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+ts.Getenv("PATH"))
	ts.Setenv("DOCKERCMD_FAKE", host)
}

// awaitCmd runs the script command "await FILE REGEXP", which waits until a file that is being written has such a line.
func awaitCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE REGEXP")
	}
	ts.Check(awaitText(ts.MkAbs(args[0]), "(?m)"+args[1]))
}

func awaitText(file, pattern string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-tick.C {
		data, err := os.ReadFile(file)
		if re.Match(data) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s has no %s after 30 s (%v):\n%s", file, pattern, err, data)
		}
	}
}
