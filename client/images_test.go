package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
)

// TestEnginePull pulls for real, from a registry that does well and badly.
func TestEnginePull(t *testing.T) {
	t.Parallel()
	status := func(code int, word, message string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/v2/" {
				return false
			}
			refuse(w, code, word, message)
			return true
		}
	}
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		g := newRegistry(t)
		name := g.host + "/dockercmd-test/x:1"
		t.Cleanup(func() { d.Rmi(context.Background(), dockercmd.Rmi{Force: true, Images: []string{name}}) })
		var lines []string
		pulled, err := d.Pull(t.Context(), dockercmd.Pull{Image: name},
			client.PullOptions{Line: func(line string) { lines = append(lines, line) }})
		if err != nil || pulled.Image != name || pulled.Digest != digest(g.manifest) || !pulled.New {
			t.Errorf("got %+v, %v", pulled, err)
		}
		if len(lines) < 4 || lines[len(lines)-1] != name ||
			!slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, ": Pull complete") }) {
			t.Errorf("got the lines %q", lines)
		}
		images, err := d.ImageInspect(t.Context(), name, "dockercmd-test-nosuch:1")
		if len(images) != 1 || !slices.Contains(images[0].RepoTags, name) {
			t.Errorf("got %+v", images)
		}
		wantKinds(t, err, client.ErrImageNotFound)
		if _, err = d.ImageInspect(t.Context(), "dockercmd-test-nosuch:1"); !errors.Is(err, client.ErrImageNotFound) {
			t.Errorf("got %v", err)
		}
		wantKinds(t, d.Tag(t.Context(), dockercmd.Tag{Source: "dockercmd-test-nosuch:1", Target: "dockercmd-test-x:1"}),
			client.ErrImageNotFound)

		failed := client.ErrPullFailed
		tests := []struct {
			name  string
			ref   string
			fault func(http.ResponseWriter, *http.Request) bool
			kinds []error
		}{
			{"no such tag", g.host + "/dockercmd-test/x:nosuch", nil, []error{failed, client.ErrImageNotFound}},
			{"no registry", "127.0.0.1:1/x:1", nil, []error{failed, client.ErrRegistry}},
			{"another digest", g.host + "/dockercmd-test/x@" + digest([]byte("x")), nil, []error{failed, client.ErrDigest}},
			// What an engine of 28.5 answers makes the client ask for a login, and what engines of 20.10 and 26.1 answer does not.
			{"no login", name, func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
				return status(401, "UNAUTHORIZED", "authentication required")(w, r)
			}, []error{failed, client.ErrUnauthorized}},
			{"denied", name, status(403, "DENIED", "requested access to the resource is denied"), []error{failed, client.ErrUnauthorized}},
			{"too many", name, status(429, "TOOMANYREQUESTS", "You have reached your pull rate limit."),
				[]error{failed, client.ErrRateLimited}},
			{"trouble", name, func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(503); return true },
				[]error{failed, client.ErrRegistry}},
			{"cut off", name, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/v2/" {
					return false
				}
				panic(http.ErrAbortHandler)
			}, []error{failed, client.ErrRegistry}},
		}
		for _, tt := range tests {
			g.fail(tt.fault)
			_, err := d.Pull(t.Context(), dockercmd.Pull{Image: tt.ref}, client.PullOptions{})
			t.Run(tt.name, func(t *testing.T) { wantKinds(t, err, tt.kinds...) })
			if tt.name == "no login" { // docker run does not ask for one
				_, err := d.Run(t.Context(), dockercmd.Run{Pull: "always", Image: name})
				wantKinds(t, err, failed, client.ErrUnauthorized)
			}
		}
	})
}

