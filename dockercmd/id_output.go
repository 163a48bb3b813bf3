package dockercmd

import (
	"errors"
	"fmt"
	"strings"
)

// ParseID finds the id that run --detach, create or network create prints: the last line. Notices of deprecated flags may
// stand before it.
//
// An id does not say that the container runs. When run --detach exits with 125 (a port that is taken, a network that fails),
// 126 or 127 (a command that cannot be started), docker has printed the id of a container that it made and left behind as
// created; with --rm it is gone again. Podman prints no id then.
func ParseID(out []byte) (string, error) {
	lines := strings.Fields(string(out))
	if len(lines) == 0 {
		return "", errors.New("docker printed no container id")
	}
	id := lines[len(lines)-1]
	if !ValidID(id) {
		return "", fmt.Errorf("docker printed %.70q, which is not a container's id", id)
	}
	return id, nil
}

// ParseEcho reads what stop, start, restart, kill, pause, unpause, rm, update, volume rm and network rm print: each argument
// that they were done with, as it stood on the line, one a line. An argument that is missing here failed. rm -f and volume
// rm -f may print the name of something that never was.
func ParseEcho(out []byte) []string {
	var names []string
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" {
			names = append(names, line)
		}
	}
	return names
}
