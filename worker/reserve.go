package worker

import (
	"context"
	"errors"
	"io/fs"

	"github.com/dockercmd/toolkit/scripts"
)

// Reserve sets resources aside for a worker's next launch, which gets those of them that its Spec leaves zero. The sum of what
// is set aside for workers that have not ended must fit the machine, and each zone. Reserving again replaces. What is reserved
// is free again after Cleanup, or when the worker has ended; a launch that fails keeps it.
func (m *Manager) Reserve(id string, r Resources) error {
	if err := ValidID(id); err != nil {
		return problem(ErrSpec, id, "id", "%w", err)
	}
	if err := r.check(); err != nil {
		err.Worker = id
		return err
	}
	return m.locked(context.Background(), func(root string) error {
		machine, err := m.machine()
		if err != nil {
			return err
		}
		set, err := m.reserved(root)
		if err != nil {
			return err
		}
		if err := r.fits(id, machine, set); err != nil {
			return err
		}
		dir, err := scripts.OpenDir(stateDir(root, id))
		if err != nil {
			return &Error{ErrState, id, "", err}
		}
		defer dir.Close()
		cp, err := loadCheckpoint(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if l, err := readLost(root, id); err != nil {
				return err
			} else if !l.written.IsZero() {
				return problem(ErrState, id, "", "it has a docker-run.sh and no checkpoint: Recover finds out whether it lives")
			}
			cp = &checkpoint{ID: id, Instance: m.instance(root)}
		case err != nil:
			return &Error{ErrState, id, "", err}
		case cp.Launch != "" && cp.Exit == nil:
			return problem(ErrAlive, id, "", "it is launched already; its limits stay until it ends")
		}
		cp.Reserved = r
		return m.save(&handle{checkpoint: cp, root: root, dir: dir}, cp)
	})
}

// FreeMemory returns how many bytes may still be used below a cgroup parent, or on the whole machine for "": what the kernel says
// is available, or what is left under the limits above, whichever is less. It counts present working sets, never peaks.
func (m *Manager) FreeMemory(parent string) (int64, error) { return m.Cgroups.FreeMemory(parent) }
