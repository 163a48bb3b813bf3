package runnertest

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// localImages returns the images that the engine has: Docker.Images at first. The caller holds d.mu.
func (d *Docker) localImages() map[string]Program {
	if d.images == nil {
		d.images = maps.Clone(d.Images)
		if d.images == nil {
			d.images = make(map[string]Program)
		}
	}
	return d.images
}

// image returns the program of an image that the engine has; a nil Program of the user's ends at once.
func (d *Docker) image(name string) (Program, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.localImages()[name]
	return orNoop(p), ok
}

func orNoop(p Program) Program {
	if p == nil {
		return func(context.Context, *Container) int { return 0 }
	}
	return p
}

// fetch takes an image from the registry; old says that the engine has it already.
func (d *Docker) fetch(name string) (old bool, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.Registry[name]
	if !ok {
		return false, "pull access denied for " + withoutTag(name) +
			", repository does not exist or may require 'docker login': denied: requested access to the resource is denied"
	}
	_, old = d.localImages()[name]
	d.images[name] = p
	d.noteImage(tagged(name), "pull", withoutTag(tagged(name)))
	return old, ""
}

// runPull runs docker pull.
func (d *Docker) runPull(p *client, c *dockercmd.Pull) int {
	if c.AllTags {
		p.errln("runnertest: the fake docker pulls one image at a time")
		return 125
	}
	if text := referenceProblem(c.Image); text != "" {
		p.errln(text)
		return 1
	}
	if !c.Quiet && tagged(c.Image) != c.Image {
		p.out("Using default tag: latest\n")
	}
	old, text := d.fetch(c.Image)
	if text != "" {
		p.errln(daemonError(text))
		return 1
	}
	if !c.Quiet {
		p.out(progress(c.Image, old))
	}
	p.out(canonical(c.Image) + "\n")
	return 0
}

// progress returns what a pull prints without a terminal.
func progress(image string, old bool) string {
	name := tagged(image)
	tag := name[len(withoutTag(name))+1:]
	status := "Downloaded newer image for "
	var layer string
	if old {
		status = "Image is up to date for "
	} else {
		id := imageID(name + " layer")[7:19]
		layer = id + ": Pulling fs layer\n" + id + ": Verifying Checksum\n" + id + ": Download complete\n" + id +
			": Pull complete\n"
	}
	repository := strings.TrimPrefix(withoutTag(canonical(image)), "docker.io/")
	if host, rest, ok := strings.Cut(repository, "/"); ok && strings.ContainsAny(host, ".:") {
		repository = rest
	}
	return tag + ": Pulling from " + repository + "\n" + layer + "Digest: " + imageID(name+" digest") + "\nStatus: " + status +
		name + "\n"
}

// canonical returns an image's full name.
func canonical(image string) string {
	name := tagged(image)
	host, _, ok := strings.Cut(name, "/")
	switch {
	case !ok:
		return "docker.io/library/" + name
	case strings.ContainsAny(host, ".:") || host == "localhost":
		return name
	}
	return "docker.io/" + name
}

// runLoad runs docker load on an archive of docker save. Its images come out of the registry, since an archive holds no Program.
func (d *Docker) runLoad(p *client, c *dockercmd.Load) int {
	input := p.cmd.Stdin
	if c.Input != "" {
		f, err := os.Open(p.path(c.Input))
		if err != nil {
			p.errln(strings.Replace(err.Error(), p.path(c.Input), c.Input, 1))
			return 1
		}
		defer f.Close()
		input = f
	}
	names, err := archived(input)
	if err != nil {
		p.errln("Error processing tar file(exit status 1): " + err.Error())
		return 1
	}
	for _, name := range names {
		d.mu.Lock()
		program, ok := d.Registry[name]
		if ok {
			d.localImages()[name] = program
			d.noteImage(imageID(name), "load", imageID(name))
		}
		d.mu.Unlock()
		if !ok {
			p.errln("runnertest: the archive holds the image " + name + ", which the fake's Registry does not have")
			return 125
		}
		p.out("Loaded image: " + name + "\n")
	}
	return 0
}

