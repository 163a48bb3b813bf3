package dockercmd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/shlex"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/golden"
)

// advisedLines are lines that docker takes, with advice and without.
var advisedLines = []string{
	"run busybox -d --rm", "run busybox -dit sh", "run busybox --name=w1 sh", "run busybox --name w1", "run busybox -p 8080:80",
	"run busybox -v /a:/b sh",
	"run busybox -e TOKEN=" + secret, "run busybox --env=TOKEN=" + secret, "create busybox -P", "exec w1 -it sh",
	"exec w1 --user=0 id",
	"run -d busybox sh -c id", "run postgres -c max_connections=9", "run mysql -p" + secret, "run app -v", "run app -x",
	"run app --help", "run app -h", "run app -- -d", "run app -", "run --entrypoint=app busybox -d",
	"run --entrypoint= busybox -d",
	"run --entrypoint='sh -c' busybox id", "run --entrypoint='/opt/my app' busybox",
	"run --network=host -p 80:80 busybox", "run --network=host -P busybox", "run --network=bridge -p 80:80 busybox",
	"run --network=container:w1 --dns-search=a.b --dns-option=use-vc busybox", "run --ipc=host --shm-size=64m busybox",
	"run --ipc=container:w1 --shm-size=64m busybox", "run --shm-size=64m busybox",
	"run --oom-kill-disable busybox", "run --oom-kill-disable -m 64m busybox",
	"run --privileged --cap-drop=ALL busybox", "run --cap-drop=ALL busybox",
	"run --ulimit core=1 --ulimit nofile=5 --ulimit core=2 busybox",
	"run -l ' a=1' -l b=2 busybox",
	"run -e 'A B=" + secret + "' -e A=1 -e A busybox", "exec -e A=1 -e A=2 w1 id",
	"stop w1",
}

// TestAdvice holds the advice for each line. Validate finds nothing in any of them.
func TestAdvice(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, line := range advisedLines {
		words, err := shlex.Split(line)
		if err != nil {
			t.Fatal(err)
		}
		c, err := dockercmd.Parse(words)
		if err == nil {
			err = c.Validate()
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		fmt.Fprintln(&b, strings.ReplaceAll(line, secret, "..."))
		for _, a := range dockercmd.Advice(c) {
			if a.Command != c.Subcommand() || strings.Contains(a.Error(), secret) {
				t.Errorf("%s: the advice %v is for another command or shows a secret", line, a)
			}
			fmt.Fprintf(&b, "\t%v\n", a)
		}
	}
	golden.Dir(testdata).CheckString(t, "advice.txt", b.String())
}
