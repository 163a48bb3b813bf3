package frominspect_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/frominspect"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/enginetest"
)

// TestFromInspectMakesTheSameContainer makes a container with each flag of run, one with the line that its inspect gives, and
// compares the two's inspect. It does so with the image's inspect at hand and without.
func TestFromInspectMakesTheSameContainer(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	for i, client := range enginetest.Clients(t) {
		t.Run(client.Version, func(t *testing.T) {
			t.Parallel()
			r := newRemaker(t, e, client)
			r.whole = i == 0
			r.all()
		})
	}
}

// TestFromInspectCoversRun holds that each flag of run is tried on the engine, or that it is said why not.
func TestFromInspectCoversRun(t *testing.T) {
	t.Parallel()
	for _, f := range dockercmd.Flags(&dockercmd.Run{}) {
		cases, tried := remakeCases[f.Name]
		reason, untried := remakeUntried[f.Name]
		if tried == untried || untried && reason == "" {
			t.Errorf("--%s: add cases to remakeCases in frominspect/cases_test.go, or a reason to remakeUntried", f.Name)
		}
		for _, c := range cases {
			if !slices.ContainsFunc(c.flags, func(w string) bool { name, _, _ := strings.Cut(w, "="); return name == "--"+f.Name }) {
				t.Errorf("a case of --%s does not have it: %q", f.Name, c.flags)
			}
		}
	}
	for name := range remakeCases {
		if name != "" && !slices.ContainsFunc(dockercmd.Flags(&dockercmd.Run{}), func(f dockercmd.Flag) bool { return f.Name == name }) {
			t.Errorf("run has no --%s", name)
		}
	}
}

// remade is one case on its way: the first container, and the one or two made of it.
type remade struct {
	remakeCase
	flag   string
	id     string // of the first
	first  output.Container
	line   []*dockercmd.Run // with the image known, and without
	second []string         // ids
	split  []bool           // whether the entry point had to be taken apart
	err    error
}

// remaker makes containers, many at a time, since a client costs far more than what it asks for.
type remaker struct {
	t      *testing.T
	e      *enginetest.Engine
	client enginetest.Client
	whole  bool // all cases, not just the first of each flag
	dir    string
	words  *strings.Replacer // what stands for things that the test makes
	images map[string]*output.ImageDetails
	mu     sync.Mutex
	names  []string // of containers to remove
}

