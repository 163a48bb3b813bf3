package worker

import (
	"maps"
	"path/filepath"
	"strconv"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
)

// sources returns the host's paths that the spec names.
func (s *Spec) sources() []string {
	var paths []string
	for _, m := range s.Mounts {
		if m.Type == "bind" {
			paths = append(paths, m.Source)
		}
	}
	if filepath.IsAbs(s.Seccomp) {
		paths = append(paths, s.Seccomp)
	}
	return paths
}

// run returns the spec's docker run.
func (s *Spec) run(set Setting) (*dockercmd.Run, error) {
	work := workDir(set.Root, s.ID)
	cpus, err := s.cpus()
	if err != nil {
		return nil, problem(ErrSpec, s.ID, "cpu-percent", "%w", err)
	}
	r := &dockercmd.Run{
		Name:         s.ID,
		User:         set.Identity.user(),
		Detach:       true,
		SigProxy:     new(false), // or a SIGTERM for the client, in the middle of a launch, ends the worker
		ReadOnly:     !s.WritableRoot,
		Mounts:       []dockercmd.Mount{{Type: "bind", Source: filepath.Join(work, "work"), Target: workTarget}},
		CgroupParent: s.CgroupParent,
		Workdir:      s.Workdir,
		CIDFile:      filepath.Join(stateDir(set.Root, s.ID), cidFile),
		CapDrop:      []string{"ALL"},
		CapAdd:       s.CapAdd,
		SecurityOpts: []dockercmd.SecurityOpt{"no-new-privileges"},
		CPUs:         cpus,
		Memory:       s.Memory,
		MemorySwap:   s.MemorySwap,
		PidsLimit:    s.Pids,
		Init:         s.Init,
		Ulimits:      s.Ulimits,
		Hostname:     s.Hostname,
		Publish:      s.Publish,
		LogDriver:    s.LogDriver,
		LogOpts:      s.LogOpts,
		StopSignal:   s.StopSignal,
		Pull:         s.Pull,
		Labels:       map[string]string{LabelInstance: set.Instance, LabelWorker: s.ID, LabelLaunch: set.Launch},
		Image:        s.Image,
		Command:      s.Command,
	}
	maps.Copy(r.Labels, s.Labels)
	if s.Network != "" {
		r.Networks = []dockercmd.Network{{Name: s.Network}}
	}
	if r.Workdir == "" {
		r.Workdir = workTarget
	}
	if r.Init == nil {
		r.Init = new(true)
	}
	if r.Pull == "" || set.PullsBefore {
		r.Pull = "never"
	}
	if s.Seccomp != "" {
		r.SecurityOpts = append(r.SecurityOpts, dockercmd.SecurityOpt("seccomp="+s.Seccomp))
	}
	if s.StopGrace != nil {
		r.StopTimeout = new(int64(s.StopGrace.Seconds()))
	}
	if s.TmpSize > 0 {
		r.Tmpfs = []dockercmd.TmpfsMount{{Target: tmpTarget, Options: []string{"size=" + s.TmpSize.String(), "mode=1777"}}}
	} else {
		r.Mounts = append(r.Mounts, dockercmd.Mount{Type: "bind", Source: filepath.Join(work, "tmp"), Target: tmpTarget})
	}
	r.Mounts = append(r.Mounts, s.Mounts...)
	groups := s.Groups
	if groups == nil {
		groups = set.Identity.Groups
	}
	for _, g := range groups {
		r.GroupAdd = append(r.GroupAdd, strconv.Itoa(g))
	}
	if s.NUMA != "" {
		zone, ok := set.Zones[s.NUMA]
		if !ok {
			return nil, problem(ErrReserve, s.ID, "numa", "the machine has no zone %q; it has %s", s.NUMA,
				Machine{Zones: set.Zones}.zoneNames())
		}
		r.CpusetCpus, r.CpusetMems = zone.CPUs, zone.Mems
	}
	switch {
	case s.Shell == NoShell && len(s.Env) > 0:
		r.EnvFiles = []string{filepath.Join(stateDir(set.Root, s.ID), envFile)}
	case s.Shell != NoShell:
		shell := s.Shell
		if shell == "" {
			shell = scripts.DefaultShell
		}
		r.Entrypoint, r.Command = &shell, []string{workTarget + "/" + workerScript}
	}
	if set.Engine.Dialect == dockercmd.Storm {
		return r, s.forStorm(r, set)
	}
	return r, nil
}

// forStorm takes out of a run what the worker-launcher's dialect cannot say and the spec did not ask for: labels of our own, the
// signal proxy, the init, the cid file (the launcher's docker runs as the worker's user, who cannot write to our directory), the
// pull policy. What the spec did ask for stays in, and is refused with its flag's name.
func (s *Spec) forStorm(r *dockercmd.Run, set Setting) error {
	r.Labels, r.CIDFile, r.StopTimeout, r.SigProxy = nil, "", nil, nil
	if len(s.Labels) > 0 {
		r.Labels = s.Labels
	}
	r.Init, r.Pull = s.Init, s.Pull
	if r.Entrypoint != nil {
		r.Command, r.Entrypoint = append([]string{*r.Entrypoint}, r.Command...), nil
	}
	r.GroupAdd = append([]string{strconv.Itoa(set.Identity.GID)}, r.GroupAdd...)
	for _, m := range r.Mounts {
		v := dockercmd.Volume{Source: m.Source, Target: m.Target}
		if m.ReadOnly {
			v.Options = []string{"ro"}
		}
		if plain := (dockercmd.Mount{Type: "bind", Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly}); !m.Equal(plain) {
			return problem(ErrSpec, s.ID, "mounts", "%s cannot be said to the worker-launcher, which takes plain bind mounts only",
				m)
		}
		r.Volumes = append(r.Volumes, v)
	}
	r.Mounts = nil
	return nil
}
