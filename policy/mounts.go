package policy

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// enginePaths are what nobody may mount: whoever has one of them has the host.
var enginePaths = []string{
	"/run/docker.sock", "/var/run/docker.sock", "/run/docker", "/run/containerd", "/run/podman", "/run/crio", "/run/user",
	"/var/lib/docker", "/var/lib/containerd", "/etc/docker", "/proc", "/sys", "/dev",
}

// engineSockets are names of sockets that engines listen at, wherever they lie.
var engineSockets = []string{"docker.sock", "containerd.sock", "podman.sock", "crio.sock", "dockerd.sock"}

// isBelow reports whether a clean path is another or lies below it, by components.
func isBelow(name, dir string) bool {
	return name == dir || dir == "/" || strings.HasPrefix(name, dir+"/")
}

// volume judges a mount in the old form.
func volume(v *flagValue) {
	m, err := dockercmd.ParseVolume(v.text)
	if err != nil {
		v.deny("mount.kind", err.Error(), "")
		return
	}
	readOnly := false
	for _, option := range m.Options {
		switch {
		case option == "ro":
			readOnly = true
		case option == "rw" || option == "nocopy":
		case option == "z" || option == "Z":
			v.deny("mount.kind", "relabels files of the host", "")
		default:
			v.propagation(option)
		}
	}
	v.target(m.Target)
	switch {
	case m.Source == "":
		v.anonymous()
	case strings.HasPrefix(m.Source, "/"):
		v.source(m.Source, readOnly)
	case strings.HasPrefix(m.Source, ".") || strings.HasPrefix(m.Source, "~"):
		v.deny("mount.source", "is relative to the client's directory", v.sources(readOnly))
	default:
		v.volume(m.Source)
	}
}

// mount judges a mount in the form of fields.
func mount(v *flagValue) {
	m, err := dockercmd.ParseMount(v.text)
	if err != nil {
		v.deny("mount.kind", err.Error(), "")
		return
	}
	v.target(m.Target)
	switch m.Type {
	case "bind":
		v.propagation(m.BindPropagation)
		if m.BindCreateSrc {
			v.deny("mount.kind", "makes directories of the host as root", "")
		}
		v.source(m.Source, m.ReadOnly)
	case "", "volume":
		if m.Source == "" {
			v.anonymous()
		} else {
			v.volume(m.Source)
		}
		v.driver(m.VolumeDriver, m.VolumeOptions, m.ReadOnly)
	case "tmpfs":
		tmpfs(v)
	case "image":
		if !v.policy.Mounts.Images {
			v.deny("mount.image", "mounts an image", "")
		}
		v.image("image", m.Source)
	default:
		v.denyf("mount.kind", "bind, volume, tmpfs", "is a mount of type %s", m.Type)
	}
}

func (v *flagValue) anonymous() {
	if !v.policy.Mounts.Anonymous {
		v.deny("mount.volume", "is a volume without a name", v.policy.Mounts.Volumes.String())
	}
}

func (v *flagValue) volume(name string) {
	if !v.policy.Mounts.Volumes.Has(name) {
		v.denyf("mount.volume", v.policy.Mounts.Volumes.String(), "is the volume %q", name)
	}
}

func (v *flagValue) propagation(word string) {
	if word != "" && !v.policy.Mounts.Propagation.Has(word) {
		v.denyf("mount.propagation", v.policy.Mounts.Propagation.String(), "has the propagation %q", word)
	}
}

// driver judges the driver of a volume and its options, which are used when docker makes the volume.
func (v *flagValue) driver(name string, options map[string]string, readOnly bool) {
	if name != "" && !v.policy.Mounts.Drivers.Has(name) {
		v.denyf("mount.driver", v.policy.Mounts.Drivers.String(), "has the driver %q", name)
	}
	for key := range options {
		if !v.policy.Mounts.DriverOptions.Has(key) {
			v.denyf("mount.driver", v.policy.Mounts.DriverOptions.String(), "has the option %q", key)
		}
	}
	if device, ok := options["device"]; ok && (name == "" || name == "local") {
		if strings.HasPrefix(device, "/") {
			v.source(device, readOnly)
		} else {
			v.denyf("mount.driver", "", "has the local driver mount the device %q", device)
		}
	}
}

func tmpfs(v *flagValue) {
	if !v.policy.Mounts.Tmpfs {
		v.deny("mount.tmpfs", "is a memory file system", "")
	}
	if v.field != "--tmpfs" {
		return
	}
	m, err := dockercmd.ParseTmpfsMount(v.text)
	if err != nil {
		v.deny("mount.tmpfs", err.Error(), "")
		return
	}
	v.target(m.Target)
	for _, option := range m.Options {
		if name, _, _ := strings.Cut(option, "="); name == "suid" || name == "dev" {
			v.denyf("mount.tmpfs", "noexec, exec, size=, mode=, uid=, gid=", "has the option %q", option)
		}
	}
}

func volumesFrom(v *flagValue) {
	from, _ := dockercmd.ParseVolumesFrom(v.text)
	if !v.policy.Mounts.VolumesFrom {
		v.deny("mount.volumes-from", "takes over another container's mounts", "")
		return
	}
	v.owner(v.field, from.Container())
}

func volumeDriver(v *flagValue) { v.driver(v.text, nil, false) }

// target judges a place in the container.
func (v *flagValue) target(target string) {
	switch clean := path.Clean(target); {
	case !path.IsAbs(target):
		v.denyf("mount.target", "", "has the relative target %q", target)
	case clean == "/":
		v.deny("mount.target", "covers the whole container", "")
	default:
		for _, denied := range append([]string{"/proc", "/sys", "/dev"}, v.policy.Mounts.Targets...) {
			if isBelow(clean, denied) || isBelow(denied, clean) {
				v.denyf("mount.target", "", "is mounted at %s, and %s is denied", clean, denied)
			}
		}
	}
}

