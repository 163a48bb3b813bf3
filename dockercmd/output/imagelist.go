package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// ParseImageList reads what the engine's API answers to GET /images/json, of which docker images is made: a row for each name of
// each image, of one repository after the other, as docker images prints them with --digests or without. Sizes are exact.
func ParseImageList(r io.Reader, digests bool) ([]ImageRow, error) {
	var list []ImageRow
	err := eachElement(r, "image", func(d *json.Decoder) error {
		rows, err := listedImage(d, digests)
		list = append(list, rows...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// eachElement hands the elements of a JSON array to read, one after the other. An array that is cut off is an error: what is
// missing must not be taken for gone.
func eachElement(r io.Reader, kind string, read func(*json.Decoder) error) error {
	d := json.NewDecoder(r)
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return fmt.Errorf("a list of %ss: %w", kind, orElse(err, errors.New("it is no array")))
	}
	for n := 1; d.More(); n++ {
		if err := read(d); err != nil {
			return fmt.Errorf("%s %d of a list: %w", kind, n, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("a list of %ss: %w", kind, orElse(err, io.ErrUnexpectedEOF))
	}
	return nil
}

func orElse(err, other error) error {
	if err == nil {
		return other
	}
	return err
}

func listedImage(d *json.Decoder, withDigests bool) ([]ImageRow, error) {
	var object json.RawMessage
	var raw struct {
		ID                    string `json:"Id"`
		RepoTags, RepoDigests []string
		Created, Size         int64
	}
	if err := d.Decode(&object); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(object, &raw); err != nil {
		return nil, err
	}
	switch {
	case raw.ID == "":
		return nil, errors.New("it has no image id")
	case raw.Size < 0:
		return nil, fmt.Errorf("image %.19s has %d bytes", raw.ID, raw.Size)
	}
	image := ImageRow{ID: raw.ID, CreatedAt: time.Unix(raw.Created, 0), Size: dockercmd.Bytes(raw.Size), Raw: object}
	tags, digests := byRepository(raw.RepoTags, ":"), byRepository(raw.RepoDigests, "@")
	var rows []ImageRow
	add := func(repository, tag, digest string) {
		row := image
		row.Repository, row.Tag, row.Digest = repository, tag, digest
		rows = append(rows, row)
	}
	for _, t := range tags {
		known := digests.of(t.name)
		if !withDigests || len(known) == 0 {
			known = []string{""}
		}
		for _, tag := range t.values {
			for _, digest := range known {
				add(t.name, tag, digest)
			}
		}
	}
	for _, d := range digests {
		switch {
		case tags.of(d.name) != nil:
		case withDigests:
			for _, digest := range d.values {
				add(d.name, "", digest)
			}
		default:
			add(d.name, "", "")
		}
	}
	if len(rows) == 0 {
		rows = append(rows, image)
	}
	return rows, nil
}

// namedValues are the tags or the digests of a repository.
type namedValues struct {
	name   string
	values []string
}

type repositories []namedValues

// byRepository sorts names of images by their repository, in the order in which these are named first. Engines name images that
// have none <none>:<none> and <none>@<none>, up to API 1.42.
func byRepository(names []string, separator string) (all repositories) {
	for _, name := range names {
		at := strings.LastIndex(name, separator)
		if at < 0 || strings.HasPrefix(name, "<none>") {
			continue
		}
		repository, value := name[:at], name[at+1:]
		i := slices.IndexFunc(all, func(r namedValues) bool { return r.name == repository })
		if i < 0 {
			i = len(all)
			all = append(all, namedValues{name: repository})
		}
		all[i].values = append(all[i].values, value)
	}
	return all
}

// of returns the values of a repository.
func (all repositories) of(name string) []string {
	for _, r := range all {
		if r.name == name {
			return r.values
		}
	}
	return nil
}
