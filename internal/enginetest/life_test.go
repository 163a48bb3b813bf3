package enginetest

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLife(t *testing.T) {
	t.Parallel()
	e := Require(t)
	for _, code := range []int{0, 7, 255} {
		dir, name := t.TempDir(), e.Name(t)
		e.Run(t, "run", "-d", "--network=none", "--name="+name, "--volume="+dir+":/worker", e.Image, "sh", "-c",
			Life("/worker", code, 50*time.Millisecond))
		exit := e.Run(t, "wait", name)
		planned, err := os.ReadFile(filepath.Join(dir, "planned"))
		if err != nil || string(planned) != exit+"\n" {
			t.Errorf("code %d: docker says %s, the program planned %q (%v)", code, exit, planned, err)
		}
	}
}