// TestPullIsQuietWithinALayer shows why a pull's deadline must be longer than the longest layer takes: a layer that arrives slowly
// prints no line.
func TestPullIsQuietWithinALayer(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		g := newRegistry(t)
		name := g.host + "/dockercmd-test/slow:1"
		t.Cleanup(func() { d.Rmi(context.Background(), dockercmd.Rmi{Force: true, Images: []string{name}}) })
		// A machine that is too slow to get halfway in a quiet time gets a longer one.
		for quiet := time.Second; ; quiet *= 4 {
			var halfway atomic.Bool
			release := make(chan struct{})
			g.fail(func(w http.ResponseWriter, r *http.Request) bool {
				_, blob, isBlob := strings.Cut(r.URL.Path, "/blobs/")
				data := g.blobs[blob]
				if !isBlob || strings.HasPrefix(string(data), "{") {
					return false
				}
				w.Header().Set("Content-Length", fmt.Sprint(len(data)))
				for i := range data[:len(data)-1] {
					w.Write(data[i : i+1])
					w.(http.Flusher).Flush()
				}
				halfway.Store(true)
				<-release
				w.Write(data[len(data)-1:])
				return true
			})
			_, err := d.Pull(t.Context(), dockercmd.Pull{Image: name}, client.PullOptions{Quiet: quiet})
			close(release)
			wantKinds(t, err, client.ErrTimeout)
			if !strings.Contains(err.Error(), fmt.Sprintf("no progress within %v", quiet)) || errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if halfway.Load() {
				break
			}
			if quiet > time.Minute {
				t.Fatalf("the pull has not reached the layer within %v", quiet)
			}
		}
	})
}

// TestPullDeadlines tests a client that prints a line a minute for an hour, and then nothing more.
func TestPullDeadlines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		how  client.PullOptions
		want time.Duration
		text string
	}{
		{"none set", client.PullOptions{}, time.Hour + 10*time.Minute, "no progress within 10m0s"},
		{"quiet", client.PullOptions{Quiet: 2 * time.Minute}, time.Hour + 2*time.Minute, "no progress within 2m0s"},
		{"total", client.PullOptions{Total: 5 * time.Minute}, 5 * time.Minute, "no answer within 5m0s"},
		{"for ever, in all", client.PullOptions{Quiet: -1, Total: 3 * time.Hour}, 3 * time.Hour, "no answer within 3h0m0s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				docker := runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
					go func() {
						for range 60 {
							time.Sleep(time.Minute)
							if ctx.Err() == nil {
								fmt.Fprintln(c.Stdout, "x: Pull complete")
							}
						}
					}()
					return pending{ctx: ctx}, nil
				})
				start := time.Now()
				_, err := client.Docker{Runner: docker}.Pull(t.Context(), dockercmd.Pull{Image: "img:1"}, tt.how)
				if took := time.Since(start); took != tt.want || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("ended after %v, want %v: %v", took, tt.want, err)
				}
				wantKinds(t, err, client.ErrTimeout)
				time.Sleep(time.Hour)
			})
		})
	}
}

