// Package child keeps the children of tests from becoming tests. Some tests start their own test binary as a program with a role:
// a launcher, a supervisor to be killed. A test binary that is started without a role that it knows would run all its tests, which
// would start it again, without end. [Guard], called first in TestMain, plays the roles and refuses the rest; [As] names a role.
package child

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Variable is the environment variable that a test binary and all its children have. Its value is the role.
const Variable = "DOCKERCMD_TEST_CHILD"

// noRole is the value for children that were not given a role.
const noRole = "no-role"

// Role runs a child with the arguments after its name and returns its exit status.
type Role func(args []string) int

// As returns the assignment, for the environment of a child, that gives it a role.
func As(role string) string { return Variable + "=" + role }

// Guard returns in a process that was started to run tests. In a child of such a process it does not return: it plays the role
// that [As] has named and exits, or refuses a role that is missing from roles with a message and exit status 2. The children of
// a role have no role themselves, unless they are given one.
func Guard(roles map[string]Role) {
	role, isChild := os.LookupEnv(Variable)
	os.Setenv(Variable, noRole)
	if code, done := play(role, isChild, roles, os.Args, os.Stderr); done {
		os.Exit(code)
	}
}

func play(role string, isChild bool, roles map[string]Role, args []string, stderr io.Writer) (code int, done bool) {
	switch f := roles[role]; {
	case !isChild, slices.Contains(args, "-test.fuzzworker"): // go test -fuzz starts workers from the test binary
		return 0, false
	case f != nil:
		return f(args[1:]), true
	}
	fmt.Fprintf(stderr, "%s: refuses to run its tests as a child of a test: the role %q is none of %s\n",
		filepath.Base(args[0]), role, strings.Join(slices.Sorted(maps.Keys(roles)), ", "))
	return 2, true
}
