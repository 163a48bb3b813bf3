package worker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/dockercmd/toolkit/dockercmd"
)

// ledger is what is set aside for workers, by worker and in sum, so that a launch need not read the checkpoints of ten thousand
// others. What is on disk is the truth: every change of a checkpoint, by whatever process, counts the generation up, and a ledger
// of another generation is read anew.
type ledger struct {
	read       bool
	generation uint64
	of         *os.File // the lock that counts it
	claims     map[string]Resources
	all        amount
	zones      map[string]amount
}

// amount is a sum of resources. CPU time is counted as docker counts it, in whole numbers, so that adding and taking away
// end where they began.
type amount struct {
	cpus   dockercmd.CPUs
	memory dockercmd.Bytes
}

func amountOf(r Resources) amount {
	cpus, _ := r.cpus() // checked when it was reserved
	return amount{cpus, r.Memory}
}

func (a amount) plus(b amount) amount  { return amount{a.cpus + b.cpus, a.memory + b.memory} }
func (a amount) minus(b amount) amount { return amount{a.cpus - b.cpus, a.memory - b.memory} }

// percent returns CPU time as a spec says it.
func (a amount) percent() float64 { return float64(a.cpus) / 1e9 * 100 }

// set replaces what is set aside for a worker.
func (l *ledger) set(id string, r Resources) {
	if old, known := l.claims[id]; known {
		l.all = l.all.minus(amountOf(old))
		l.zones[old.NUMA] = l.zones[old.NUMA].minus(amountOf(old))
		delete(l.claims, id)
	}
	if r.isZero() {
		return
	}
	l.claims[id] = r
	l.all = l.all.plus(amountOf(r))
	l.zones[r.NUMA] = l.zones[r.NUMA].plus(amountOf(r))
}

// others returns what is set aside for all workers but one, on the whole machine and in a zone.
func (l *ledger) others(id, zone string) (all, inZone amount) {
	all, inZone = l.all, l.zones[zone]
	if own, known := l.claims[id]; known {
		all = all.minus(amountOf(own))
		if own.NUMA == zone {
			inZone = inZone.minus(amountOf(own))
		}
	}
	return all, inZone
}

// reserved returns the ledger as of now. The caller holds the lock.
func (m *Manager) reserved(root string) (*ledger, error) {
	generation, err := m.base.generation()
	if err != nil {
		return nil, err
	}
	if m.ledger.read && m.ledger.of == m.base.lock && m.ledger.generation == generation {
		return &m.ledger, nil
	}
	cps, err := all(root)
	if err != nil {
		return nil, err
	}
	m.ledger = ledger{read: true, generation: generation, of: m.base.lock, claims: map[string]Resources{}, zones: map[string]amount{}}
	for _, cp := range cps {
		m.ledger.set(cp.ID, cp.claims())
	}
	return &m.ledger, nil
}

// changing announces a change of one worker's checkpoint, before it is made, and returns what to call with the new one, or nil
// for none, when it has been made. The caller holds the lock.
func (m *Manager) changing(root, id string) (changed func(*checkpoint), err error) {
	m.trace("count generation", slog.String("worker", id))
	generation, err := m.base.countGeneration()
	if err != nil {
		return nil, err
	}
	current := m.ledger.read && m.ledger.of == m.base.lock && m.ledger.generation == generation-1
	m.ledger.read = false // until the change is made
	return func(cp *checkpoint) {
		if !current {
			return
		}
		m.ledger.read, m.ledger.generation = true, generation
		r := Resources{}
		if cp != nil {
			r = cp.claims()
		}
		m.ledger.set(id, r)
	}, nil
}

// save writes a worker's checkpoint. The caller holds the lock.
func (m *Manager) save(h *handle, cp *checkpoint) error {
	changed, err := m.changing(h.root, cp.ID)
	if err == nil {
		err = m.writeCheckpoint(h.dir, cp)
	}
	if err != nil {
		return &Error{ErrNotRecorded, cp.ID, "", err}
	}
	changed(cp)
	h.checkpoint = cp
	return nil
}

// generationAt is where in the lock's file the generation of checkpoints is: behind the note of who has the lock.
const generationAt = 128

// generation returns the generation of the checkpoints; 0 is that there has been no change. A file that was cut off counts as a new
// one: whoever has read another number reads all checkpoints again.
func (b *base) generation() (uint64, error) {
	var n [8]byte
	_, err := b.lock.ReadAt(n[:], generationAt)
	if errors.Is(err, io.EOF) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the generation of checkpoints: %w", err)
	}
	return binary.LittleEndian.Uint64(n[:]), nil
}

// countGeneration counts the generation up, and returns the new one.
func (b *base) countGeneration() (uint64, error) {
	generation, err := b.generation()
	if err != nil {
		return 0, err
	}
	generation++
	if _, err := b.lock.WriteAt(binary.LittleEndian.AppendUint64(nil, generation), generationAt); err != nil {
		return 0, fmt.Errorf("count the generation of checkpoints up: %w", err)
	}
	return generation, nil
}
