package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/dockercmd/toolkit/dockercmd"
)

// versionLine is a line that does nothing.
var versionLine = dockercmd.CommandLine{Command: new(dockercmd.Version)}

// checkBinary looks at the launcher's own file: a setuid one must be root's, and nobody else's to write or to start by the way.
func checkBinary() error {
	name, err := os.Executable()
	if err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		return err
	}
	switch {
	case st.Mode&unix.S_ISUID == 0:
		return nil // started by sudo, or by somebody who may use docker
	case st.Uid != 0:
		return fmt.Errorf("%s is setuid, and of user %d: chown root", name, st.Uid)
	case st.Mode&0o7777 != 0o4750:
		return fmt.Errorf("%s has the mode %04o: chgrp it to the supervisors' group, and chmod 4750", name, st.Mode&0o7777)
	}
	return nil
}
