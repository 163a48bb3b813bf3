package runnertest

import (
	"iter"
	"slices"
	"strings"
)

// containerList holds the engine's containers in the order of their creation. An id or a whole name is found at once; only the
// beginning of an id has to be searched for. The Docker's mutex guards it.
type containerList struct {
	row     []*containerRecord // nil where one has been taken out
	removed int                // how many are nil
	byID    map[string]*containerRecord
	byName  map[string]*containerRecord
}

func (s *containerList) add(b *containerRecord) {
	if s.byID == nil {
		s.byID, s.byName = make(map[string]*containerRecord), make(map[string]*containerRecord)
	}
	b.place = len(s.row)
	s.row = append(s.row, b)
	s.byID[b.id], s.byName[b.name] = b, b
}

// remove takes a container out; a second time does nothing, and is false.
func (s *containerList) remove(b *containerRecord) bool {
	if s.byID[b.id] != b {
		return false
	}
	delete(s.byID, b.id)
	delete(s.byName, b.name)
	s.row[b.place] = nil
	s.removed++
	if s.removed > len(s.row)/2 {
		s.row = slices.DeleteFunc(s.row, func(b *containerRecord) bool { return b == nil })
		s.removed = 0
		for i, b := range s.row {
			b.place = i
		}
	}
	return true
}

func (s *containerList) rename(b *containerRecord, name string) {
	delete(s.byName, b.name)
	b.name = name
	s.byName[name] = b
}

// all yields the containers, the oldest first. None may be added or dropped meanwhile.
func (s *containerList) all() iter.Seq[*containerRecord] {
	return func(yield func(*containerRecord) bool) {
		for _, b := range s.row {
			if b != nil && !yield(b) {
				return
			}
		}
	}
}

// newest yields them the other way round.
func (s *containerList) newest() iter.Seq[*containerRecord] {
	return func(yield func(*containerRecord) bool) {
		for _, b := range slices.Backward(s.row) {
			if b != nil && !yield(b) {
				return
			}
		}
	}
}

// find returns a container by id, name or the beginning of only one id; nil and the engine's words when there is none.
func (s *containerList) find(ref string) (*containerRecord, string) {
	if b := s.byID[ref]; b != nil {
		return b, ""
	}
	if b := s.byName[strings.TrimPrefix(ref, "/")]; b != nil {
		return b, ""
	}
	var found *containerRecord
	if ref != "" && isHex(ref) {
		for b := range s.all() {
			if !strings.HasPrefix(b.id, ref) {
				continue
			}
			if found != nil {
				return nil, "Multiple IDs found with provided prefix: " + ref
			}
			found = b
		}
	}
	if found == nil {
		return nil, "No such container: " + ref
	}
	return found, ""
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}
