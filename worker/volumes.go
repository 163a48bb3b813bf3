package worker

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// Docker run makes the named volumes that the engine does not have, and leaves them when it fails. A launch that is undone removes
// those that were not there before, unless another container has one by then: the engine refuses that.

// namedVolumes returns the volumes that a run names.
func namedVolumes(run *dockercmd.Run) []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, m := range run.Mounts {
		if m.Type == "volume" || m.Type == "" {
			add(m.Source)
		}
	}
	for _, v := range run.Volumes {
		if !filepath.IsAbs(v.Source) {
			add(v.Source)
		}
	}
	return names
}

// missingVolumes returns those of the plan's named volumes that the engine does not have. When it does not say, none is known to be
// missing. Of a plan without any it is not asked.
func (m *Manager) missingVolumes(ctx context.Context, p *Plan) []string {
	names := namedVolumes(p.Step(StepRun).Command.(*dockercmd.Run))
	if len(names) == 0 {
		return nil
	}
	there, err := listVolumes(ctx, m.planDocker(p), names)
	if err != nil {
		m.log().Warn("which volumes there are could not be found out, none is removed if the launch fails",
			slog.String("worker", p.ID), slog.Any("error", err))
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(there, name) })
}

// undoVolumes removes those of the given volumes that the engine has. One that cannot be removed is left, and logged.
func (m *Manager) undoVolumes(ctx context.Context, p *Plan, names []string) {
	if len(names) == 0 {
		return
	}
	d := m.planDocker(p)
	there, err := listVolumes(ctx, d, names)
	if err != nil {
		m.log().Warn("volumes of a failed launch may be left", slog.String("worker", p.ID), slog.Any("volumes", names),
			slog.Any("error", err))
		return
	}
	for _, name := range names {
		if !slices.Contains(there, name) {
			continue
		}
		attrs := []any{slog.String("worker", p.ID), slog.String("volume", name)}
		if _, err := d.Do(ctx, &dockercmd.VolumeRm{Volumes: []string{name}}, client.Call{}); err != nil {
			m.log().Warn("volume of a failed launch left", append(attrs, slog.Any("error", err))...)
			continue
		}
		m.log().Warn("volume of a failed launch removed", attrs...)
	}
}

// planDocker returns the docker that acts for a plan's worker.
func (m *Manager) planDocker(p *Plan) client.Docker {
	return m.docker(p.Setting.Root, &checkpoint{ID: p.ID, Engine: p.Setting.Engine, Identity: p.Setting.Identity})
}

// listVolumes returns which of the engine's volumes may have one of the names: the filter takes a part of a name, too.
func listVolumes(ctx context.Context, d client.Docker, names []string) ([]string, error) {
	ls := &dockercmd.VolumeLs{Quiet: true}
	for _, name := range names {
		ls.Filters = append(ls.Filters, dockercmd.Filter{Key: "name", Value: name})
	}
	out, err := d.Do(ctx, ls, client.Call{})
	if err != nil {
		return nil, err
	}
	return output.ParseEcho(out), nil
}
