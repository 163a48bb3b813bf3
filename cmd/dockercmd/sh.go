package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"github.com/dockercmd/toolkit/scripts"
)

// workerShell returns a shell that understands worker scripts and nothing else, for images that hold this program alone: it reads
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
		return fail(shellCode(err), err)
	}
	if w.Umask != nil {
		syscall.Umask(int(*w.Umask))
	}
	err = syscall.Exec(program, w.Argv, os.Environ())
	return fail(shellCode(err), &fs.PathError{Op: "exec", Path: program, Err: err})
}

// shellCode returns what shells exit with when a program does not start.
func shellCode(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return 127
	}
	return 126
}
