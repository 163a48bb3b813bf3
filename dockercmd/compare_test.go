package dockercmd_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		want       []dockercmd.Difference
	}{
		{"order and spelling", "run -itd -m 1g -e A=1 -e B=2 -v /a:/b -v /c:/d img sh",
			"run --volume=/c:/d --memory=1024m -v /a:/b -e B=2 --detach -e A=0 -e A=1 -t -i img sh", nil},
		{"a map", "run -l a=1 -l b=2 img", "run --label b=2 --label a=1 img", nil},
		{"a value", "run -m 1g --rm img", "run -m 2g img", []dockercmd.Difference{{"--rm", []string{"--rm"}, nil},
			{"--memory", []string{"--memory=1g"}, []string{"--memory=2g"}}}},
		{"a list", "run -v /a:/b -v /c:/d img", "run -v /c:/d -v /a:/b:ro img",
			[]dockercmd.Difference{{"--volume", []string{"--volume=/a:/b"}, []string{"--volume=/a:/b:ro"}}}},
		{"the order of name servers", "run --dns 1.1.1.1 --dns 8.8.8.8 img", "run --dns 8.8.8.8 --dns 1.1.1.1 img",
			[]dockercmd.Difference{{
				"--dns", []string{"--dns=1.1.1.1", "--dns=8.8.8.8"}, []string{"--dns=8.8.8.8", "--dns=1.1.1.1"},
			}}},
		{"a secret", "run -e PASSWORD=hunter2 img", "run -e PASSWORD=hunter3 img",
			[]dockercmd.Difference{{"--env", []string{"--env=PASSWORD=..."}, []string{"--env=PASSWORD=..."}}}},
		{"the image and its command", "run img a b", "run img b a",
			[]dockercmd.Difference{{"IMAGE [COMMAND] [ARG...]", []string{"img", "a", "b"}, []string{"img", "b", "a"}}}},
		{"names in another order", "stop w1 w2", "container stop w2 w1", nil},
		{"names", "stop w1 w2", "stop w2", []dockercmd.Difference{{"CONTAINER [CONTAINER...]", []string{"w1", "w2"}, []string{"w2"}}}},
		{"from and to", "cp a/b w1:/c", "cp w1:/c a/b",
			[]dockercmd.Difference{{"CONTAINER:PATH|PATH|- PATH|CONTAINER:PATH|-", []string{"a/b", "w1:/c"}, []string{"w1:/c", "a/b"}}}},
		{"two commands", "stop w1", "kill w1", []dockercmd.Difference{{"subcommand", []string{"stop"}, []string{"kill"}}}},
		{"true and unset", "run --init=true img", "run img", []dockercmd.Difference{{"--init", []string{"--init"}, nil}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parse := func(line string) dockercmd.Command {
				c, err := dockercmd.Parse(strings.Fields(line))
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			if got := dockercmd.Compare(parse(tt.a), parse(tt.b)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}
