package output

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// ImageRow is one line of images: one name of one image, or an image without a name.
type ImageRow struct {
	ID         string // sha256: and 64 digits with --no-trunc, else 12; podman's are 64 digits
	Repository string // "" for none
	Tag        string // "" for none
	Digest     string // with --digests, or "" for none
	CreatedAt  time.Time
	Size       dockercmd.Bytes // rounded for people by docker, exact from podman and from the engine's API

	Raw json.RawMessage // the whole object
}

// ParseImages reads the output of images --format=JSONFormat, and podman's array, which has an object for each image: one
// with two names is two rows here, as it is with docker.
func ParseImages(out []byte) ([]ImageRow, error) {
	lists, err := rows("images", out, readImages)
	var all []ImageRow
	for _, l := range lists {
		all = append(all, l...)
	}
	return all, err
}

func readImages(line json.RawMessage) ([]ImageRow, error) {
	var raw struct {
		ID                      string
		Repository, Tag, Digest looseText
		CreatedAt               looseTime
		Size                    looseAmount
		Names                   []string // podman's
	}
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, err
	}
	if raw.ID == "" {
		return nil, errors.New("it has no image id")
	}
	row := ImageRow{
		ID: raw.ID, Repository: string(raw.Repository), Tag: string(raw.Tag), Digest: string(raw.Digest), CreatedAt: raw.CreatedAt.Time,
		Size: dockercmd.Bytes(raw.Size), Raw: line,
	}
	if len(raw.Names) == 0 {
		return []ImageRow{row}, nil
	}
	var list []ImageRow
	for _, name := range raw.Names {
		row.Repository, row.Tag = name, ""
		if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
			row.Repository, row.Tag = name[:i], name[i+1:]
		}
		list = append(list, row)
	}
	return list, nil
}

// ImageDetails is what image inspect says of one image.
type ImageDetails struct {
	ID           string `json:"Id"`
	RepoTags     []string
	RepoDigests  []string
	Parent       string
	Comment      string
	Author       string
	Created      time.Time // zero where the image does not say
	Config       ContainerConfig
	Architecture string
	Variant      string
	OS           string `json:"Os"`
	OSVersion    string `json:"OsVersion"`
	Size         int64  // bytes
	RootFS       struct {
		Type   string
		Layers []string
	}

	Raw json.RawMessage `json:"-"` // everything, as the engine said it
}

// ParseImageInspect reads the output of image inspect, without a format or with JSONFormat.
func ParseImageInspect(out []byte) ([]ImageDetails, error) {
	return details("image inspect", out, func(raw json.RawMessage) (ImageDetails, error) {
		d := ImageDetails{Raw: raw}
		loose := struct {
			*ImageDetails
			Created looseTime
		}{ImageDetails: &d}
		err := json.Unmarshal(raw, &loose)
		if err == nil && d.ID == "" {
			err = errors.New("it has no Id")
		}
		d.Created = loose.Created.Time
		return d, err
	})
}
