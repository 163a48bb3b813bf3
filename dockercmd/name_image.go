package dockercmd

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/internal/table"
)

// imageRE is docker's grammar of image references: a host and its port, a path in lower case, a tag, a digest. The lengths of a tag
// and of a digest are isReference's to check: with them the expression takes half a millisecond to compile.
var imageRE = sync.OnceValue(func() *regexp.Regexp {
	const (
		label     = `[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?`
		host      = `(?:` + label + `(?:\.` + label + `)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?`
		component = `[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
		tag       = `[a-zA-Z0-9_][a-zA-Z0-9_.-]*`
		digest    = `[a-zA-Z][a-zA-Z0-9]*(?:[-_+.][a-zA-Z][a-zA-Z0-9]*)*:[0-9a-fA-F]+`
	)
	return regexp.MustCompile(`^(?:` + host + `/)?` + component + `(?:/` + component + `)*(?::` + tag + `)?(?:@` + digest + `)?$`)
})

// isReference reports whether an image is a reference by docker's grammar; an id behind sha256: is one too.
func isReference(image string) bool {
	if !imageRE().MatchString(image) {
		return false
	}
	_, tag, digest := splitReference(image)
	_, hex, ok := strings.Cut(digest, ":")
	return len(tag) <= 128 && (!ok || len(hex) >= 32)
}

// ValidImage holds an image to docker's grammar of references and ids.
func ValidImage(image string) error {
	if image == "" {
		return table.RefusedByClient(errors.New("no image; give a reference such as busybox:1.36 or an image's id"))
	}
	if isReference(image) {
		repository, _, _ := splitReference(image)
		if !strings.Contains(repository, "/") {
			repository = "library/" + repository // as docker does for its own registry
		}
		if len(repository) > maxRepository {
			return fmt.Errorf("the name has %d bytes, with the library/ that docker puts before one word; it takes %d", len(repository),
				maxRepository)
		}
		return checkDigest(image)
	}
	if dash := strings.TrimLeft(image, "–—"); dash != image { // as word processors and web pages write two dashes
		return fmt.Errorf("%q begins with a long dash; write flags with plain ones, -%s or --%s", image, dash, dash)
	}
	if name, _, _ := strings.Cut(image, ":"); strings.ToLower(name) != name {
		return fmt.Errorf("%q is no image reference: the repository must be in lower case", image)
	}
	return fmt.Errorf("%q is no image reference such as busybox:1.36 or registry:5000/team/app@sha256:...", image)
}

// digestLengths are how many hexadecimal digits the digests have that docker knows.
var digestLengths = map[string]int{"sha256": 64, "sha384": 96, "sha512": 128}

// checkDigest holds the digest of a reference, if it has one, to those that docker knows.
func checkDigest(image string) error {
	_, digest, ok := strings.Cut(image, "@")
	algorithm, hex, _ := strings.Cut(digest, ":")
	if ok && (len(hex) != digestLengths[algorithm] || strings.ToLower(hex) != hex) {
		return fmt.Errorf("the digest %q is not sha256 with 64 digits in lower case, or sha384 with 96, or sha512 with 128", digest)
	}
	return nil
}

// ValidReference holds the name of an image to what a registry knows and a tag can be: a reference, and no image's id. Docker
// takes sha256:ID for the tag ID of a repository sha256, and refuses an ID alone.
func ValidReference(name string) error {
	if err := ValidImage(name); err != nil {
		return err
	}
	if strings.HasPrefix(name, "sha256:") || ValidID(name) {
		return fmt.Errorf("%q is an image's id; give a name such as registry:5000/team/app:1", name)
	}
	return nil
}

// maxRepository is how long a reference may be without its tag. (Client 20.10 counts the registry's name too, 28.2 does not.)
const maxRepository = 255

// splitReference takes a valid reference apart.
func splitReference(name string) (repository, tag, digest string) {
	name, digest, _ = strings.Cut(name, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		return name[:i], name[i+1:], digest
	}
	return name, "", digest
}

// reference holds an operand to ValidReference.
func (p *problems) reference(operand, name string) {
	err := ValidReference(name)
	switch {
	case err == nil:
	case isDigest(name):
		p.Add(operand, "%w", err)
	default:
		p.Client(operand, "%w", err)
	}
}

// isDigest reports whether a name is sha256:ID, which the client reads as the tag ID of a repository sha256.
func isDigest(name string) bool {
	id, ok := strings.CutPrefix(name, "sha256:")
	return ok && ValidID(id)
}

// images holds a list of operands to references and ids; an empty list is a problem too.
func (p *problems) images(images []string) {
	p.atLeastOne("IMAGE", "image", len(images))
	for _, image := range images {
		if err := ValidImage(image); err != nil {
			p.Add("IMAGE", "%w", err)
		}
	}
}

// allTags refuses a tag or a digest beside --all-tags.
func (p *problems) allTags(given bool, name string) {
	if _, tag, digest := splitReference(name); given && (tag != "" || digest != "") {
		p.Client("--all-tags", "does not go with the tag or digest of %q; give the name alone", name)
	}
}

// needImages returns the words behind the flags of a command on images.
func needImages(words []string) ([]string, error) {
	if len(words) == 0 {
		return nil, errors.New("no IMAGE; give at least one")
	}
	return tail(words, 0), nil
}
