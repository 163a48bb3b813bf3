package client

import (
	"fmt"
	"path"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// imageRef is an image reference as docker understands it, in full.
type imageRef struct {
	host   string // with its port: docker.io
	path   string // library/busybox
	tag    string // latest where the reference has neither tag nor digest
	digest string // sha256:...
}

// parseImageRef parses a reference; an id is not one.
func parseImageRef(name string) (imageRef, error) {
	if err := dockercmd.ValidReference(name); err != nil {
		return imageRef{}, err
	}
	r := splitImageRef(name)
	if r.tag == "" && r.digest == "" {
		r.tag = "latest"
	}
	return r, nil
}

// splitImageRef splits a reference or a pattern into its parts. The first of several components is a registry's host if it has a
// '.' or a ':', a capital letter or is localhost, as for docker.
func splitImageRef(name string) imageRef {
	var r imageRef
	name, r.digest, _ = strings.Cut(name, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name, r.tag = name[:i], name[i+1:]
	}
	host, rest, several := strings.Cut(name, "/")
	if several && (strings.ContainsAny(host, ".:") || host == "localhost" || strings.ToLower(host) != host) {
		r.host, r.path = strings.ToLower(host), rest
	} else {
		r.host, r.path = "docker.io", name
	}
	if r.host == "index.docker.io" {
		r.host = "docker.io"
	}
	if r.host == "docker.io" && !strings.Contains(r.path, "/") && r.path != "**" {
		r.path = "library/" + r.path
	}
	return r
}

// String returns the full reference.
func (r imageRef) String() string {
	s := r.repository()
	if r.tag != "" {
		s += ":" + r.tag
	}
	if r.digest != "" {
		s += "@" + r.digest
	}
	return s
}

func (r imageRef) repository() string { return r.host + "/" + r.path }

// ImageAllowed reports whether an allow-list contains a reference; an empty list allows all. Each pattern is a reference of which
// parts may be globs, as of [path.Match]:
//
//	busybox:1.36                     docker.io/library/busybox:1.36 and no other tag
//	team/*                           every image of docker.io's team, with any tag and digest
//	registry.corp:5000/**            all of that registry
//	*.corp/app/server:v1.?           a host of one more label
//	app@sha256:...                   this content and no other
//	**                               all
//
// References are compared in full, component by component and label by label of the host, so that no glob spans a '/' nor, in a
// host, a '.': trusted.com/* is not trusted.com.evil/x. Only ** as the last component stands for one or several. A port is taken
// literally. A pattern with a tag does not fit a reference with a digest, since docker then ignores the tag.
//
// An invalid reference, an image's id or a malformed pattern is an error.
func ImageAllowed(patterns []string, reference string) (bool, error) {
	r, err := parseImageRef(reference)
	if err != nil {
		return false, err
	}
	allowed := len(patterns) == 0
	for _, pattern := range patterns {
		ok, err := allowedBy(pattern, r)
		if err != nil {
			return false, fmt.Errorf("the pattern %q of the allow-list: %w", pattern, err)
		}
		allowed = allowed || ok
	}
	return allowed, nil
}

func allowedBy(pattern string, r imageRef) (bool, error) {
	if pattern == "" || strings.ContainsAny(pattern, " \t\r\n") {
		return false, path.ErrBadPattern
	}
	p := splitImageRef(pattern)
	if pattern == "**" {
		p.host = r.host
	}
	type part struct{ glob, text string }
	var parts []part
	ok := true
	switch {
	case p.digest != "":
		parts = append(parts, part{p.digest, r.digest})
	case p.tag != "":
		parts = append(parts, part{p.tag, r.tag})
		ok = r.digest == ""
	}
	hosts, port, _ := strings.Cut(p.host, ":")
	host, itsPort, _ := strings.Cut(r.host, ":")
	if strings.HasPrefix(p.host, "[") || strings.HasPrefix(r.host, "[") { // an IPv6 address
		ok = ok && p.host == r.host
		hosts, host, port, itsPort = "", "", "", ""
	}
	ok = ok && port == itsPort
	lists := []struct {
		patterns, words []string
		open            bool // ** may be the last
	}{{strings.Split(hosts, "."), strings.Split(host, "."), false}, {strings.Split(p.path, "/"), strings.Split(r.path, "/"), true}}
	for _, l := range lists {
		last := len(l.patterns) - 1
		if l.open && l.patterns[last] == "**" && len(l.words) > last {
			l.patterns, l.words = l.patterns[:last], l.words[:last]
		}
		ok = ok && len(l.patterns) == len(l.words)
		for i, glob := range l.patterns {
			word := ""
			if i < len(l.words) {
				word = l.words[i]
			}
			parts = append(parts, part{glob, word})
		}
	}
	for _, part := range parts { // all of them, so that a bad pattern is found whatever the reference
		fits, err := path.Match(part.glob, part.text)
		if err != nil {
			return false, err
		}
		ok = ok && fits
	}
	return ok, nil
}
