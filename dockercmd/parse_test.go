package dockercmd_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/shlex"

	"github.com/dockercmd/toolkit/dockercmd"
)

// TestParseSpellings holds docker's own ways to write a line, which its scanner takes.
func TestParseSpellings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		line string
		want string // the canonical line
	}{
		{"the word docker", "docker run img", "run img"},
		{"the long name of a command", "docker container run img", "run img"},
		{"docker's other names", "container list -a", "ps --all"},
		{"letters in one word", "run -dit img", "run --detach --interactive --tty img"},
		{"a value in the same word", "run -dm64m img", "run --detach --memory=64m img"},
		{"a value behind =", "run -m=64m img", "run --memory=64m img"},
		{"a value as the next word", "run -m 64m --name w1 img", "run --name=w1 --memory=64m img"},
		{"a value that looks like a flag", "run -m 64m --memory-swap -1 img", "run --memory=64m --memory-swap=-1 img"},
		{"= for the last of the letters", "run -dit=false img", "run --detach --interactive img"},
		{"the last one wins", "run --name a1 --name b1 -d --detach=false img", "run --name=b1 img"},
		{"lists gather", "run -e B=1 -e A=2 -e B=3 img", "run --env=B=1 --env=A=2 --env=B=3 img"},
		{"maps are sorted, the last one wins", "run -l b=1 -l a=2 -l b=3 img", "run --label=a=2 --label=b=3 img"},
		{"flags end at the image", "run img -d --name x", "run img -d --name x"},
		{"dashes before the image", "run -d -- img -c", "run --detach img -c"},
		{"dashes behind the image", "run img -- x", "run img -- x"},
		{"a dash is an operand", "run - -x", "run - -x"},
		{"flags behind the operands", "rm w1 -f w2", "rm --force w1 w2"},
		{"operands that look like flags", "inspect -- -f", "inspect -- -f"},
		{"the order of operands", "stop b1 a1 -t 3", "stop -t=3 b1 a1"},
		{"hidden names", "run --net host --net-alias a --dns-opt b img", "run --network=host --dns-option=b --network-alias=a img"},
		{"-h is the host name", "run -h h1 img", "run --hostname=h1 img"},
		{"create's -h is the host name too", "container create -h h1 img -h x", "create --hostname=h1 img -h x"},
		{"one spelling of the time for all", "restart --time 3 w1", "restart -t=3 w1"},
		{"top takes all behind the container", "top w1 -o pid --help", "top w1 -o pid --help"},
		{"cp from a file like a flag", "cp -a -- -x w1:/y", "cp --archive -- -x w1:/y"},
		{"events belong to the system", "system events --since 1h", "events --since=1h"},
		{"numbers in any base", "run -c 0x10 --pids-limit 010 img", "run --cpu-shares=16 --pids-limit=8 img"},
		{"false is not absence", "run --init=false --sig-proxy=0 img", "run --init=false --sig-proxy=false img"},
		{"an empty value", "run --entrypoint '' --name= img", "run --entrypoint= img"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			words, err := shlex.Split(tt.line)
			if err != nil {
				t.Fatal(err)
			}
			c, err := dockercmd.Parse(words)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(c.Args(), " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line string
		want string // the beginning
		kind error
	}{
		{"", "unknown command: no word behind docker; give one such as run, exec or stop", dockercmd.ErrUnknownCommand},
		{"docker", "unknown command: no word behind docker; give one such as run, exec or stop", dockercmd.ErrUnknownCommand},
		{"docker checkpoint ls", `unknown command "checkpoint"; give one that is typed here`, dockercmd.ErrUnknownCommand},
		{"container purge", `unknown command "container purge"; give one that is typed here`, dockercmd.ErrUnknownCommand},
		{"container", `unknown command "container"; give one that is typed here`, dockercmd.ErrUnknownCommand},
		{"run", "run: no IMAGE; give an image and perhaps a command behind it", nil},
		{"run --help", "run: the line asks for help", dockercmd.ErrHelp},
		{"run --name=x --help img", "run: the line asks for help", dockercmd.ErrHelp},
		{"stop --help", "stop: the line asks for help", dockercmd.ErrHelp},
		{"stop -h", "stop: the line asks for help", dockercmd.ErrHelp},
		{"run --memori=5m img", "run: flag --memori at word 3: unknown; did you mean --memory?", nil},
		{"run --zzz img", "run: flag --zzz at word 3: unknown", nil},
		{"run -Z img", "run: flag -Z at word 3: unknown", nil},
		{"run -dZx img", "run: flag -Z at word 3: unknown", nil},
		{"run --=x img", "run: -- at word 3: no name behind the dashes; write --name=value", nil},
		{"run -d --name", "run: --name at word 4: needs a value, and the line ends", nil},
		{"run -de", "run: --env at word 3: needs a value, and the line ends", nil},
		{"run --rm=yes img", `run: --rm at word 3: "yes" is neither true nor false`, nil},
		{"run --memory=lots img", `run: --memory at word 3: "lots" is not a size such as 512m or 1.5g`, nil},
		{"run --pids-limit=1.5 img", `run: --pids-limit at word 3: "1.5" is not a whole number`, nil},
		{"run --blkio-weight=-1 img", `run: --blkio-weight at word 3: "-1" is not a whole number from 0`, nil},
		{"run --health-interval=5 img", `run: --health-interval at word 3: "5" is not a duration such as 500ms, 30s or 1m30s`, nil},
		{"run --label==x img", `run: --label at word 3: "=x" has no key; give KEY=value`, nil},
		{"ps --filter=w1", `ps: --filter at word 3: "w1" is not a filter such as name=w1 or label=app=web`, nil},
		{"ps w1", `ps: "w1" stands behind the flags, but ps takes no operand`, nil},
		{"version x", `version: "x" stands behind the flags, but version takes no operand`, nil},
		{"exec w1", "exec: no command; give CONTAINER and COMMAND", nil},
		{"stop", "stop: no CONTAINER; give the name or id of at least one", nil},
		{"logs w1 w2", "logs: 2 words behind the flags; give one CONTAINER", nil},
		{"inspect", "inspect: no NAME; give the name or id of at least one object", nil},
		{"import", "import: no source; give a file, a URL, or - for standard input", nil},
		{"import a b c", "import: too many words; give a source and perhaps a REPOSITORY:TAG", nil},
		{"create --detach img", "create: flag --detach at word 3: unknown", nil},
		{"create", "create: no IMAGE; give an image and perhaps a command behind it", nil},
		{"create --help", "create: the line asks for help", dockercmd.ErrHelp},
		{"restart", "restart: no CONTAINER; give the name or id of at least one", nil},
		{"rename w1", "rename: 1 words behind the flags; give CONTAINER and NEW_NAME", nil},
		{"rename w1 w2 w3", "rename: 3 words behind the flags; give CONTAINER and NEW_NAME", nil},
		{"cp a", "cp: 1 words behind the flags; give a source and a destination, one of them CONTAINER:PATH", nil},
		{"diff", "diff: 0 words behind the flags; give one CONTAINER", nil},
		{"attach w1 w2", "attach: 2 words behind the flags; give one CONTAINER", nil},
		{"commit", "commit: no CONTAINER; give one and perhaps a REPOSITORY:TAG", nil},
		{"commit w1 a -m x", "commit: too many words; give a CONTAINER and perhaps a REPOSITORY:TAG", nil},
		{"export", "export: 0 words behind the flags; give one CONTAINER", nil},
		{"top", "top: no CONTAINER; give one and perhaps options of ps behind it", nil},
		{"port", "port: no CONTAINER; give one and perhaps a port of it", nil},
		{"port w1 80 81", "port: too many words; give a CONTAINER and perhaps one port of it", nil},
		{"system events w1", `events: "w1" stands behind the flags, but events takes no operand`, nil},
		{"system upgrade", `unknown command "system upgrade"; give one that is typed here`, dockercmd.ErrUnknownCommand},
		{"rmi", "rmi: no IMAGE; give at least one", nil},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			t.Parallel()
			c, err := dockercmd.Parse(strings.Fields(tt.line))
			if err == nil {
				t.Fatalf("got %q, want an error", c.Args())
			}
			if !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Errorf("%v is not %v", err, tt.kind)
			}
		})
	}
}
