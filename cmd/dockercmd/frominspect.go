package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/frominspect"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

func newFromInspect() *cobra.Command {
	var form, engine string
	cmd := &cobra.Command{
		Use: "from-inspect [-o FORM] [FILE...]", Short: "Print the docker run line of an inspected container", GroupID: "lines",
		DisableFlagsInUseLine: true,
		Long: `Print the docker run line that would make a container again, from what docker inspect says of it.

FILE, or standard input, holds what docker inspect prints: containers, and perhaps the images that they were made from, in any
order. Where the image is there, what is merely the image's own is left out of the line; otherwise all is in it. What no line
can say, and what has to be done beside it, is a comment on standard error. The line may show the values of environment variables.
Nothing is run.`,
		Example: `  docker inspect w1 | dockercmd from-inspect
  docker inspect w1 $(docker inspect --format '{{.Image}}' w1) | dockercmd from-inspect -o lines`,
		RunE: func(cmd *cobra.Command, files []string) error {
			e, err := engineAndForm(engine, form)
			if err != nil {
				return err
			}
			return fromInspect(cmd, files, form, e)
		},
	}
	addForm(cmd, &form, "line")
	addEngine(cmd, &engine)
	return cmd
}

// fromInspect prints a line for each container of the input. What goes wrong is told with its place; the rest is still done.
func fromInspect(cmd *cobra.Command, files []string, form string, e dockercmd.Engine) error {
	if len(files) == 0 {
		files = []string{"-"}
	}
	in := inspected{}
	bad := false
	for _, name := range files {
		data, err := readInput(name, cmd.InOrStdin())
		if err == nil {
			err = in.add(data)
		}
		if err != nil {
			bad = true
			say(cmd, cmp.Or(strings.TrimPrefix(name, "-"), "standard input"), err)
		}
	}
	if !bad && len(in.containers) == 0 {
		return &exitError{exitFailed, errors.New("from-inspect: no container in the input; give what docker inspect CONTAINER prints")}
	}
	first := true
	for _, c := range in.containers {
		text, notes, err := again(c, in.image(c), form, e)
		if err != nil {
			bad = true
			say(cmd, cmp.Or(c.Name, c.ID), err)
			continue
		}
		for _, note := range notes {
			fmt.Fprintf(cmd.ErrOrStderr(), "# %s: %s\n", cmp.Or(c.Name, c.ID), strings.ReplaceAll(note, "\n", `\n`))
		}
		if form == "yaml" && !first {
			text = "---\n" + text
		}
		first = false
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), text); err != nil {
			return err
		}
	}
	if bad {
		return &exitError{code: exitFailed}
	}
	return nil
}

// again returns the line of a container, spelled for an engine, and what there is to say of it.
func again(c output.Container, image *output.ImageDetails, form string, e dockercmd.Engine) (string, []string, error) {
	run, notes, err := frominspect.Run(c, image)
	if err == nil {
		err = e.Check(run)
	}
	if err != nil {
		return "", nil, err
	}
	if image == nil && c.Config.CreateCommand == nil {
		notes = append(notes, "the image's own settings are in the line too; put docker image inspect "+cmp.Or(c.Image, run.Image)+
			" into the input to leave them out")
	}
	text, err := spelled(dockercmd.CommandLine{Command: run}, form, e)
	return text, notes, err
}

// inspected is the containers and images of the input.
type inspected struct {
	containers []output.Container
	images     []output.ImageDetails
}

// add reads JSON: arrays of objects, or objects behind each other. Only containers have a HostConfig, only images a RootFS.
func (in *inspected) add(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	for n := 0; ; {
		var value json.RawMessage
		if err := d.Decode(&value); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("it is not the JSON of docker inspect: %w", err)
		}
		for _, object := range listOf(value) {
			n++
			if err := in.addObject(object); err != nil {
				return fmt.Errorf("object %d: %w", n, err)
			}
		}
	}
}

func (in *inspected) addObject(object json.RawMessage) error {
	var none []json.RawMessage
	if json.Unmarshal(object, &none) == nil && len(none) == 0 { // an empty array, of names that docker did not find
		return nil
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(object, &keys) != nil || keys["HostConfig"] == nil && keys["RootFS"] == nil {
		return errors.New("it is neither a container nor an image, as docker inspect prints them")
	}
	if keys["HostConfig"] == nil {
		images, err := output.ParseImageInspect(object)
		in.images = append(in.images, images...)
		return err
	}
	containers, err := output.ParseInspect(object)
	in.containers = append(in.containers, containers...)
	return err
}

// image returns the one that a container was made from; nil where the input does not have it. Podman leaves out the digest's kind.
func (in *inspected) image(c output.Container) *output.ImageDetails {
	digest := func(id string) string { return strings.TrimPrefix(id, "sha256:") }
	for i := range in.images {
		if digest(in.images[i].ID) == digest(c.Image) {
			return &in.images[i]
		}
	}
	return nil
}

// readInput reads a file, or standard input for "-".
func readInput(name string, stdin io.Reader) ([]byte, error) {
	r := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	return data, err
}
