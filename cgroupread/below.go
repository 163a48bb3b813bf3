package cgroupread

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// next says how a walk goes on after a directory.
type next int

const (
	enter next = iota // look at the directories in it, later
	pass              // do not
	stop              // end the walk
)

// maxWalk is how many directories a walk opens. A machine with 10 000 containers has fewer: they are not entered.
const maxWalk = 10_000

// errCutShort ends a walk over more directories than maxWalk.
var errCutShort = fmt.Errorf("search cut short after %d cgroups", maxWalk)

// below calls visit for the directories under dir, nearest first and dir itself not included, with their paths relative to dir.
// What vanishes during the walk is passed over. Links are not followed.
func below(dir string, visit func(rel string) (next, error)) error {
	queue := []string{""}
	for opened := 0; len(queue) > 0; opened++ {
		if opened == maxWalk {
			return errCutShort
		}
		rel := queue[0]
		queue = queue[1:]
		entries, err := os.ReadDir(filepath.Join(dir, rel))
		if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENODEV) {
			return err
		}
		for _, entry := range entries {
			if !entry.IsDir() {
				continue
			}
			name := joinRel(rel, entry.Name())
			verdict, err := visit(name)
			if err != nil || verdict == stop {
				return err
			}
			if verdict == enter {
				queue = append(queue, name)
			}
		}
	}
	return nil
}

// joinRel joins two relative groups, either of which may be "".
func joinRel(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "/" + b
}
