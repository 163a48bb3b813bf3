package enginetest

import (
	"fmt"
	"time"
)

// Life returns a shell script that lives for a while and then exits with code. Before that it writes the code to the file
// planned in dir, a directory in the container that its user can write to ("/worker" for a worker), whole or not at all: a
// tally compares what a supervisor was told with what the program meant. A program that was killed while it lived has
// left no such file. Busybox's sleep takes fractions of a second.
func Life(dir string, code int, lives time.Duration) string {
	return fmt.Sprintf("sleep %.3f; echo %[2]d >%[3]s/planned.new && mv %[3]s/planned.new %[3]s/planned; exit %[2]d",
		lives.Seconds(), code, dir)
}
