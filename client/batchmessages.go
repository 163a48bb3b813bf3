package client

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// subjectRE finds the container that a message of the engine is about: its name or id as the line has it, or its full id.
// (Recorded with 20.10.24 and 28.2.2 before a 20.10.24 engine; the quoted ones are from newer engines.)
var subjectRE = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i:` +
		`(?:cannot (?:kill|stop|start|restart|remove) container:? |could not kill container |` +
		`error (?:killing|stopping) container )"?/?([^\s":]+)"?: ` +
		`|no such container: (\S+)$` +
		`|no container with name or id "(\S+)" found` + // podman 4.3
		`|removal of container (\S+) is already in progress` +
		`|container (\S+) is (?:not running|paused|restarting)` +
		`|you cannot remove a \w+ container (\S+?)\. ` +
		`|unable to remove filesystem for (\S+): ` +
		`|driver "[^"]*" failed to remove root filesystem for (\S+): ` +
		`)`)
})

// subject returns the container that a message names, or "".
func subject(message string) string {
	found := subjectRE().FindStringSubmatch(message)
	for i := 1; i < len(found); i++ {
		if found[i] != "" {
			return found[i]
		}
	}
	return ""
}

// unechoed are the operands of a line that its client has not echoed.
type unechoed struct {
	operands map[string]bool // every operand of the line
	unnamed  map[string]bool // those that no message has named
	messages map[string]string
}

// assign finds the operand that a message is about, and reports whether there is one.
func (u *unechoed) assign(message string) bool {
	word := subject(message)
	operand := u.resolve(word)
	if operand == "" {
		return false
	}
	if u.unnamed[operand] {
		delete(u.unnamed, operand)
		u.messages[operand] = message
	} // else it is done, or has a message: it stood on the line twice
	return true
}

// resolve returns the operand that an engine's word stands for: the same word, or the beginning of an id; "" is none.
func (u *unechoed) resolve(word string) string {
	switch {
	case u.operands[word]:
		return word
	case !dockercmd.ValidID(word):
		return ""
	case u.operands[word[:shortID]]:
		return word[:shortID]
	}
	for operand := range u.operands {
		if len(operand) > shortID && strings.HasPrefix(word, operand) {
			return operand
		}
	}
	return ""
}

const shortID = 12 // digits of an id that ps shows

// newBatchError separates the operands that are done from the others, and finds a message for each of these. The client prints
// both its lists in the order of the line, however they ended; only rm --force reports those that are missing before all others.
func newBatchError(operands []string, stdout, stderr []byte, failure *DockerError, force bool) *BatchError {
	e := &BatchError{Err: failure}
	operands = unique(operands)
	u := unechoed{operands: map[string]bool{}, unnamed: map[string]bool{}, messages: map[string]string{}}
	for _, operand := range operands {
		u.operands[operand], u.unnamed[operand] = true, true
	}
	echoed := map[string]bool{}
	for _, name := range output.ParseEcho(stdout) {
		echoed[name] = true
		delete(u.unnamed, name)
	}
	var loose []string // messages that name no operand
	for line := range messageLines(string(stderr)) {
		if message, _ := trimSpeaker(line); !u.assign(message) {
			loose = append(loose, message)
		}
	}
	u.assignRest(operands, loose)
	for _, operand := range operands {
		if echoed[operand] {
			e.Done = append(e.Done, operand)
			continue
		}
		one := failure.forOperand(u.messages[operand], u.unnamed[operand], loose)
		if force && slices.Contains(one.Kinds, ErrNotFound) {
			e.Done = append(e.Done, operand)
			continue
		}
		e.Failed = append(e.Failed, OperandError{operand, one})
	}
	return e
}

// assignRest assigns the messages that name no operand to the operands that have none: by their order or, when all are of one
// kind, to each.
func (u *unechoed) assignRest(operands, loose []string) {
	if len(loose) == 0 || len(loose) != len(u.unnamed) && !sameKinds(loose) {
		return
	}
	byOrder, i := len(loose) == len(u.unnamed), 0
	for _, operand := range operands {
		if !u.unnamed[operand] {
			continue
		}
		u.messages[operand] = loose[len(loose)-1]
		if byOrder {
			u.messages[operand] = loose[i]
		}
		i++
		delete(u.unnamed, operand)
	}
}

func sameKinds(messages []string) bool {
	first := classify(messages[0])
	return !slices.ContainsFunc(messages, func(m string) bool { return !slices.Equal(classify(m), first) })
}

// forOperand returns the failure of one operand, with its message or, if there is none, with the messages that name no operand.
func (e *DockerError) forOperand(message string, silent bool, loose []string) *DockerError {
	one := *e
	one.Kinds = nil
	switch {
	case !silent:
		one.Kinds = classify(message)
	case exitOf(e.Err) == nil: // the client was not started, or stopped: it has not said all
		message, one.Kinds = "", e.Kinds
	default:
		message = strings.Join(loose, "; ")
	}
	one.Message = strings.Join(strings.Fields(message), " ")
	return &one
}
