package dockercmd

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// Mount is docker's --mount: comma-separated fields, each key=value, quoted as one CSV record, so that a path may hold
// commas, colons and quotes.
type Mount struct {
	Type        string // bind, volume, tmpfs, image, npipe or cluster; "" is docker's default, volume
	Source      string // a host path, the name of a volume, or an image; "" is an anonymous volume
	Target      string // the absolute path in the container
	ReadOnly    bool
	Consistency string // ignored on Linux

	BindPropagation  string // private, shared or slave, perhaps with an r in front
	BindNonRecursive bool   // refused from 29.0 on: use BindRecursive disabled
	BindRecursive    string // enabled, disabled, writable or readonly; from 25.0 on
	BindCreateSrc    bool   // make a missing source, as --volume does; from 29.3 on

	VolumeNoCopy  bool
	VolumeLabels  map[string]string
	VolumeDriver  string
	VolumeOptions map[string]string
	VolumeSubpath string // from 26.0 on

	ImageSubpath string // from 28.0 on

	TmpfsSize Bytes  // 0 is unlimited
	TmpfsMode uint32 // permission bits; 0 is docker's default, 1777
}

// mountKey is one key of the --mount grammar.
type mountKey struct {
	key    string
	family string // the mount type that the key belongs to, "" for all
	value  Value
}

// keys is the grammar, in the order in which it renders.
func (m *Mount) keys() []mountKey {
	return []mountKey{
		{"type", "", one(&m.Type, lowerWord)},
		{"source", "", one(&m.Source, word)},
		{"target", "", one(&m.Target, word)},
		{"readonly", "", one(&m.ReadOnly, boolean)},
		{"consistency", "", one(&m.Consistency, lowerWord)},
		{"bind-propagation", "bind", one(&m.BindPropagation, lowerWord)},
		{"bind-nonrecursive", "bind", one(&m.BindNonRecursive, boolean)},
		{"bind-recursive", "bind", one(&m.BindRecursive, word)},
		{"bind-create-src", "bind", one(&m.BindCreateSrc, boolean)},
		{"volume-nocopy", "volume", one(&m.VolumeNoCopy, boolean)},
		{"volume-label", "volume", pairs(&m.VolumeLabels, pair)},
		{"volume-driver", "volume", one(&m.VolumeDriver, word)},
		{"volume-opt", "volume", pairs(&m.VolumeOptions, pair)},
		{"volume-subpath", "volume", one(&m.VolumeSubpath, word)},
		{"image-subpath", "image", one(&m.ImageSubpath, word)},
		{"tmpfs-size", "tmpfs", one(&m.TmpfsSize, size)},
		{"tmpfs-mode", "tmpfs", one(&m.TmpfsMode, octal)},
	}
}

// mountRow is a key whose field is known as an offset into a Mount.
type mountRow struct {
	mountKey
	offset uintptr
	spelling
}

var mountRows = sync.OnceValue(func() []mountRow {
	var rows []mountRow
	prototype := new(Mount)
	for _, k := range prototype.keys() {
		offset := uintptr(k.value.pointer()) - uintptr(unsafe.Pointer(prototype))
		rows = append(rows, mountRow{k, offset, spell(k.key)})
	}
	return rows
})

func (r *mountRow) field(m *Mount) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(m), r.offset) }

// of is the key's value in m.
func (r *mountRow) of(m *Mount) Value { return r.value.at(r.field(m)) }

