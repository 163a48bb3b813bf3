package frominspect

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// fromMounts sets all that is mounted. Mounts keep the form that they were asked for in: --volume, --mount, --tmpfs.
func (b *rebuilder) fromMounts() {
	h := &b.c.HostConfig
	targets := map[string]bool{}
	binds, anonymous := h.Binds, isPodman(b.c) // whether anonymous volumes stand there too, which they do not in docker's
	if _, ok := b.told.HostConfig["Binds"]; !ok && b.told.HostConfig != nil {
		binds, anonymous = b.boundByMounts(), true // nerdctl's
	}
	for _, bind := range binds {
		v, err := dockercmd.ParseVolume(bind)
		if err != nil {
			b.note("--volume", "left out, since no line says it: %w", err)
			continue
		}
		if anonymous && dockercmd.ValidID(v.Source) {
			v = dockercmd.Volume{Target: v.Target}
		}
		targets[path.Clean(v.Target)] = true
		b.set("volume", v.String())
	}
	for _, m := range h.Mounts {
		targets[path.Clean(m.Target)] = true
		b.mount(m)
	}
	for _, target := range slices.Sorted(maps.Keys(h.Tmpfs)) {
		targets[path.Clean(target)] = true
		b.set("tmpfs", strings.TrimSuffix(target+":"+h.Tmpfs[target], ":"))
	}
	for _, target := range slices.Sorted(maps.Keys(b.c.Config.Volumes)) {
		if b.image != nil {
			if _, ok := b.image.Volumes[target]; ok {
				continue
			}
		}
		if !targets[path.Clean(target)] { // else the image's, and something else is mounted there
			b.set("volume", target)
		}
	}
	b.each("volumes-from", h.VolumesFrom)
	b.text("volume-driver", h.VolumeDriver, "")
}

// boundByMounts makes --volume of what is mounted.
func (b *rebuilder) boundByMounts() []string {
	var binds []string
	for _, m := range b.c.Mounts {
		source := m.Source
		if m.Type == "volume" {
			source = m.Name
		}
		if source == "" || m.Type != "volume" && m.Type != "bind" {
			continue
		}
		bind := source + ":" + m.Destination
		if !m.RW {
			bind += ":ro"
		}
		binds = append(binds, bind)
	}
	return binds
}

// mount writes the fields of one --mount. An object of options that is there with nothing in it comes of a key that is given
// as nothing.
func (b *rebuilder) mount(m output.HostMount) {
	var fields []string
	add := func(key, value string) {
		if value != "" {
			fields = append(fields, key+"="+value)
		}
	}
	flag := func(key string, value bool) {
		if value {
			fields = append(fields, key+"=true")
		}
	}
	pairs := func(key string, values map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			fields = append(fields, key+"="+name+"="+values[name])
		}
	}
	nothing := func(before int, key string) {
		if len(fields) == before {
			fields = append(fields, key)
		}
	}
	add("type", m.Type)
	add("source", m.Source)
	add("target", m.Target)
	flag("readonly", m.ReadOnly)
	add("consistency", m.Consistency)
	before := len(fields)
	if o := m.BindOptions; o != nil {
		add("bind-propagation", o.Propagation)
		switch modern := b.told.modern(); {
		case o.ReadOnlyNonRecursive:
			add("bind-recursive", "writable")
		case o.ReadOnlyForceRecursive:
			add("bind-recursive", "readonly")
		case o.NonRecursive && modern:
			add("bind-recursive", "disabled")
		default:
			flag("bind-nonrecursive", o.NonRecursive)
		}
		flag("bind-create-src", o.CreateMountpoint)
		if b.told.modern() {
			nothing(before, "bind-recursive=enabled")
		} else {
			nothing(before, "bind-nonrecursive=false")
		}
	}
	if o := m.VolumeOptions; o != nil {
		flag("volume-nocopy", o.NoCopy)
		pairs("volume-label", o.Labels)
		if d := o.DriverConfig; d != nil {
			add("volume-driver", d.Name)
			pairs("volume-opt", d.Options)
		}
		add("volume-subpath", o.Subpath)
		nothing(before, "volume-nocopy=false")
	}
	if o := m.ImageOptions; o != nil {
		add("image-subpath", o.Subpath)
	}
	if o := m.TmpfsOptions; o != nil {
		if o.SizeBytes != 0 {
			add("tmpfs-size", strconv.FormatInt(o.SizeBytes, 10))
		}
		if o.Mode != 0 {
			add("tmpfs-mode", strconv.FormatUint(uint64(o.Mode), 8))
		}
		nothing(before, "tmpfs-size=0")
		if len(o.Options) > 0 {
			b.note("--mount", "the options of the tmpfs at %s were given by a program, and no --mount says them; --tmpfs does", m.Target)
		}
	}
	b.set("mount", record(fields))
}