// TestEngineEnsure brings an image to a real engine: pulled, found, pinned, loaded from a file.
func TestEngineEnsure(t *testing.T) {
	t.Parallel()
	clients(t, func(t *testing.T, e *enginetest.Engine, d client.Docker) {
		g := newRegistry(t)
		name := g.host + "/dockercmd-test/y:1"
		remove := func() { d.Rmi(context.Background(), dockercmd.Rmi{Force: true, Images: []string{name}}) }
		t.Cleanup(remove)
		images := &client.Images{Docker: d, Allow: []string{g.host + "/dockercmd-test/*", "dockercmd-test-*"}}
		ensure := func(ref string, policy client.PullPolicy, kinds ...error) string {
			t.Helper()
			id, err := images.Ensure(t.Context(), ref, policy)
			wantKinds(t, err, kinds...)
			if (err == nil) != strings.HasPrefix(id, "sha256:") {
				t.Errorf("got the id %q, %v", id, err)
			}
			return id
		}
		ensure(name, client.PullNever, client.ErrImageNotFound)
		id := ensure(name, "")
		if g.count() == 0 {
			t.Error("nothing was pulled")
		}
		if again := ensure(name, client.PullMissing); again != id || g.count() != 0 {
			t.Errorf("got %s, want %s that is there", again, id)
		}
		if ensure(name, client.PullAlways); g.count() == 0 {
			t.Error("the registry was not asked")
		}
		pinned := g.host + "/dockercmd-test/y@" + digest(g.manifest)
		if got := ensure(pinned, client.PullNever); got != id {
			t.Errorf("got %s, want %s", got, id)
		}
		ensure(g.host+"/dockercmd-test/y@"+digest([]byte("x")), "", client.ErrPullFailed, client.ErrDigest)
		ensure(g.host+"/other/y:1", "", client.ErrImageNotAllowed)
		ensure(id, "", client.ErrImageNotAllowed)

		archive := filepath.Join(t.TempDir(), "y.tar")
		e.Run(t, "save", "--output="+archive, name)
		remove()
		missing := filepath.Join(t.TempDir(), "missing.tar")
		loading := &client.Images{Docker: d, Archives: map[string]string{name: archive, g.host + "/dockercmd-test/z:1": archive,
			"dockercmd-test-a:1": missing}}
		g.count()
		if got, err := loading.Ensure(t.Context(), name, ""); got != id || err != nil || g.count() != 0 {
			t.Errorf("got %s, %v, want %s from the archive", got, err, id)
		}
		if got, err := loading.Ensure(t.Context(), id, ""); got != id || err != nil {
			t.Errorf("got %s, %v, want what the id means", got, err)
		}
		_, err := loading.Ensure(t.Context(), g.host+"/dockercmd-test/z:1", "")
		if wantKinds(t, err, client.ErrImageNotFound); !strings.Contains(err.Error(), archive+" does not hold the image") {
			t.Errorf("got %v", err)
		}
		if _, err = loading.Ensure(t.Context(), "dockercmd-test-a:1", ""); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("got %v", err)
		}
		f, err := os.Open(archive)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if loaded, err := d.Load(t.Context(), dockercmd.Load{}, f); err != nil || !slices.Equal(loaded, []string{name}) {
			t.Errorf("got %q, %v", loaded, err)
		}
		if _, err := d.Load(t.Context(), dockercmd.Load{}, strings.NewReader("hello")); err == nil {
			t.Error("a text was loaded")
		}
	})
}

// count returns how often the manifest was requested since the last call of count.
func (g *registry) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer func() { g.pulls = 0 }()
	return g.pulls
}

const imageID = "sha256:" + hexID

// puller is a client without images until its pull is done, which takes a minute.
type puller struct {
	mu       sync.Mutex
	has      bool
	failures []reply // of the first pulls
	digests  string
	pulls    []time.Time
	stopped  int
}

func (p *puller) Start(ctx context.Context, c runner.Cmd) (runner.Process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	say := func(r reply) (runner.Process, error) {
		calls := 0
		return replying(&calls, r).Start(ctx, c)
	}
	switch {
	case c.Argv[1] == "pull":
		n := len(p.pulls)
		p.pulls = append(p.pulls, time.Now())
		if n < len(p.failures) {
			return say(p.failures[n])
		}
		end := make(chan struct{})
		t := time.AfterFunc(time.Minute, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			fmt.Fprintln(c.Stdout, "docker.io/library/img:1")
			p.has = true
			close(end)
		})
		context.AfterFunc(ctx, func() {
			if t.Stop() {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.stopped++
			}
		})
		return pending{ctx: ctx, end: end}, nil
	case p.has:
		return say(reply{stdout: `[{"Id":"` + imageID + `","RepoDigests":[` + p.digests + `]}]`})
	}
	return say(reply{stdout: "[]\n", stderr: "Error: No such image: img:1\n", exit: 1})
}

