package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// PsRow is one container in the output of ps. PsFormat asks for ID to Labels, of which ExitCode and Health follow; the other
// fields want JSONFormat, which makes the engine measure sizes.
type PsRow struct {
	ID     string   // 64 digits with --no-trunc, else 12
	Names  []string // without a leading slash
	Image  string
	State  State
	Status string            // "Up 8 seconds", "Exited (3) 2 minutes ago"
	Labels map[string]string // those that PsFormat was asked for, an absent label being ""; all of them from podman

	// ExitCode is the code in Status, of an exited or restarting container; nil when there is none.
	ExitCode *int
	// Health is what Status says of it.
	Health HealthStatus

	// LabelText is docker's text of all labels, joined by commas. A value may hold commas and equals signs too, so it cannot
	// be taken apart: name the labels to PsFormat, or ask inspect.
	LabelText string
	Command   string    // quoted and, without --no-trunc, cut off
	CreatedAt time.Time // in whole seconds
	// Ports is docker's text; ParsePublished reads it.
	Ports    string
	Networks []string
	Mounts   string // names and paths, joined by commas and cut off
	Size     string // "0B (virtual 1.98MB)" where sizes were asked for
	Platform string // linux/amd64, from client 28.2 and a newer engine; else ""
	Pid      int    // podman's alone

	// Raw is the whole object; nil for a row that was not JSON.
	Raw json.RawMessage
}

// PsFormat returns the --format whose output ParsePs reads. The labels are those that Row.Labels will hold: the whole list that ps
// offers is joined by commas without quoting and cannot be taken apart. It asks for no sizes, which are slow, and works with
// every docker client from 20.10 on, unlike the word json.
func PsFormat(labels ...string) string { return psFormat(`"Image":{{json .Image}},`, labels) }

// PsBriefFormat returns PsFormat without the image, for callers that list thousands of containers again and again: each field
// costs the client some microseconds a container.
func PsBriefFormat(labels ...string) string { return psFormat("", labels) }

func psFormat(more string, labels []string) string {
	var b strings.Builder
	b.WriteString(`{"ID":{{json .ID}},"Names":{{json .Names}},` + more +
		`"State":{{json .State}},"Status":{{json .Status}},"Labels":{`)
	for i, l := range labels {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `%q:{{json (.Label %q)}}`, l, l)
	}
	b.WriteString(`}}`)
	return b.String()
}

// PsStormFormat is the --format for the worker-launcher, whose lines cannot hold a space; ParsePs reads its output too.
const PsStormFormat = "{{.ID}}|{{.Names}}|{{.State}}"

// ParsePs reads the output of ps with PsFormat, PsStormFormat or JSONFormat, with --format json from 23.0 on, and podman's
// array. A line that is none of them is an error: what cannot be read must not be taken for a container that is gone.
func ParsePs(out []byte) ([]PsRow, error) {
	if bytes.HasPrefix(bytes.TrimSpace(out), []byte("[")) {
		return rows("ps", out, psRow)
	}
	var list []PsRow
	number := 0
	for line := range bytes.Lines(out) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		row, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of ps: %w", number, err)
		}
		list = append(list, row)
	}
	return list, nil
}

func parseRow(line []byte) (PsRow, error) {
	if line[0] == '{' {
		return psRow(bytes.Clone(line))
	}
	if string(line) == "json" {
		return PsRow{}, errJSONWord
	}
	parts := strings.Split(string(line), "|")
	if len(parts) != 3 {
		return PsRow{}, fmt.Errorf("%.60q is not a row in a format of this package", line)
	}
	row := PsRow{ID: parts[0], Names: splitNames(parts[1]), State: ParseState(parts[2])}
	return row, row.check()
}

