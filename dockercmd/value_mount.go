package dockercmd

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/dockercmd/toolkit/internal/table"
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

	// Zeros are the keys that are given as nothing, such as volume-nocopy=false: docker then sends the options of their type, empty.
	Zeros []string
}

// mountKey is one key of the --mount grammar.
type mountKey struct {
	key    string
	family string // the mount type that the key belongs to, "" for all
	value  func(*Mount) Value
	since  string // the first docker version that knows the key; "" is 20.10 or before
	until  string // the first that refuses it; "" is none
}

// mountKeys is the grammar, in the order in which it renders.
var mountKeys = []mountKey{
	{key: "type", value: func(m *Mount) Value { return one(&m.Type, lowerWord) }},
	{key: "source", value: func(m *Mount) Value { return one(&m.Source, word) }},
	{key: "target", value: func(m *Mount) Value { return one(&m.Target, word) }},
	{key: "readonly", value: func(m *Mount) Value { return one(&m.ReadOnly, boolean) }},
	{key: "consistency", value: func(m *Mount) Value { return one(&m.Consistency, lowerWord) }},
	{key: "bind-propagation", family: "bind", value: func(m *Mount) Value { return one(&m.BindPropagation, lowerWord) }},
	{key: "bind-nonrecursive", family: "bind", value: func(m *Mount) Value { return one(&m.BindNonRecursive, boolean) },
		until: "29.0"},
	{key: "bind-recursive", family: "bind", value: func(m *Mount) Value { return one(&m.BindRecursive, word) }, since: "25.0"},
	{key: "bind-create-src", family: "bind", value: func(m *Mount) Value { return one(&m.BindCreateSrc, boolean) }, since: "29.3"},
	{key: "volume-nocopy", family: "volume", value: func(m *Mount) Value { return one(&m.VolumeNoCopy, boolean) }},
	{key: "volume-label", family: "volume", value: func(m *Mount) Value { return pairs(&m.VolumeLabels, option) }},
	{key: "volume-driver", family: "volume", value: func(m *Mount) Value { return one(&m.VolumeDriver, word) }},
	{key: "volume-opt", family: "volume", value: func(m *Mount) Value { return pairs(&m.VolumeOptions, option) }},
	{key: "volume-subpath", family: "volume", value: func(m *Mount) Value { return one(&m.VolumeSubpath, word) }, since: "26.0"},
	{key: "image-subpath", family: "image", value: func(m *Mount) Value { return one(&m.ImageSubpath, word) }, since: "28.0"},
	{key: "tmpfs-size", family: "tmpfs", value: func(m *Mount) Value { return one(&m.TmpfsSize, size) }},
	{key: "tmpfs-mode", family: "tmpfs", value: func(m *Mount) Value { return one(&m.TmpfsMode, octal) }},
}

// mountRow is a key and its spelling.
type mountRow struct {
	mountKey
	spelling table.Spelling
}

var mountRows = sync.OnceValue(func() []mountRow {
	var rows []mountRow
	for _, k := range mountKeys {
		rows = append(rows, mountRow{k, table.Spell(k.key)})
	}
	return rows
})

// Needs returns the keys and types that not every docker version knows.
func (m *Mount) Needs() []table.Need {
	var needs []table.Need
	for _, r := range mountRows() {
		if (r.since != "" || r.until != "") && (r.value(m).IsSet() || slices.Contains(m.Zeros, r.key)) {
			n := table.Need{What: r.key, Since: r.since, Until: r.until}
			if r.until != "" {
				n.Instead = "bind-recursive=disabled"
			}
			needs = append(needs, n)
		}
	}
	switch {
	case m.Type == "bind" && relative(m.Source):
		needs = append(needs, table.Need{What: m.Source, Since: "23.0", Instead: "an absolute path"})
	case m.Type == "image":
		needs = append(needs, table.Need{What: "type=image", Since: "28.0"})
	case m.Type == "cluster":
		needs = append(needs, table.Need{What: "type=cluster", Since: "23.0"})
	}
	return needs
}

