package pidwatch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/internal/child"
)

// A role is played on the process's first thread.
func init() {
	if os.Getenv(child.Variable) != "" {
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	roles := map[string]child.Role{}
	for name, f := range map[string]func(args []string) error{"parent": beParent, "leaderless": beLeaderless, "exec": beExecuted,
		"poor": bePoor} {
		roles[name] = func(args []string) int {
			if err := f(args); err != nil {
				fmt.Fprintln(os.Stderr, name+":", err)
				return 1
			}
			return 0
		}
	}
	child.Guard(roles)
	os.Exit(m.Run())
}

// play returns a command that plays a role.
func play(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), child.As(role), "GORACE=atexit_sleep_ms=0") // The race detector waits for a second.
	cmd.Stderr = os.Stderr
	return cmd
}

// family is a process and its children, which are no children of the test's.
type family struct {
	pids   []int
	gate   *os.File       // what the children read
	parent io.WriteCloser // what the parent reads
}

// What a parent does: collect each child that ends, or none before collect is called.
const (
	reaping = "reaping"
	holding = "holding"
)

// grandchildren starts a family of n that end by themselves with the code given once endAll is called.
func grandchildren(t testing.TB, n, code int, parent string) *family {
	t.Helper()
	gateOut, gateIn, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := play("parent", strconv.Itoa(n), strconv.Itoa(code), parent)
	cmd.ExtraFiles = []*os.File{gateOut}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Start()
	gateOut.Close()
	if err != nil {
		t.Fatal(err)
	}
	f := &family{gate: gateIn, parent: stdin}
	t.Cleanup(func() {
		f.endAll()
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("parent: %v", err)
		}
	})
	lines := bufio.NewScanner(stdout)
	for range n {
		if !lines.Scan() {
			t.Fatalf("%d children of %d were started: %v", len(f.pids), n, lines.Err())
		}
		pid, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		f.pids = append(f.pids, pid)
	}
	return f
}

// beParent plays the parent of a family. Its children end when the last write end of the pipe at descriptor 3 is closed.
func beParent(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	gate := os.NewFile(3, "gate")
	defer gate.Close()
	var pids []int
	for range n {
		child := exec.Command("sh", "-c", "read line; exit $1", "sh", args[1])
		child.Stdin = gate
		if err := child.Start(); err != nil {
			return err
		}
		pids = append(pids, child.Process.Pid)
	}
	var all sync.WaitGroup
	collect := func() { // One thread for all of them, not one for each.
		for collected := 0; collected < n; {
			switch _, err := syscall.Wait4(-1, nil, 0, nil); err {
			case nil:
				collected++
			case syscall.EINTR:
			default:
				panic(err)
			}
		}
	}
	if args[2] == reaping {
		all.Go(collect)
	}
	for _, pid := range pids {
		fmt.Println(pid)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if args[2] == holding {
		all.Go(collect)
	}
	all.Wait()
	return nil
}

// endAll makes all children exit.
func (f *family) endAll() { f.gate.Close() }

// collect makes a parent that is holding collect its dead children.
func (f *family) collect(t testing.TB) {
	t.Helper()
	if _, err := io.WriteString(f.parent, "\n"); err != nil {
		t.Fatal(err)
	}
}

func kill(t testing.TB, pid int) {
	t.Helper()
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// awaitState waits until a process is in a state of /proc/PID/stat, "Z" for a zombie, or, for "", is collected.
func awaitState(t testing.TB, pid int, want string) {
	t.Helper()
	await(t, "process "+strconv.Itoa(pid)+" is in state "+strconv.Quote(want), func() bool {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			return want == ""
		}
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		return want != "" && strings.HasPrefix(rest, want)
	})
}

// await waits for a condition, looking often.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
