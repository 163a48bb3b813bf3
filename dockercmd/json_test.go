package dockercmd_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
)

func TestParseJSON(t *testing.T) {
	t.Parallel()
	got, err := dockercmd.ParseJSON([]byte(`{"operands": ["busybox", "echo", 1.50, true], "memory": "512m", "cpus": 1.5, "detach": true, "init": false, "env": "A=b", "command": "container run"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &dockercmd.Run{
		Memory: 512 * dockercmd.MiB, CPUs: 1500 * dockercmd.MilliCPU, Detach: true, Init: new(false), Env: []string{"A=b"},
		Image: "busybox", Command: []string{"echo", "1.50", "true"},
	}
	if !reflect.DeepEqual(got, dockercmd.Command(want)) {
		t.Errorf("got %q, want %q", got.Args(), want.Args())
	}
}

func TestParseJSONErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, json, want string }{
		{"nothing", "", "JSON of a command: it is not an object"},
		{"a list", "[]", "JSON of a command: it is not an object"},
		{"cut off", `{"command":"run"`, "JSON of a command: "},
		{"no command", `{"operands":["img"]}`, `JSON of a command: unknown command ""`},
		{"an unknown command", `{"command":"fly"}`, `JSON of a command: unknown command "fly"`},
		{"an unknown key", `{"command":"run","memry":"1g","operands":["img"]}`,
			`run: the key "memry" is no flag of it; did you mean "memory"?`},
		{"a key twice", `{"command":"run","name":"a1","name":"a2"}`, `JSON of a command: the key "name" stands twice`},
		{"a list for one value", `{"command":"run","memory":["1g"],"operands":["img"]}`, "run: --memory: a list, but it takes one value"},
		{"an object", `{"command":"run","label":{"a":"b"}}`, `JSON of a command: the key "label": neither a text`},
		{"null", `{"command":"run","name":null}`, `JSON of a command: the key "name": neither a text`},
		{"a bad value", `{"command":"run","memory":"much","operands":["img"]}`, `run: --memory: "much" is not a size`},
		{"no image", `{"command":"run"}`, "run: no IMAGE"},
		{"more behind it", `{"command":"ps"} x`, "JSON of a command: something stands behind the object"},
		{"a secret", `{"command":"run","env":["=hunter2"],"operands":["img"]}`, "run: --env: a variable without a name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := dockercmd.ParseJSON([]byte(tt.json))
			if err == nil {
				t.Fatalf("got %q, want an error", c.Args())
			}
			if !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, c := range full() {
		data, err := c.MarshalJSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := dockercmd.ParseJSON(data)
		if err != nil || c.Validate() != nil {
			return
		}
		text, err := c.MarshalJSON()
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		again, err := dockercmd.ParseJSON(text)
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%s: read back as %v, %v", text, again, err)
		}
	})
}
