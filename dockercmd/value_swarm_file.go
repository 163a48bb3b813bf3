package dockercmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// SwarmFile is a secret or a config of the swarm as a file in a service's containers: docker's --secret and --config.
type SwarmFile struct {
	Source string  // the name of the secret or config
	Target string  // the file: a name in /run/secrets (a config: in /), or an absolute path; "" is Source
	UID    string  // the file's owner, a number; "" is 0
	GID    string  // its group, a number; "" is 0
	Mode   *uint32 // permission bits; nil is 0444
}

// ParseSwarmFile reads NAME, or source=NAME,target=FILE,uid=0,gid=0,mode=0444. As in docker, the last of two equal keys wins
// and a mode without a leading 0 is decimal.
func ParseSwarmFile(s string) (SwarmFile, error) {
	fields, err := csvFields(s, "source=NAME,target=FILE,mode=0400")
	if err != nil {
		return SwarmFile{}, err
	}
	var f SwarmFile
	if len(fields) == 1 && !strings.Contains(fields[0], "=") {
		f.Source = fields[0]
		return f, f.Validate()
	}
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		if !ok || value == "" {
			return SwarmFile{}, fmt.Errorf("the field %q in %q has no value; give KEY=VALUE", field, s)
		}
		switch strings.ToLower(key) {
		case "source", "src":
			f.Source = value
		case "target":
			f.Target = value
		case "uid":
			f.UID = value
		case "gid":
			f.GID = value
		case "mode":
			mode, err := strconv.ParseUint(value, 0, 32)
			if err != nil {
				return SwarmFile{}, fmt.Errorf("mode=%s in %q is not a mode such as 0440", value, s)
			}
			f.Mode = new(uint32(mode))
		default:
			return SwarmFile{}, fmt.Errorf("the key %q in %q is unknown; docker knows source, target, uid, gid and mode", key, s)
		}
	}
	return f, f.Validate()
}

func (f SwarmFile) String() string { return string(f.AppendTo(nil)) }

func (f *SwarmFile) AppendTo(dst []byte) []byte {
	if f.Target == "" && f.UID == "" && f.GID == "" && f.Mode == nil {
		return append(dst, f.Source...)
	}
	r := newCSV(dst)
	r.field("source", f.Source)
	r.field("target", f.Target)
	r.field("uid", f.UID)
	r.field("gid", f.GID)
	if f.Mode != nil {
		r.field("mode", "0"+strconv.FormatUint(uint64(*f.Mode), 8))
	}
	return r.dst
}

// MarshalText returns String, for YAML and JSON.
func (f SwarmFile) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what ParseSwarmFile reads.
func (f *SwarmFile) UnmarshalText(text []byte) (err error) {
	*f, err = ParseSwarmFile(string(text))
	return err
}

func (f *SwarmFile) Validate() error {
	if f.Source == "" {
		return errors.New("no source; give the name of a secret or config")
	}
	if !validSwarmFileName(f.Source) {
		return fmt.Errorf("the source %q is no name of a secret or config: letters, digits, '-', '_' and '.', 64 at most, the first "+
			"and last a letter or digit", f.Source)
	}
	if f.Mode != nil && *f.Mode > 0o7777 {
		return fmt.Errorf("the mode %o holds more than permission bits", *f.Mode)
	}
	return checkCSV(f.String())
}

// validSwarmFileName returns the swarm's own rule for the names of secrets and configs.
func validSwarmFileName(name string) bool {
	for _, r := range name {
		if !isAlnum(r) && r != '-' && r != '_' && r != '.' {
			return false
		}
	}
	return name != "" && len(name) <= 64 && isAlnum(rune(name[0])) && isAlnum(rune(name[len(name)-1]))
}

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func (*SwarmFile) FlagType() string { return "secret" }

// configKind is a SwarmFile by docker's other word for its type.
type configKind struct {
	table.TypedKind[SwarmFile, *SwarmFile]
}

func (configKind) FlagType() string { return "config" }
