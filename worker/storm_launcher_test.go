package worker_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

// launcherName is the name under which the test binary behaves like Storm's worker-launcher of 2026-07.
const launcherName = "worker-launcher"

// newLauncher returns the path of a worker-launcher that runs the docker client at path.
func newLauncher(t *testing.T, docker string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), launcherName)
	if err := errors.Join(os.Symlink(self, path), os.WriteFile(path+".cfg", []byte("docker.binary="+docker), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// stormLauncher plays the launcher: its arguments, its words on standard output, its treatment of the worker's directory, its
// grammar of command files and its exit codes. One thing is left out: docker runs as whoever runs the tests, not as the user, who
// would have to be a member of the group docker.
func stormLauncher(args []string) int {
	if len(args) != 4 {
		fmt.Println("Usage: worker-launcher user command command-args")
		return 1
	}
	name, command, dir, file := args[0], args[1], args[2], args[3]
	fmt.Printf("main : command provided %s\nmain : user is %s\n", command, name)
	u, err := user.Lookup(name)
	if err != nil || u.Uid == "0" {
		fmt.Printf("User %s not found or may not be used\n", name)
		return 255
	}
	switch command {
	case "launch-docker-container":
		if err := giveAway(dir, u); err != nil {
			fmt.Println(err)
			return 21
		}
	case "run-docker-cmd":
	default:
		fmt.Println("Invalid command", command)
		return 3
	}
	line, err := os.ReadFile(file)
	if err != nil {
		fmt.Println(err)
		return 30
	}
	words, err := dockercmd.ReadStorm(line)
	if refused, ok := errors.AsType[*dockercmd.StormError](err); ok {
		fmt.Println(refused)
		return refused.Exit
	}
	config, err := os.ReadFile(os.Args[0] + ".cfg")
	if err != nil {
		return 24
	}
	docker := string(bytes.TrimPrefix(config, []byte("docker.binary=")))
	fmt.Printf("command: %s %s\n", docker, strings.Join(words, " "))
	if err := syscall.Exec(docker, append([]string{docker}, words...), os.Environ()); err != nil {
		fmt.Fprintln(os.Stderr, "Couldn't execute the container launch", err)
	}
	return 29
}

// giveAway hands a directory to a user: mode 2770, files g+rw, others nothing, links left alone with a word.
func giveAway(dir string, u *user.User) error {
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "tmp")); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		switch {
		case e.Type() == fs.ModeSymlink:
			fmt.Println("NOOP:", path)
			return nil
		case e.IsDir():
			err = os.Chmod(path, 0o770|fs.ModeSetgid)
		default:
			err = os.Chmod(path, info.Mode().Perm()&0o700|0o660)
		}
		return errors.Join(os.Lchown(path, uid, os.Getegid()), err)
	})
}
