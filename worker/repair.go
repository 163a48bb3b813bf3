package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/dockercmd/toolkit/scripts"
)

// repaired is what was put in order on disk.
type repaired struct {
	swept    int      // half written files that were removed
	setAside []string // where damaged files are now
	left     error    // what could not be put in order
}

func (r repaired) log(l *slog.Logger) {
	if r.swept > 0 {
		l.Info("half written files removed", slog.Int("files", r.swept))
	}
	for _, path := range r.setAside {
		l.Error("damaged file set aside", slog.String("file", path))
	}
}

// repair removes what a killed supervisor has half written, writes command files anew that a power cut has emptied, and sets aside
// what is damaged: it is moved below quarantine, never deleted. A worker whose checkpoint is set aside is found again by the labels
// of its container. What cannot be put in order of one worker is no error: it keeps nobody from caring for the others.
func (m *Manager) repair(ctx context.Context, now time.Time) (done repaired, err error) {
	err = m.locked(ctx, func(root string) error {
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
		done.left = errors.Join(errs...)
		return nil
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
		cp, err := loadCheckpoint(dir)
		if errors.Is(err, ErrState) || err == nil && cp.ID != filepath.Base(path) {
			return m.setAside(root, path, checkpointFile, now, done)
		}
		if err != nil || cp.Launch == "" || cp.Removed || !lacksSteps(root, cp) { // a launch that failed has removed an earlier one's
			return nil
		}
		m.log().Warn("command files written anew", slog.String("worker", cp.ID))
		if err := m.writeMissing(&handle{checkpoint: cp, root: root, dir: dir}); err != nil {
			return &Error{ErrState, cp.ID, "", err}
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

// lacksSteps reports whether a command file of a worker's further life is empty or missing. Launch does not wait until its files
// are on the disk: a power cut leaves such behind. It looks at sizes alone: reading every file would cost each start.
func lacksSteps(root string, cp *checkpoint) bool {
	return slices.ContainsFunc(lifeSteps(Setting{Root: root, Engine: cp.Engine}, cp.ID, 0), func(s Step) bool {
		info, err := os.Lstat(s.Path)
		return err != nil || info.Size() == 0
	})
}

// isFull reports whether an error is that a disk has no room. A supervisor that starts goes on with that: workers can be ended all
// the same.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// setAside moves a damaged file below quarantine.
func (m *Manager) setAside(root, dir, name string, now time.Time, done *repaired) error {
	quarantine, err := scripts.OpenDir(filepath.Join(root, "quarantine"))
	if err != nil {
		return err
	}
	defer quarantine.Close()
	to := filepath.Join(quarantine.Path(), fmt.Sprintf("%s.%s.%s", now.UTC().Format("20060102T150405.000000000"),
		filepath.Base(dir), name))
	if _, err := m.base.countGeneration(); err != nil {
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
func (m *Manager) makeExits(ctx context.Context) error {
	return m.locked(ctx, func(root string) error {
		m.trace("make directory of exits")
		dir, err := scripts.OpenDir(exitsDir(root))
		if err != nil {
			return err
		}
		return dir.Close()
	})
}

// writeMissing writes the command files that a worker's life needs after its launch and that are not there, or not readable.
func (m *Manager) writeMissing(h *handle) error {
	p := &Plan{ID: h.ID, Setting: Setting{Root: h.root, Instance: h.Instance, Launch: h.Launch, Engine: h.Engine}}
	for _, s := range lifeSteps(p.Setting, h.ID, h.grace()) {
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
