package enginetest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// pids returns the process ids of this machine.
func pids() (found []int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

// cmdline returns a process's arguments, each with a NUL after it; "" for a zombie and for none.
func cmdline(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return string(text)
}

// rootMount returns the line of mountinfo for a process's root: for a container's process it names the engine's data root.
func rootMount(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 4 && fields[4] == "/" {
			return line
		}
	}
	return ""
}

// state returns the letter in /proc/PID/stat: R, S, D, T for stopped, Z for a zombie; 0 when there is no such process.
func state(pid int) byte {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	// The program's name, in brackets, may hold anything.
	end := strings.LastIndex(string(text), ") ")
	if end < 0 || end+2 >= len(text) {
		return 0
	}
	return text[end+2]
}

// dead reports whether nothing runs under a process id any more; its zombie may wait for its parent.
func dead(pid int) bool {
	s := state(pid)
	return s == 0 || s == 'Z' || s == 'X'
}
