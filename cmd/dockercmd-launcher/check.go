package main

import (
	"fmt"
	"io"
	"os"
)

// checkSetup prints what is wrong with the installation, or that nothing is.
func checkSetup(w io.Writer) error {
	problems := 0
	tell := func(err error) {
		if err != nil {
			problems++
			fmt.Fprintln(w, printable(err.Error()))
		}
	}
	tell(checkBinary())
	c, err := readConfig(configPath)
	tell(err)
	if err == nil {
		s := &session{conf: c}
		_, err = s.prepare(versionLine)
		tell(err)
		if c.Audit != "" {
			f, err := openAudit(c.Audit)
			tell(err)
			if err == nil {
				f.Close()
			}
		}
		if c.Work != "" {
			f, err := openTrusted(c.Work, os.O_RDONLY)
			tell(err)
			if err == nil {
				f.Close()
			}
		}
		if c.Group != "" {
			_, err := groupID(c.Group)
			tell(err)
		}
	}
	if problems > 0 {
		return fail(statusSetup, "%d problems", problems)
	}
	fmt.Fprintf(w, "%s, policy %s: nothing is wrong\n", configPath, c.Policy)
	return nil
}
