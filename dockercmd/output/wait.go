package output

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseWait reads the exit codes that wait prints, one for each container that it found, in the order of the line. A
// container that it did not find has no line at all: when there are fewer codes than containers, whose code is whose is not
// known, and wait has exited with 1. A container that never started gives 0, or the code of its failed start; one that
// is removed meanwhile may give 137. Ask inspect what to believe. Podman's -1, for one that is gone, is an error.
func ParseWait(out []byte) ([]int, error) {
	var codes []int
	for line := range strings.Lines(string(out)) {
		for _, f := range strings.Fields(line) {
			code, err := strconv.Atoi(f)
			if err != nil {
				return nil, fmt.Errorf("output of wait: %.60q is not an exit code", f)
			}
			if err := checkExitCode(code); err != nil {
				return nil, fmt.Errorf("output of wait: %w", err)
			}
			codes = append(codes, code)
		}
	}
	return codes, nil
}
