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

// missingVolumes returns those of the plan's named volumes that the engine does not have. When it does not say, or another engine
// may have said so, none is known to be missing. Of a plan without any it is not asked.
func (m *Manager) missingVolumes(ctx context.Context, p *Plan) []string {
	names := namedVolumes(p.Step(StepRun).Command.(*dockercmd.Run))
	if len(names) == 0 {
		return nil
	}
	there, err := m.listVolumes(ctx, p, names)
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
	there, err := m.listVolumes(ctx, p, names)
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
		if _, err := m.planDocker(p).Do(ctx, &dockercmd.VolumeRm{Volumes: []string{name}}, client.Call{}); err != nil {
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

// listVolumes returns which volumes of the workers' own engine may have one of the names: the filter takes a part of a name, too.
func (m *Manager) listVolumes(ctx context.Context, p *Plan, names []string) (there []string, err error) {
	ls := &dockercmd.VolumeLs{Quiet: true}
	for _, name := range names {
		ls.Filters = append(ls.Filters, dockercmd.Filter{Key: "name", Value: name})
	}
	err = m.byOwnEngine(ctx, p.Setting.Root, func() error {
		out, err := m.planDocker(p).Do(ctx, ls, client.Call{})
		there = output.ParseEcho(out)
		return err
	})
	return there, err
}
