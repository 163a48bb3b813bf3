// Package output reads what docker prints into documented types, a parser for each command; podman's output too.
//
//   - Containers: [ParsePs], [ParseInspect], [ParseStats], [ParseTop], [ParsePublished] (port, and the ports of ps), [ParseWait],
//     [ParseID], [ParseState], [ParseHealth].
//   - The engine: [ParseEvents] and [ParseEvent], [ParseVersion], [ParseInfo], [ParseDiskUsage], [ParseContexts].
//   - Images: [ParseImages], [ParseImageInspect], [ParseImageID], [ParsePulled], [ParseLoaded], [ParseDeleted].
//   - Networks and volumes: [ParseNetworks], [ParseNetworkInspect], [ParseVolumes], [ParseVolumeInspect].
//   - A swarm: [ParseServices], [ParseTasks], [ParseNodes].
//   - Commands that print back their operands: [ParseEcho].
//
// Listings want a --format: [JSONFormat], [PsFormat] or [PsBriefFormat] for ps, [VersionFormat] for version, and
// [PsStormFormat] and [InspectStormFormat] for Storm's worker-launcher, which takes no blanks.
//
// What no field holds stays in Raw. What cannot be read is an error that names the line: rows are never dropped silently.
package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// JSONFormat is the --format whose output the parsers of listings read: one object a line from every docker client from
// 20.10 on, one array from podman. The word json is shorter, but 20.10 prints that very word for each row.
const JSONFormat = "{{json .}}"

// errJSONWord is what 20.10 answers to --format=json. It exits with 0.
var errJSONWord = errors.New("docker printed the word json in place of an object, as clients before 23.0 do for --format=json; " +
	"use --format={{json .}}")

// object is one JSON object of an output, and where it stands.
type object struct {
	where string // "line 3 of ps"
	raw   json.RawMessage
}

// objects takes an output apart: one object a line (docker) or one array of objects (podman). White space alone is none. Each
// object is a copy.
func objects(command string, out []byte) ([]object, error) {
	var list []object
	if bytes.HasPrefix(bytes.TrimSpace(out), []byte("[")) {
		var raws []json.RawMessage
		if err := json.Unmarshal(out, &raws); err != nil {
			return nil, fmt.Errorf("output of %s: %w", command, err)
		}
		for i, raw := range raws {
			list = append(list, object{fmt.Sprintf("object %d of %s", i+1, command), raw})
		}
	} else {
		number := 0
		for line := range bytes.Lines(out) {
			number++
			if line = bytes.TrimSpace(line); len(line) > 0 {
				list = append(list, object{fmt.Sprintf("line %d of %s", number, command), bytes.Clone(line)})
			}
		}
	}
	for _, o := range list {
		if err := o.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", o.where, err)
		}
	}
	return list, nil
}

func (o object) check() error {
	switch {
	case o.raw[0] == '{':
		return nil
	case string(o.raw) == "json":
		return errJSONWord
	}
	return fmt.Errorf("%.60q is not a JSON object; use --format=%s", o.raw, JSONFormat)
}

// rows reads each object of a listing.
func rows[T any](command string, out []byte, read func(json.RawMessage) (T, error)) ([]T, error) {
	list, err := objects(command, out)
	if err != nil {
		return nil, err
	}
	var all []T
	for _, o := range list {
		row, err := read(o.raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.where, err)
		}
		all = append(all, row)
	}
	return all, nil
}

// single reads an output that is one object.
func single(command string, out []byte, into any) error {
	out = bytes.TrimSpace(out)
	switch {
	case len(out) == 0:
		return fmt.Errorf("output of %s: it is empty", command)
	case string(out) == "json":
		return fmt.Errorf("output of %s: %w", command, errJSONWord)
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("output of %s: %w", command, err)
	}
	return nil
}

// readLabels takes docker's text of all labels for a text, and an object (PsFormat's, podman's) for labels.
func readLabels(raw json.RawMessage) (text string, labels map[string]string, err error) {
	switch {
	case len(raw) == 0:
	case raw[0] == '"':
		err = json.Unmarshal(raw, &text)
	default:
		err = json.Unmarshal(raw, &labels)
	}
	return text, labels, err
}

// looseText is a text that some engine prints as a number, a truth value or null. N/A is docker's word for nothing.
type looseText string

func (t *looseText) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		var s string
		err := json.Unmarshal(data, &s)
		*t = looseText(s)
		if s == "N/A" || s == "<none>" {
			*t = ""
		}
		return err
	case '[', '{':
		return fmt.Errorf("%.20q stands where a text belongs", data)
	case 'n':
		*t = ""
	default:
		*t = looseText(data)
	}
	return nil
}

