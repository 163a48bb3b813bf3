package runnertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// inspected is what docker inspect tells of a container: the part of the engine's answer that the fake knows, in its order.
type inspected struct {
	ID           string `json:"Id"`
	Created      string
	Path         string
	Args         []string
	State        inspectedState
	Image        string
	Name         string
	RestartCount int
	Driver       string
	Platform     string
	HostConfig   hostConfig
	Mounts       []inspectedMount
	Config       config
}

type inspectedState struct {
	Status     string
	Running    bool
	Paused     bool
	Restarting bool
	OOMKilled  bool
	Dead       bool
	Pid        int
	ExitCode   int
	Error      string
	StartedAt  string
	FinishedAt string
}

type hostConfig struct {
	Binds           []string
	ContainerIDFile string
	NetworkMode     string
	RestartPolicy   struct {
		Name              string
		MaximumRetryCount int
	}
	AutoRemove     bool
	CapAdd         []string
	CapDrop        []string
	GroupAdd       []string
	Privileged     bool
	ReadonlyRootfs bool
	SecurityOpt    []string
	CPUShares      int64 `json:"CpuShares"`
	Memory         int64
	NanoCPUs       int64 `json:"NanoCpus"`
	CgroupParent   string
	CpusetCpus     string
	CpusetMems     string
	Init           *bool `json:",omitempty"`
}

type inspectedMount struct {
	Type        string
	Source      string
	Destination string
	Mode        string
	RW          bool
	Propagation string
}

type config struct {
	Hostname   string
	User       string
	Tty        bool
	OpenStdin  bool
	Env        []string
	Cmd        []string
	Image      string
	WorkingDir string
	Entrypoint []string
	Labels     map[string]string
	StopSignal string `json:",omitempty"`

	StopTimeout *int64 `json:",omitempty"`
}

// inspectedImage is what docker inspect tells of an image. Nothing here has a size or a date.
type inspectedImage struct {
	ID           string `json:"Id"`
	RepoTags     []string
	RepoDigests  []string
	Created      string
	Architecture string
	Os           string
	Size         int64
}

// runInspect runs docker inspect.
func (d *Docker) runInspect(p *client, c *dockercmd.Inspect) int {
	switch c.Type {
	case "", "container", "image":
	case "network", "volume", "config", "node", "plugin", "secret", "service", "task":
		p.errln("runnertest: the fake docker inspects containers and images only")
		return 125
	default:
		p.errln(fmt.Sprintf(`unknown type: %q: must be one of "config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"`, c.Type))
		return 1
	}
	var found []any
	var errs []string
	d.mu.Lock()
	for _, ref := range c.Names {
		if object, problem := d.inspect(c.Type, ref); problem == "" {
			found = append(found, object)
		} else {
			errs = append(errs, problem)
		}
	}
	d.mu.Unlock()

	text, problem, code := renderInspect(c.Format, found)
	p.out(text)
	if problem != "" {
		p.errln(problem)
		return code
	}
	for _, e := range errs {
		p.errln(e)
	}
	return min(len(errs), 1)
}

// inspect finds an object of a type, or the first of the name when there is no type. The caller holds d.mu.
func (d *Docker) inspect(kind, ref string) (object any, problem string) {
	if kind != "image" {
		if b, text := d.find(ref); text == "" {
			return b.inspect(), ""
		} else if kind == "container" {
			return nil, daemonError(text)
		}
	}
	if _, ok := d.localImages()[ref]; ok {
		return inspectedImage{imageID(ref), []string{tagged(ref)}, []string{}, engineTime(time.Time{}), "amd64", "linux", 0}, ""
	}
	if kind == "image" {
		return nil, daemonError(d.noImage(ref))
	}
	return nil, "Error: No such object: " + ref
}

// emptyInspect returns what inspect prints when it has found nothing: an empty array, or a newline for a template.
func emptyInspect(format string) string {
	if format == "" || format == "json" {
		return "[]\n"
	}
	return "\n"
}

