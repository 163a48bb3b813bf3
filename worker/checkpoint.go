package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/scripts"
)

// checkpoint is what the Manager knows of one worker, on disk in the supervisor's own directory.
type checkpoint struct {
	ID           string           `json:"id"`
	Instance     string           `json:"instance"`
	Launch       string           `json:"launch,omitempty"`    // "" while only reserved
	Container    string           `json:"container,omitempty"` // "" until docker run has answered
	Kernel       string           `json:"kernel,omitempty"`    // by which the container's cgroup was seen; "" is none
	Engine       dockercmd.Engine `json:"engine"`
	Identity     Identity         `json:"identity"`
	Resources    Resources        `json:"resources"`         // of the launch; set aside until Exit
	Reserved     Resources        `json:"reserved,omitzero"` // set aside for the next launch
	CgroupParent string           `json:"cgroupParent,omitempty"`
	LaunchedAt   time.Time        `json:"launchedAt,omitzero"`
	Digest       string           `json:"digest,omitempty"`      // of the spec
	StopTimeout  *int64           `json:"stopTimeout,omitempty"` // in seconds, that of docker stop; nil is DefaultGrace
	Life         int              `json:"life,omitempty"`        // how many exits of this launch were recorded before
	LifeAt       time.Time        `json:"lifeAt,omitzero"`       // when the present one of them began, by the engine's clock
	StopAt       time.Time        `json:"stopAt,omitzero"`       // when it was first told to end
	KilledAt     time.Time        `json:"killedAt,omitzero"`     // when its processes were sent SIGKILL without docker
	Exit         *Exit            `json:"exit,omitempty"`
	ExitAt       time.Time        `json:"exitAt,omitzero"`   // when that was recorded
	Acked        bool             `json:"taken,omitempty"`   // the exit has been handed over
	Removed      bool             `json:"removed,omitempty"` // the container is known to be gone; Exit is set
}

// claims returns what is set aside for the worker.
func (c *checkpoint) claims() Resources {
	if c.Launch != "" && c.Exit == nil {
		return c.Resources
	}
	return c.Reserved
}

const checkpointFile = "worker.json"

// writeCheckpoint writes a checkpoint whole or not at all.
func (m *Manager) writeCheckpoint(dir *scripts.Dir, cp *checkpoint) error {
	data, err := encodeWithChecksum(cp)
	if err != nil {
		return err
	}
	m.trace("write file", slog.String("file", checkpointFile), slog.String("worker", cp.ID))
	_, err = dir.Write(checkpointFile, data, 0o600)
	return err
}

// loadCheckpoint reads it back. The error satisfies fs.ErrNotExist when there is none, and ErrState when it is damaged.
func loadCheckpoint(dir *scripts.Dir) (*checkpoint, error) {
	data, err := dir.Read(checkpointFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	c := new(checkpoint)
	switch err := decodeWithChecksum(data, c); {
	case errors.Is(err, errChecksum):
		return nil, fmt.Errorf("%w: %s/%s does not have the checksum that it names; a Watcher or Recover sets it aside, and finds the "+
			"container again", ErrState, dir.Path(), checkpointFile)
	case err != nil:
		return nil, fmt.Errorf("%w: %s/%s: %w", ErrState, dir.Path(), checkpointFile, err)
	}
	return c, nil
}