// looseInt is a whole number that some client prints as a text; an empty one is 0.
type looseInt int64

func (i *looseInt) UnmarshalJSON(data []byte) error {
	var t looseText
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	if t == "" {
		*i = 0
		return nil
	}
	n, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil {
		return fmt.Errorf("%.40q is not a whole number", string(t))
	}
	*i = looseInt(n)
	return nil
}

// looseBool is true or false, perhaps as a text; an empty one is false.
type looseBool bool

func (b *looseBool) UnmarshalJSON(data []byte) error {
	var t looseText
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	if t == "" {
		*b = false
		return nil
	}
	v, err := strconv.ParseBool(string(t))
	if err != nil {
		return fmt.Errorf("%.40q is neither true nor false", string(t))
	}
	*b = looseBool(v)
	return nil
}

// looseList is a list of texts that some engine prints as one text. null and "" are nil, an empty list stays empty.
type looseList []string

func (l *looseList) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		return json.Unmarshal(data, (*[]string)(l))
	}
	var t looseText
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	*l = nil
	if t != "" {
		*l = looseList{string(t)}
	}
	return nil
}

// looseTime is a time in any of the ways in which engines write it: RFC 3339, Go's own text form (docker's listings), seconds
// since 1970 (podman's). An empty one, and podman's for never, are the zero time.
type looseTime struct{ time.Time }

func (t *looseTime) UnmarshalJSON(data []byte) error {
	var text looseText
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	at, err := parseMoment(string(text))
	t.Time = at
	return err
}

// parseMoment refuses a time that could not be written down again: JSON has the years 0 to 9999.
func parseMoment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, err := parseAnyMoment(s)
	if year := at.UTC().Year(); err == nil && (year < 0 || year > 9999) {
		return time.Time{}, fmt.Errorf("%.60q is not a time of the years 0 to 9999", s)
	}
	return at, err
}

func parseAnyMoment(s string) (time.Time, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return unixTime(n, 0), nil
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at, nil
	}
	// "2026-11-22 00:44:11.5 +0000 UTC": the zone's name says nothing that the offset does not.
	if f := strings.Fields(s); len(f) >= 3 {
		if at, err := time.Parse("2006-01-02 15:04:05 -0700", strings.Join(f[:3], " ")); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.60q is not a time", s)
}

// unixTime returns the zero time for the second that podman prints for never.
func unixTime(seconds, nano int64) time.Time {
	at := time.Unix(seconds, nano).UTC()
	if at.IsZero() {
		return time.Time{}
	}
	return at
}

// parseAmount reads a size as docker prints it for people, rounded: "324KiB" (powers of 1024), "1.46kB" (powers of 1000), "0B".
// What is not known ("--", "N/A", nothing) is -1, and 2^63 and 2^64, with which the kernel says that there is no limit, are the
// largest size.
func parseAmount(s string) (dockercmd.Bytes, error) {
	s = strings.TrimSpace(s)
	if s == "" || s == "--" || s == "N/A" {
		return -1, nil
	}
	i := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != '-' && r != '+' && r != 'e' })
	if i < 0 {
		i = len(s)
	}
	number, err := strconv.ParseFloat(s[:i], 64)
	if err != nil || number < 0 {
		return 0, fmt.Errorf("%.40q is not a size such as 1.46kB or 324KiB", s)
	}
	unit := strings.ToLower(strings.TrimSpace(s[i:]))
	step := 1000.0
	if strings.HasSuffix(unit, "ib") {
		step, unit = 1024, strings.TrimSuffix(unit, "ib")+"b"
	}
	power := strings.Index("bkmgtpezy", strings.TrimSuffix(unit, "b"))
	if unit == "" || unit == "b" {
		power = 0
	}
	if power < 0 || len(unit) > 2 {
		return 0, fmt.Errorf("%.40q has an unknown unit; sizes look like 1.46kB or 324KiB", s)
	}
	for range power {
		number *= step
	}
	switch {
	case number >= 1.9e19:
		return 0, fmt.Errorf("%.40q is larger than docker can count", s)
	case number >= 1<<63: // no limit at all: 8EiB or 16EiB, 9.22EB or 18.45EB
		return math.MaxInt64, nil
	}
	return dockercmd.Bytes(number + 0.5), nil
}

// looseAmount is a size, as a number of bytes or as a text for people; -1 when it is not known.
type looseAmount dockercmd.Bytes

func (a *looseAmount) UnmarshalJSON(data []byte) error {
	var t looseText
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	n, err := parseAmount(string(t))
	*a = looseAmount(n)
	return err
}
