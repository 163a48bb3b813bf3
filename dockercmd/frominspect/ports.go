package frominspect

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// ports sets the published ones, and those exposed beside them that are not the image's. Three or more that follow each other
// are one range, which the client takes apart again.
func (b *rebuilder) ports() {
	h := &b.c.HostConfig
	b.truth("publish-all", h.PublishAllPorts)
	var published, exposed []portSpan
	for port, bindings := range h.PortBindings {
		for i, binding := range bindings {
			published = append(published, spanOf(port, binding, i))
		}
	}
	for port := range b.c.Config.ExposedPorts {
		known := len(h.PortBindings[port]) > 0
		if b.image != nil {
			_, own := b.image.ExposedPorts[port]
			known = known || own
		}
		if !known {
			exposed = append(exposed, spanOf(port, output.PortBinding{}, 0))
		}
	}
	for _, s := range joinSpans(published) {
		b.set("publish", s.String())
	}
	for _, s := range joinSpans(exposed) {
		b.set("expose", s.String())
	}
}

// portSpan is ports of a container that follow each other, and those of the host.
type portSpan struct {
	port, host int    // the first ones; host is 0 where hostText is no number
	hostText   string // a range, or "" for one of the engine's choice
	ip         string
	protocol   string // "" is tcp
	index      int    // among the bindings of its port
	more       int    // how many follow the first
	text       string // as the engine has it, if it is no number
}

func spanOf(port string, binding output.PortBinding, index int) portSpan {
	number, protocol, _ := strings.Cut(port, "/")
	if protocol == "tcp" {
		protocol = ""
	}
	s := portSpan{ip: binding.HostIP, hostText: binding.HostPort, protocol: protocol, index: index, text: number}
	s.port, _ = strconv.Atoi(number)
	if n, err := strconv.Atoi(binding.HostPort); err == nil && strconv.Itoa(n) == binding.HostPort {
		s.host = n
	}
	return s
}

// follows reports whether o is the port behind the span.
func (s *portSpan) follows(o *portSpan) bool {
	hosts := s.host > 0 && o.host == s.host+s.more+1 || s.hostText == "" && o.hostText == ""
	return hosts && s.port > 0 && o.port == s.port+s.more+1 && s.ip == o.ip && s.protocol == o.protocol && s.index == o.index
}

// joinSpans sorts ports and puts together those that follow each other.
func joinSpans(spans []portSpan) []portSpan {
	slices.SortFunc(spans, func(a, b portSpan) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.index, b.index), cmp.Compare(a.port, b.port),
			cmp.Compare(a.text, b.text))
	})
	var all []portSpan
	for start := 0; start < len(spans); {
		end, s := start+1, spans[start]
		for end < len(spans) && s.follows(&spans[end]) {
			s.more++
			end++
		}
		if s.more < 2 {
			all = append(all, spans[start:end]...)
		} else {
			all = append(all, s)
		}
		start = end
	}
	return all
}

// String returns the span as --publish takes it; without a host it is --expose's too.
func (s portSpan) String() string {
	text := s.text + s.last(s.port)
	if s.hostText != "" || s.ip != "" {
		host := s.hostText
		if s.host > 0 {
			host += s.last(s.host)
		}
		text = host + ":" + text
	}
	switch {
	case strings.Contains(s.ip, ":"):
		text = "[" + s.ip + "]:" + text
	case s.ip != "":
		text = s.ip + ":" + text
	}
	if s.protocol != "" {
		text += "/" + s.protocol
	}
	return text
}

// last ends the text of a range.
func (s *portSpan) last(first int) string {
	if s.more == 0 {
		return ""
	}
	return "-" + strconv.Itoa(first+s.more)
}
