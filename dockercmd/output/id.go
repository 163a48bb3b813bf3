package output

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
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
	if !dockercmd.ValidID(id) {
		return "", fmt.Errorf("docker printed %.70q, which is not a container's id", id)
	}
	return id, nil
}

// ParseImageID finds the id that commit, import and build --quiet print: sha256: and 64 digits, on the last line. Podman's
// has no sha256: in front.
func ParseImageID(out []byte) (string, error) {
	words := strings.Fields(string(out))
	if len(words) == 0 {
		return "", errors.New("docker printed no image id")
	}
	id := words[len(words)-1]
	if !dockercmd.ValidID(strings.TrimPrefix(id, "sha256:")) {
		return "", fmt.Errorf("docker printed %.80q, which is not an image's id", id)
	}
	return id, nil
}

// ParseEcho reads what stop, start, restart, kill, pause, unpause, rm, update, volume rm and network rm print: each argument
// that they were done with, as it stood on the line, one a line. An argument that is missing here failed. rm -f and volume
// rm -f may print the name of something that never was. It reads the ids of ps --quiet too.
func ParseEcho(out []byte) []string {
	var names []string
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" {
			names = append(names, line)
		}
	}
	return names
}
