package runnertest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

const (
	psTable     = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"
	psTableSize = psTable + "\t{{.Size}}"
)

// runPs runs docker ps.
func (d *Docker) runPs(p *client, c *dockercmd.Ps) int {
	rows, text, code := d.psRows(c)
	if code != 0 {
		p.errln(text)
		return code
	}
	if p.api {
		return d.listContainers(p, rows)
	}
	format := c.Format
	switch {
	case c.Quiet:
		if format != "" {
			p.errln("WARNING: Ignoring custom format, because both --format and --quiet are set.")
		}
		format = "{{.ID}}"
	case format == "" || format == "table":
		format = psTable
		if c.Size {
			format = psTableSize
		}
	case format == "json":
		format = "{{json .}}"
	}
	shown := make([]any, len(rows))
	for i, r := range rows {
		shown[i] = r
	}
	return p.table(listing{psHeader, "*formatter.ContainerContext", "failed to parse template", "failed to execute template"},
		format, shown)
}

// psRows returns the containers that ps lists, newest first.
func (d *Docker) psRows(c *dockercmd.Ps) (rows []*psRow, text string, code int) {
	filter, text, code := d.psFilter(c.Filters)
	if code != 0 {
		return nil, text, code
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	limit := c.Last
	if c.Latest {
		limit = 1
	}
	all := c.All || limit > 0 || len(filter.states) > 0
	for b := range d.containers.newest() {
		switch {
		case !all && !b.running(), !filter.takes(b):
			continue
		case limit > 0 && int64(len(rows)) == limit:
			return rows, "", 0
		}
		rows = append(rows, newPsRow(b, c, now))
	}
	return rows, "", 0
}

// psFilter is what the --filter flags ask for: one of each key's values, but all the labels.
type psFilter struct {
	names     []*regexp.Regexp
	named     bool
	ids       []string
	labels    []string
	states    []string
	exited    []int
	ancestors []string
	healths   []string
}

func (d *Docker) psFilter(filters []dockercmd.Filter) (f psFilter, text string, code int) {
	for _, filter := range filters {
		key, value := filter.Key, filter.Value
		switch key {
		case "":
		case "name":
			f.named = true
			if re, err := regexp.Compile(value); err == nil { // one that does not compile matches nothing, in silence
				f.names = append(f.names, re)
			}
		case "id":
			f.ids = append(f.ids, value)
		case "label":
			f.labels = append(f.labels, value)
		case "status":
			if output.ParseState(value) == output.StateUnknown {
				return f, daemonError(d.badFilter("status="+value, "invalid value for state ("+value+
					"): must be one of created, running, paused, restarting, removing, exited, dead")), 1
			}
			f.states = append(f.states, value)
		case "exited":
			n, err := strconv.Atoi(value)
			if err != nil {
				text := err.Error()
				if d.is28() {
					text = d.badFilter("exited="+value, text)
				}
				return f, daemonError(text), 1
			}
			f.exited = append(f.exited, n)
		case "ancestor":
			f.ancestors = append(f.ancestors, tagged(value))
		case "health":
			if !slices.Contains([]string{"starting", "healthy", "unhealthy", "none"}, value) {
				text := "Unrecognised filter value for health: " + value
				if d.is28() {
					text = d.badFilter("health="+value, "invalid value for health ("+value+
						"): must be one of none, starting, healthy, unhealthy")
				}
				return f, daemonError(text), 1
			}
			f.healths = append(f.healths, value)
		case "volume", "network", "publish", "expose", "before", "since", "is-task", "isolation":
			return f, "runnertest: the fake docker has no filter " + key, 125
		default:
			return f, daemonError(d.badFilter(key, "")), 1
		}
	}
	return f, "", 0
}

func (f psFilter) takes(b *containerRecord) bool {
	if f.named && !slices.ContainsFunc(f.names, func(re *regexp.Regexp) bool {
		return re.MatchString(b.name) || re.MatchString("/"+b.name)
	}) {
		return false
	}
	if len(f.ids) > 0 && !slices.ContainsFunc(f.ids, func(id string) bool { return strings.HasPrefix(b.id, id) }) {
		return false
	}
	for _, l := range f.labels {
		key, want, hasValue := strings.Cut(l, "=")
		if got, ok := b.labels[key]; !ok || hasValue && got != want {
			return false
		}
	}
	if len(f.states) > 0 && !slices.Contains(f.states, string(b.shownState())) {
		return false
	}
	if len(f.exited) > 0 && (b.state != output.StateExited || !slices.Contains(f.exited, b.exitCode)) {
		return false
	}
	if len(f.ancestors) > 0 && !slices.Contains(f.ancestors, tagged(b.image)) {
		return false
	}
	return len(f.healths) == 0 || slices.Contains(f.healths, "none") // no container has a health check
}

// shownState returns the state that ps shows.
func (b *containerRecord) shownState() output.State {
	if b.removing && b.process == nil { // a process that is left counts more (20.10 engine)
		return output.StateRemoving
	}
	return b.state
}