// psRow reads docker's object, all of whose fields are texts, and podman's.
func psRow(line json.RawMessage) (PsRow, error) {
	var raw struct {
		ID, Image, State, Status, HealthStatus string
		Names, Networks, Mounts, Command       looseList
		Labels, Ports, Size, Platform          json.RawMessage
		ExitCode, Pid                          looseInt  // podman's
		Created, CreatedAt                     looseText // Created is podman's
		Exited                                 bool
	}
	if err := json.Unmarshal(line, &raw); err != nil {
		return PsRow{}, err
	}
	row := PsRow{
		ID: raw.ID, Image: raw.Image, State: ParseState(raw.State), Status: raw.Status, Pid: int(raw.Pid),
		Mounts: strings.Join(raw.Mounts, ","), Command: strings.Join(raw.Command, " "), Platform: platformText(raw.Platform), Raw: line,
	}
	if len(raw.Size) > 0 && raw.Size[0] == '"' { // podman's is null or an object
		if err := json.Unmarshal(raw.Size, &row.Size); err != nil {
			return PsRow{}, err
		}
	}
	if raw.State == podmanStopped && raw.Exited {
		row.State = StateExited
	}
	for _, n := range raw.Names {
		row.Names = append(row.Names, splitNames(n)...)
	}
	for _, n := range raw.Networks {
		row.Networks = append(row.Networks, splitNames(n)...)
	}
	var err error
	if row.LabelText, row.Labels, err = readLabels(raw.Labels); err != nil {
		return PsRow{}, fmt.Errorf("labels: %w", err)
	}
	if err := row.readPorts(raw.Ports); err != nil {
		return PsRow{}, fmt.Errorf("ports: %w", err)
	}
	for _, at := range []looseText{raw.Created, raw.CreatedAt} { // of podman's, either may be "3 seconds ago"
		if row.CreatedAt.IsZero() && !strings.HasSuffix(string(at), " ago") && at != "0" {
			if row.CreatedAt, err = parseMoment(string(at)); err != nil {
				return PsRow{}, fmt.Errorf("CreatedAt: %w", err)
			}
		}
	}
	if code, ok := statusCode(row.Status); ok {
		row.ExitCode = &code
	} else if raw.Exited && checkExitCode(int(raw.ExitCode)) == nil {
		row.ExitCode = new(int(raw.ExitCode))
	}
	row.Health = statusHealth(row.Status)
	if raw.HealthStatus != "" {
		row.Health = ParseHealth(raw.HealthStatus)
	}
	return row, row.check()
}

// readPorts keeps docker's text and writes podman's list in the same way.
func (r *PsRow) readPorts(raw json.RawMessage) error {
	if len(raw) == 0 || raw[0] == '"' {
		return json.Unmarshal(orNull(raw), &r.Ports)
	}
	var list []struct {
		HostIP        string `json:"host_ip"`
		HostPort      uint32 `json:"host_port"`
		ContainerPort uint32 `json:"container_port"`
		Range         uint32
		Protocol      string
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	var texts []string
	for _, p := range list {
		ip, more := p.HostIP, max(p.Range, 1)-1
		switch {
		case ip == "":
			ip = "0.0.0.0"
		case strings.Contains(ip, ":"):
			ip = "[" + ip + "]"
		}
		texts = append(texts, fmt.Sprintf("%s:%s->%s/%s", ip, portsFrom(p.HostPort, more), portsFrom(p.ContainerPort, more), p.Protocol))
	}
	r.Ports = strings.Join(texts, ", ")
	return nil
}

func portsFrom(first, more uint32) string {
	if more == 0 {
		return strconv.FormatUint(uint64(first), 10)
	}
	return fmt.Sprintf("%d-%d", first, uint64(first)+uint64(more))
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// platformText reads null (an older engine), a text and the object that docker's template prints.
func platformText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(orNull(raw), &text) == nil {
		return text
	}
	var p struct{ OS, Architecture, Variant string }
	if json.Unmarshal(raw, &p) != nil || p.OS == "" {
		return ""
	}
	return strings.TrimSuffix(p.OS+"/"+p.Architecture+"/"+p.Variant, "/")
}

// statusCode finds the code in "Exited (137) 9 seconds ago" and "Restarting (4) 2 seconds ago".
func statusCode(status string) (int, bool) {
	for _, word := range []string{"Exited (", "Restarting ("} {
		if rest, ok := strings.CutPrefix(status, word); ok {
			digits, _, _ := strings.Cut(rest, ")")
			code, err := strconv.Atoi(digits)
			return code, err == nil && checkExitCode(code) == nil
		}
	}
	return 0, false
}

// statusHealth finds it in "Up 8 seconds (healthy)" and "Up 2 seconds (health: starting)".
func statusHealth(status string) HealthStatus {
	i := strings.LastIndexByte(status, '(')
	if i < 0 || !strings.HasPrefix(status, "Up ") || !strings.HasSuffix(status, ")") {
		return HealthNone
	}
	return ParseHealth(strings.TrimPrefix(status[i+1:len(status)-1], "health: "))
}

func (r PsRow) check() error {
	if r.ID == "" {
		return errors.New("it has no container id")
	}
	if strings.Trim(r.ID, "0123456789abcdef") != "" {
		return fmt.Errorf("%.70q is not a container's id", r.ID)
	}
	return nil
}

func splitNames(s string) []string {
	if s == "" {
		return nil
	}
	names := strings.Split(s, ",")
	for i, n := range names {
		names[i] = strings.TrimPrefix(n, "/")
	}
	return names
}
