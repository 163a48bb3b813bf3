package frominspect_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/frominspect"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/golden"
	"github.com/dockercmd/toolkit/internal/recordings"
)

const testdata = "../../testdata/dockercmd"

// readInspected reads containers and images that stand in one array.
func readInspected(t *testing.T, data []byte) ([]output.Container, []output.ImageDetails) {
	t.Helper()
	var containers []output.Container
	var images []output.ImageDetails
	var objects []json.RawMessage
	err := json.Unmarshal(data, &objects)
	for _, o := range objects {
		if err != nil {
			break
		}
		var keys map[string]any
		if err = json.Unmarshal(o, &keys); err == nil && keys["HostConfig"] == nil {
			var i []output.ImageDetails
			i, err = output.ParseImageInspect(o)
			images = append(images, i...)
		} else if err == nil {
			var c []output.Container
			c, err = output.ParseInspect(o)
			containers = append(containers, c...)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return containers, images
}

// TestFromInspect reads inspect files of engines that are not at hand, and of what only programs make, and recordings. The
// lines and the notes are kept beside them.
func TestFromInspect(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(testdata, "from-inspect", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are no files")
	}
	for _, file := range append(files, filepath.Join(testdata, "outputs", "28.2.2", "inspect.json"),
		filepath.Join(testdata, "outputs", recordings.Podman, "inspect.json")) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		containers, images := readInspected(t, data)
		var text strings.Builder
		for _, c := range containers {
			for _, known := range []bool{true, false} {
				var image *output.ImageDetails
				i := slices.IndexFunc(images, func(i output.ImageDetails) bool { return i.ID == c.Image })
				switch {
				case known && i >= 0:
					image = &images[i]
				case known:
					continue
				}
				run, notes, err := frominspect.Run(c, image)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&text, "%s\n", run)
				for _, n := range notes {
					fmt.Fprintf(&text, "# %s\n", n)
				}
				sameAgain(t, run)
			}
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if name == "inspect" {
			name += "-" + filepath.Base(filepath.Dir(file))
		}
		golden.Dir(testdata).CheckString(t, "from-inspect/"+name+".txt", text.String())
	}
}

// sameAgain holds that a line without problems is read back as the same command.
func sameAgain(t *testing.T, run *dockercmd.Run) {
	t.Helper()
	if run.Validate() != nil {
		return
	}
	got, err := dockercmd.Parse(run.Args())
	if err != nil || !reflect.DeepEqual(got, run) {
		t.Errorf("%s: read back as %v, %v", run, got, err)
	}
}

func TestFromInspectWithoutImageNames(t *testing.T) {
	t.Parallel()
	if _, _, err := frominspect.Run(output.Container{ID: "ab"}, nil); err == nil ||
		err.Error() != "the container names no image; a line needs one" {
		t.Errorf("got %v", err)
	}
	run, notes, err := frominspect.Run(output.Container{ID: "ab", Image: "sha256:cd"}, nil)
	if err != nil || len(notes) > 0 || run.String() != "docker run --detach --entrypoint= sha256:cd" {
		t.Errorf("a container with nothing but an image: %v %q, %v", run, notes, err)
	}
}

// TestFromInspectHidesSecrets holds that no note shows a variable's value.
func TestFromInspectHidesSecrets(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"=secret", "A B=secret", "A=secret", "A=secret\x00"} {
		c := output.Container{ID: "ab", Image: "sha256:cd"}
		c.Config.Env = []string{v}
		image := &output.ImageDetails{}
		image.Config.Env = []string{"LOST=secret"}
		_, notes, err := frominspect.Run(c, image)
		if err != nil || len(notes) == 0 || strings.Contains(strings.Join(notes, "\n"), "secret") {
			t.Errorf("%q: %q, %v", v, notes, err)
		}
	}
}

// TestFromInspectTellsGeneratedAddresses holds which hardware addresses are taken for asked for.
func TestFromInspectTellsGeneratedAddresses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, config, mac, ip, keys string
		want                        string
		noted                       bool
	}{
		{"an old engine's own", "", "02:42:ac:11:00:02", "172.17.0.2", "", "", false},
		{"asked of an old engine", "02:42:ac:11:00:99", "02:42:ac:11:00:99", "172.17.0.2", "", "--mac-address=02:42:ac:11:00:99 ", false},
		{"of 25.0 to 27", "", "02:42:ac:11:00:fe", "172.17.0.254", `"DNSNames":null,`, "", false},
		{"not started", "", "92:d0:c6:0a:29:33", "", `"DNSNames":null,`, "--mac-address=92:d0:c6:0a:29:33 ", false},
		{"from 28.0 on", "", "92:d0:c6:0a:29:33", "172.17.0.2", `"DNSNames":null,`, "", true},
	}
	for _, tt := range tests {
		object := fmt.Sprintf(`{"Id":"ab","Image":"i","HostConfig":{"NetworkMode":"default"},"Config":{"MacAddress":%q},"NetworkSettings":{"Networks":{"bridge":{%s"MacAddress":%q,"IPAddress":%q,"NetworkID":"n"}}}}`,
			tt.config, tt.keys, tt.mac, tt.ip)
		c, err := output.ParseInspect([]byte(object))
		if err != nil {
			t.Fatal(err)
		}
		run, notes, err := frominspect.Run(c[0], nil)
		if want := "docker run --detach " + tt.want + "i"; err != nil || run.String() != want || tt.noted != (len(notes) > 0) {
			t.Errorf("%s: got %s %q, %v, want %s", tt.name, run, notes, err, want)
		}
	}
}

func FuzzFromInspect(f *testing.F) {
	recordings.Fuzz(f, []string{"inspect*.json"}, func(t *testing.T, out []byte) {
		containers, err := output.ParseInspect(out)
		if err != nil {
			return
		}
		for _, c := range containers {
			for _, image := range []*output.ImageDetails{nil, {Config: containers[0].Config}} {
				run, notes, err := frominspect.Run(c, image)
				switch {
				case err != nil && (c.Image != "" || c.Config.Image != ""):
					t.Fatalf("%v", err)
				case err == nil:
					sameAgain(t, run)
				}
				if slices.Contains(notes, "") {
					t.Fatalf("an empty note: %q", notes)
				}
			}
		}
	}, `[{"Id":"ab","Image":"i","Config":{"Healthcheck":{"Test":[]},"Entrypoint":["a","b"],"ExposedPorts":{"x":{},"1/":{},"65535/tcp":{}}},"HostConfig":{"PortBindings":{"1-2/tcp":[{"HostPort":"1"}]},"Links":["","/"]}}]`)
}
