package dockercmd

import (
	"slices"
	"strconv"
	"strings"
)

var signalNames = strings.Fields(`ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT
	STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX`)

// validSignal reports whether docker knows a signal: a name with or without SIG in any case, a number, RTMIN+n or RTMAX-n.
func validSignal(s string) bool {
	if n, err := strconv.Atoi(s); err == nil {
		return n >= 1 && n <= 64
	}
	name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
	for _, base := range []string{"RTMIN+", "RTMAX-"} {
		if rest, ok := strings.CutPrefix(name, base); ok {
			n, err := strconv.Atoi(rest)
			return err == nil && n >= 1 && n <= 15
		}
	}
	return slices.Contains(signalNames, name)
}

// signal holds the value of a flag to docker's signals; "" is the default.
func (p *problems) signal(flag, s string) {
	if s != "" && !validSignal(s) {
		p.Add(flag, "the signal %q is unknown; give a name such as SIGTERM or a number", s)
	}
}
