package dockercmd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

func TestSwarmValues(t *testing.T) {
	t.Parallel()
	tests := []valueCase{
		{
			"port", func(s string) (fmt.Stringer, error) { return dockercmd.ParseServicePort(s) },
			[]string{"80", "8080:80/udp", "8000-8002:80-82", "8080-8081:80", "target=80,published=8080,mode=host", "target=80,mode=ingress",
				"0:80"},
			map[string]string{
				"target=80,published=8080": "8080:80", "TARGET=80,MODE=HOST,PROTOCOL=UDP": "target=80,protocol=udp,mode=host", ":80": "80",
				"80/TCP":                    "80/tcp",
				`"target=080",published=01`: "1:80", "published=1,target=80,target=81": "1:81",
			},
			[]string{"", "127.0.0.1:8080:80", "[::1]:8080:80", "0.0.0.0::80", "published=80", "target=80,mode=x", "target=80-81", "target=0",
				"0", "target=80,host_ip=1.2.3.4", "target", "target=80,published", "a=b", "target=80\ntarget=81", `target="80"`},
		},
		{
			"network", func(s string) (fmt.Stringer, error) { return dockercmd.ParseServiceNetwork(s) },
			[]string{"n1", "MyNet", "a net", "name=n1,alias=a,alias=b", "name=n1,driver-opt=a=b", `name=n1,"alias=a,b"`, "=x", "a = b"},
			map[string]string{
				"name=n1": "n1", "NAME=N1,ALIAS=A": "name=n1,alias=a", "name=n1, alias = B ": "name=n1,alias=b",
				"name=a,driver-opt=c=1,driver-opt=b=2,driver-opt=c=D": "name=a,driver-opt=b=2,driver-opt=c=d",
				"alias=a,name=x,name=y":                               "name=y,alias=a",
			},
			[]string{"", " ", "alias=a", "name=n1,ip=10.0.0.1", "name=n1,mac-address=x", "name=n1,alias", "name=n1,driver-opt=a", "name=a=b",
				"name=n1,x", "name=n1,driver-opt==x"},
		},
		{
			"file", func(s string) (fmt.Stringer, error) { return dockercmd.ParseSwarmFile(s) },
			[]string{"s1", "a.b-c_d", "source=s1,target=/a/b", "source=s1,target=t,uid=1,gid=2,mode=0440", "source=s1,mode=00",
				`source=s1,"target=a,b"`},
			map[string]string{"source=s1": "s1", "SRC=s1,MODE=288": "source=s1,mode=0440", "src=a,src=b": "b",
				"src=s1,mode=0x1ff": "source=s1,mode=0777", `"s1"`: "s1", "src=s1,mode=0o7": "source=s1,mode=07"},
			[]string{"", "a,b", "target=x", "source=", "source=s1,mode=9x", "source=s1,mode=0888", "source=s1,mode=0x10000", "source=s1,x=y",
				"source=s1,uid=", "-a", "a b", strings.Repeat("a", 65)},
		},
		{
			"preference", func(s string) (fmt.Stringer, error) { return dockercmd.ParsePlacementPref(s) },
			[]string{"spread=node.labels.zone"}, nil, []string{"", "spread", "pack=x", "SPREAD=x"},
		},
		{
			"resource", func(s string) (fmt.Stringer, error) { return dockercmd.ParseGenericResource(s) },
			[]string{"gpu=2", "a-b=0"}, map[string]string{" gpu=2": "gpu=2", "gpu=+2": "gpu=2", "gpu=02": "gpu=2"},
			[]string{"", "gpu", "gpu=", "gpu=a", "gpu=0x2", "gpu=1,ssd=2", "=1", "gpu=-1", "gpu=1=2"},
		},
		{
			"account", func(s string) (fmt.Stringer, error) { return dockercmd.ParseCredentialSpec(s) },
			[]string{"", "config://a", "file://a/b://c", "registry://x"}, nil, []string{"a", "file://", "http://a", "FILE://a"},
		},
		{
			"authority", func(s string) (fmt.Stringer, error) { return dockercmd.ParseExternalCA(s) },
			[]string{"protocol=cfssl,url=https://a", "protocol=cfssl,url=a,cacert=/b,X=y,z=", `protocol=cfssl,"url=a,b"`},
			map[string]string{"URL=a,PROTOCOL=CFSSL": "protocol=cfssl,url=a",
				"z=1,protocol=cfssl,a=2,url=u,z=3": "protocol=cfssl,url=u,a=2,z=3"},
			[]string{"", "url=a", "protocol=cfssl", "protocol=x,url=a", "protocol=cfssl,url=", "protocol=cfssl,url=a,b",
				"protocol=cfssl,url=a,=b"},
		},
		{
			"scale", func(s string) (fmt.Stringer, error) { return dockercmd.ParseScale(s) },
			[]string{"web=3", "a=0", "a=18446744073709551615"}, map[string]string{"web=007": "web=7"},
			[]string{"", "web", "web=", "=3", "web=-1", "web=+1", "web=0x5", "web=1=2", "web=18446744073709551616"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.kind, tt.run)
	}
}

// TestShellWords holds how a text becomes words, and a list of words one text.
func TestShellWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		words []string
		want  string // how it is spelled then
	}{
		{"", []string{}, ""},
		{"  ", []string{}, ""},
		{"sh", []string{"sh"}, "sh"},
		{`sh -c "a b"`, []string{"sh", "-c", "a b"}, "sh -c 'a b'"},
		{`a\ b 'c'"d" ''`, []string{"a b", "cd", ""}, "'a b' cd ''"},
		{"a # b", []string{"a"}, "a"},
		{"a#b '#c'", []string{"a#b", "#c"}, "'a#b' '#c'"},
		{"it\\'s $HOME", []string{"it's", "$HOME"}, `'it'"'"'s' '$HOME'`},
		{"'a\nb'", []string{"a\nb"}, "'a\nb'"},
	}
	for _, tt := range tests {
		c, err := dockercmd.Parse([]string{"service", "update", "--args", tt.text, "web"})
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		words := c.(*dockercmd.ServiceUpdate).Arguments
		if words == nil || !slices.Equal(words, tt.words) {
			t.Errorf("%q: got %q, want %q", tt.text, words, tt.words)
		}
		if got, want := c.Args(), []string{"service", "update", "--args=" + tt.want, "web"}; !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", tt.text, got, want)
		}
	}
	for _, bad := range []string{"'a", `"a`, `a\`} {
		if _, err := dockercmd.Parse([]string{"service", "create", "--entrypoint=" + bad, "img"}); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func FuzzServicePort(f *testing.F) {
	fuzzValue[dockercmd.ServicePort](f, "80", "8080:80/udp", "8000-8002:80-82", "target=80,published=8080,mode=host",
		"TARGET=80,protocol=SCTP", `"target=80",mode=ingress`, "=", "80/=")
}

func FuzzServiceNetwork(f *testing.F) {
	fuzzValue[dockercmd.ServiceNetwork](f, "n1", "MyNet", "name=n1,alias=A", `name=n1,"driver-opt=a=b,c"`, " name = x,a=b", "name=a=b",
		"name=K,alias=x")
}

func FuzzSwarmFile(f *testing.F) {
	fuzzValue[dockercmd.SwarmFile](f, "s1", "source=s1,target=/a", `src=a,"target=b,c",mode=0x1ff`, "src=a,uid=1,gid=2,mode=444",
		`"a"`, "source=a\n")
}

func FuzzPlacementPref(f *testing.F) {
	fuzzValue[dockercmd.PlacementPref](f, "spread=node.labels.zone", "spread=")
}

func FuzzGenericResource(f *testing.F) {
	fuzzValue[dockercmd.GenericResource](f, "gpu=2", " gpu = +2", "a=-0")
}

func FuzzCredentialSpec(f *testing.F) {
	fuzzValue[dockercmd.CredentialSpec](f, "", "config://a", "file://a://b", "registry://")
}

func FuzzExternalCA(f *testing.F) {
	fuzzValue[dockercmd.ExternalCA](f, "protocol=cfssl,url=https://a", `protocol=CFSSL,"url=a,b",cacert=/c,X=,y="`,
		"url=a,protocol=cfssl,=x", "protocol=cfssl,url=a\nb")
}

func FuzzScale(f *testing.F) {
	fuzzValue[dockercmd.Scale](f, "web=3", "a==1", "a=007")
}

// FuzzShellWords holds the words of --entrypoint: what is split is spelled, and split again into the same.
func FuzzShellWords(f *testing.F) {
	for _, s := range []string{"", `sh -c "a b"`, `a\ b 'c'`, "# a", "a\r\n\tb", "it's", `\#`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, err := dockercmd.Parse([]string{"service", "create", "--entrypoint", s, "img"})
		if err != nil || first.Validate() != nil {
			return
		}
		again, err := dockercmd.Parse(first.Args())
		if err != nil {
			t.Fatalf("%q became %q, and that is not read: %v", s, first.Args(), err)
		}
		words := func(c dockercmd.Command) []string { return c.(*dockercmd.ServiceCreate).Entrypoint }
		if !slices.Equal(words(first), words(again)) {
			t.Fatalf("%q became %q: %q, then %q", s, first.Args(), words(first), words(again))
		}
	})
}
