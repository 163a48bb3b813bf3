package client

import (
	"fmt"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
)

// ParseScript reads the docker command of a command file of package scripts, in either format. The file's program is taken for
// docker, whatever its path. What people write for a shell is for package shellline.
//
// The error satisfies errors.As for *[dockercmd.ParseError] when the file is one but its command is not docker's.
func ParseScript(data []byte) (dockercmd.Command, error) {
	file, err := scripts.ParseCommand(data)
	if err != nil {
		return nil, err
	}
	c, err := dockercmd.Parse(append([]string{"docker"}, file.Argv[1:]...))
	if err != nil {
		return nil, fmt.Errorf("parse command script: %w", err)
	}
	return c, nil
}
