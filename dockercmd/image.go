package dockercmd

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// imageRE is docker's grammar of image references: a host and its port, a path in lower case, a tag, a digest.
var imageRE = sync.OnceValue(func() *regexp.Regexp {
	const (
		label     = `[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?`
		host      = `(?:` + label + `(?:\.` + label + `)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?`
		component = `[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
		tag       = `[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}`
		digest    = `[a-zA-Z][a-zA-Z0-9]*(?:[-_+.][a-zA-Z][a-zA-Z0-9]*)*:[0-9a-fA-F]{32,}`
	)
	return regexp.MustCompile(`^(?:(?:` + host + `/)?` + component + `(?:/` + component + `)*(?::` + tag + `)?(?:@` + digest + `)?|sha256:[0-9a-f]{64})$`)
})

// ValidImage holds an image to docker's grammar of references and ids.
func ValidImage(image string) error {
	if image == "" {
		return errors.New("no image; give a reference such as busybox:1.36 or an image's id")
	}
	if imageRE().MatchString(image) {
		return nil
	}
	if dash := strings.TrimLeft(image, "–—"); dash != image { // as word processors and web pages write two dashes
		return fmt.Errorf("%q begins with a long dash; write flags with plain ones, -%s or --%s", image, dash, dash)
	}
	if name, _, _ := strings.Cut(image, ":"); strings.ToLower(name) != name {
		return fmt.Errorf("%q is no image reference: the repository must be in lower case", image)
	}
	return fmt.Errorf("%q is no image reference such as busybox:1.36 or registry:5000/team/app@sha256:...", image)
}