// TestEnsureShares lets many callers wait for one image, some of whom leave early.
func TestEnsureShares(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		waiters        int
		patience       time.Duration // of every second one
		pulls, stopped int
		well           int
	}{
		{"one", 1, time.Hour, 1, 0, 1},
		{"many", 100, time.Hour, 1, 0, 100},
		{"many, half of them leave", 100, time.Second, 1, 0, 50},
		{"all leave", 1, time.Second, 1, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				docker := &puller{}
				images := &client.Images{Docker: client.Docker{Runner: docker}}
				start := time.Now()
				var all sync.WaitGroup
				var well atomic.Int64
				for i := range tt.waiters {
					all.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
						if i%2 == 0 {
							ctx, cancel = context.WithTimeout(t.Context(), tt.patience)
						}
						defer cancel()
						ref := []string{"img:1", "docker.io/library/img:1"}[i/2%2]
						id, err := images.Ensure(ctx, ref, "")
						switch took := time.Since(start); {
						case err == nil && id == imageID && took == time.Minute:
							well.Add(1)
						case !errors.Is(err, context.DeadlineExceeded) || took != tt.patience:
							t.Errorf("got %q, %v after %v", id, err, took)
						}
					})
				}
				all.Wait()
				synctest.Wait()
				docker.mu.Lock()
				if len(docker.pulls) != tt.pulls || docker.stopped != tt.stopped || int(well.Load()) != tt.well {
					t.Errorf("%d pulls, %d stopped, %d went well; want %d, %d, %d", len(docker.pulls), docker.stopped, well.Load(), tt.pulls,
						tt.stopped, tt.well)
				}
				docker.mu.Unlock()
				if id, err := images.Ensure(t.Context(), "img:1", ""); id != imageID || err != nil {
					t.Errorf("afterwards: got %q, %v", id, err)
				}
			})
		})
	}
}

// TestEnsureTriesAgain checks which failures of a pull are retried.
func TestEnsureTriesAgain(t *testing.T) {
	t.Parallel()
	fails := func(text string) reply { return reply{stderr: daemon + text + "\n", exit: 1} }
	limit := fails("toomanyrequests: You have reached your pull rate limit.")
	trouble := fails("received unexpected HTTP status: 503 Service Unavailable")
	tests := []struct {
		name     string
		failures []reply
		pulls    int
		least    time.Duration // between the first and the last pull
		most     time.Duration
		kinds    []error
	}{
		{"once", []reply{trouble}, 2, 0, time.Second, nil},
		{"three times", []reply{trouble, fails(`Head "http://h/v2/": EOF`), fails(`Get "https://h/v2/": dial tcp: i/o timeout`)}, 4, 0,
			7 * time.Second, nil},
		{"for ever", []reply{trouble, trouble, trouble, trouble}, 4, 0, 7 * time.Second,
			[]error{client.ErrPullFailed, client.ErrRegistry}},
		{"too many pulls", []reply{limit}, 2, 15 * time.Second, 30 * time.Second, nil},
		{"no engine", []reply{down}, 2, 0, time.Second, nil},
		{"denied", []reply{fails("denied")}, 1, 0, 0, []error{client.ErrPullFailed, client.ErrUnauthorized}},
		{"no such image", []reply{fails("manifest unknown")}, 1, 0, 0, []error{client.ErrPullFailed, client.ErrImageNotFound}},
		{"no room", []reply{fails("write /x: no space left on device")}, 1, 0, 0, []error{client.ErrPullFailed, client.ErrNoSpace}},
		{"who knows", []reply{fails("the moon is full")}, 1, 0, 0, []error{client.ErrPullFailed}},
		{"a stranger's certificate", []reply{fails(`Get "https://h/v2/": x509: certificate signed by unknown authority`)}, 1, 0, 0,
			[]error{client.ErrPullFailed}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				docker := &puller{failures: tt.failures}
				_, err := (&client.Images{Docker: client.Docker{Runner: docker}}).Ensure(t.Context(), "img:1", "")
				wantKinds(t, err, tt.kinds...)
				synctest.Wait()
				docker.mu.Lock()
				defer docker.mu.Unlock()
				if len(docker.pulls) != tt.pulls {
					t.Fatalf("%d pulls, want %d: %v", len(docker.pulls), tt.pulls, err)
				}
				if took := docker.pulls[tt.pulls-1].Sub(docker.pulls[0]); took < tt.least || took > tt.most {
					t.Errorf("%v between the pulls, want %v to %v", took, tt.least, tt.most)
				}
			})
		})
	}
}