func newRemaker(t *testing.T, e *enginetest.Engine, client enginetest.Client) *remaker {
	r := &remaker{t: t, e: e, client: client, dir: t.TempDir(), images: map[string]*output.ImageDetails{}}
	name := func() string { return enginetest.Prefix + strings.ToLower(rand.Text()[:12]) }
	other, network, network2, volume, volume2, rich := name(), name(), name(), name(), name(), name()
	r.words = strings.NewReplacer("$OTHER", other, "$NET2", network2, "$NET", network, "$VOLUME2", volume2, "$VOLUME", volume, "$DIR",
		r.dir, "$PLAIN", e.Image, "$RICH", rich)
	r.names = []string{other}
	t.Cleanup(func() {
		for _, args := range [][]string{append([]string{"rm", "--force", "--volumes"}, r.names...), {"network", "rm", network, network2},
			{"volume", "rm", "--force", volume, volume2}, {"rmi", rich}} {
			if out, err := r.docker(context.WithoutCancel(t.Context()), args...); err != nil &&
				!strings.Contains(strings.ToLower(err.Error()), "no such") {
				t.Errorf("clean up: %v %s", err, out)
			}
		}
	})
	for file, content := range map[string]string{
		"env": "FILE=1\nEMPTY=\n", "labels": "from=file\n",
		"seccomp.json": `{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {"names": ["chmod", "a&b<c>"], "action": "SCMP_ACT_ERRNO"} ] }`,
	} {
		if err := os.WriteFile(filepath.Join(r.dir, file), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r.must("network", "create", network)
	r.must("network", "create", network2)
	r.must("volume", "create", volume)
	r.must("run", "-d", "--name="+other, "--ipc=shareable", "--network=none", "--stop-signal=INT", "-v", "/shared", e.Image, "sleep",
		"600")
	r.must("commit", "--change=ENV IMAGE=1 TWO=b", `--change=ENTRYPOINT ["/bin/echo","-n"]`, `--change=CMD ["x"]`,
		"--change=HEALTHCHECK --interval=7s --retries=2 CMD [\"true\"]",
		"--change=LABEL own=1 two=b", "--change=VOLUME /image", "--change=EXPOSE 80 53/udp", "--change=WORKDIR /tmp",
		"--change=USER worker", other, rich)
	images, err := output.ParseImageInspect(r.must("image", "inspect", e.Image, rich))
	if err != nil {
		t.Fatal(err)
	}
	r.images["$PLAIN"], r.images["$RICH"] = &images[0], &images[1]
	return r
}

func (r *remaker) docker(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var stderr bytes.Buffer
	c := exec.CommandContext(ctx, r.client.Path, args...)
	c.Stderr, c.Dir = &stderr, r.dir
	c.Env = append(os.Environ(), "INHERITED=from the client")
	out, err := c.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return bytes.TrimSpace(out), err
}

func (r *remaker) must(args ...string) []byte {
	r.t.Helper()
	out, err := r.docker(r.t.Context(), args...)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// each does something for every case, four at a time; the first thing to go wrong is kept with the case.
func (r *remaker) each(all []*remade, do func(*remade) error) {
	var wait sync.WaitGroup
	free := make(chan struct{}, 4)
	for _, c := range all {
		free <- struct{}{}
		wait.Go(func() {
			defer func() { <-free }()
			if c.err == nil {
				c.err = do(c)
			}
		})
	}
	wait.Wait()
}

// all makes the containers of all cases and compares them.
func (r *remaker) all() {
	var all []*remade
	for flag, cases := range remakeCases {
		for i, c := range cases {
			if c.client == "" && (r.whole || i == 0) || c.client != "" && strings.HasPrefix(r.client.Version, c.client) {
				all = append(all, &remade{remakeCase: c, flag: flag})
			}
		}
	}
	slices.SortFunc(all, func(a, b *remade) int {
		return cmp.Or(strings.Compare(a.flag, b.flag), slices.Compare(a.flags, b.flags), slices.Compare(a.command, b.command))
	})
	r.each(all, func(c *remade) (err error) {
		args := append([]string{}, c.flags...)
		args = append(append(args, cmp.Or(c.image, "$PLAIN")), c.command...)
		if c.id, err = r.make(c.start, args); err != nil || c.join == nil {
			return err
		}
		args = []string{"network", "connect"}
		for _, w := range c.join {
			args = append(args, r.words.Replace(w))
		}
		_, err = r.docker(r.t.Context(), append(args, c.id)...)
		return err
	})
	first := r.inspect(all, func(c *remade) []string { return []string{c.id} })
	r.each(all, func(c *remade) error {
		c.first = first[c.id]
		images := []*output.ImageDetails{r.images[cmp.Or(c.image, "$PLAIN")]}
		if c.image == "$RICH" || c.flag == "" { // the plain one has so little that its lines are alike
			images = append(images, nil)
		}
		for _, image := range images {
			run, notes, err := frominspect.Run(c.first, image)
			if err != nil {
				return err
			}
			if err := dockercmd.ClientProblems(run.Validate()); err != nil {
				return fmt.Errorf("the line %s: %w", run, err)
			}
			c.line = append(c.line, run)
			if err := r.prepare(c, notes); err != nil {
				return err
			}
			again := *run
			again.Name = ""
			args := again.Args()[1:]
			if !c.start {
				args = slices.DeleteFunc(args, func(w string) bool { return w == "--detach" })
			}
			id, err := r.make(c.start, args)
			if err != nil {
				return err
			}
			c.second = append(c.second, id)
			c.split = append(c.split, slices.ContainsFunc(notes,
				func(n string) bool { return strings.HasPrefix(n, "--entrypoint: it takes one word") }))
			if err := r.finish(c, id, notes); err != nil {
				return err
			}
		}
		return nil
	})
	second := r.inspect(all, func(c *remade) []string { return c.second })
	left := map[string]bool{} // flags of which one case at least came back as the flag
	for _, c := range all {
		r.t.Run(strings.ReplaceAll(strings.Join(slices.Concat(c.flags, []string{c.image}, c.command), "_"), "/", "|"),
			func(t *testing.T) {
				if c.err != nil {
					t.Fatal(c.err)
				}
				for i, id := range c.second {
					if c.split[i] && i == 0 && !slices.Contains(c.flags, "--entrypoint=") {
						t.Errorf("%s: the entry point is the image's", c.line[i])
					}
					if diff := gocmp.Diff(r.comparable(c.first, c.split[i]), r.comparable(second[id], c.split[i])); diff != "" {
						t.Errorf("%s: the first container -, the second +\n%s", c.line[i], diff)
					}
				}
				for _, f := range dockercmd.Flags(c.line[0]) {
					left[f.Name] = left[f.Name] || f.Value.IsSet()
				}
			})
	}
	for _, c := range all {
		if c.flag != "" && !left[c.flag] {
			r.t.Errorf("no line has --%s again", c.flag)
			left[c.flag] = true
		}
	}
}

// make creates a container, or runs it, and gives its id.
func (r *remaker) make(start bool, args []string) (string, error) {
	name := enginetest.Prefix + strings.ToLower(rand.Text()[:12])
	r.mu.Lock()
	r.names = append(r.names, name)
	r.mu.Unlock()
	for i := range args {
		args[i] = r.words.Replace(args[i])
	}
	verb := "create"
	if start {
		verb = "run"
	}
	out, err := r.docker(r.t.Context(), append([]string{verb, "--name=" + name}, args...)...)
	return string(out), err
}

// prepare does what the notes ask for.
func (r *remaker) prepare(c *remade, notes []string) error {
	for _, n := range notes {
		switch {
		case strings.HasPrefix(n, "--cidfile:"):
			if err := os.Remove(c.first.HostConfig.ContainerIDFile); err != nil {
				return err
			}
		case strings.HasPrefix(n, "--security-opt:"):
			_, script, ok := strings.Cut(n, "says: ")
			if !ok {
				return fmt.Errorf("the note %q has no command", n)
			}
			sh := exec.CommandContext(r.t.Context(), "sh", "-c", script)
			sh.Dir = r.dir
			if out, err := sh.CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w\n%s", script, err, out)
			}
		}
	}
	return nil
}

// finish does what the notes ask for once the container is there.
func (r *remaker) finish(c *remade, id string, notes []string) error {
	for _, n := range notes {
		_, line, ok := strings.Cut(n, " too: docker ")
		if !ok {
			continue
		}
		cmd, err := dockercmd.Parse(strings.Fields(line))
		if err != nil {
			return err
		}
		connect := cmd.(*dockercmd.NetworkConnect)
		if connect.Container != c.first.Name {
			return fmt.Errorf("the note %q is not about %s", n, c.first.Name)
		}
		connect.Container = id
		if _, err := r.docker(r.t.Context(), connect.Args()...); err != nil {
			return err
		}
	}
	return nil
}

// inspect asks for all of them at once.
func (r *remaker) inspect(all []*remade, ids func(*remade) []string) map[string]output.Container {
	args := []string{"inspect", "--type=container"}
	for _, c := range all {
		if c.err == nil {
			args = append(args, ids(c)...)
		}
	}
	containers, err := output.ParseInspect(r.must(args...))
	if err != nil {
		r.t.Fatal(err)
	}
	byID := map[string]output.Container{}
	for _, c := range containers {
		byID[c.ID] = c
	}
	return byID
}

var anonymousID = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// comparable returns a container's whole inspect, without what no two containers have in common: ids, names, times, addresses that
// the engine chose; and in an order of its own where docker has none: the client sends variables and binds as they come, and the
// engine lists links so. Of an entry point that was split, the words count.
func (r *remaker) comparable(c output.Container, split bool) map[string]any {
	text := strings.NewReplacer(c.ID, "ID", c.ID[:12], "SHORT", c.Name, "NAME").Replace(string(c.Raw))
	text = anonymousID.ReplaceAllString(text, "ANONYMOUS")
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		r.t.Fatal(err)
	}
	for _, key := range []string{"Created", "State", "GraphDriver", "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath"} {
		delete(object, key)
	}
	if split {
		config := object["Config"].(map[string]any)
		entry, _ := config["Entrypoint"].([]any)
		command, _ := config["Cmd"].([]any)
		config["Entrypoint"], config["Cmd"] = nil, append(entry, command...)
	}
	settings := object["NetworkSettings"].(map[string]any)
	networks := []map[string]any{settings}
	for _, n := range settings["Networks"].(map[string]any) {
		networks = append(networks, n.(map[string]any))
	}
	for _, n := range networks {
		for _, key := range []string{"SandboxID", "SandboxKey", "EndpointID", "NetworkID", "IPAddress", "IPPrefixLen", "Gateway",
			"MacAddress", "Ports"} {
			delete(n, key)
		}
	}
	host := object["HostConfig"].(map[string]any)
	for _, list := range []any{object["Mounts"], object["Config"].(map[string]any)["Env"], host["Binds"], host["Links"]} {
		if l, ok := list.([]any); ok {
			slices.SortFunc(l, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	return object
}
