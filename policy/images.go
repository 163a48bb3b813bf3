package policy

import (
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// reference is an image as docker completes its name.
type reference struct {
	repository string // docker.io/library/busybox
	tag        string // "" is none
	digest     string // sha256:...; "" is none
	id         string // an image's id; then it is all
}

// parseReference completes an image as docker does: a first part without a dot, a colon and capitals is no registry, and one part alone
// is library's.
func parseReference(image string) (reference, bool) {
	if dockercmd.ValidImage(image) != nil {
		return reference{}, false
	}
	if hex := strings.TrimPrefix(image, "sha256:"); dockercmd.ValidID(hex) {
		return reference{id: hex}, true
	}
	var r reference
	name, digest, _ := strings.Cut(image, "@")
	r.digest = digest
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name, r.tag = name[:i], name[i+1:]
	}
	host, rest, ok := strings.Cut(name, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" && strings.ToLower(host) == host {
		host, rest = "docker.io", name
	}
	if host == "index.docker.io" {
		host = "docker.io"
	}
	if host == "docker.io" && !strings.Contains(rest, "/") {
		rest = "library/" + rest
	}
	r.repository = host + "/" + rest
	return r, true
}

// covers reports whether an entry of Images.Allow allows a reference.
func covers(entry string, r reference) bool {
	if entry == "*" {
		return true
	}
	if begin, ok := strings.CutSuffix(entry, "/*"); ok {
		return strings.HasPrefix(r.repository, begin+"/")
	}
	e, ok := parseReference(entry)
	if !ok || e.id != "" {
		return ok && e.id == r.id
	}
	return e.repository == r.repository && (e.tag == "" || e.tag == r.tag) && (e.digest == "" || e.digest == r.digest)
}

// image judges an image that is to be run or pulled.
func (j *judge) image(field, image string) {
	images := &j.policy.Images
	allowed := strings.Join(images.Allow, ", ")
	r, ok := parseReference(image)
	switch {
	case !ok:
		j.deny("image", field, image, "is no reference of an image", allowed)
		return
	case r.id != "":
		if !images.IDs {
			j.deny("image.id", field, image, "names an image by its id, whatever it is", allowed)
		}
		return
	case strings.Trim(image, "0123456789abcdef") == "" && !images.IDs:
		j.deny("image.id", field, image, "may be the beginning of an image's id", "a name with a tag")
		return
	}
	if !slices.ContainsFunc(images.Allow, func(entry string) bool { return covers(entry, r) }) {
		j.deny("image", field, image, "is "+r.repository+", which is not allowed", allowed)
	}
	if images.Digest && r.digest == "" {
		j.deny("image.digest", field, image, "does not name its content", r.repository+"@sha256:...")
	}
}

func judgePull(j *judge) { j.image("NAME", j.command.(*dockercmd.Pull).Image) }

func allTags(v *flagValue) { v.deny("image", "pulls whatever the repository holds", "") }

func platform(v *flagValue) {
	if !v.policy.Images.Platforms.Has(v.text) {
		v.deny("image.platform", "is not allowed", v.policy.Images.Platforms.String())
	}
}
