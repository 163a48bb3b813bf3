package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/runner"
)

// Import makes an image of the tar archive that is read from in, and returns the image's id, sha256:...; it sets Source to
// standard input.
func (d Docker) Import(ctx context.Context, c dockercmd.Import, in io.Reader) (id string, err error) {
	c.Source = "-"
	out, err := d.feed(ctx, &c, in)
	return strings.TrimSpace(string(out)), err
}

// Load takes in the images of an archive that docker save made, compressed or not, and returns their names; the id for one that
// has none. The archive is c.Input, a file that the client can read, or else what is read from in. It has the long deadline.
func (d Docker) Load(ctx context.Context, c dockercmd.Load, in io.Reader) (images []string, err error) {
	switch {
	case c.Input == "" && in == nil:
		return nil, errors.New("load: no archive; give its path as --input, or a reader")
	case c.Input != "" && in != nil:
		return nil, errors.New("load: both --input and a reader; give one archive")
	}
	out, err := d.feed(ctx, &c, in)
	if err != nil {
		return nil, err
	}
	images, err = output.ParseLoaded(out)
	return images, newDockerError(&c, nil, err)
}

// feed runs a command that reads in, which may be nil, within the long deadline.
func (d Docker) feed(ctx context.Context, c dockercmd.Command, in io.Reader) (stdout []byte, err error) {
	if err := d.Check(c); err != nil {
		return nil, err
	}
	err = d.call(ctx, c, callMode{deadline: d.long(), once: in != nil}, func() error {
		ctx, cancel := withDeadline(ctx, d.long())
		defer cancel()
		cmd := d.cmd(c)
		cmd.Stdin = in
		out, stderr, err := runner.Output(ctx, d.runner(), cmd, runner.Limits{})
		stdout = out
		return d.dockerError(c, stderr, err)
	})
	return stdout, err
}

// Rmi removes images by name or id. A missing one is ErrImageNotFound.
func (d Docker) Rmi(ctx context.Context, c dockercmd.Rmi) error {
	_, err := d.Do(ctx, &c, Call{})
	return err
}

// Tag gives an image another name. A missing one is ErrImageNotFound.
func (d Docker) Tag(ctx context.Context, c dockercmd.Tag) error {
	_, err := d.Do(ctx, &c, Call{})
	return err
}

// ImageInspect describes images by name or id. Those that were found come back also when others were not, with
// ErrImageNotFound.
func (d Docker) ImageInspect(ctx context.Context, images ...string) ([]output.ImageDetails, error) {
	c := &dockercmd.ImageInspect{Images: images}
	out, err := d.Do(ctx, c, Call{})
	if err != nil && (!errors.Is(err, ErrImageNotFound) || len(bytes.TrimSpace(out)) == 0) {
		return nil, err
	}
	details, parseErr := output.ParseImageInspect(out)
	if parseErr == nil && err == nil && len(details) != len(images) {
		parseErr = fmt.Errorf("%d descriptions of %d images", len(details), len(images))
	}
	if parseErr != nil { // what cannot be read must not be taken for an image that is not there
		return nil, newDockerError(c, nil, parseErr)
	}
	return details, err
}

// Images lists images, a row for each name of one. It sets Format and NoTrunc (the worker-launcher's dialect lacks that), and
// prints neither a tree nor ids alone. Sizes are exact when a Lane has answered, and else rounded by docker's client. Without All,
// a client from 29.0 on shows no images without a name.
func (d Docker) Images(ctx context.Context, c dockercmd.Images) ([]output.ImageRow, error) {
	c.Format, c.NoTrunc, c.Quiet, c.Tree = d.jsonFormat(output.JSONFormat), d.Engine.Dialect != dockercmd.Storm, false, false
	lane := func(ctx context.Context) ([]output.ImageRow, error) { return d.Lane.images(ctx, d, &c) }
	return askRows(ctx, d, &c, lane, output.ParseImages)
}
