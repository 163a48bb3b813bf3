package dockercmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Row is one container in the output of ps.
type Row struct {
	ID     string   // 64 digits with --no-trunc, else 12
	Names  []string // without a leading slash
	Image  string
	State  State
	Status string            // "Up 8 seconds", "Exited (3) 2 minutes ago"
	Labels map[string]string // those that PsFormat was asked for; an absent label is ""
}

// PsFormat is the --format whose output ParsePs reads. The labels are those that Row.Labels will hold: the whole list that ps
// offers is joined by commas without quoting and cannot be taken apart. It asks for no sizes, which are slow, and works with
// every docker client from 20.10 on, unlike the word json.
func PsFormat(labels ...string) string {
	var b strings.Builder
	b.WriteString(`{"ID":{{json .ID}},"Names":{{json .Names}},"Image":{{json .Image}},"State":{{json .State}},"Status":{{json .Status}},"Labels":{`)
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

// ParsePs reads the output of ps with PsFormat or PsStormFormat, or with --format json. A line that is neither is an error:
// what cannot be read must not be taken for a container that is gone.
func ParsePs(out []byte) ([]Row, error) {
	var rows []Row
	for line := range bytes.Lines(out) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		row, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of ps: %w", len(rows)+1, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func parseRow(line []byte) (Row, error) {
	if line[0] == '{' {
		var raw struct {
			ID, Names, Image, State, Status string
			Labels                          json.RawMessage
		}
		if err := json.Unmarshal(line, &raw); err != nil {
			return Row{}, err
		}
		row := Row{ID: raw.ID, Names: splitNames(raw.Names), Image: raw.Image, State: ParseState(raw.State), Status: raw.Status}
		// With --format json the labels are one text, which cannot be taken apart.
		if len(raw.Labels) > 0 && raw.Labels[0] == '{' {
			if err := json.Unmarshal(raw.Labels, &row.Labels); err != nil {
				return Row{}, err
			}
		}
		return row, row.check()
	}
	parts := strings.Split(string(line), "|")
	if len(parts) != 3 {
		return Row{}, fmt.Errorf("%.60q is not a row in a format of this package", line)
	}
	row := Row{ID: parts[0], Names: splitNames(parts[1]), State: ParseState(parts[2])}
	return row, row.check()
}

func (r Row) check() error {
	if r.ID == "" || strings.Trim(r.ID, "0123456789abcdef") != "" {
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

// Container is what inspect says of one container. Fields that an engine leaves out are zero.
type Container struct {
	ID           string `json:"Id"`
	Name         string // without the leading slash
	Created      time.Time
	Image        string // the image's id
	RestartCount int
	State        ContainerState
	Config       struct {
		Image  string // the image as it was asked for
		User   string
		Env    []string
		Cmd    []string
		Labels map[string]string
	}
	HostConfig struct {
		CgroupParent string
		Memory       Bytes
		NanoCPUs     CPUs `json:"NanoCpus"`
	}
	Raw json.RawMessage `json:"-"` // everything, as the engine said it
}

// ContainerState is the State of a container. Decide on Status: Running is also true for paused and restarting ones. A
// container that was made but never started has ExitCode 0, which means nothing, or the code of the failed start.
type ContainerState struct {
	Status     State
	Running    bool
	Paused     bool
	Restarting bool
	OOMKilled  bool
	Dead       bool
	Pid        int
	ExitCode   int
	Error      string
	StartedAt  time.Time
	FinishedAt time.Time
}

// InspectStormFormat is the --format for the worker-launcher, whose lines cannot hold a space: whole objects, one a line.
const InspectStormFormat = "{{.|json}}"

// ParseInspect reads the output of inspect --type=container, without a format (one array) or with InspectStormFormat.
func ParseInspect(out []byte) ([]Container, error) {
	var raws []json.RawMessage
	seen := false // an empty array is an answer, nothing is none
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var value json.RawMessage
		err := d.Decode(&value)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && value[0] == '[' {
			var list []json.RawMessage
			err = json.Unmarshal(value, &list)
			raws = append(raws, list...)
		} else {
			raws = append(raws, value)
		}
		if err != nil {
			return nil, fmt.Errorf("output of inspect: %w", err)
		}
		seen = true
	}
	if !seen {
		return nil, errors.New("output of inspect: it is empty")
	}
	containers := make([]Container, 0, len(raws))
	for i, raw := range raws {
		var c Container
		if err := json.Unmarshal(raw, &plainContainer{Container: &c}); err != nil {
			return nil, fmt.Errorf("output of inspect, object %d: %w", i+1, err)
		}
		if c.ID == "" {
			return nil, fmt.Errorf("output of inspect, object %d: it has no Id", i+1)
		}
		c.Name = strings.TrimPrefix(c.Name, "/")
		c.State.Status = ParseState(string(c.State.Status))
		c.Raw = raw
		containers = append(containers, c)
	}
	return containers, nil
}

// plainContainer reads the engine's numbers, which stand in the JSON as numbers, into types that are texts elsewhere.
type plainContainer struct {
	*Container
	HostConfig struct {
		CgroupParent string
		Memory       int64
		NanoCpus     int64
	}
}

func (p *plainContainer) UnmarshalJSON(data []byte) error {
	type plain plainContainer // without this method
	if err := json.Unmarshal(data, (*plain)(p)); err != nil {
		return err
	}
	p.Container.HostConfig.CgroupParent = p.HostConfig.CgroupParent
	p.Container.HostConfig.Memory = Bytes(p.HostConfig.Memory)
	p.Container.HostConfig.NanoCPUs = CPUs(p.HostConfig.NanoCpus)
	return nil
}

// ParseID finds the id that run --detach or create prints: the last line. Notices of deprecated flags may stand before it.
func ParseID(out []byte) (string, error) {
	lines := strings.Fields(string(out))
	if len(lines) == 0 {
		return "", fmt.Errorf("docker printed no container id")
	}
	id := lines[len(lines)-1]
	if !ValidID(id) {
		return "", fmt.Errorf("docker printed %.70q, which is not a container's id", id)
	}
	return id, nil
}

// ParseWait reads the exit codes that wait prints, one for each container that it found, in order.
func ParseWait(out []byte) ([]int, error) {
	var codes []int
	for _, f := range strings.Fields(string(out)) {
		code, err := strconv.Atoi(f)
		if err != nil {
			return nil, fmt.Errorf("output of wait: %.60q is not an exit code", f)
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// Version is what docker version says.
type Version struct {
	Client VersionPart
	Server *VersionPart // nil when no engine answered
}

// VersionPart is one side of it.
type VersionPart struct {
	Version       string
	APIVersion    string `json:"ApiVersion"` // on the client's side, the one agreed on
	MinAPIVersion string
	Os            string
	Arch          string
}

// VersionFormat is the --format whose output ParseVersion reads, with every client from 20.10 on.
const VersionFormat = "{{json .}}"

// ParseVersion reads the output of version --format=VersionFormat.
func ParseVersion(out []byte) (Version, error) {
	var v Version
	if err := json.Unmarshal(bytes.TrimSpace(out), &v); err != nil {
		return Version{}, fmt.Errorf("output of version: %w", err)
	}
	return v, nil
}
