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
	mu     sync.Mutex
	known  engineMark
	of     string    // client.Docker.Target at that time
	at     time.Time // when that was asked
	stream *vouching // nil is that there is no stream of events
	losses int       // how often that was forgotten
}

// vouching is a stream of events: an engine that ends, ends it.
type vouching struct {
	of    string // client.Docker.Target when it began
	began time.Time
}

// forget has the engine asked anew: its connection was lost, or it did not answer.
func (k *engineKeeper) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lost()
}

// lost forgets what was answered, and what is being asked. The caller holds k.mu.
func (k *engineKeeper) lost() {
	k.of = ""
	k.losses++
}

// hear notes that a stream of events begins; call what it returns as soon as it has ended.
func (k *engineKeeper) hear(of string) (ended func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v := &vouching{of, time.Now()}
	k.stream = v
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.lost()
		if k.stream == v {
			k.stream = nil
		}
	}
}

// hearTime is how long a stream must have been there before an answer is remembered for a launch: docker events does not say when
// it has reached its engine.
const hearTime = 5 * time.Second

// trust is how much an earlier answer, or an old connection, counts for which engine it is.
type trust int

const (
	trustMemory trust = iota // an answer since the connection to the engine was last lost
	trustStream              // on this machine: an answer that an unbroken stream of events vouches for, or one by the Lane
	trustNobody              // only a client of its own, now
)

func (k *engineKeeper) lossesNow() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.losses
}

// remembered returns what the engine has answered before, if that counts.
func (k *engineKeeper) remembered(of string, how trust) (mark engineMark, is bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.of != of, how == trustNobody:
		return engineMark{}, false
	case how == trustStream && (k.stream == nil || k.stream.of != of || k.at.Before(k.stream.began.Add(hearTime))):
		return engineMark{}, false
	}
	return k.known, true
}

// engineMark asks the engine who it is, unless that is known. The zero mark is that it does not tell.
func (m *Manager) engineMark(ctx context.Context, how trust) (engineMark, error) {
	if !m.hasIdentity() {
		return engineMark{}, nil
	}
	of := m.Docker.Target()
	if how == trustStream && !strings.HasPrefix(m.Docker.Host(), "unix:") {
		how = trustNobody // a connection to another machine may outlive what its address means
	}
	if known, is := m.engine.remembered(of, how); is {
		return known, nil
	}
	d := m.Docker
	d.Runner = m.traced(d.Runner)
	if how == trustNobody {
		d.Lane = nil
	}
	at, losses := time.Now(), m.engine.lossesNow()
	info, err := d.Info(ctx)
	if err != nil {
		return engineMark{}, err
	}
	mark := engineMark{ID: info.ID, DataRoot: info.DockerRootDir}
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	if m.engine.known != mark {
		m.Docker.Lane.Reset() // which may be on the former one
	}
	if m.engine.losses == losses && !at.Before(m.engine.at) {
		m.engine.known, m.engine.of, m.engine.at = mark, of, at
	}
	return mark, nil
}

// sameEngine returns ErrOtherEngine if another engine is asked now than the one of this root's workers, and ErrState if the mark of
// that is damaged. A root without workers, or without a mark, is of any engine.
func (m *Manager) sameEngine(ctx context.Context, root string, how trust) error {
	want, got, err := m.marks(ctx, root, how)
	if err != nil || got == want {
		return err
	}
	return m.read(ctx, func(root string) error { return workersLeft(root, "", want, got) })
}

// marks returns the engine that is marked, and the one that is asked now, which are the same where one of them is not known.
func (m *Manager) marks(ctx context.Context, root string, how trust) (want, got engineMark, err error) {
	if want, err = readEngineMark(root); err != nil || want == (engineMark{}) {
		return want, want, err
	}
	if got, err = m.engineMark(ctx, how); err != nil || got == (engineMark{}) {
		got = want
	}
	return want, got, err
}

// byOwnEngine asks something between two questions whether the engine is the one that is marked, and returns the first error. What
// an engine denies counts so alone: asked once, it may have been another one that made room for the workers' own before that is
// asked who it is. (One that makes room for another and comes back between two of these questions, which follow each other at once,
// is not noticed: only one connection for all three would tell, and not every way to an engine has that.)
func (m *Manager) byOwnEngine(ctx context.Context, root string, ask func() error) error {
	if err := m.isOwnEngine(ctx, root); err != nil {
		return err
	}
	if err := ask(); err != nil {
		return err
	}
	return m.isOwnEngine(ctx, root)
}

// isOwnEngine returns ErrOtherEngine if another engine is asked now than the one that is marked, whether there are workers of that
// or not: somebody asks because of one, of which there may be no more than that on disk.
func (m *Manager) isOwnEngine(ctx context.Context, root string) error {
	want, got, err := m.marks(ctx, root, trustNobody)
	if err == nil && got != want {
		err = otherEngine(want, got)
	}
	return err
}

// isMarked reports whether a root's engine can be told from others.
func (m *Manager) isMarked(root string) (bool, error) {
	if !m.hasIdentity() {
		return false, nil
	}
	mark, err := readEngineMark(root)
	return mark != (engineMark{}), err
}

// hasIdentity reports whether the engine tells who it is: the worker-launcher cannot ask, and podman has no id.
func (m *Manager) hasIdentity() bool {
	return m.Docker.Engine.Dialect != dockercmd.Storm && m.Docker.Engine.Dialect != dockercmd.Podman
}

// workersLeft returns ErrOtherEngine if there are workers, but for one, on the engine that was marked. One that has lost its
// checkpoint, or all but its own directory, may be on it. The caller holds the lock.
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
	for _, dir := range []string{"workers", "work"} {
		for _, e := range dirEntries(filepath.Join(root, dir)) {
			if id := e.Name(); !whole[id] && ValidID(id) == nil {
				return otherEngine(had, asked)
			}
		}
	}
	return nil
}

func otherEngine(want, got engineMark) error {
	return fmt.Errorf("%w: the workers are on engine %s, and engine %s is asked; set DOCKER_HOST or the context right, or, if those "+
		"workers are given up, accept the engine (worker recover --accept-engine)", ErrOtherEngine, want, got)
}

// errEngineUnknown is that a worker is not launched: where it would be, or where the others are, is not known, and an engine that
// is asked later could not be told from that.
var errEngineUnknown = errors.New("find out on which engine it would be launched")

// markEngine notes on which engine a root's workers are, before the first is launched there. It is ErrOtherEngine if other workers
// than the launched one are left on another engine.
func (m *Manager) markEngine(ctx context.Context, launched string) error {
	root, err := m.root()
	if err != nil {
		return err
	}
	had, hadErr := readEngineMark(root)
	mark, err := m.engineMark(ctx, trustStream) // it may have changed behind the same address
	if err != nil && isTransient(err) {
		nobody := had == (engineMark{}) // whom the mark could be of
		if !nobody {
			lockErr := m.read(ctx, func(root string) error {
				nobody = workersLeft(root, launched, had, mark) == nil
				return nil
			})
			err = errors.Join(err, lockErr)
		}
		if nobody {
			return fmt.Errorf("%w: %w", errEngineUnknown, err)
		}
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
	mark, err := m.engineMark(ctx, trustNobody)
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
