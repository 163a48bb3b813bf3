package ash

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// listen tells who sends signals which of them the shell handles or ignores.
func (s *shell) listen() {
	if s.sub {
		return
	}
	handled := slices.Collect(maps.Keys(s.traps))
	s.t.mu.Lock()
	s.t.handled = handled
	s.t.mu.Unlock()
	if s.t.main && s.m.Listen != nil {
		s.m.Listen(s.t.signals, handled)
	}
}

// deliver runs the traps of the signals that have come.
func (s *shell) deliver() {
	if s.sub || s.inTrap {
		return
	}
	for s.ctl != exiting {
		select {
		case sig := <-s.t.signals:
			s.trapped(sig)
		default:
			return
		}
	}
}

// trapped runs the trap of a signal.
func (s *shell) trapped(sig os.Signal) {
	action := s.traps[sig]
	if action == "" {
		return
	}
	code, ctl, n := s.status, s.ctl, s.ctlN
	s.ctl, s.inTrap = goOn, true
	last := s.source([]byte(action), "")
	s.inTrap = false
	if s.ctl == exiting {
		s.status = last
		return
	}
	s.status, s.ctl, s.ctlN = code, ctl, n
}

// parseSignal reads a signal: a name with or without SIG, or a number.
func parseSignal(name string) (syscall.Signal, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		return syscall.Signal(n), n >= 0 && n <= 64
	}
	sig := unix.SignalNum("SIG" + strings.TrimPrefix(strings.ToUpper(name), "SIG"))
	return sig, sig != 0
}

func signalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return strings.TrimPrefix(name, "SIG")
	}
	return strconv.Itoa(int(sig))
}

func (s *shell) trap(words []string) int {
	words = words[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		out := ""
		if s.exitTrap != "" {
			out = fmt.Sprintf("trap -- %s EXIT\n", always(s.exitTrap))
		}
		for _, sig := range slices.SortedFunc(maps.Keys(s.traps), func(a, b os.Signal) int {
			return int(a.(syscall.Signal)) - int(b.(syscall.Signal))
		}) {
			out += fmt.Sprintf("trap -- %s %s\n", always(s.traps[sig]), signalName(sig.(syscall.Signal)))
		}
		return s.write(out)
	}
	action, names := words[0], words[1:]
	if _, err := strconv.Atoi(action); err == nil || len(names) == 0 {
		action, names = "-", words
	}
	code := 0
	for _, name := range names {
		if name == "EXIT" || name == "0" {
			s.exitTrap = action
			if action == "-" {
				s.exitTrap = ""
			}
			continue
		}
		sig, ok := parseSignal(name)
		switch {
		case !ok:
			s.problem("trap", "%s: invalid signal specification", name)
			code = 1
		case action == "-":
			delete(s.traps, os.Signal(sig))
		default:
			s.traps[os.Signal(sig)] = action
		}
	}
	s.listen()
	return code
}

// always quotes a text, as ash does for trap and set -x.
func always(text string) string {
	var b strings.Builder
	for {
		n := strings.IndexByte(text, '\'')
		if n < 0 {
			n = len(text)
		}
		b.WriteString("'" + text[:n] + "'")
		text = text[n:]
		rest := strings.TrimLeft(text, "'")
		if rest == text {
			return b.String()
		}
		b.WriteString(`"` + text[:len(text)-len(rest)] + `"`)
		if text = rest; text == "" {
			return b.String()
		}
	}
}

// wait waits for what runs in the background; a signal with a trap ends it.
func (s *shell) wait(words []string) int {
	var pids []int
	for _, w := range words[1:] {
		pid, err := strconv.Atoi(w)
		if err != nil {
			s.ctl = exiting
			return s.refuse(2, "job control: wait %s", w)
		}
		pids = append(pids, pid)
	}
	if len(words) == 1 {
		for _, t := range s.jobs {
			if code, interrupted := s.waitFor(t); interrupted {
				return code
			}
		}
		s.jobs = nil
		return 0
	}
	code := 0
	for _, pid := range pids {
		i := slices.IndexFunc(s.jobs, func(t *task) bool { return t.pid == pid })
		if i < 0 {
			code = 127
			continue
		}
		t := s.jobs[i]
		var interrupted bool
		if code, interrupted = s.waitFor(t); interrupted {
			return code
		}
		s.jobs = slices.Delete(s.jobs, i, i+1)
	}
	return code
}

func (s *shell) waitFor(t *task) (code int, interrupted bool) {
	var signals chan os.Signal
	if !s.sub && !s.inTrap {
		signals = s.t.signals
	}
	for {
		select {
		case <-t.done:
			s.m.forget(t.pid)
			s.tell(t)
			return t.status, false
		case <-s.ctx.Done():
			s.ctl = exiting
			return s.status, true
		case sig := <-signals:
			if s.traps[sig] == "" {
				continue
			}
			s.status = 128 + int(sig.(syscall.Signal))
			s.trapped(sig)
			if s.ctl == exiting {
				return s.status, true
			}
			return 128 + int(sig.(syscall.Signal)), true
		}
	}
}

// tell prints by which signal a process was killed.
func (s *shell) tell(t *task) {
	switch {
	case t.killed == 0 || t.killed == syscall.SIGINT || t.killed == syscall.SIGPIPE || s.ctx.Err() != nil:
		return
	}
	text := t.killed.String()
	fmt.Fprintln(s.stderr(), strings.ToUpper(text[:1])+text[1:])
}

func (s *shell) kill(words []string) int {
	words = words[1:]
	sig := syscall.SIGTERM
	if len(words) > 0 && words[0] == "-l" {
		if len(words) == 1 {
			s.ctl = exiting
			return s.refuse(2, "kill -l without a signal")
		}
		for _, w := range words[1:] {
			n, ok := parseSignal(w)
			if !ok {
				fmt.Fprintf(s.stderr(), "sh: bad signal name '%s'\n", w)
				return 1
			}
			out := signalName(n)
			if _, err := strconv.Atoi(w); err != nil {
				out = strconv.Itoa(int(n))
			}
			if code := s.write(out + "\n"); code != 0 {
				return code
			}
		}
		return 0
	}
	if len(words) > 0 && strings.HasPrefix(words[0], "-") && words[0] != "--" {
		name := words[0][1:]
		words = words[1:]
		if name == "s" && len(words) > 0 {
			name, words = words[0], words[1:]
		}
		var ok bool
		if sig, ok = parseSignal(name); !ok {
			fmt.Fprintf(s.stderr(), "sh: bad signal name '%s'\n", name)
			return 1
		}
	}
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		fmt.Fprintln(s.stderr(), "sh: you need to specify whom to kill")
		return 1
	}
	code := 0
	for _, w := range words {
		pid, err := strconv.Atoi(w)
		if err != nil || pid <= 0 {
			s.ctl = exiting
			return s.refuse(2, "kill of groups and jobs: %s", w)
		}
		if !s.send(pid, sig) {
			fmt.Fprintf(s.stderr(), "sh: can't kill pid %d: No such process\n", pid)
			code = 1
		}
	}
	return code
}

// send sends a signal to one of the container's processes that package ash knows.
func (s *shell) send(pid int, sig syscall.Signal) bool {
	t := s.m.task(pid)
	switch {
	case t == nil && pid == 1 && s.m.Kill != nil:
		if sig != 0 {
			s.m.Kill(sig)
		}
		return true
	case t == nil || t.done != nil && closed(t.done):
		return false
	}
	t.signal(sig)
	return true
}

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