func renderInspect(format string, found []any) (text, problem string, code int) {
	if format != "" && format != "json" {
		return renderInspectTemplate(format, found)
	}
	if len(found) == 0 {
		return emptyInspect(format), "", 0
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if format == "" {
		e.SetIndent("", "    ")
	}
	if err := e.Encode(found); err != nil {
		return "", err.Error(), 1
	}
	return b.String(), "", 0
}

// renderInspectTemplate executes the template on the typed answer, and when that fails, as docker does, on the bare JSON,
// whose keys are spelled a little differently.
func renderInspectTemplate(format string, found []any) (text, problem string, code int) {
	t, err := newTemplate("", format)
	if err != nil {
		return "", "template parsing error: " + err.Error(), 64
	}
	if len(found) == 0 {
		return emptyInspect(format), "", 0
	}
	var b strings.Builder
	for _, one := range found {
		line, err := execute(t, one)
		if err != nil {
			line, err = executeRaw(format, one)
		}
		if err != nil {
			if b.Len() == 0 {
				return "\n", "template parsing error: " + err.Error(), 1
			}
			return b.String(), "template parsing error: " + err.Error(), 1
		}
		b.WriteString(line + "\n")
	}
	return b.String(), "", 0
}

func executeRaw(format string, one any) (string, error) {
	t, err := newTemplate("", format)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(one)
	if err != nil {
		return "", err
	}
	var bare any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&bare); err != nil {
		return "", err
	}
	return execute(t.Option("missingkey=error"), bare)
}

// inspect returns what docker inspect shows. The caller holds the Docker's mutex.
func (b *containerRecord) inspect() inspected {
	r := &b.run
	words := b.words()
	i := inspected{
		ID: b.id, Created: engineTime(b.created), Args: []string{}, Image: imageID(b.image), Name: "/" + b.name,
		RestartCount: b.restarts, Driver: "overlay2", Platform: "linux",
		State: inspectedState{
			Status: string(b.state), Running: b.running(), Paused: b.state == output.StatePaused,
			Restarting: b.state == output.StateRestarting, OOMKilled: b.oomKilled,
			ExitCode: b.exitCode, Error: b.errText, StartedAt: engineTime(b.startedAt), FinishedAt: engineTime(b.finishedAt),
		},
		HostConfig: hostConfig{
			ContainerIDFile: r.CIDFile, NetworkMode: "default", AutoRemove: r.Rm, CapAdd: r.CapAdd, CapDrop: r.CapDrop,
			GroupAdd: r.GroupAdd, Privileged: r.Privileged, ReadonlyRootfs: r.ReadOnly, SecurityOpt: securityOpts(r.SecurityOpts),
			CPUShares: r.CPUShares,
			Memory:    int64(r.Memory), NanoCPUs: int64(r.CPUs), CgroupParent: r.CgroupParent, CpusetCpus: r.CpusetCpus,
			CpusetMems: r.CpusetMems,
			Init:       r.Init,
		},
		Mounts: []inspectedMount{},
		Config: config{
			Hostname: b.id[:12], User: r.User, Tty: r.TTY, OpenStdin: r.Interactive, Env: b.env, Cmd: r.Command, Image: b.image,
			WorkingDir: r.Workdir, Labels: b.labels, StopSignal: r.StopSignal, StopTimeout: r.StopTimeout,
		},
	}
	if len(words) > 0 {
		i.Path, i.Args = words[0], append(i.Args, words[1:]...)
	}
	if b.process != nil {
		i.State.Pid = b.process.pid
	}
	if e := r.Entrypoint; e != nil && *e != "" {
		i.Config.Entrypoint = []string{*e}
	}
	if r.Hostname != "" {
		i.Config.Hostname = r.Hostname
	}
	if len(r.Networks) > 0 {
		i.HostConfig.NetworkMode = r.Networks[0].Name
	}
	i.HostConfig.RestartPolicy.Name, i.HostConfig.RestartPolicy.MaximumRetryCount = "no", r.Restart.Max
	if r.Restart.Policy != "" {
		i.HostConfig.RestartPolicy.Name = r.Restart.Policy
	}
	for _, v := range r.Volumes {
		i.HostConfig.Binds = append(i.HostConfig.Binds, v.String())
	}
	for _, m := range b.mounts {
		mode := ""
		if m.readOnly {
			mode = "ro"
		}
		i.Mounts = append(i.Mounts, inspectedMount{"bind", m.source, m.target, mode, !m.readOnly, "rprivate"})
	}
	return i
}

// engineTime formats a time as the engine does; the zero time is one that has not come.
func engineTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func securityOpts(opts []dockercmd.SecurityOpt) []string {
	var texts []string
	for _, o := range opts {
		texts = append(texts, string(o))
	}
	return texts
}
