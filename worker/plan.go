package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/scripts"
)

// The labels that a Manager puts on its containers.
const (
	LabelInstance = "dockercmd.instance" // whose container it is: Setting.Instance
	LabelWorker   = "dockercmd.worker"   // the worker's id
	LabelLaunch   = "dockercmd.launch"   // which launch of the worker
)

// ownLabels are the labels that tell a container's launch.
var ownLabels = []string{LabelInstance, LabelWorker, LabelLaunch}

// Where the worker's own directories are mounted in its container.
const (
	workTarget = "/worker"
	tmpTarget  = "/tmp"
)

const (
	workerScript = "worker.sh"
	envFile      = "worker.env"
	cidFile      = "container.cid"
)

// Setting is what a plan depends on beside its spec.
type Setting struct {
	// Root is the Manager's directory.
	Root string
	// Instance tells the containers of one supervisor from another's.
	Instance string
	// Launch tells this launch from the worker's others.
	Launch string
	// Engine is what the lines are spelled for.
	Engine dockercmd.Engine
	// Identity is the spec's user on this machine.
	Identity Identity
	// Zones are the machine's NUMA zones.
	Zones map[string]Zone
	// PullsBefore says that the image is brought before docker run, which then pulls nothing.
	PullsBefore bool
}

// Plan is everything that one worker's life writes and runs. It is made by NewPlan without touching the machine.
type Plan struct {
	ID      string
	Setting Setting
	// Dirs are the directories to make, parents first.
	Dirs []Dir
	// Files are the files to write, in order.
	Files []File
	// Steps are the lines of the life, in order.
	Steps []Step
	// Sources are the paths on the host that must exist before the launch.
	Sources []string
	// Resources are set aside for the worker.
	Resources Resources
	// CgroupParent is the cgroup above the container's, or "".
	CgroupParent string

	digest string // of the spec as it was given
}

// Dir is a directory of a plan.
type Dir struct {
	Path  string
	Owner *Identity // nil is the supervisor, and a directory that nobody else can enter
}

// File is a file of a plan.
type File struct {
	Path string
	Mode fs.FileMode
	Data []byte
	// Shown is Data with the values of variables replaced by dots, for people.
	Shown []byte
}

// Step is one docker line and the command file that holds it.
type Step struct {
	Name    string // docker-run, docker-wait...
	Command dockercmd.Command
	Path    string
}

// Names of the steps, and of their files without ".sh".
const (
	StepRun     = "docker-run"
	StepPs      = "docker-ps"
	StepInspect = "docker-inspect"
	StepWait    = "docker-wait"
	StepStop    = "docker-stop"
	StepKill    = "docker-kill"
	StepRm      = "docker-rm"
)

// Step returns the step of a name, or nil.
func (p *Plan) Step(name string) *Step {
	for i := range p.Steps {
		if p.Steps[i].Name == name {
			return &p.Steps[i]
		}
	}
	return nil
}

// stateDir and workDir are a worker's two directories below a Manager's root: the supervisor's own, and the parent of the
// worker's own, which the worker cannot write to.
func stateDir(root, id string) string { return filepath.Join(root, "workers", id) }

func workDir(root, id string) string { return filepath.Join(root, "work", id) }

// NewPlan makes the plan of a spec. The error holds all problems of the spec and of its lines, and what the engine lacks.
func NewPlan(spec Spec, set Setting) (*Plan, error) {
	checked, err := spec.checked()
	if err != nil {
		return nil, err
	}
	return newPlan(checked, set)
}