// sources returns what may be mounted, for people.
func (v *flagValue) sources(readOnly bool) string {
	var all []string
	for _, dir := range v.policy.Mounts.ReadWrite {
		all = append(all, dir)
	}
	if readOnly {
		for _, dir := range v.policy.Mounts.ReadOnly {
			all = append(all, dir+" (read-only)")
		}
	}
	return strings.Join(all, ", ")
}

// source judges a path of the host that is to be mounted.
func (v *flagValue) source(source string, readOnly bool) {
	if !path.IsAbs(source) || strings.Contains(source, "\x00") {
		v.denyf("mount.source", v.sources(readOnly), "has the source %q, which is no absolute path", source)
		return
	}
	if path.Clean(source) != source {
		v.denyf("mount.source", path.Clean(source), "has the source %q, which is not written plainly", source)
		return
	}
	way, err := v.host.Walk(source)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			v.denyf("mount.source", "a path that exists", "has the source %s, which is not there", source)
		} else {
			v.denyf("mount.source", "", "has a source that cannot be looked at: %v", err)
		}
		return
	}
	end := way[len(way)-1]
	own := slices.Contains(v.scope.Sources, source) && end.Path == source
	v.deniedSource(way, own)
	v.allowedSource(source, end, readOnly, own)
	if bad, ok := trusted(way, v.scope.Owners); !ok {
		v.denyf("mount.way", "", "is led to by %s, which is of user %d with mode %04o, so that it can be replaced", bad.Path, bad.UID,
			bad.Mode.Perm())
	}
	if kind := end.Mode.Type(); kind != 0 && kind != fs.ModeDir {
		v.denyf("mount.kind", "files and directories", "is %s", kindOf(kind))
	}
}

func kindOf(t fs.FileMode) string {
	switch {
	case t&fs.ModeSocket != 0:
		return "a socket"
	case t&fs.ModeNamedPipe != 0:
		return "a pipe"
	case t&fs.ModeDevice != 0:
		return "a device"
	}
	return "neither a file nor a directory"
}

// allowedSource looks for a directory of the lists that a source lies below, as it is written and as it is resolved.
func (v *flagValue) allowedSource(source string, end File, readOnly, own bool) {
	covers := func(dir string) bool {
		dir = path.Clean(dir)
		if !isBelow(source, dir) {
			return false
		}
		way, err := v.host.Walk(dir)
		return err == nil && isBelow(end.Path, way[len(way)-1].Path)
	}
	switch {
	case own || slices.ContainsFunc(v.policy.Mounts.ReadWrite, covers):
	case !slices.ContainsFunc(v.policy.Mounts.ReadOnly, covers):
		v.denyf("mount.source", v.sources(true), "has the source %s", leadsTo(source, end.Path))
	case !readOnly:
		v.denyf("mount.read-only", "the same, read-only", "has the source %s, and is mounted to be written", leadsTo(source, end.Path))
	}
}

func leadsTo(source, end string) string {
	if source == end {
		return source
	}
	return source + ", which leads to " + end
}

// deniedSource finds out whether a source is, lies below or holds what nobody may mount: by path, and by the file itself, which may
// be reached by another path where something is mounted twice.
func (v *flagValue) deniedSource(way []File, own bool) {
	end := way[len(way)-1]
	if slices.Contains(engineSockets, path.Base(end.Path)) {
		v.denyf("mount.denied", "", "is an engine's socket: whoever has it has the host")
		return
	}
	denied := slices.Concat(enginePaths, v.policy.Mounts.Denied)
	if !own {
		denied = append(denied, v.scope.Denied...)
	}
	for _, name := range denied {
		clean := path.Clean(name)
		theirs, err := v.host.Walk(clean)
		if err != nil { // it is not there; what holds its place may not be mounted all the same
			if isBelow(clean, end.Path) || isBelow(end.Path, clean) {
				v.denyf("mount.denied", "", "is, holds or lies in %s", clean)
				return
			}
			continue
		}
		what := theirs[len(theirs)-1]
		switch {
		case isBelow(end.Path, what.Path) || slices.ContainsFunc(way, what.isSame):
			v.denyf("mount.denied", "", "is or lies in %s", clean)
			return
		case isBelow(what.Path, end.Path) || slices.ContainsFunc(theirs, end.isSame):
			v.denyf("mount.denied", "", "holds %s", clean)
			return
		}
	}
}

// overlaps denies mounts at one place, and, unless they are allowed, mounts below others.
func (j *judge) overlaps(r *dockercmd.Run) {
	type place struct{ field, target string }
	var places []place
	add := func(field, target string) { places = append(places, place{field, path.Clean(target)}) }
	for _, m := range r.Volumes {
		add("--volume", m.Target)
	}
	for _, m := range r.Mounts {
		add("--mount", m.Target)
	}
	for _, m := range r.Tmpfs {
		add("--tmpfs", m.Target)
	}
	for i, a := range places {
		for _, b := range places[:i] {
			switch {
			case a.target == b.target:
				j.deny("mount.overlap", a.field, a.target, "is mounted twice", "")
			case !j.policy.Mounts.Nested && (isBelow(a.target, b.target) || isBelow(b.target, a.target)):
				j.deny("mount.overlap", a.field, a.target, "lies over or below the mount at "+b.target, "")
			}
		}
	}
}
