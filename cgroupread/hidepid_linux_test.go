package cgroupread

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/dockercmd/toolkit/internal/child"
)

func TestMain(m *testing.M) {
	child.Guard(map[string]child.Role{"nobody": playNobody})
	os.Exit(m.Run())
}

// TestHiddenProcess checks that a process which /proc hides from an ordinary user is not taken for one that has ended. The test
// binary is started again, in a mount namespace with a /proc of its own and as nobody, to look for its parent.
func TestHiddenProcess(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED, only root can mount a /proc with hidepid")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), child.As("nobody"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if errors.Is(err, syscall.EPERM) {
		t.Skipf("NOT TESTED, no mount namespace can be made here: %v", err)
	}
	if err != nil || !strings.Contains(out.String(), "permission true, gone false") ||
		!strings.Contains(out.String(), "no process: gone true") {
		t.Errorf("got %v\n%s", err, out.String())
	}
}

// playNobody looks for its parent, and for a process that does not exist, as nobody.
func playNobody([]string) int {
	if err := becomeNobody(); err != nil {
		fmt.Println(err)
		return 1
	}
	_, err := Host{}.ByPID(os.Getppid())
	fmt.Printf("permission %v, gone %v: %v\n", errors.Is(err, os.ErrPermission), errors.Is(err, ErrGone), err)
	_, err = Host{}.ByPID(1 << 22) // Beyond the kernel's greatest process id.
	fmt.Printf("no process: gone %v: %v\n", errors.Is(err, ErrGone), err)
	return 0
}

func becomeNobody() error {
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, "hidepid=2"); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	const nobody = 65534
	return errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody))
}
