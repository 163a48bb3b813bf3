package worker

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// resolve decides on a worker by what find answered: c, or findErr. It observes what else there is to know, and keeps it in h for
// the next time. An error is that nothing can be decided.
func (m *Manager) resolve(h *handle, asked string, c output.Container, findErr error) (decision, error) {
	if findErr != nil && !isGone(findErr) {
		return decision{}, findErr
	}
	o := &h.obs
	o.engine = engineUnwatched
	o.inspected(asked, c, findErr == nil)
	if c.State.Status.Over() {
		o.engineStarted = engineStarted(m.docker(h.root, h.checkpoint))
	}
	if o.mayBeLaunching(h.checkpoint) && o.lock != launchOver {
		locked, err := m.isWorkerLocked(h.ID)
		if err != nil {
			return decision{}, err
		}
		o.lock = launchUnlocked
		if locked {
			o.lock = launchLocked
		}
		// The launch may have come to its end since inspect was asked.
		if err := h.refresh(); err != nil {
			return decision{}, err
		}
	}
	d := resolve(h.checkpoint, *o, time.Now())
	o.doubtSince = d.doubtSince
	return d, nil
}

// recordEnd writes the end that was decided on to disk, once: the first answer stays.
func (m *Manager) recordEnd(h *handle, d decision) error {
	news := h.Exit == nil
	if !news && (h.Removed || !d.removed) {
		return nil
	}
	err := m.update(h, func(cp *checkpoint) {
		if cp.Exit == nil {
			e := *d.exit
			e.Stopped = !cp.StopAt.IsZero()
			cp.Exit, cp.Container = &e, cmp.Or(cp.Container, d.container)
		}
		cp.Removed = cp.Removed || d.removed
	})
	if err == nil && news {
		m.tell(h.ID)
		m.log().Info("worker ended", slog.String("worker", h.ID), slog.String("reason", h.Exit.Reason))
	}
	return err
}

// engineStarted returns when the engine was started, as far as its socket tells: it is made anew at each start.
func engineStarted(d client.Docker) time.Time {
	env := d.Env
	if env == nil {
		env = os.Environ()
	}
	host := "unix:///var/run/docker.sock"
	for _, e := range env { // the last of a name counts
		name, value, _ := strings.Cut(e, "=")
		switch {
		case name == "DOCKER_CONTEXT" && value != "":
			return time.Time{}
		case name == "DOCKER_HOST" && value != "":
			host = value
		}
	}
	path, isSocket := strings.CutPrefix(host, "unix://")
	info, err := os.Stat(path)
	if !isSocket || err != nil || info.Mode().Type() != fs.ModeSocket {
		return time.Time{}
	}
	return info.ModTime()
}

// isGone reports whether an error of find means that there is no container of the worker's.
func isGone(err error) bool { return errors.Is(err, client.ErrNotFound) || errors.Is(err, ErrForeign) }
