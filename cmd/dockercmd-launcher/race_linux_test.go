package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/internal/child"
	"github.com/dockercmd/toolkit/scripts"
)

const raceRole = "race"

// raceUser is the user that races, in every role.
const raceUser = 1000

// swaps are pairs of files that the racing user exchanges, without end: command files, and what is to be mounted.
var swaps = [][2]string{
	{"/home/race/request", "/home/race/bad"}, {"/home/race/request", "/home/race/link-bad"}, {"/home/race/request", "/home/race/fifo"},
	{"/home/race/request", "/home/race/good"}, {"/srv/shared/swap", "/srv/shared/link"}, {"/srv/user/swap", "/srv/user/link"},
	{"/srv/data/in/swap", "/srv/data/in/link"},
}

// playRace exchanges files as the racing user until its standard input ends.
func playRace(args []string) int {
	err := errors.Join(syscall.Chroot(args[0]), os.Chdir("/"), syscall.Setgroups(nil), syscall.Setresgid(raceUser, raceUser, raceUser),
		syscall.Setresuid(raceUser, raceUser, raceUser))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	good, bad := raceScript(false), raceScript(true)
	for i := 0; ; i++ {
		s := swaps[i%len(swaps)]
		if err := unix.Renameat2(unix.AT_FDCWD, s[0], unix.AT_FDCWD, s[1], unix.RENAME_EXCHANGE); err != nil {
			fmt.Println(s, err)
			return 1
		}
		if f, err := os.OpenFile("/home/race/in-place", os.O_WRONLY, 0); err == nil { // one file whose content changes as it is read
			_, _ = f.WriteAt([]byte([]string{good, bad}[i%2]), 0)
			f.Close()
		}
	}
}

// raceScript returns a command file that is allowed, or one of the same length that is not.
func raceScript(bad bool) string {
	argv := strings.Fields("docker run --detach --name=w1 --user=1000:1000 --cap-drop=ALL --security-opt=no-new-privileges " +
		"--read-only --pids-limit=100 --network=none busybox:1.36 sleep 99999999")
	if bad {
		argv = slices.Insert(argv, 2, "--privileged")
		argv[len(argv)-1] = "9"
	}
	data, err := scripts.Command{Argv: argv}.Bytes()
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%-400s\n", strings.TrimSuffix(string(data), "\n"))
}

// TestRace has a user without rights swap command files, directories and what is mounted under the launcher, as fast as it can, for
// two seconds or as long as DOCKERCMD_RACE says: docker is never started with what was not judged, and what it then mounts is never
// what the policy does not allow.
func TestRace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.configure("prefix: ''\n"); err != nil {
		t.Fatal(err)
	}
	w.mkdir(t, "home/race", 0o755)
	for name, text := range map[string]string{"request": raceScript(false), "good": raceScript(false), "bad": raceScript(true),
		"in-place": raceScript(false)} {
		w.write(t, "home/race/"+name, text, 0o600)
	}
	for link, to := range map[string]string{"home/race/link-bad": "bad", "srv/shared/link": "/etc", "srv/user/link": "/etc",
		"srv/data/in/link": "/etc"} {
		if err := os.Symlink(to, w.path(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(w.path("home/race/fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"srv/shared/swap", "srv/user/swap", "srv/data/in/swap"} {
		w.mkdir(t, name, 0o755)
	}
	for _, name := range []string{"home/race", "home/race/request", "home/race/good", "home/race/bad", "home/race/in-place",
		"home/race/link-bad", "home/race/fifo", "srv/shared/swap", "srv/shared/link", "srv/user/swap", "srv/user/link",
		"srv/data/in/swap", "srv/data/in/link"} {
		if err := os.Lchown(w.path(name), raceUser, raceUser); err != nil {
			t.Fatal(err)
		}
	}
	mounts := []string{"/srv/shared/swap", "/srv/user/swap", "/srv/data/in/swap", "/srv/data/in"}
	for i, source := range mounts {
		argv := strings.Fields("docker run --detach --name=w1 --user=1000:1000 --cap-drop=ALL --security-opt=no-new-privileges " +
			"--read-only --pids-limit=100 --network=none --mount=type=bind,source=" + source + ",target=/x busybox:1.36 true")
		data, err := scripts.Command{Argv: argv}.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("home/race/mount-%d", i)
		w.write(t, name, string(data), 0o600)
		if err := os.Lchown(w.path(name), raceUser, raceUser); err != nil {
			t.Fatal(err)
		}
	}
	stdin, stop, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	racer := exec.CommandContext(t.Context(), os.Args[0], w.root)
	racer.Env, racer.Stdin, racer.Stdout = append(os.Environ(), child.As(raceRole)), stdin, os.Stdout
	if err := racer.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop.Close()
		if err := racer.Wait(); err != nil {
			t.Errorf("the racing user: %v", err)
		}
		stdin.Close()
	}()
	long := 2 * time.Second
	if text := os.Getenv("DOCKERCMD_RACE"); text != "" {
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	requests := []string{"request", "in-place", "mount-0", "request", "mount-1", "in-place", "mount-2", "mount-3"}
	tally := map[string]int{}
	for i, until := 0, time.Now().Add(long); time.Now().Before(until); i++ {
		name := requests[i%len(requests)]
		a, err := w.do(call{uid: raceUser, args: []string{"exec", "/home/race/" + name}})
		if err != nil {
			t.Fatal(err)
		}
		mounted, _ := os.ReadFile(w.path("out/mounted"))
		switch {
		case a.Argv == nil:
			tally["not started"]++
		case slices.Contains(a.Argv, "--privileged"), len(a.Argv) < 10, slices.ContainsFunc(a.Argv, func(word string) bool {
			return strings.Contains(word, "swap")
		}):
			t.Errorf("docker was started with %q", a.Argv)
		case strings.TrimSpace(string(mounted)) != "" && strings.TrimSpace(string(mounted)) != "/srv/data/in":
			t.Errorf("docker mounts %s", mounted)
		default:
			tally["started"]++
		}
	}
	t.Log(tally)
	if tally["started"] == 0 || tally["not started"] == 0 {
		t.Errorf("nothing was raced: %v", tally)
	}
}
