package dockercmd

import "strings"

// lacksValues are the values of c that the engine's version does not take, where it takes the flag.
func (e Engine) lacksValues(c Command, v version) []error {
	var run *Run
	switch c := c.(type) {
	case *Run:
		run = c
	case *Create:
		run = (*Run)(c)
	default:
		return nil
	}
	var errs []error
	lacks := func(flag, reason string) {
		errs = append(errs, &UnsupportedError{c.Subcommand(), flag, e, reason})
	}
	if v.before(version{23, 0}) {
		for _, volume := range run.Volumes {
			if relative(volume.Source) {
				lacks("--volume", "docker takes a relative source from 23.0 on; give an absolute path")
			}
		}
		for _, m := range run.Mounts {
			if m.Type == "bind" && relative(m.Source) {
				lacks("--mount", "docker takes a relative source from 23.0 on; give an absolute path")
			}
		}
	}
	if v.before(version{25, 0}) {
		for _, d := range run.Devices {
			if !strings.HasPrefix(d.Host, "/") && cdiName(d.Host) {
				lacks("--device", "docker takes CDI names from 25.0 on; give the path of a device")
			}
		}
	}
	return errs
}
