package runnertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// psRow is what a template of ps sees. Everything is text, as in docker, except the platform, which an old engine leaves out.
type psRow struct {
	id, name, image, command, status, mounts, networks string
	state                                              output.State
	created                                            time.Time
	now                                                time.Time
	labels                                             map[string]string
	volumes                                            int
	size                                               bool
}

func newPsRow(b *containerRecord, c *dockercmd.Ps, now time.Time) *psRow {
	r := &psRow{
		id: b.id, name: b.name, image: b.image, command: strings.Join(shellWords(b.words()), " "), status: b.status(now),
		state: b.shownState(), created: b.created, now: now, labels: b.labels,
		size: c.Size || strings.Contains(c.Format, "{{json .}}") || strings.Contains(c.Format, ".Size"),
	}
	r.networks = b.network()
	var sources []string
	for _, m := range b.mounts {
		sources = append(sources, m.source)
	}
	for _, v := range b.run.Volumes {
		if v.Source != "" && !strings.HasPrefix(v.Source, "/") {
			sources = append(sources, v.Source)
			r.volumes++
		}
	}
	if !c.NoTrunc {
		r.id = r.id[:12]
		r.command = ellipsis(r.command, 20)
		for i, s := range sources {
			sources[i] = ellipsis(s, 15)
		}
	}
	r.mounts = strings.Join(sources, ",")
	return r
}

// shellWords quotes the arguments that hold a blank, as the engine does in what it tells of a command.
func shellWords(words []string) []string {
	quoted := slices.Clone(words)
	for i, w := range quoted {
		if i > 0 && strings.ContainsAny(w, " \t\n") {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return quoted
}

// ellipsis cuts a text to n characters, the last of which then is an ellipsis.
func ellipsis(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// status returns the column STATUS of ps.
func (b *containerRecord) status(now time.Time) string {
	ago := func(t time.Time) string { return units.HumanDuration(now.Sub(t)) + " ago" }
	switch b.shownState() {
	case output.StateRemoving:
		return "Removal In Progress"
	case output.StateCreated:
		return "Created"
	case output.StateRestarting:
		return fmt.Sprintf("Restarting (%d) %s", b.exitCode, ago(b.finishedAt))
	case output.StatePaused:
		return "Up " + units.HumanDuration(now.Sub(b.startedAt)) + " (Paused)"
	case output.StateRunning:
		return "Up " + units.HumanDuration(now.Sub(b.startedAt))
	}
	return fmt.Sprintf("Exited (%d) %s", b.exitCode, ago(b.finishedAt))
}

func (r *psRow) ID() string           { return r.id }
func (r *psRow) Names() string        { return r.name }
func (r *psRow) Image() string        { return r.image }
func (r *psRow) Command() string      { return strconv.Quote(r.command) }
func (r *psRow) CreatedAt() string    { return r.created.Truncate(time.Second).String() }
func (r *psRow) RunningFor() string   { return units.HumanDuration(r.now.Sub(r.created)) + " ago" }
func (r *psRow) Ports() string        { return "" }
func (r *psRow) State() string        { return string(r.state) }
func (r *psRow) Status() string       { return r.status }
func (r *psRow) Mounts() string       { return r.mounts }
func (r *psRow) LocalVolumes() string { return strconv.Itoa(r.volumes) }
func (r *psRow) Networks() string     { return r.networks }

// Platform returns nil: an engine of 20.10 does not know it.
func (r *psRow) Platform() *string { return nil }

// Size returns the size, with the image's size after it only when sizes were asked for.
func (r *psRow) Size() string {
	if r.size {
		return "0B (virtual 0B)"
	}
	return "0B"
}

// Labels returns the labels joined without quoting, as docker joins them.
func (r *psRow) Labels() string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(r.labels)) {
		all = append(all, k+"="+r.labels[k])
	}
	return strings.Join(all, ",")
}

// Label returns a label's value, "" for one that the container does not have.
func (r *psRow) Label(name string) string { return r.labels[name] }

// MarshalJSON returns what {{json .}} prints.
func (r *psRow) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"Command": r.Command(), "CreatedAt": r.CreatedAt(), "ID": r.ID(), "Image": r.Image(), "Labels": r.Labels(),
		"LocalVolumes": r.LocalVolumes(), "Mounts": r.Mounts(), "Names": r.Names(), "Networks": r.Networks(), "Platform": r.Platform(),
		"Ports": r.Ports(), "RunningFor": r.RunningFor(), "Size": r.Size(), "State": r.State(), "Status": r.Status(),
	})
}

// headings are the columns' names for templates that begin with table.
type headings map[string]string

var psHeader = headings{
	"ID": "CONTAINER ID", "Names": "NAMES", "Image": "IMAGE", "Command": "COMMAND", "CreatedAt": "CREATED AT", "RunningFor": "CREATED",
	"Ports": "PORTS", "State": "STATE", "Status": "STATUS", "Size": "SIZE", "Labels": "LABELS", "Mounts": "MOUNTS",
	"LocalVolumes": "LOCAL VOLUMES", "Networks": "NETWORKS", "Platform": "PLATFORM",
}

// Label returns the heading of a label's column, the last part of its name.
func (headings) Label(name string) string {
	if i := strings.LastIndexAny(name, ".-"); i >= 0 {
		name = name[i+1:]
	}
	return name
}
