package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/scripts"
)

// Notice is the exit of one launch on its way to the supervisor.
type Notice struct {
	Worker    string `json:"worker"`
	Launch    string `json:"launch"`
	Container string `json:"container,omitempty"` // "" when the launch did not get as far as a container
	// Life counts the exits of the launch before this one: somebody had started the container again (docker start, docker restart,
	// a restart policy).
	Life int  `json:"life,omitempty"`
	Exit Exit `json:"exit"`
}

// Where pending exits are: an exit is in its worker's checkpoint, and not acknowledged, until that goes away
// or makes room for the next launch. Then a copy of it is below exits, from before that moment on. Below a root that never had
// a Watcher there is no such directory, and exits belong to the caller that asked for them.

func exitsDir(root string) string { return filepath.Join(root, "exits") }

// noticeFile returns the name of the file that holds a notice. Names are in the order of launches, and of their lives.
func noticeFile(n Notice) string {
	if n.Life == 0 {
		return n.Launch + "." + n.Worker
	}
	return fmt.Sprintf("%s_%06d.%s", n.Launch, n.Life, n.Worker)
}

// keepNotice keeps the exit that a checkpoint holds, before the checkpoint goes away, and reports whether there was one to keep. It
// wants the lock.
func (m *Manager) keepNotice(root string, cp *checkpoint) (kept bool, err error) {
	if cp.Launch == "" || cp.Exit == nil || cp.Acked {
		return false, nil
	}
	if _, err := os.Lstat(exitsDir(root)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	dir, err := scripts.OpenDir(exitsDir(root))
	if err != nil {
		return false, fmt.Errorf("keep the exit of worker %s: %w", cp.ID, err)
	}
	defer dir.Close()
	dir.Sync = true
	m.trace("keep exit", slog.String("worker", cp.ID))
	data, err := encodeWithChecksum(cp.notice())
	if err == nil {
		_, err = dir.Write(noticeFile(cp.notice()), data, 0o600)
	}
	if err != nil {
		return false, fmt.Errorf("keep the exit of worker %s: %w", cp.ID, err)
	}
	return true, nil
}

// isKept reports whether an exit that was kept still is: nobody has acknowledged it. The caller holds the lock.
func isKept(root string, cp *checkpoint) bool {
	_, err := os.Lstat(filepath.Join(exitsDir(root), noticeFile(Notice{Worker: cp.ID, Launch: cp.Launch, Life: cp.Life})))
	return !errors.Is(err, fs.ErrNotExist)
}

// keptLives returns how many lives of a worker's launch are over by what is kept of their exits: one more than the last of them. It
// reads no more than names, of damaged ones too. The caller holds the lock.
func keptLives(root string, cp *checkpoint) (lives int) {
	for _, e := range dirEntries(exitsDir(root)) {
		name, is := strings.CutSuffix(e.Name(), "."+cp.ID)
		if rest, of := strings.CutPrefix(name, cp.Launch); is && of && rest == "" {
			lives = max(lives, 1)
		} else if life, err := strconv.Atoi(strings.TrimPrefix(rest, "_")); is && of && err == nil {
			lives = max(lives, life+1)
		}
	}
	return lives
}

func (c *checkpoint) notice() Notice {
	return Notice{Worker: c.ID, Launch: c.Launch, Container: c.Container, Life: c.Life, Exit: *c.Exit}
}

// keptNotices returns the exits below exits, except for those whose files are known. What cannot be read is an error beside the
// others. The caller holds the lock.
func keptNotices(root string, known map[string]Notice) ([]Notice, error) {
	entries, err := os.ReadDir(exitsDir(root))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the exits to hand over: %w", err)
	}
	dir, err := scripts.OpenDir(exitsDir(root))
	if err != nil {
		return nil, fmt.Errorf("list the exits to hand over: %w", err)
	}
	defer dir.Close()
	var notices []Notice
	var errs []error
	for _, e := range entries {
		if _, is := known[e.Name()]; is || scripts.CheckFileName(e.Name()) != nil { // the latter are half written
			continue
		}
		n, err := readNotice(dir, e.Name())
		if err != nil {
			errs = append(errs, fmt.Errorf("%w: %s: %w", ErrState, filepath.Join(exitsDir(root), e.Name()), err))
			continue
		}
		notices = append(notices, n)
	}
	return notices, errors.Join(errs...)
}

// startSlack is how much later than inspect docker events may say that a container started.
const startSlack = time.Second

// isSameStart reports whether two ends are of one start of a container, as far as the starts are known. The number of a life alone
// does not tell where a checkpoint was lost with an exit that had not been acknowledged.
func isSameStart(a, b time.Time) bool { return a.IsZero() || b.IsZero() || a.Sub(b).Abs() < startSlack }

// acknowledge notes that the supervisor has taken an exit: it is not handed over again. Other says that the exit of another start
// has its place on disk, which is left alone.
func (m *Manager) acknowledge(ctx context.Context, n Notice) (other bool, err error) {
	err = m.locked(ctx, func(root string) error {
		h, err := openHandle(root, n.Worker)
		switch {
		case err == nil:
			defer h.dir.Close()
			h.dir.Sync = false // after the machine's fall it may come again
			if h.Launch == n.Launch && h.Life == n.Life && h.Exit != nil && !h.Acked {
				if other = !isSameStart(h.Exit.StartedAt, n.Exit.StartedAt); other {
					return nil
				}
				cp := *h.checkpoint
				cp.Acked = true
				if err := m.save(h, &cp); err != nil {
					return err
				}
			}
		case errors.Is(err, ErrState): // it holds no exit any more; what is made of the container may be handed over again
			m.log().Warn("exit taken, but its worker's state is damaged", slog.String("worker", n.Worker), slog.Any("error", err))
		case !errors.Is(err, ErrUnknownID):
			return err
		}
		path := filepath.Join(exitsDir(root), noticeFile(n))
		if _, err := os.Lstat(path); err != nil {
			return ignoreMissing(err)
		}
		dir, err := scripts.OpenDir(exitsDir(root))
		if err != nil {
			return err
		}
		defer dir.Close()
		kept, err := readNotice(dir, filepath.Base(path))
		if other = err == nil && !isSameStart(kept.Exit.StartedAt, n.Exit.StartedAt); other {
			return nil
		}
		m.trace("remove kept exit", slog.String("worker", n.Worker))
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("worker %s: forget the exit that was taken: %w", n.Worker, err)
		}
		return nil
	})
	return other, err
}

// readNotice reads an exit that was kept.
func readNotice(dir *scripts.Dir, name string) (n Notice, err error) {
	data, err := dir.Read(name)
	if err == nil {
		err = decodeWithChecksum(data, &n)
	}
	return n, err
}

// encodeWithChecksum returns v as JSON behind a line with the checksum of the rest.
func encodeWithChecksum(v any) ([]byte, error) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	body = append(body, '\n')
	sum := sha256.Sum256(body)
	return append([]byte(hex.EncodeToString(sum[:])+"\n"), body...), nil
}

// errChecksum says that a file is not what was written.
var errChecksum = errors.New("the content does not have the checksum that it names")

// decodeWithChecksum reads what encodeWithChecksum wrote; errChecksum is that the content was altered.
func decodeWithChecksum(data []byte, v any) error {
	sum, body, _ := bytes.Cut(data, []byte("\n"))
	got := sha256.Sum256(body)
	if hex.EncodeToString(got[:]) != string(sum) {
		return errChecksum
	}
	return json.Unmarshal(body, v)
}