// newPlan makes the plan of a checked spec.
func newPlan(spec checkedSpec, set Setting) (*Plan, error) {
	p := &Plan{ID: spec.ID, Setting: set, Resources: spec.Resources, CgroupParent: spec.CgroupParent}
	state, work := stateDir(set.Root, spec.ID), workDir(set.Root, spec.ID)
	p.Dirs = []Dir{{Path: state}, {Path: work}, {filepath.Join(work, "work"), &set.Identity},
		{filepath.Join(work, "tmp"), &set.Identity}}
	if set.Engine.Dialect == dockercmd.Storm {
		p.Dirs[1].Owner = &set.Identity // the launcher gives it to this user
	}
	run, err := spec.run(set)
	if err != nil {
		return nil, err
	}
	p.Sources = spec.sources()
	if err := p.workerFiles(spec.Spec); err != nil {
		return nil, err
	}
	steps := []Step{{Name: StepRun, Command: run, Path: filepath.Join(state, StepRun+".sh")}}
	for _, s := range append(steps, lifeSteps(set, spec.ID, int64(spec.Grace().Seconds()))...) {
		if err := p.addStep(s); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// lifeSteps returns the lines of a worker's life after its launch. The grace is in seconds.
func lifeSteps(set Setting, id string, grace int64) []Step {
	name := []string{id}
	ps := &dockercmd.Ps{All: true, Filters: []dockercmd.Filter{dockercmd.ExactName(id)}, NoTrunc: true,
		Format: output.PsFormat(ownLabels...)}
	inspect := &dockercmd.Inspect{Type: "container", Names: name}
	if set.Engine.Dialect == dockercmd.Storm {
		ps = stormPs(id)
		inspect = &dockercmd.Inspect{Format: output.InspectStormFormat, Names: name}
	}
	steps := []Step{
		{Name: StepPs, Command: ps},
		{Name: StepInspect, Command: inspect},
		{Name: StepWait, Command: &dockercmd.Wait{Containers: name}},
		{Name: StepStop, Command: &dockercmd.Stop{Timeout: &grace, Containers: name}},
		{Name: StepKill, Command: &dockercmd.Kill{Containers: name}},
		// Without force docker refuses to remove what somebody has started again. The worker-launcher's line is as it is written.
		{Name: StepRm, Command: &dockercmd.Rm{Force: set.Engine.Dialect == dockercmd.Storm, Volumes: true, Containers: name}},
	}
	for i := range steps {
		steps[i].Path = filepath.Join(stateDir(set.Root, id), steps[i].Name+".sh")
	}
	return steps
}

// stormPs lists containers in every state for the worker-launcher, which takes no --all: naming every state is the same.
func stormPs(ids ...string) *dockercmd.Ps {
	ps := &dockercmd.Ps{Format: output.PsStormFormat}
	for _, id := range ids {
		ps.Filters = append(ps.Filters, dockercmd.ExactName(id))
	}
	for _, s := range []output.State{output.StateCreated, output.StateRunning, output.StatePaused,
		output.StateRestarting,
		output.StateRemoving, output.StateExited, output.StateDead} {
		ps.Filters = append(ps.Filters, dockercmd.Filter{Key: "status", Value: string(s)})
	}
	return ps
}

// addStep checks a line and adds it with its command file.
func (p *Plan) addStep(s Step) error {
	problems := append(lineErrors(p.ID, s.Command.Validate()), lineErrors(p.ID, p.Setting.Engine.Check(s.Command))...)
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	file := scripts.Command{Argv: append([]string{"docker"}, p.Setting.Engine.Args(s.Command)...)}
	if p.Setting.Engine.Dialect == dockercmd.Storm {
		file.Format = scripts.Line
	} else {
		file.Comment = fmt.Sprintf("%s of worker %s, launch %s", strings.TrimPrefix(s.Name, "docker-"), p.ID, p.Setting.Launch)
	}
	data, err := file.Bytes()
	if err == nil {
		err = checkSize(data)
	}
	if err != nil {
		return &Error{ErrSpec, p.ID, "", fmt.Errorf("%s: %w", s.Name, err)}
	}
	mode := fs.FileMode(0o700)
	if file.Format == scripts.Line {
		mode = 0o600
	}
	p.Files = append(p.Files, File{Path: s.Path, Mode: mode, Data: data, Shown: data})
	p.Steps = append(p.Steps, s)
	return nil
}

// checkSize refuses what a directory of scripts would not take.
func checkSize(data []byte) error {
	const most = 1 << 20
	if len(data) > most {
		return fmt.Errorf("the file has %d bytes, and at most %d are written; put long values in files of their own", len(data),
			most)
	}
	return nil
}

// workerFiles adds what carries the environment: the worker script, or the file for --env-file.
func (p *Plan) workerFiles(spec Spec) error {
	if spec.Shell == NoShell {
		if len(spec.Env) == 0 {
			return nil
		}
		var data, shown strings.Builder
		for _, key := range slices.Sorted(maps.Keys(spec.Env)) {
			fmt.Fprintf(&data, "%s=%s\n", key, spec.Env[key])
			fmt.Fprintf(&shown, "%s=...\n", key)
		}
		if err := checkSize([]byte(data.String())); err != nil {
			return problem(ErrSpec, p.ID, "env", "%w", err)
		}
		path := filepath.Join(stateDir(p.Setting.Root, p.ID), envFile)
		p.Files = append(p.Files, File{Path: path, Mode: 0o600, Data: []byte(data.String()), Shown: []byte(shown.String())})
		return nil
	}
	mask := fs.FileMode(0o027)
	if spec.Umask != nil {
		mask = fs.FileMode(*spec.Umask)
	}
	script := scripts.Worker{Shell: spec.Shell, Env: spec.Env, Umask: &mask, Argv: spec.Command, Comment: "worker " + spec.ID}
	data, err := script.Bytes()
	if err == nil {
		err = checkSize(data)
	}
	if err != nil {
		return &Error{ErrSpec, p.ID, "", fmt.Errorf("worker script: %w", err)}
	}
	script.Env = maps.Clone(spec.Env)
	for key := range script.Env {
		script.Env[key] = "..."
	}
	shown, err := script.Bytes()
	if err != nil {
		return &Error{ErrSpec, p.ID, "", err}
	}
	path := filepath.Join(workDir(p.Setting.Root, p.ID), "work", workerScript)
	p.Files = append(p.Files, File{Path: path, Mode: 0o500, Data: data, Shown: shown})
	return nil
}
