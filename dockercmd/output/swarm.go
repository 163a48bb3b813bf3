package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ServiceRow is one line of service ls.
type ServiceRow struct {
	ID    string // 12 signs
	Name  string
	Image string
	Mode  string // replicated, global, replicated job or global job
	// Running is how many tasks run, Desired how many should, and MaxPerNode --replicas-max-per-node, 0 for none.
	Running    int `json:"-"`
	Desired    int `json:"-"`
	MaxPerNode int `json:"-"`
	// Replicas is docker's own text, which says more of jobs: "0/1 (1/1 completed)".
	Replicas string
	Ports    string // *:8080->80/tcp

	Raw json.RawMessage `json:"-"` // the whole object
}

// ParseServices reads the output of service ls --format=JSONFormat.
func ParseServices(out []byte) ([]ServiceRow, error) {
	return rows("service ls", out, func(line json.RawMessage) (ServiceRow, error) {
		s := ServiceRow{Raw: line}
		if err := json.Unmarshal(line, &s); err != nil {
			return ServiceRow{}, err
		}
		if s.ID == "" || s.Name == "" {
			return ServiceRow{}, errors.New("it has no id or no name")
		}
		return s, s.readReplicas()
	})
}

// readReplicas takes "2/3", "2/3 (max 1 per node)" and "0/1 (1/1 completed)" apart.
func (s *ServiceRow) readReplicas() error {
	counts, rest, _ := strings.Cut(s.Replicas, " ")
	running, desired, ok := strings.Cut(counts, "/")
	a, err1 := strconv.Atoi(running)
	b, err2 := strconv.Atoi(desired)
	if !ok || err1 != nil || err2 != nil {
		return fmt.Errorf("replicas: %.40q is not of the form 2/3", s.Replicas)
	}
	s.Running, s.Desired = a, b
	if after, ok := strings.CutPrefix(rest, "(max "); ok {
		most, _, _ := strings.Cut(after, " ")
		s.MaxPerNode, _ = strconv.Atoi(most)
	}
	return nil
}

// TaskRow is one line of service ps, stack ps or node ps.
type TaskRow struct {
	ID    string // 12 signs, 25 with --no-trunc
	Name  string // web.1, or glob.NODE for a global service; older tasks of the same slot bear the same name
	Image string
	Node  string // "" before it has one
	// DesiredState is Running, Shutdown, Ready, Accepted, Complete or Remove.
	DesiredState string
	// CurrentState is a state and its age, "Running 6 seconds ago"; State is the word in lower case.
	CurrentState string
	State        string `json:"-"`
	Error        string // in quotes, and cut off without --no-trunc
	Ports        string

	Raw json.RawMessage `json:"-"` // the whole object
}

// ParseTasks reads the output of service ps, stack ps and node ps --format=JSONFormat.
func ParseTasks(out []byte) ([]TaskRow, error) {
	return rows("service ps", out, func(line json.RawMessage) (TaskRow, error) {
		task := TaskRow{Raw: line}
		if err := json.Unmarshal(line, &task); err != nil {
			return TaskRow{}, err
		}
		if task.ID == "" {
			return TaskRow{}, errors.New("it has no task id")
		}
		word, _, _ := strings.Cut(task.CurrentState, " ")
		task.State = strings.ToLower(word)
		return task, nil
	})
}

// NodeRow is one line of node ls.
type NodeRow struct {
	ID            string // whole, 25 signs
	Hostname      string
	Status        string // Ready, Down, Unknown or Disconnected
	Availability  string // Active, Pause or Drain
	ManagerStatus string // Leader, Reachable or Unreachable; "" for a worker
	EngineVersion string
	TLSStatus     string
	Self          bool // the node that answered

	Raw json.RawMessage `json:"-"` // the whole object
}

// ParseNodes reads the output of node ls --format=JSONFormat.
func ParseNodes(out []byte) ([]NodeRow, error) {
	return rows("node ls", out, func(line json.RawMessage) (NodeRow, error) {
		n := NodeRow{Raw: line}
		loose := struct {
			*NodeRow
			Self looseBool
		}{NodeRow: &n}
		if err := json.Unmarshal(line, &loose); err != nil {
			return NodeRow{}, err
		}
		if n.Self = bool(loose.Self); n.ID == "" {
			return NodeRow{}, errors.New("it has no node id")
		}
		return n, nil
	})
}
