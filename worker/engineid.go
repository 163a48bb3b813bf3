package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
)

// The workers below a Root live on one engine. Another engine knows nothing of them: that it has no such container is no news of a
// worker. Which engine is asked may change under a supervisor: by DOCKER_HOST, by the context in use, by an engine that was started
// with other data.

// engineFile names the engine of a root's workers.
const engineFile = "engine"

// engineMark tells an engine from others.
type engineMark struct {
	// ID is the engine's own id. Two engines of one machine may have the same one, which is kept outside of their data (20.10), so
	// DataRoot belongs to it.
	ID       string `json:"id"`
	DataRoot string `json:"dataRoot"`
}

func (e engineMark) String() string {
	return fmt.Sprintf("%.12s with its data in %s", e.ID, e.DataRoot)
}

// engineKeeper remembers which engine has answered, as long as nothing tells of another.
type engineKeeper struct {
	mu    sync.Mutex
	known engineMark
	of    string // the client's environment at that time, as far as it says which engine is asked
}

// forget has the engine asked anew: its connection was lost, or it did not answer.
func (k *engineKeeper) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.of = ""
}

// engineMark asks the engine who it is, unless that is known; fresh asks in any case. The zero mark is that it does not tell: the
// worker-launcher cannot ask, and podman has no id.
func (m *Manager) engineMark(ctx context.Context, fresh bool) (engineMark, error) {
	if m.Docker.Engine.Dialect == dockercmd.Storm || m.Docker.Engine.Dialect == dockercmd.Podman {
		return engineMark{}, nil
	}
	of := clientTarget(m.Docker)
	m.engine.mu.Lock()
	known, is := m.engine.known, m.engine.of == of
	m.engine.mu.Unlock()
	if is && !fresh {
		return known, nil
	}
	d := m.Docker
	d.Runner = m.traced(d.Runner)
	info, err := d.Info(ctx)
	if err != nil {
		return engineMark{}, err
	}
	mark := engineMark{ID: info.ID, DataRoot: info.DockerRootDir}
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	m.engine.known, m.engine.of = mark, of
	return mark, nil
}

// clientTarget returns what decides which engine a client asks: its environment, and when the configuration that names the context
// in use was written.
func clientTarget(d client.Docker) string {
	env := d.Env
	if env == nil {
		env = os.Environ()
	}
	values := map[string]string{}
	for _, e := range env { // the last of a name counts
		name, value, _ := strings.Cut(e, "=")
		values[name] = value
	}
	dir := values["DOCKER_CONFIG"]
	if dir == "" {
		dir = filepath.Join(values["HOME"], ".docker")
	}
	var written time.Time
	if info, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
		written = info.ModTime()
	}
	return strings.Join([]string{"-", values["DOCKER_HOST"], values["DOCKER_CONTEXT"], dir, written.String()}, "\x00")
}

// sameEngine returns ErrOtherEngine if another engine is asked now than the one of this root's workers, and ErrState if the mark of
// that is damaged. A root without workers, or without a mark, is of any engine.
func (m *Manager) sameEngine(ctx context.Context, root string, fresh bool) error {
	want, err := readEngineMark(root)
	if err != nil || want == (engineMark{}) {
		return err
	}
	got, err := m.engineMark(ctx, fresh)
	if err != nil || got == (engineMark{}) || got == want {
		return err
	}
	return m.read(ctx, func(root string) error { return workersLeft(root, "", want, got) })
}

// workersLeft returns ErrOtherEngine if there are workers, but for one, on the engine that was marked. One that has lost its
// checkpoint may be on it. The caller holds the lock.
func workersLeft(root, but string, had, asked engineMark) error {
	cps, err := all(root)
	if err != nil {
		return err
	}
	whole := map[string]bool{but: true}
	for _, cp := range cps {
		if cp.ID != but && cp.Launch != "" && !cp.Removed {
			return otherEngine(had, asked)
		}
		whole[cp.ID] = true
	}
	for _, id := range workerIDs(root) {
		if whole[id] {
			continue
		}
		if l, err := readLost(root, id); err != nil {
			return err
		} else if !l.written.IsZero() {
			return otherEngine(had, asked)
		}
	}
	return nil
}

func otherEngine(want, got engineMark) error {
	return fmt.Errorf("%w: the workers are on engine %s, and engine %s is asked; set DOCKER_HOST or the context right, or, if those "+
		"workers are given up, accept the engine (worker recover --accept-engine)", ErrOtherEngine, want, got)
}

// errEngineUnknown is that a worker is not launched: where it would be, or where the others are, is not known, and an engine that is
// asked later could not be told from that.
var errEngineUnknown = errors.New("find out on which engine it would be launched")

// markEngine notes on which engine a root's workers are, before the first is launched there. It is ErrOtherEngine if other workers
// than the launched one are left on another engine.
func (m *Manager) markEngine(ctx context.Context, launched string) error {
	root, err := m.root()
	if err != nil {
		return err
	}
	had, hadErr := readEngineMark(root)
	mark, err := m.engineMark(ctx, true) // it may have changed behind the same address
	if err != nil && isTransient(err) && had == (engineMark{}) {
		return fmt.Errorf("%w: %w", errEngineUnknown, err)
	}
	if err != nil || mark == (engineMark{}) || hadErr == nil && had == mark {
		return err
	}
	return m.locked(ctx, func(root string) error {
		had, err := readEngineMark(root)
		damaged := errors.Is(err, ErrState)
		if err != nil && !damaged || err == nil && had == mark {
			return err
		}
		if damaged || had != (engineMark{}) {
			switch left := workersLeft(root, launched, had, mark); {
			case left != nil && damaged:
				return fmt.Errorf("%w: %w", errEngineUnknown, err)
			case left != nil:
				return left
			}
		}
		return m.writeEngineMark(root, mark)
	})
}

// AcceptEngine has the workers of this root looked for on the engine that is asked now, whichever they were launched on. Those that
// it does not have are then gone, unless the kernel knows of processes of theirs. It is for an operator who knows that the former
// engine or its data will not come back.
func (m *Manager) AcceptEngine(ctx context.Context) error {
	mark, err := m.engineMark(ctx, true)
	if err != nil {
		return fmt.Errorf("accept the engine: %w", err)
	}
	return m.locked(ctx, func(root string) error {
		m.log().Warn("engine accepted", slog.String("engine", mark.String()))
		return m.writeEngineMark(root, mark)
	})
}

func (m *Manager) writeEngineMark(root string, mark engineMark) error {
	dir, err := scripts.OpenDir(root)
	if err != nil {
		return err
	}
	defer dir.Close()
	data, err := encodeWithChecksum(mark)
	if err == nil {
		m.trace("write file", slog.String("file", engineFile))
		_, err = dir.Write(engineFile, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("note the engine: %w", err)
	}
	return nil
}

// readEngineMark returns the engine of a root's workers; zero is that it is not known.
func readEngineMark(root string) (mark engineMark, err error) {
	data, err := os.ReadFile(filepath.Join(root, engineFile))
	if errors.Is(err, fs.ErrNotExist) {
		return engineMark{}, nil
	}
	if err != nil {
		return engineMark{}, fmt.Errorf("read which engine the workers are on: %w", err)
	}
	if err := decodeWithChecksum(data, &mark); err != nil {
		return engineMark{}, fmt.Errorf("%w: %s, which names the engine that the workers are on: %w; if it is the one that is asked now, "+
			"accept it (worker recover --accept-engine)", ErrState, filepath.Join(root, engineFile), err)
	}
	return mark, nil
}