// archived reads the names of the images in an archive.
func archived(r io.Reader) ([]string, error) {
	if r == nil {
		return nil, io.ErrUnexpectedEOF
	}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it has no manifest.json")
		}
		if err != nil {
			return nil, err
		}
		if path.Clean(h.Name) != "manifest.json" {
			continue
		}
		var manifest []struct{ RepoTags []string }
		if err := json.NewDecoder(t).Decode(&manifest); err != nil {
			return nil, err
		}
		var names []string
		for _, m := range manifest {
			names = append(names, m.RepoTags...)
		}
		return names, nil
	}
}

// runRmi runs docker rmi. Each image has one name here.
func (d *Docker) runRmi(p *client, c *dockercmd.Rmi) int {
	var errs []string
	code := 0
	for _, name := range c.Images {
		missing, text := d.rmi(name, c)
		if text == "" {
			p.out("Untagged: " + tagged(name) + "\nDeleted: " + imageID(name) + "\n")
			continue
		}
		errs = append(errs, daemonError(text))
		if !missing || !c.Force {
			code = 1
		}
	}
	for _, text := range errs {
		p.errln(text)
	}
	return code
}

func (d *Docker) rmi(name string, c *dockercmd.Rmi) (missing bool, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.localImages()[name]; !ok {
		return true, "No such image: " + tagged(name)
	}
	for b := range d.containers.all() {
		if b.image != name {
			continue
		}
		short := imageID(name)[7:19]
		switch {
		case b.running() && c.Force:
			return false, "conflict: unable to delete " + short +
				" (cannot be forced) - image is being used by running container " + b.id[:12]
		case !c.Force:
			return false, fmt.Sprintf("conflict: unable to remove repository reference %q (must force) - container %s is using its "+
				"referenced image %s", name, b.id[:12], short)
		}
	}
	delete(d.images, name)
	d.noteImage(imageID(name), "untag", imageID(name))
	d.noteImage(imageID(name), "delete", imageID(name))
	return false, ""
}

const imagesTable = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"

// runImages runs docker images. Nothing here has a size, and all have the age of the fake's year 1.
func (d *Docker) runImages(p *client, c *dockercmd.Images) int {
	if len(c.Filters) > 0 || c.Tree || c.Digests {
		p.errln("runnertest: the fake docker lists its images without filters, digests and trees")
		return 125
	}
	d.mu.Lock()
	names := slices.Sorted(maps.Keys(d.localImages()))
	d.mu.Unlock()
	if c.Repository != "" {
		names = slices.DeleteFunc(names, func(n string) bool {
			n = tagged(n)
			whole, _ := path.Match(c.Repository, n)
			repository, _ := path.Match(c.Repository, withoutTag(n))
			return !whole && !repository
		})
	}
	if p.api {
		return listImages(p, names)
	}
	format := c.Format
	switch {
	case c.Quiet:
		format = "{{.ID}}"
	case format == "" || format == "table":
		format = "table " + imagesTable
	case format == "json":
		format = "{{json .}}"
	}
	rows := make([]any, len(names))
	for i, n := range names {
		rows[i] = newImageRow(n, c.NoTrunc)
	}
	return p.table(listing{imageHeader, "*formatter.imageContext", "template parsing error", "template parsing error"}, format,
		rows)
}

// imageRow is what a template of images sees, in the order of its JSON.
type imageRow struct {
	Containers, CreatedAt, CreatedSince, Digest, ID, Repository, SharedSize, Size, Tag, UniqueSize, VirtualSize string
}

func newImageRow(name string, whole bool) imageRow {
	id := imageID(name)
	if !whole {
		id = id[7:19]
	}
	name = tagged(name)
	return imageRow{
		Containers: "N/A", CreatedAt: time.Time{}.String(), CreatedSince: "N/A", Digest: "<none>", ID: id, Repository: withoutTag(name),
		SharedSize: "N/A", Size: "0B", Tag: name[len(withoutTag(name))+1:], UniqueSize: "N/A", VirtualSize: "0B",
	}
}

var imageHeader = headings{
	"Repository": "REPOSITORY", "Tag": "TAG", "ID": "IMAGE ID", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "Size": "SIZE",
	"Digest": "DIGEST", "Containers": "CONTAINERS", "SharedSize": "SHARED SIZE", "UniqueSize": "UNIQUE SIZE", "VirtualSize": "SIZE",
}