// TestEnsureSettings checks the pauses, the limits and the progress of a caller's own.
func TestEnsureSettings(t *testing.T) {
	t.Parallel()
	trouble := reply{stderr: daemon + "received unexpected HTTP status: 503 Service Unavailable\n", exit: 1}
	limit := reply{stderr: daemon + "toomanyrequests: You have reached your pull rate limit.\n", exit: 1}
	synctest.Test(t, func(t *testing.T) {
		docker := &puller{failures: []reply{trouble, limit}}
		var progress []string
		images := &client.Images{
			Docker: client.Docker{Runner: docker}, Base: time.Second, Max: time.Second, RateLimitBase: time.Hour, RateLimitMax: time.Hour,
			Progress: func(reference, line string) { progress = append(progress, reference+" "+line) },
		}
		if _, err := images.Ensure(t.Context(), "img:1", ""); err != nil {
			t.Error(err)
		}
		first, second := docker.pulls[1].Sub(docker.pulls[0]), docker.pulls[2].Sub(docker.pulls[1])
		if first > time.Second || second < time.Hour/2 || second > time.Hour {
			t.Errorf("pauses of %v and %v, want up to a second and half an hour to an hour", first, second)
		}
		if want := []string{"img:1 docker.io/library/img:1"}; !slices.Equal(progress, want) {
			t.Errorf("got the progress %q, want %q", progress, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		images := &client.Images{Docker: client.Docker{Runner: &puller{}}, Attempts: 1,
			PullOptions: client.PullOptions{Total: time.Second}}
		_, err := images.Ensure(t.Context(), "img:1", "")
		wantKinds(t, err, client.ErrTimeout)
	})
}

func TestEnsureRefuses(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	mismatch := &puller{has: true, digests: `"docker.io/evil/img@` + imageID + `","img@sha256:` + otherID + `"`}
	tests := []struct {
		name      string
		images    *client.Images
		ctx       context.Context
		reference string
		policy    client.PullPolicy
		want      error
		text      string
	}{
		{"no reference", new(client.Images), t.Context(), "", "", nil, "no image"},
		{"no policy", new(client.Images), t.Context(), "img:1", "sometimes", nil, `"sometimes" is none of always`},
		{"a bad pattern", &client.Images{Allow: []string{"[a"}}, t.Context(), "img:1", "", nil, "the pattern \"[a\""},
		{"not allowed", &client.Images{Allow: []string{"other"}}, t.Context(), "img:1", "", client.ErrImageNotAllowed,
			"no pattern of the allow-list fits docker.io/library/img:1"},
		{"too late", new(client.Images), ended, "img:1", "", context.Canceled, "ensure image img:1: context canceled"},
		{"another digest", &client.Images{Docker: client.Docker{Runner: mismatch}}, t.Context(), "img@" + imageID, "", client.ErrDigest,
			otherID},
		{"another id", &client.Images{Docker: client.Docker{Runner: mismatch}}, t.Context(), "sha256:" + otherID, "", client.ErrDigest,
			hexID},
		{"a missing id", &client.Images{Docker: client.Docker{Runner: &puller{}}}, t.Context(), imageID, client.PullAlways,
			client.ErrImageNotFound, "No such image"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			id, err := tt.images.Ensure(tt.ctx, tt.reference, tt.policy)
			if id != "" || err == nil || !strings.Contains(err.Error(), tt.text) || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %q, %v, want %v, %q", id, err, tt.want, tt.text)
			}
		})
	}
	pinned := &puller{has: true, digests: `"img@` + imageID + `"`}
	if id, err := (&client.Images{Docker: client.Docker{Runner: pinned}}).Ensure(t.Context(), "docker.io/library/img:9@"+imageID,
		""); id != imageID || err != nil {
		t.Errorf("got %q, %v", id, err)
	}
}
