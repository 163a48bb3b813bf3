package dockercmd

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
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

	// zeros are the keys that were given as nothing, such as volume-nocopy=false: docker sends the options of their type, empty.
	zeros []string
}

// mountField is one key of the --mount grammar.
type mountField struct {
	key    string
	family string // the mount type that the key belongs to, "" for all
	set    func(m *Mount, value string) error
	get    func(m *Mount) []string // the values to render; "\x00" is a key alone
}

const keyAlone = "\x00"

func mountText(at func(*Mount) *string) (func(*Mount, string) error, func(*Mount) []string) {
	set := func(m *Mount, v string) error { *at(m) = v; return nil }
	get := func(m *Mount) []string {
		if s := *at(m); s != "" {
			return []string{s}
		}
		return nil
	}
	return set, get
}

func mountBool(at func(*Mount) *bool) (func(*Mount, string) error, func(*Mount) []string) {
	set := func(m *Mount, v string) (err error) {
		if v == keyAlone {
			v = "true"
		}
		*at(m), err = boolean.parse(v)
		return err
	}
	get := func(m *Mount) []string {
		if *at(m) {
			return []string{keyAlone}
		}
		return nil
	}
	return set, get
}

func mountMap(at func(*Mount) *map[string]string) (func(*Mount, string) error, func(*Mount) []string) {
	set := func(m *Mount, v string) error { return pairs(at(m), option).Set(v) }
	get := func(m *Mount) []string { return pairs(at(m), pair).Texts() }
	return set, get
}

func field(key, family string, set func(*Mount, string) error, get func(*Mount) []string) mountField {
	return mountField{key, family, set, get}
}

// mountFields is the grammar, in the order in which it renders.
var mountFields = func() []mountField {
	text := func(key, family string, at func(*Mount) *string) mountField {
		set, get := mountText(at)
		return field(key, family, set, get)
	}
	flag := func(key, family string, at func(*Mount) *bool) mountField {
		set, get := mountBool(at)
		return field(key, family, set, get)
	}
	table := func(key, family string, at func(*Mount) *map[string]string) mountField {
		set, get := mountMap(at)
		return field(key, family, set, get)
	}
	lower := func(f mountField) mountField {
		set := f.set
		f.set = func(m *Mount, v string) error { return set(m, strings.ToLower(v)) }
		return f
	}
	return []mountField{
		lower(text("type", "", func(m *Mount) *string { return &m.Type })),
		text("source", "", func(m *Mount) *string { return &m.Source }),
		text("target", "", func(m *Mount) *string { return &m.Target }),
		flag("readonly", "", func(m *Mount) *bool { return &m.ReadOnly }),
		lower(text("consistency", "", func(m *Mount) *string { return &m.Consistency })),
		lower(text("bind-propagation", "bind", func(m *Mount) *string { return &m.BindPropagation })),
		flag("bind-nonrecursive", "bind", func(m *Mount) *bool { return &m.BindNonRecursive }),
		text("bind-recursive", "bind", func(m *Mount) *string { return &m.BindRecursive }),
		flag("bind-create-src", "bind", func(m *Mount) *bool { return &m.BindCreateSrc }),
		flag("volume-nocopy", "volume", func(m *Mount) *bool { return &m.VolumeNoCopy }),
		table("volume-label", "volume", func(m *Mount) *map[string]string { return &m.VolumeLabels }),
		text("volume-driver", "volume", func(m *Mount) *string { return &m.VolumeDriver }),
		table("volume-opt", "volume", func(m *Mount) *map[string]string { return &m.VolumeOptions }),
		text("volume-subpath", "volume", func(m *Mount) *string { return &m.VolumeSubpath }),
		text("image-subpath", "image", func(m *Mount) *string { return &m.ImageSubpath }),
		field("tmpfs-size", "tmpfs", func(m *Mount, v string) error { return m.TmpfsSize.UnmarshalText([]byte(v)) },
			func(m *Mount) []string {
				if m.TmpfsSize == 0 {
					return nil
				}
				return []string{m.TmpfsSize.String()}
			}),
		field("tmpfs-mode", "tmpfs", func(m *Mount, v string) error {
			mode, err := strconv.ParseUint(v, 8, 32)
			if err != nil {
				return fmt.Errorf("%q is not an octal mode such as 1777", v)
			}
			m.TmpfsMode = uint32(mode)
			return nil
		}, func(m *Mount) []string {
			if m.TmpfsMode == 0 {
				return nil
			}
			return []string{strconv.FormatUint(uint64(m.TmpfsMode), 8)}
		}),
	}
}()

var mountAliases = map[string]string{"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}

// mountZeros are what stands for nothing, where that is not an empty value.
var mountZeros = map[string]string{
	"bind-nonrecursive": "false", "bind-create-src": "false", "volume-nocopy": "false", "tmpfs-size": "0", "tmpfs-mode": "0",
}

// ParseMount reads the value of --mount. As in docker, keys may be in either case, the last of two equal keys wins, and
// labels and options gather.
func ParseMount(s string) (Mount, error) {
	r := csv.NewReader(strings.NewReader(s))
	r.FieldsPerRecord = -1
	fields, err := r.Read()
	if err != nil {
		return Mount{}, fmt.Errorf("%q is not a list such as type=bind,source=/a,target=/b (quote a whole field that holds a comma: \"source=/a,b\"): %w", s, err)
	}
	if _, err := r.Read(); err == nil {
		return Mount{}, fmt.Errorf("%q holds a line break outside quotes; quote the whole field", s)
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
		i := slices.IndexFunc(mountFields, func(mf mountField) bool { return mf.key == key })
		if i < 0 {
			return Mount{}, fmt.Errorf("the key %q in %q is unknown; docker knows type, source, target, readonly, bind-..., volume-..., tmpfs-... and image-subpath", key, s)
		}
		isFlag := key == "readonly" || key == "bind-nonrecursive" || key == "bind-create-src" || key == "volume-nocopy"
		if !hasValue {
			if !isFlag {
				return Mount{}, fmt.Errorf("the field %q in %q has no value; give %s=VALUE", f, s, key)
			}
			value = keyAlone
		}
		if err := mountFields[i].set(&m, value); err != nil {
			return Mount{}, fmt.Errorf("%s in %q: %w", key, s, err)
		}
		if value == "" && (key == "type" || key == "bind-recursive") { // all others may be empty
			return Mount{}, fmt.Errorf("the field %q in %q has no value; give %s=VALUE", f, s, key)
		}
		given[key] = true
	}
	for _, f := range mountFields {
		if f.family != "" && given[f.key] && len(f.get(&m)) == 0 {
			m.zeros = append(m.zeros, f.key)
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
	for _, f := range mountFields {
		if f.family != "" && f.family != kind && (len(f.get(m)) > 0 || slices.Contains(m.zeros, f.key)) {
			return fmt.Errorf("%s does not go with a mount of type %s; give type=%s or leave it out", f.key, kind, f.family)
		}
	}
	return nil
}

func (m Mount) String() string {
	var fields []string
	for _, f := range mountFields {
		for _, v := range f.get(&m) {
			if v == keyAlone {
				fields = append(fields, f.key)
			} else {
				fields = append(fields, f.key+"="+v)
			}
		}
	}
	for _, key := range m.zeros {
		fields = append(fields, key+"="+mountZeros[key])
	}
	// A field that begins with its key needs quotes for these alone, and a csv.Writer has a buffer of 4 KiB.
	if !slices.ContainsFunc(fields, func(f string) bool { return strings.ContainsAny(f, ",\"\r\n") }) {
		return strings.Join(fields, ",")
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(fields) // a strings.Builder never fails
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
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
