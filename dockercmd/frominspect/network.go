package frominspect

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// fromNetworks sets networks, ports and names.
func (b *rebuilder) fromNetworks() {
	h := &b.c.HostConfig
	b.hosts()
	b.ports()
	first := b.firstNetwork()
	endpoint := b.c.NetworkSettings.Networks[first]
	b.firstEndpoint(endpoint)
	b.text("mac-address", b.mac(endpoint), "")
	for _, l := range h.Links {
		b.set("link", linkText(l))
	}
	b.each("link", endpoint.Links)
	for _, name := range slices.Sorted(maps.Keys(b.c.NetworkSettings.Networks)) {
		if name != first && !strings.HasPrefix(name, "unknown-") { // nerdctl's, for interfaces that it knows no network of
			b.furtherNetwork(name, b.c.NetworkSettings.Networks[name])
		}
	}
}

func (b *rebuilder) hosts() {
	h := &b.c.HostConfig
	b.each("add-host", h.ExtraHosts)
	b.each("dns", h.DNS)
	b.each("dns-option", h.DNSOptions)
	b.each("dns-search", h.DNSSearch)
}

// firstNetwork returns the key in Networks of the network that the line names: the mode is a name, or the beginning of an id.
func (b *rebuilder) firstNetwork() string {
	mode, networks := b.c.HostConfig.NetworkMode, b.c.NetworkSettings.Networks
	if mode == "default" || mode == "" {
		mode = "bridge"
	}
	if _, ok := networks[mode]; ok {
		return mode
	}
	for name, e := range networks {
		if strings.HasPrefix(e.NetworkID, mode) {
			return name
		}
	}
	if len(networks) == 1 {
		for name, e := range networks {
			if e.NetworkID == "" {
				return name // it was never started, so there are no ids to find it by
			}
		}
	}
	if len(networks) > 0 && b.c.HostConfig.NetworkMode != "" && !strings.HasPrefix(mode, "container:") {
		b.note("--network", "the container is no longer on %s, where the line puts it", mode)
	}
	return mode
}

// firstEndpoint sets the first network, whose settings have flags of their own, but for options and the priority.
func (b *rebuilder) firstEndpoint(e output.Endpoint) {
	mode := b.c.HostConfig.NetworkMode
	if len(e.DriverOpts) > 0 || e.GwPriority != 0 {
		long, ok := attachmentText(mode, output.Endpoint{DriverOpts: e.DriverOpts, GwPriority: e.GwPriority})
		if ok {
			mode = long
		} else {
			b.note("--network", "the client would alter the options for the driver of %s, so they are left out; docker network connect "+
				"says them", mode)
		}
	}
	b.text("network", mode, "default")
	b.each("network-alias", b.aliases(e))
	if a := e.IPAMConfig; a != nil {
		b.text("ip", a.IPv4Address, "")
		b.text("ip6", a.IPv6Address, "")
		b.each("link-local-ip", a.LinkLocalIPs)
	}
}

// aliases leaves out the short id, which engines before 25.0 add.
func (b *rebuilder) aliases(e output.Endpoint) []string {
	return slices.DeleteFunc(slices.Clone(e.Aliases), func(a string) bool {
		return len(a) == shortID && strings.HasPrefix(b.c.ID, a)
	})
}

// mac returns the address that was asked for. A running container of 25.0 or later shows the one that it has, which may be the
// engine's own: made of the IP address up to 27, chosen by chance from 28.0 on.
func (b *rebuilder) mac(e output.Endpoint) string {
	if b.c.Config.MacAddress != "" || !b.told.modern() || e.MacAddress == "" {
		return b.c.Config.MacAddress
	}
	switch {
	case e.IPAddress == "" && e.GlobalIPv6Address == "":
		return e.MacAddress
	case e.MacAddress == macOf(e.IPAddress):
		return ""
	}
	b.note("--mac-address", "%s may be asked for or the engine's own; if it was asked for, add --mac-address=%s", e.MacAddress,
		e.MacAddress)
	return ""
}

// macOf returns the hardware address that engines up to 27 make of an IPv4 address.
func macOf(ip string) string {
	mac := "02:42"
	for part := range strings.SplitSeq(ip, ".") {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return ""
		}
		mac += ":" + string("0123456789abcdef"[n>>4]) + string("0123456789abcdef"[n&15])
	}
	return mac
}

// linkText makes CONTAINER:ALIAS of the engine's /CONTAINER:/THIS/ALIAS.
func linkText(l string) string {
	other, alias, ok := strings.Cut(l, ":")
	if !ok {
		return l
	}
	return strings.TrimPrefix(other, "/") + ":" + alias[strings.LastIndexByte(alias, '/')+1:]
}

// furtherNetwork sets a network beside the first: part of the line for engines from 25.0 on, else a line of its own behind it.
func (b *rebuilder) furtherNetwork(name string, e output.Endpoint) {
	e.Aliases = b.aliases(e)
	e.MacAddress = ""
	if text, ok := attachmentText(name, e); ok && b.told.modern() {
		b.set("network", text)
		return
	}
	connect := newRebuilder(&dockercmd.NetworkConnect{Network: name, Container: b.called()})
	for _, a := range e.Aliases {
		connect.set("alias", record([]string{a}))
	}
	for _, key := range slices.Sorted(maps.Keys(e.DriverOpts)) {
		connect.set("driver-opt", record([]string{key + "=" + e.DriverOpts[key]}))
	}
	connect.number("gw-priority", e.GwPriority)
	if a := e.IPAMConfig; a != nil {
		connect.text("ip", a.IPv4Address, "")
		connect.text("ip6", a.IPv6Address, "")
		connect.each("link-local-ip", a.LinkLocalIPs)
	}
	connect.each("link", e.Links)
	b.note("--network", "the container is on %s too: %s", name, connect.cmd)
	b.notes = append(b.notes, connect.notes...)
}

// attachmentText returns the value of --network with settings, or just the name without any. The client makes all of it lower
// case, so ok is false where that would alter it, and for links, which it has no key for.
func attachmentText(name string, e output.Endpoint) (text string, ok bool) {
	fields := []string{"name=" + name}
	for _, a := range e.Aliases {
		fields = append(fields, "alias="+a)
	}
	if a := e.IPAMConfig; a != nil {
		for _, f := range []struct{ key, value string }{{"ip", a.IPv4Address}, {"ip6", a.IPv6Address}} {
			if f.value != "" {
				fields = append(fields, f.key+"="+f.value)
			}
		}
		for _, ip := range a.LinkLocalIPs {
			fields = append(fields, "link-local-ip="+ip)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.DriverOpts)) {
		fields = append(fields, "driver-opt="+key+"="+e.DriverOpts[key])
	}
	if e.GwPriority != 0 {
		fields = append(fields, "gw-priority="+strconv.FormatInt(e.GwPriority, 10))
	}
	if len(fields) == 1 {
		return name, len(e.Links) == 0
	}
	text = record(fields)
	return text, len(e.Links) == 0 && text == strings.ToLower(text) && takenForSettings().MatchString(text)
}

// takenForSettings is how the client tells settings from a name.
var takenForSettings = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\w+=\w+(,\w+=\w+)*`) })
