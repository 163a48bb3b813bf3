package output_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/enginetest"
)

// TestParsersReadRealEngine gives each parser what the real clients print of the machine's engine.
func TestParsersReadRealEngine(t *testing.T) {
	t.Parallel()
	e := enginetest.Require(t)
	for _, client := range enginetest.Clients(t) {
		t.Run(client.Version, func(t *testing.T) {
			t.Parallel()
			parseLife(t, e, client)
		})
	}
}

// parseLife leads a container through its life and reads what docker says on the way.
func parseLife(t *testing.T, e *enginetest.Engine, client enginetest.Client) {
	const format = "--format=" + output.JSONFormat
	docker := func(args ...string) []byte {
		t.Helper()
		var stderr bytes.Buffer
		cmd := exec.CommandContext(t.Context(), client.Path, args...)
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if failure, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || failure.ExitCode() != 127) {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
		}
		return out
	}
	name, failed := e.Name(t), e.Name(t)
	begin := time.Now()
	end := follow(t, client, begin, name)
	id, err := output.ParseID(docker("run", "-d", "--init", "--name="+name, "--network=none", "--label=exitCode=99", "--label=a=b,c=d",
		"--health-cmd=true", "--health-interval=1s", "--memory=64m", "--stop-timeout=0", "--env=A=1", e.Image, "sleep", "300"))
	if err != nil {
		t.Fatal(err)
	}
	if left, err := output.ParseID(docker("run", "-d", "--name="+failed, "--network=none", e.Image, "/nosuch")); err != nil ||
		left == id {
		t.Errorf("run of a program that is not there: got %q, %v", left, err)
	}

	rows, err := output.ParsePs(docker("ps", "--all", "--no-trunc", "--filter=name="+name, format))
	if err != nil || len(rows) != 1 {
		t.Fatalf("ps: %v, got %+v", err, rows)
	}
	if r := rows[0]; r.ID != id || r.State != output.StateRunning || r.Health == output.HealthNone || r.Command != `"sleep 300"` &&
		!strings.Contains(r.Command, "sleep 300") || r.CreatedAt.Before(begin.Add(-time.Minute)) ||
		!strings.Contains(r.LabelText, "a=b,c=d") {
		t.Errorf("ps: got %+v", r)
	}
	containers, err := output.ParseInspect(docker("inspect", "--type=container", name, failed))
	if err != nil || len(containers) != 2 {
		t.Fatalf("inspect: %v, got %d", err, len(containers))
	}
	c := containers[0]
	if c.State.Health == nil || c.Config.Labels["a"] != "b,c=d" || c.HostConfig.Memory != 64*dockercmd.MiB || !*c.HostConfig.Init ||
		*c.Config.StopTimeout != 0 || c.HostConfig.NetworkMode != "none" || len(c.NetworkSettings.Networks) != 1 ||
		!slices.Equal(c.Config.Cmd, []string{"sleep", "300"}) || !slices.Contains(c.Config.Env, "A=1") {
		t.Errorf("inspect: got %+v", c)
	}
	if s := containers[1].State; s.Status != output.StateCreated || s.ExitCode != 127 || s.Error == "" {
		t.Errorf("inspect of the failed start: got %+v", s)
	}
	stats, err := output.ParseStats(docker("stats", "--no-stream", format, name))
	if err != nil || len(stats) != 1 || stats[0].Name != name || stats[0].Memory <= 0 || stats[0].MemoryLimit != 64*dockercmd.MiB ||
		stats[0].PIDs < 2 {
		t.Errorf("stats: %v, got %+v", err, stats)
	}
	top, err := output.ParseTop(docker("top", name, "-o", "pid,args"))
	if err != nil || len(top.Rows) < 2 || !slices.ContainsFunc(top.Rows, func(r []string) bool { return r[1] == "sleep 300" }) {
		t.Errorf("top: %v, got %+v", err, top)
	}
	if ports, err := output.ParsePublished(docker("port", name)); err != nil || len(ports) != 0 {
		t.Errorf("port: %v, got %+v", err, ports)
	}
	if got := output.ParseEcho(docker("stop", name)); !slices.Equal(got, []string{name}) {
		t.Errorf("stop: got %q", got)
	}
	codes, err := output.ParseWait(docker("wait", name))
	if err != nil || len(codes) != 1 || codes[0] == 0 { // mostly 137; a 20.10 under load has been seen to lose it, and says 255
		t.Errorf("wait: %v, got %v", err, codes)
	}

	died := <-end
	if code, ok := died.ClaimedExitCode(); !ok || code != 99 && code != codes[0] || died.ActorID != id || died.Name != name ||
		died.Image != e.Image {
		t.Errorf("events: the end is %+v", died)
	}

	images, err := output.ParseImages(docker("images", format))
	if err != nil || !slices.ContainsFunc(images, func(r output.ImageRow) bool {
		return r.Repository+":"+r.Tag == e.Image &&
			r.Size > 0
	}) {
		t.Errorf("images: %v, no %s among %+v", err, e.Image, images)
	}
	details, err := output.ParseImageInspect(docker("image", "inspect", e.Image))
	if err != nil || len(details) != 1 || details[0].ID != c.Image {
		t.Errorf("image inspect: %v, got %+v", err, details)
	}
	networks, err := output.ParseNetworks(docker("network", "ls", format))
	if err != nil || !slices.ContainsFunc(networks, func(r output.NetworkRow) bool { return r.Name == "none" && r.Driver == "null" }) {
		t.Errorf("network ls: %v, got %+v", err, networks)
	}
	if d, err := output.ParseNetworkInspect(docker("network", "inspect", "none")); err != nil || len(d) != 1 || d[0].Driver != "null" {
		t.Errorf("network inspect: %v, got %+v", err, d)
	}
	if _, err := output.ParseVolumes(docker("volume", "ls", format)); err != nil {
		t.Errorf("volume ls: %v", err)
	}
	if contexts, err := output.ParseContexts(docker("context", "ls", format)); err != nil ||
		!slices.ContainsFunc(contexts, func(r output.ContextRow) bool { return r.Current }) {
		t.Errorf("context ls: %v, got %+v", err, contexts)
	}
	info, err := output.ParseInfo(docker("info", format))
	if err != nil || info.Answered() != nil || info.ServerVersion != e.Version || info.NCPU < 1 {
		t.Errorf("info: %v, got %+v", err, info)
	}
	if v, err := output.ParseVersion(docker("version", format)); err != nil || v.Server == nil || v.Server.Version != e.Version {
		t.Errorf("version: %v, got %+v", err, v)
	}
}

// follow reads events as they come and gives the one of the container's end, or the zero Event when the client ends before.
func follow(t *testing.T, client enginetest.Client, begin time.Time, name string) <-chan output.Event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, client.Path, "events", "--since="+strconv.FormatInt(begin.Unix()-1, 10),
		"--filter=container="+name, "--format="+output.JSONFormat)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	end, done := make(chan output.Event, 1), make(chan struct{})
	go func() {
		defer close(done)
		defer close(end)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			event, err := output.ParseEvent(lines.Bytes())
			if err != nil {
				t.Error(err)
			}
			if event.Action == "die" {
				end <- event
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = cmd.Wait() // it was killed
	})
	return end
}
