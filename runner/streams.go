package runner

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/internal/writers"
)

// streams joins a process to readers and writers that are no files.
type streams struct {
	childEnds, parentEnds []*os.File
	read                  func()     // copies standard input; nil when there is none to copy
	readErr               chan error // what went wrong on the reader's side
	writes                []func() error
	writeErrs             chan error
}

// connect sets the files that cmd's process will inherit.
func (s *streams) connect(cmd *exec.Cmd, c Cmd) error {
	var err error
	if cmd.Stdin, err = s.input(c.Stdin); err != nil {
		return err
	}
	if cmd.Stdout, err = s.output("stdout", c.Stdout); err != nil {
		return err
	}
	if writers.Same(c.Stdout, c.Stderr) {
		cmd.Stderr = cmd.Stdout
		return nil
	}
	cmd.Stderr, err = s.output("stderr", c.Stderr)
	return err
}

func (s *streams) input(r io.Reader) (io.Reader, error) {
	if _, isFile := r.(*os.File); isFile || r == nil {
		return r, nil
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.childEnds, s.parentEnds = append(s.childEnds, theirs), append(s.parentEnds, ours)
	s.readErr = make(chan error, 1)
	s.read = func() {
		in := &checkedReader{r: r}
		io.Copy(ours, in) // a process may stop reading when it likes: only the reader's own failure counts
		s.readErr <- in.err
		ours.Close()
	}
	return theirs, nil
}

func (s *streams) output(name string, w io.Writer) (io.Writer, error) {
	if _, isFile := w.(*os.File); isFile || w == nil {
		return w, nil
	}
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.childEnds, s.parentEnds = append(s.childEnds, theirs), append(s.parentEnds, ours)
	s.writes = append(s.writes, func() error {
		out := &tolerantWriter{w: w}
		io.Copy(out, ours)
		if out.err != nil {
			return fmt.Errorf("deliver %s: %w", name, out.err)
		}
		return nil
	})
	return theirs, nil
}

// copy starts the copying.
func (s *streams) copy() {
	if s.read != nil {
		go s.read()
	}
	s.writeErrs = make(chan error, len(s.writes))
	for _, write := range s.writes {
		go func() { s.writeErrs <- write() }()
	}
}

// drain waits for the output of a process that has ended: up to drain for the pipes to end by themselves, then, once they are
// closed, up to rest for writers that are busy.
func (s *streams) drain(drain, rest time.Duration) error {
	err, left := s.collect(len(s.writes), drain)
	s.closeParentEnds()
	if left > 0 {
		more, _ := s.collect(left, rest)
		err = errline.Join(exec.ErrWaitDelay, err, more)
	}
	select {
	case readErr := <-s.readErr:
		if readErr != nil {
			err = errline.Join(err, fmt.Errorf("read stdin: %w", readErr))
		}
	default:
	}
	return err
}

// collect waits up to d for n writes to end, and returns how many have not.
func (s *streams) collect(n int, d time.Duration) (err error, left int) {
	t := time.NewTimer(d)
	defer t.Stop()
	for ; n > 0; n-- {
		select {
		case writeErr := <-s.writeErrs:
			err = errline.Join(err, writeErr)
		case <-t.C:
			return err, n
		}
	}
	return err, 0
}

func (s *streams) closeChildEnds()  { closeAll(s.childEnds) }
func (s *streams) closeParentEnds() { closeAll(s.parentEnds) }

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// checkedReader remembers the reader's failure.
type checkedReader struct {
	r   io.Reader
	err error
}

func (c *checkedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// tolerantWriter remembers the writer's first failure and then swallows the rest, so that a process is not blocked,
// nor killed by SIGPIPE, because its output has no taker.
type tolerantWriter struct {
	w   io.Writer
	err error
}

func (p *tolerantWriter) Write(b []byte) (int, error) {
	if p.err != nil {
		return len(b), nil
	}
	n, err := p.w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	p.err = err
	return len(b), nil
}
