package output

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// Deleted is what rmi, image prune and the other prune commands took away.
type Deleted struct {
	Untagged []string // names of images, perhaps with a digest
	Deleted  []string // sha256 ids of images and layers; podman's have no sha256: in front
	// Objects are what prune of containers, volumes and networks lists under a title: ids and names.
	Objects []string
	// Reclaimed is what prune says at its end, rounded; -1 where nothing is said.
	Reclaimed dockercmd.Bytes
}

// ParseDeleted reads the output of rmi and of image, container, volume, network, builder and system prune.
func ParseDeleted(out []byte) (Deleted, error) {
	d := Deleted{Reclaimed: -1}
	number := 0
	for line := range strings.Lines(string(out)) {
		number++
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, ": ")
		switch {
		case line == "" || strings.HasSuffix(line, ":"): // a title: Deleted Images:
		case strings.EqualFold(word, "untagged"):
			d.Untagged = append(d.Untagged, rest)
		case strings.EqualFold(word, "deleted"):
			d.Deleted = append(d.Deleted, rest)
		case word == "Total reclaimed space":
			n, err := parseAmount(rest)
			if err != nil {
				return Deleted{}, fmt.Errorf("line %d of the removal: %w", number, err)
			}
			d.Reclaimed = n
		case rest != "" || strings.ContainsAny(line, " \t"):
			return Deleted{}, fmt.Errorf("line %d of the removal: %.60q is neither an id nor a name", number, line)
		default:
			d.Objects = append(d.Objects, line)
		}
	}
	return d, nil
}

// ParseLoaded reads what load prints, with or without --quiet: the name of each image, or its id where it has no name.
func ParseLoaded(out []byte) ([]string, error) {
	var names []string
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		for _, title := range []string{"Loaded image ID: ", "Loaded image(s): ", "Loaded image: "} {
			if name, ok := strings.CutPrefix(line, title); ok {
				names = append(names, name)
			}
		}
	}
	if names == nil {
		return nil, errors.New("output of load: no line says which image was loaded")
	}
	return names, nil
}

// Pulled is what pull prints at its end.
type Pulled struct {
	Image  string // the full name, without a tag where all were asked for; an id from podman
	Digest string // sha256:..., "" with --quiet
	New    bool   // something was fetched; not known, and false, with --quiet
}

// ParsePulled reads the output of pull, with or without --quiet: lines of progress, Digest and Status, and the name last.
func ParsePulled(out []byte) (Pulled, error) {
	var p Pulled
	last := ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if digest, ok := strings.CutPrefix(line, "Digest: "); ok {
			p.Digest = digest
		}
		if strings.HasPrefix(line, "Status: Downloaded newer image") {
			p.New = true
		}
		if line != "" {
			last = line
		}
	}
	if last == "" {
		return Pulled{}, errors.New("output of pull: it is empty")
	}
	if !strings.ContainsAny(last, " \t") {
		p.Image = last
	}
	if p.Image == "" && p.Digest == "" {
		return Pulled{}, fmt.Errorf("output of pull: its last line, %.60q, is not an image's name", last)
	}
	return p, nil
}
