package dockercmd

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// Topology is a place in a cluster, as a volume's plugin knows it: region=R1,zone=Z1. A segment may have no value.
type Topology map[string]string

// ParseTopology reads segments between commas. As in docker, blanks belong to them, nothing can be quoted, and the last of two
// equal keys wins.
func ParseTopology(s string) (Topology, error) {
	t := Topology{}
	for segment := range strings.SplitSeq(s, ",") {
		key, value := cutPair(segment)
		t[key] = value
	}
	return t, nil
}

// String renders the segments in the order of their keys, an empty value without '='.
func (t Topology) String() string { return string(t.AppendTo(nil)) }

func (t *Topology) AppendTo(dst []byte) []byte {
	for i, key := range slices.Sorted(maps.Keys(*t)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, key...)
		if value := (*t)[key]; value != "" {
			dst = append(append(dst, '='), value...)
		}
	}
	return dst
}

// MarshalText returns String, for YAML and JSON.
func (t Topology) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what ParseTopology reads.
func (t *Topology) UnmarshalText(text []byte) (err error) {
	*t, err = ParseTopology(string(text))
	return err
}

func (t *Topology) Validate() error {
	for key, value := range *t {
		if key == "" || strings.ContainsAny(key, "=,") || strings.Contains(value, ",") {
			return fmt.Errorf("the topology %q holds a segment without a key, or a comma or '=' that belongs to a name; give "+
				"region=R1,zone=Z1", t)
		}
	}
	if len(*t) == 0 {
		return errors.New("the topology is empty; give region=R1,zone=Z1")
	}
	return nil
}
func (*Topology) FlagType() string { return "list" }

var topology table.TypedKind[Topology, *Topology]
