package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/runner"
)

// What clients of 28.2.2 and of 20.10.24 print when the engine answers 401, on standard output.
const (
	login28 = "\nLogin prior to pull:\nLog in with your Docker ID or email address to push and pull images from Docker Hub. " +
		"If you don't have a Docker ID, head over to https://hub.docker.com/ to create one.\n\nUsername: "
	login20 = "\nPlease login prior to pull:\n"
)

// TestPullAsksForLogin checks that a client which asks for a login, and then waits, is ended at once.
func TestPullAsksForLogin(t *testing.T) {
	t.Parallel()
	none, unauthorized := []error{client.ErrTimeout}, []error{client.ErrPullFailed, client.ErrUnauthorized}
	tests := []struct {
		name   string
		chunks []string
		took   time.Duration
		kinds  []error
	}{
		{"28", []string{login28}, 0, unauthorized},
		{"28, in pieces", strings.SplitAfter(login28, "o"), 0, unauthorized},
		{"28, behind a line without end", []string{strings.Repeat("x", 1000), login28}, 0, unauthorized},
		{"28, in windows' lines", []string{"1: Pulling from x\r\nLogin prior to pull:\r\n"}, 0, unauthorized},
		{"20.10", []string{login20}, 0, unauthorized},
		{"in the middle of a line", []string{"x: Login prior to pull:\n"}, time.Hour, none},
		{"of another kind", []string{"Login prior to breakfast:\n"}, time.Hour, none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				docker := runner.RunnerFunc(func(ctx context.Context, c runner.Cmd) (runner.Process, error) {
					go func() {
						for _, chunk := range tt.chunks {
							io.WriteString(c.Stdout, chunk)
						}
					}()
					return pending{ctx: ctx}, nil
				})
				began := time.Now()
				_, err := client.Docker{Runner: docker}.Pull(t.Context(), dockercmd.Pull{Image: "x"}, client.PullOptions{Quiet: time.Hour})
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				wantKinds(t, err, tt.kinds...)
				if tt.took == 0 && (errors.Is(err, context.Canceled) || err.Error() !=
					"docker pull: the client asks for a login; try docker login") {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestLoginPrompt asks the real clients for what an engine answers 401 to. The runs show that these do not ask for a login.
func TestLoginPrompt(t *testing.T) {
	t.Parallel()
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Content-Type", "application/json")
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/_ping"):
		case strings.HasSuffix(path, "/info"):
			io.WriteString(w, `{"IndexServerAddress":"https://registry.example/v1/"}`)
		case strings.HasSuffix(path, "/containers/create"):
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"message":"No such image: x:1"}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"message":"unauthorized: authentication required"}`)
		}
	}))
	t.Cleanup(engine.Close)
	for _, c := range enginetest.Clients(t) {
		d := client.Docker{Program: c.Path, Env: append(os.Environ(), "DOCKER_HOST="+strings.Replace(engine.URL, "http", "tcp", 1),
			"DOCKER_CONTEXT=", "DOCKER_CONFIG="+t.TempDir())}
		for _, tt := range []struct {
			name  string
			call  func(ctx context.Context) error
			kinds []error
		}{
			{"pull", func(ctx context.Context) error {
				_, err := d.Pull(ctx, dockercmd.Pull{Image: "x:1"}, client.PullOptions{})
				return err
			}, []error{client.ErrPullFailed, client.ErrUnauthorized}},
			{"push", func(ctx context.Context) error {
				_, err := d.Do(ctx, &dockercmd.Push{Image: "x:1"}, client.Call{})
				return err
			}, []error{client.ErrUnauthorized}},
			{"search", func(ctx context.Context) error {
				_, err := d.Do(ctx, &dockercmd.Search{Term: "x"}, client.Call{})
				return err
			}, []error{client.ErrUnauthorized}},
			{"run", func(ctx context.Context) error {
				_, err := d.Run(ctx, dockercmd.Run{Image: "x:1"})
				return err
			}, []error{client.ErrPullFailed, client.ErrUnauthorized, client.ErrImageNotFound}},
			{"run, always", func(ctx context.Context) error {
				_, err := d.Run(ctx, dockercmd.Run{Pull: "always", Image: "x:1"})
				return err
			}, []error{client.ErrPullFailed, client.ErrUnauthorized}},
		} {
			t.Run(c.Version+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				err := tt.call(t.Context())
				wantKinds(t, err, tt.kinds...)
				if err == nil || !strings.HasSuffix(err.Error(), "; try docker login") {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}
