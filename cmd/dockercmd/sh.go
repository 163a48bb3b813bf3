package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/dockercmd/toolkit/scripts"
)

// workerShell is a shell that understands worker scripts and nothing else, for images that hold this program alone: it reads
// the script back, sets environment and umask, and becomes the worker.
func workerShell(args []string, stderr io.Writer) int {
	fail := func(code int, err error) int {
		fmt.Fprintf(stderr, "sh: %v\n", err)
		return code
	}
	if len(args) != 1 {
		return fail(exitUsage, fmt.Errorf("this shell runs one worker script; give its path"))
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return fail(127, err)
	}
	w, err := scripts.ParseWorker(data)
	if err != nil {
		return fail(exitUsage, err)
	}
	for key, value := range w.Env {
		if err := os.Setenv(key, value); err != nil {
			return fail(exitUsage, err)
		}
	}
	program, err := exec.LookPath(w.Argv[0])
	if err != nil {
		return fail(127, err)
	}
	if w.Umask != nil {
		syscall.Umask(int(*w.Umask))
	}
	return fail(126, syscall.Exec(program, w.Argv, os.Environ()))
}