var mountAliases = map[string]string{"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}

// ParseMount reads the value of --mount. As in docker, keys may be in either case, the last of two equal keys wins, and
// labels and options gather.
func ParseMount(s string) (Mount, error) {
	fields, err := csvFields(s, "type=bind,source=/a,target=/b")
	if err != nil {
		return Mount{}, err
	}
	var m Mount
	for _, f := range fields {
		key, value, hasValue := strings.Cut(f, "=")
		key = strings.ToLower(key)
		if alias, ok := mountAliases[key]; ok {
			key = alias
		}
		i := slices.IndexFunc(mountRows(), func(r mountRow) bool { return r.key == key })
		if i < 0 {
			return Mount{}, fmt.Errorf("the key %q in %q is unknown; docker knows type, source, target, readonly, bind-..., volume-..., tmpfs-... and image-subpath", key, s)
		}
		v := mountRows()[i].of(&m)
		if !hasValue {
			if !v.boolean() {
				return Mount{}, fmt.Errorf("the field %q in %q has no value; give %s=VALUE", f, s, key)
			}
			value = "true"
		}
		if err := v.Set(value); err != nil {
			return Mount{}, fmt.Errorf("%s in %q: %w", key, s, err)
		}
	}
	if m.Target == "" {
		return Mount{}, fmt.Errorf("%q has no target; give target=/path/in/the/container", s)
	}
	if err := m.families(); err != nil {
		return Mount{}, err
	}
	return m, nil
}

// families refuses options of another type of mount, as the client does.
func (m *Mount) families() error {
	kind := m.Type
	if kind == "" {
		kind = "volume"
	}
	for _, r := range mountRows() {
		if r.family != "" && r.family != kind && r.of(m).IsSet() {
			return fmt.Errorf("%s does not go with a mount of type %s; give type=%s or leave it out", r.key, kind, r.family)
		}
	}
	return nil
}

func (m Mount) String() string { return string(m.appendText(nil)) }

func (m *Mount) appendText(dst []byte) []byte {
	w := newWriter()
	defer w.free()
	rows := mountRows()
	for i := range rows {
		r := &rows[i]
		r.value.render(w, r.field(m), r.spelling)
	}
	start := 0
	for i, end := range w.ends {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCSV(dst, w.text[start:end])
		start = end
	}
	return dst
}

// MarshalText is String, for YAML and JSON.
func (m Mount) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText is ParseMount.
func (m *Mount) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMount(string(text))
	return err
}

func (m *Mount) check() error {
	switch m.Type {
	case "", "bind", "volume", "tmpfs", "image", "npipe", "cluster":
	default:
		return fmt.Errorf("the type %q is unknown; use bind, volume, tmpfs or image", m.Type)
	}
	if err := m.families(); err != nil {
		return err
	}
	if m.Target == "" {
		return errors.New("no target; give target=/path/in/the/container")
	}
	if !path.IsAbs(m.Target) {
		return fmt.Errorf("the target %q is not absolute", m.Target)
	}
	switch {
	case m.Type == "bind" && m.Source == "":
		return errors.New("a bind mount without a source; give source=/path/on/the/host")
	case m.Type == "bind" && !path.IsAbs(m.Source):
		return fmt.Errorf("the source %q is not absolute", m.Source)
	case m.Type == "tmpfs" && m.Source != "":
		return errors.New("a tmpfs mount has no source; leave it out")
	case m.TmpfsMode > 0o7777:
		return fmt.Errorf("the mode %o holds more than permission bits", m.TmpfsMode)
	case m.TmpfsSize < 0:
		return fmt.Errorf("the tmpfs-size %d is negative", m.TmpfsSize)
	}
	if err := m.TmpfsSize.exact(); err != nil {
		return fmt.Errorf("the tmpfs-size %w", err)
	}
	switch m.BindPropagation {
	case "", "private", "rprivate", "shared", "rshared", "slave", "rslave":
	default:
		return fmt.Errorf("the bind-propagation %q is unknown; use private, shared or slave, or rprivate, rshared or rslave", m.BindPropagation)
	}
	switch m.Consistency {
	case "", "default", "consistent", "cached", "delegated":
	default:
		return fmt.Errorf("the consistency %q is unknown; leave it out", m.Consistency)
	}
	switch m.BindRecursive {
	case "", "enabled", "disabled":
	case "writable", "readonly":
		if !m.ReadOnly {
			return fmt.Errorf("bind-recursive=%s needs readonly", m.BindRecursive)
		}
		if m.BindRecursive == "readonly" && m.BindPropagation != "rprivate" {
			return errors.New("bind-recursive=readonly needs bind-propagation=rprivate")
		}
	default:
		return fmt.Errorf("bind-recursive %q is unknown; use enabled, disabled, writable or readonly", m.BindRecursive)
	}
	for _, table := range []map[string]string{m.VolumeLabels, m.VolumeOptions} {
		for key := range maps.Keys(table) {
			if key == "" || strings.Contains(key, "=") {
				return fmt.Errorf("the volume label or option %q is empty or holds '='", key)
			}
		}
	}
	for _, s := range []string{m.Source, m.Target, m.VolumeDriver, m.VolumeSubpath, m.ImageSubpath} {
		if s != strings.TrimSpace(s) {
			return fmt.Errorf("%q begins or ends with white space, which docker refuses or drops depending on its version", s)
		}
	}
	if strings.Contains(m.String(), "\r") {
		return errors.New("a carriage return, which the CSV form of --mount cannot carry")
	}
	return nil
}
func (*Mount) word() string { return "mount" }

// Equal says whether both mean the same mount.
func (m Mount) Equal(o Mount) bool { return m.String() == o.String() }
