package dockercmd_test

import (
	"reflect"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/google/go-cmp/cmp"
)

// TestParseGivesBackWhatArgsRendered is the first law, for random valid commands.
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
					for field, value := range companions[name+" "+f.Name] {
						v.FieldByName(field).Set(reflect.ValueOf(value))
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

// TestParseExtraGivesBackExtra holds the law for flags that the package does not know.
func TestParseExtraGivesBackExtra(t *testing.T) {
	t.Parallel()
	for _, name := range dockercmd.Names() {
		want := dockercmd.New(name)
		newGenerator(t).fill(want, 1<<30)
		extra := []string{"--new-flag", "--other=a b=c", "--new-flag=", "--other=-x"}
		reflect.ValueOf(want).Elem().FieldByName("Extra").Set(reflect.ValueOf(extra))
		if err := want.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := dockercmd.ParseExtra(want.Args())
		if err != nil {
			t.Errorf("ParseExtra(%q): %v", want.Args(), err)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got -, want +\n%s", want.Args(), cmp.Diff(got, want))
		}
	}
}