var mountAliases = map[string]string{"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}

// mountZeros are what stands for nothing, where that is not an empty value.
var mountZeros = map[string]string{
	"bind-nonrecursive": "false", "bind-create-src": "false", "volume-nocopy": "false", "tmpfs-size": "0", "tmpfs-mode": "0",
}

// ParseMount reads the value of --mount. As in docker, keys may be in either case, the last of two equal keys wins, and
// labels and options gather.
func ParseMount(s string) (Mount, error) {
	fields, err := csvFields(s, "type=bind,source=/a,target=/b")
	if err != nil {
		return Mount{}, err
	}
	var m Mount
	given := map[string]bool{}
	for _, f := range fields {
		if f == "" {
			return Mount{}, fmt.Errorf("%q has a comma too many, or a blank behind one that ends the value", s)
		}
		key, value, hasValue := strings.Cut(f, "=")
		key = strings.ToLower(key)
		if alias, ok := mountAliases[key]; ok {
			key = alias
		}
		i := slices.IndexFunc(mountRows(), func(r mountRow) bool { return r.key == key })
		if i < 0 {
			return Mount{}, fmt.Errorf("the key %q in %q is unknown; docker knows type, source, target, readonly, bind-..., volume-..., "+
				"tmpfs-... and image-subpath", key, s)
		}
		v := mountRows()[i].value(&m)
		if !hasValue {
			if !v.IsBool() {
				return Mount{}, fmt.Errorf("the field %q in %q has no value; give %s=VALUE", f, s, key)
			}
			value = "true"
		}
		if err := v.Set(value); err != nil {
			return Mount{}, fmt.Errorf("%s in %q: %w", key, s, err)
		}
		if value == "" && (key == "type" || key == "bind-recursive") { // all others may be empty
			return Mount{}, fmt.Errorf("the field %q in %q has no value; give %s=VALUE", f, s, key)
		}
		given[key] = true
	}
	for _, r := range mountRows() {
		if r.family != "" && given[r.key] && !r.value(&m).IsSet() {
			m.Zeros = append(m.Zeros, r.key)
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
		if r.family != "" && r.family != kind && (r.value(m).IsSet() || slices.Contains(m.Zeros, r.key)) {
			return fmt.Errorf("%s does not go with a mount of type %s; give type=%s or leave it out", r.key, kind, r.family)
		}
	}
	return nil
}

func (m Mount) String() string { return string(m.AppendTo(nil)) }

func (m *Mount) AppendTo(dst []byte) []byte {
	rows := mountRows()
	dst = table.AppendRecord(dst, func(w *table.Writer) {
		for i := range rows {
			rows[i].value(m).Render(w, &rows[i].spelling)
		}
	})
	for _, key := range m.Zeros {
		dst = append(append(append(append(dst, ','), key...), '='), mountZeros[key]...)
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (m Mount) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what ParseMount reads.
func (m *Mount) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMount(string(text))
	return err
}

func (m *Mount) Validate() error {
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
	if !path.IsAbs(m.Target) && !windowsPath(m.Target) {
		return fmt.Errorf("the target %q is not absolute", m.Target)
	}
	switch {
	case m.Type == "bind" && m.Source == "":
		return errors.New("a bind mount without a source; give source=/path/on/the/host")
	case m.Type == "bind" && !path.IsAbs(m.Source) && !relative(m.Source) && !windowsPath(m.Source):
		return fmt.Errorf("the source %q is not absolute", m.Source)
	case m.Type == "tmpfs" && m.Source != "":
		return errors.New("a tmpfs mount has no source; leave it out")
	case m.TmpfsMode > 0o7777:
		return fmt.Errorf("the mode %o holds more than permission bits", m.TmpfsMode)
	case m.TmpfsSize < 0:
		return table.RefusedByClient(fmt.Errorf("the tmpfs-size %d is negative", m.TmpfsSize))
	}
	if err := m.TmpfsSize.exact(); err != nil {
		return fmt.Errorf("the tmpfs-size %w", err)
	}
	switch m.BindPropagation {
	case "", "private", "rprivate", "shared", "rshared", "slave", "rslave":
	default:
		return fmt.Errorf("the bind-propagation %q is unknown; use private, shared or slave, or rprivate, rshared or rslave",
			m.BindPropagation)
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
			return table.RefusedByClient(fmt.Errorf("bind-recursive=%s needs readonly", m.BindRecursive))
		}
		if m.BindRecursive == "readonly" && m.BindPropagation != "rprivate" {
			return table.RefusedByClient(errors.New("bind-recursive=readonly needs bind-propagation=rprivate"))
		}
	default:
		return table.RefusedByClient(fmt.Errorf("bind-recursive %q is unknown; use enabled, disabled, writable or readonly",
			m.BindRecursive))
	}
	for _, table := range []map[string]string{m.VolumeLabels, m.VolumeOptions} {
		for key, value := range table {
			if key == "" || strings.Contains(key, "=") {
				return fmt.Errorf("the volume label or option %q is empty or holds '='", key)
			}
			if pair := key + "=" + value; pair != strings.TrimSpace(pair) {
				return fmt.Errorf("the volume label or option %q begins or ends with white space, which docker refuses from 29.2.1 on", pair)
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
func (*Mount) FlagType() string { return "mount" }

// Equal reports whether both mean the same mount.
func (m Mount) Equal(o Mount) bool { return m.String() == o.String() }
