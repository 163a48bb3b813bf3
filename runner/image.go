package runner

import (
	"context"
	"io"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Import makes an image of the tar archive that is read from in, and returns the image's id, sha256:...; it sets Source to
// standard input.
func (d Docker) Import(ctx context.Context, c dockercmd.Import, in io.Reader) (id string, err error) {
	c.Source = "-"
	if err := d.Check(&c); err != nil {
		return "", err
	}
	err = d.call(ctx, &c, calling{deadline: d.long(), once: true}, func() error {
		ctx, cancel := within(ctx, d.long())
		defer cancel()
		cmd := d.cmd(&c)
		cmd.Stdin = in
		stdout, stderr, err := Output(ctx, d.runner(), cmd, 0)
		id = strings.TrimSpace(string(stdout))
		return d.failed(&c, stderr, err)
	})
	return id, err
}

// Rmi removes images by name or id. A missing one is ErrImageNotFound.
func (d Docker) Rmi(ctx context.Context, c dockercmd.Rmi) error {
	_, err := d.do(ctx, &c, d.short())
	return err
}
