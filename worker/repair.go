package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/scripts"
)

// repaired is what was put in order on disk.
type repaired struct {
	swept    int      // half written files that were removed
	setAside []string // where damaged files are now
}

func (r repaired) log(l *slog.Logger) {
	if r.swept > 0 {
		l.Info("half written files removed", slog.Int("files", r.swept))
	}
	for _, path := range r.setAside {
		l.Error("damaged file set aside", slog.String("file", path))
	}
}

// repair removes what a killed supervisor has half written, and sets aside what is damaged: it is moved below quarantine, never
// deleted. A worker whose checkpoint is set aside is found again by the labels of its container.
func (m *Manager) repair(now time.Time) (done repaired, err error) {
	err = m.locked(func(root string) error {
		dirs := []string{exitsDir(root)}
		for _, e := range dirEntries(filepath.Join(root, "workers")) {
			if ValidID(e.Name()) == nil {
				dirs = append(dirs, stateDir(root, e.Name()))
			}
		}
		var errs []error
		for _, path := range dirs {
			if _, err := os.Lstat(path); err != nil {
				continue
			}
			errs = append(errs, m.repairDir(root, path, now, &done))
		}
		return errors.Join(errs...)
	})
	return done, err
}

// repairDir puts one directory in order.
func (m *Manager) repairDir(root, path string, now time.Time, done *repaired) error {
	dir, err := scripts.OpenDir(path)
	if err != nil {
		return &Error{ErrState, filepath.Base(path), "", err}
	}
	defer dir.Close()
	swept, err := dir.Sweep()
	done.swept += swept
	if err != nil {
		return err
	}
	if path != exitsDir(root) {
		if _, err := loadCheckpoint(dir); errors.Is(err, ErrState) {
			return m.setAside(root, path, checkpointFile, now, done)
		}
		return nil
	}
	for _, e := range dirEntries(path) {
		var n Notice
		data, err := dir.Read(e.Name())
		if err == nil {
			err = decodeWithChecksum(data, &n)
		}
		if err != nil {
			if err := m.setAside(root, path, e.Name(), now, done); err != nil {
				return err
			}
		}
	}
	return nil
}

// setAside moves a damaged file below quarantine.
func (m *Manager) setAside(root, dir, name string, now time.Time, done *repaired) error {
	quarantine, err := scripts.OpenDir(filepath.Join(root, "quarantine"))
	if err != nil {
		return err
	}
	defer quarantine.Close()
	to := filepath.Join(quarantine.Path(), fmt.Sprintf("%s.%s.%s", now.UTC().Format("20060102T150405.000000000"),
		filepath.Base(dir), name))
	if _, err := countGeneration(root); err != nil {
		return err
	}
	m.trace("set damaged file aside", slog.String("file", name))
	if err := os.Rename(filepath.Join(dir, name), to); err != nil {
		return fmt.Errorf("set a damaged file aside: %w", err)
	}
	done.setAside = append(done.setAside, to)
	return nil
}

// makeExits makes the directory that keeps exits from being lost with their checkpoints.
func (m *Manager) makeExits() error {
	return m.locked(func(root string) error {
		m.trace("make directory of exits")
		dir, err := scripts.OpenDir(exitsDir(root))
		if err != nil {
			return err
		}
		return dir.Close()
	})
}

// rebuild makes a worker's checkpoint anew from its container, which has the instance's labels, and the command files of its
// further life, as far as they are missing.
func (m *Manager) rebuild(ctx context.Context, root, id, container string) error {
	found, err := m.docker(root, &checkpoint{ID: id, Engine: m.Docker.Engine}).Inspect(ctx, container)
	if err != nil {
		return fmt.Errorf("worker %s: find out about its container: %w", id, err)
	}
	machine, err := m.machine()
	if err != nil {
		return err
	}
	return m.locked(func(root string) error {
		if _, err := os.Lstat(stateDir(root, id)); err != nil {
			return problem(ErrUnknownID, id, "", "its directory is gone")
		}
		dir, err := scripts.OpenDir(stateDir(root, id))
		if err != nil {
			return &Error{ErrState, id, "", err}
		}
		defer dir.Close()
		if _, err := loadCheckpoint(dir); !errors.Is(err, fs.ErrNotExist) {
			return err // someone has made one
		}
		c := found[0]
		h := &handle{root: root, dir: dir, checkpoint: &checkpoint{ID: id, Instance: m.instance(root),
			Launch: c.Config.Labels[LabelLaunch], Engine: m.Docker.Engine}}
		if len(found) != 1 || c.Name != id || !h.isOurs(c) {
			return problem(ErrForeign, id, "", "the container %.12s is not its own", container)
		}
		if err := m.writeMissing(h, c); err != nil {
			return &Error{ErrState, id, "", err}
		}
		cp := *h.checkpoint
		cp.Container, cp.LaunchedAt, cp.CgroupParent = c.ID, c.Created, c.HostConfig.CgroupParent
		cp.Identity, cp.Resources = numbersOf(c.Config.User), resourcesOf(c.HostConfig, machine)
		return m.save(h, &cp)
	})
}

// writeMissing writes the command files that a worker's life needs after its launch and that are not there, or not readable.
func (m *Manager) writeMissing(h *handle, c output.Container) error {
	p := &Plan{ID: h.ID, Setting: Setting{Root: h.root, Instance: h.Instance, Launch: h.Launch, Engine: h.Engine}}
	grace := int64(DefaultGrace / time.Second)
	if t := c.Config.StopTimeout; t != nil {
		grace = *t
	}
	for _, s := range lifeSteps(p.Setting, h.ID, grace) {
		if _, err := readStep(h, s.Name); err == nil {
			continue
		}
		if err := p.addStep(s); err != nil {
			return err
		}
	}
	for _, f := range p.Files {
		m.trace("write file", slog.String("file", filepath.Base(f.Path)), slog.String("worker", h.ID))
		if _, err := h.dir.Write(filepath.Base(f.Path), f.Data, f.Mode); err != nil {
			return err
		}
	}
	return nil
}

// numbersOf reads docker's UID:GID, which is what a plan gives to run.
func numbersOf(user string) Identity {
	uid, gid, _ := strings.Cut(user, ":")
	var i Identity
	i.UID, _ = strconv.Atoi(uid)
	i.GID, _ = strconv.Atoi(gid)
	return i
}

// resourcesOf returns what a container may use.
func resourcesOf(c output.HostConfig, machine Machine) Resources {
	r := Resources{CPUPercent: float64(c.NanoCPUs) / 1e7, Memory: c.Memory, MemorySwap: c.MemorySwap}
	if c.PidsLimit != nil {
		r.Pids = *c.PidsLimit
	}
	for name, zone := range machine.Zones {
		if c.CpusetMems != "" && zone.Mems == c.CpusetMems {
			r.NUMA = name
		}
	}
	return r
}

// isHalf reports whether a worker's directory is of a launch that was cut off before it began, or of a cleanup that did not come to
// its end: there is no checkpoint in it.
func (m *Manager) isHalf(id string) (is bool) {
	err := m.locked(func(root string) error {
		_, err := openHandle(root, id)
		is = errors.Is(err, ErrUnknownID) && errors.Is(err, fs.ErrNotExist)
		return nil
	})
	return is && err == nil
}
