package dockercmd_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
)

// TestParseGivesBackWhatArgsRendered holds the first law, for random valid commands; and the same for JSON.
func TestParseGivesBackWhatArgsRendered(t *testing.T) {
	t.Parallel()
	for _, name := range dockercmd.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGenerator(t)
			valid := 0
			const tries = 200
			for range tries {
				want := dockercmd.New(name)
				g.fill(want, 1+g.IntN(40))
				if want.Validate() != nil {
					continue
				}
				valid++
				got, err := dockercmd.Parse(want.Args())
				if err != nil {
					t.Fatalf("Parse(%q): %v", want.Args(), err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("%q: got -, want +\n%s", want.Args(), cmp.Diff(got, want))
				}
				data, err := want.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				got, err = dockercmd.ParseJSON(data)
				if err != nil {
					t.Fatalf("ParseJSON(%s): %v", data, err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("%s: got -, want +\n%s", data, cmp.Diff(got, want))
				}
			}
			if valid < tries/5 {
				t.Errorf("%d of %d commands are valid: the generator makes too many that are not", valid, tries)
			}
		})
	}
}

// TestParseGivesBackEachField fills one field at a time, so that none hides behind a conflict with another.
func TestParseGivesBackEachField(t *testing.T) {
	t.Parallel()
	for _, name := range dockercmd.Names() {
		for _, f := range fields(dockercmd.New(name)) {
			t.Run(name+"/"+f.Name, func(t *testing.T) {
				t.Parallel()
				g := newGenerator(t)
				valid := 0
				for range 50 {
					want := dockercmd.New(name)
					g.fill(want, 1<<30)
					v := reflect.ValueOf(want).Elem()
					v.FieldByIndex(f.Index).Set(g.value(want, f))
					for _, field := range []string{f.Name, name + " " + f.Name} {
						if complete := companions[field]; complete != nil {
							complete(want)
						}
					}
					if err := want.Validate(); err != nil {
						continue
					}
					valid++
					got, err := dockercmd.Parse(want.Args())
					if err != nil {
						t.Fatalf("Parse(%q): %v", want.Args(), err)
					}
					if !reflect.DeepEqual(got, want) {
						t.Fatalf("%q: got -, want +\n%s", want.Args(), cmp.Diff(got, want))
					}
				}
				if valid < 5 {
					t.Errorf("%d of 50 values are valid: the generator makes too many that are not", valid)
				}
			})
		}
	}
}
