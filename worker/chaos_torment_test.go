package worker_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// numbers returns 0 to n-1.
func numbers(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// makeRoot makes the directory of the supervisor's files, if small on a small disk of its own, where the engine can see that: one
// in a root file system of its own does not see what is mounted later.
func (c *chaos) makeRoot(t *testing.T, small bool) {
	root := filepath.Join(c.Dir, "root")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	if !small {
		return
	}
	if c.mounted = os.Getenv("DOCKERCMD_ENGINE") == ""; !c.mounted {
		t.Log("no disk is filled: the engine would not see it")
		return
	}
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=24m,mode=700"); err != nil {
		t.Fatal(err)
	}
}

func (c *chaos) unmountRoot(t *testing.T) {
	if !c.mounted {
		return
	}
	if err := syscall.Unmount(filepath.Join(c.Dir, "root"), syscall.MNT_DETACH); err != nil {
		t.Error(err)
	}
}

// writeClient writes the supervisor's docker client. It lies as the file lie says, where there is one.
func (c *chaos) writeClient(t *testing.T) {
	const script = `#!/bin/sh
if [ -e DIR/lie ] && { [ "$1" = inspect ] || [ "$1" = ps ]; }; then
	case "$(cat DIR/lie 2>/dev/null)$1" in
	nosuchinspect) echo "[]"; for last; do :; done; echo "Error: No such container: $last" >&2; exit 1;;
	emptyinspect|emptyps|nosuchps) exit 0;;
	otherinspect) exec DOCKER inspect --type=container stranger;;
	halfinspect) DOCKER "$@" | head -c 300; exec sleep 100;;
	esac
fi
exec DOCKER "$@"
`
	text := strings.NewReplacer("DIR", c.Dir, "DOCKER", c.engine.Docker().Program).Replace(script)
	if err := os.WriteFile(filepath.Join(c.Dir, "docker"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// torment does what strangers, disks and clients do to a supervisor, one thing after the other, until over is closed.
func (c *chaos) torment(t *testing.T, over <-chan struct{}, strangers map[string]string) {
	root := filepath.Join(c.Dir, "root")
	torments := []struct {
		name string
		asks bool // the engine
		do   func(id string) error
	}{
		{"restart", true, func(id string) error { return c.docker("restart", "--time=2", id) }},
		{"start", true, func(id string) error { return c.docker("start", id) }},
		{"rename", true, func(id string) error {
			if err := c.docker("rename", id, "moved-"+id); err != nil {
				return err
			}
			time.Sleep(rand.N(3 * time.Second))
			return c.docker("rename", "moved-"+id, id)
		}},
		{"update", true, func(id string) error { return c.docker("update", "--cpu-shares=512", id) }},
		{"commit", true, func(id string) error {
			if len(c.copies) > 5 {
				return errors.New("enough")
			}
			image := "copy-of-" + id + ":1"
			if err := c.docker("commit", id, image); err != nil {
				return err
			}
			out, err := c.client("run", "--detach", "--network=none", "--entrypoint=sleep", image, "100000").Output()
			if err == nil {
				c.copies[strings.TrimSpace(string(out))] = true
			}
			return err
		}},
		{"full disk", false, func(string) error {
			if !c.mounted {
				return fs.ErrNotExist
			}
			filler := filepath.Join(root, "filler")
			err := os.WriteFile(filler, make([]byte, 32<<20), 0o600)
			time.Sleep(rand.N(4 * time.Second))
			return errors.Join(os.Remove(filler), ignore(err, syscall.ENOSPC))
		}},
		{"held lock", false, func(string) error {
			f, err := os.OpenFile(filepath.Join(root, "lock"), os.O_RDWR, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
				return err
			}
			time.Sleep(rand.N(6 * time.Second))
			return nil
		}},
		{"lie", false, func(string) (err error) {
			lie := filepath.Join(c.Dir, "lie")
			c.outages.without(func() {
				err = os.WriteFile(lie, []byte([]string{"nosuch", "empty", "other", "half"}[rand.IntN(4)]), 0o600)
				time.Sleep(rand.N(5 * time.Second))
				err = errors.Join(err, os.Remove(lie))
			})
			return err
		}},
	}
	for {
		select {
		case <-over:
			for id := range c.copies { // each runs still: nobody has taken it for a worker's
				strangers[id] = id
			}
			return
		case <-time.After(rand.N(time.Second)):
		}
		one := torments[rand.IntN(len(torments))]
		err := func() error {
			if !one.asks {
				return one.do("")
			}
			c.outages.engine.Lock()
			defer c.outages.engine.Unlock()
			out, err := c.client("ps", "--all", "--filter=name=^"+c.Name+"-[0-9]*$", "--filter=label=dockercmd.instance="+c.Name,
				"--format={{.Names}}").Output()
			names := strings.Fields(string(out))
			if err != nil || len(names) == 0 {
				return errors.Join(err, fs.ErrNotExist)
			}
			return one.do(names[rand.IntN(len(names))])
		}()
		if err == nil {
			c.torments[one.name]++
		} else if exit := new(exec.ExitError); !errors.As(err, &exit) && err.Error() != "enough" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", one.name, err)
		}
	}
}

func ignore(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}

// client returns a docker client of a stranger's.
func (c *chaos) client(words ...string) *exec.Cmd {
	cmd := exec.Command(c.engine.Docker().Program, words...)
	cmd.Env = c.engine.Env()
	return cmd
}

func (c *chaos) docker(words ...string) error { return c.client(words...).Run() }

// wantOneAtATime holds that no worker has run in two containers at a time, by what its lives have written down.
func wantOneAtATime(t *testing.T, truth string) {
	type life struct {
		container  string
		began, was time.Time // when it began, and when it last said that it lives
	}
	byWorker := map[string][]life{}
	for _, e := range entries(t, truth) {
		name, isStart := strings.CutSuffix(e, ".start")
		if !isStart {
			continue
		}
		worker, err := os.ReadFile(filepath.Join(truth, e))
		if err != nil {
			t.Fatal(err)
		}
		start, err := os.Stat(filepath.Join(truth, e))
		if err != nil {
			t.Fatal(err)
		}
		l := life{container: name[:12], began: start.ModTime(), was: start.ModTime()}
		if beat, err := os.Stat(filepath.Join(truth, name+".beat")); err == nil {
			l.was = beat.ModTime()
		}
		id := strings.TrimSpace(string(worker))
		byWorker[id] = append(byWorker[id], l)
	}
	for id, lives := range byWorker {
		slices.SortFunc(lives, func(a, b life) int { return a.began.Compare(b.began) })
		for i, l := range lives[1:] {
			if before := lives[i]; before.container != l.container && before.was.After(l.began) {
				t.Errorf("%s ran twice at a time: %s until %s, and %s from %s on", id, before.container, before.was.Format(time.StampMilli),
					l.container, l.began.Format(time.StampMilli))
			}
		}
	}
}
