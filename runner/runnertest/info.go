package runnertest

import (
	"cmp"
	"fmt"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// engineInfo is what a template of docker info sees: a part of what an engine tells.
type engineInfo struct {
	ID                string
	Containers        int
	ContainersRunning int
	ContainersPaused  int
	ContainersStopped int
	Images            int
	SystemTime        string
	Name              string
	ServerVersion     string
	OperatingSystem   string
	OSType            string
	Architecture      string
	KernelVersion     string
	NCPU              int
	MemTotal          int64
	Driver            string
	DockerRootDir     string
	CgroupDriver      string
	CgroupVersion     string
	ClientInfo        *clientInfoPart `json:",omitempty"` // the client's own
}

type clientInfoPart struct{ Version, Context string }

// defaultEngineID is the id of an engine whose EngineID is empty.
const defaultEngineID = "FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE"

// clock returns the engine's time, which no event is later than.
func (d *Docker) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); now.After(d.events.time) {
		return now
	}
	return d.events.time
}

// runInfo runs docker info --format. Without a format docker prints a report that nobody reads back, so the fake has none.
func (d *Docker) runInfo(p *client, c *dockercmd.Info) int {
	if c.Format == "" {
		p.errln("the fake knows docker info with --format only")
		return 1
	}
	format := c.Format
	if format == "json" {
		format = "{{json .}}"
	}
	t, err := newTemplate("info", format)
	if err != nil {
		p.errln("template parsing error: " + err.Error())
		return 64
	}
	i := engineInfo{
		ID: cmp.Or(d.EngineID, defaultEngineID), Name: "fake", ServerVersion: EngineVersion, OperatingSystem: "fake", OSType: "linux", Architecture: "x86_64",
		KernelVersion: "6.1.0-fake", NCPU: 4, MemTotal: machineMemory, Driver: "overlay2", DockerRootDir: "/var/lib/docker",
		CgroupDriver: "cgroupfs", CgroupVersion: "2", SystemTime: d.clock().UTC().Format(time.RFC3339Nano),
	}
	if !p.api {
		i.ClientInfo = &clientInfoPart{ClientVersion, "default"}
	}
	d.mu.Lock()
	for b := range d.containers.all() {
		i.Containers++
		if b.running() {
			i.ContainersRunning++
		} else {
			i.ContainersStopped++
		}
	}
	i.Images = len(d.images)
	d.mu.Unlock()
	text, err := execute(t, i)
	if err != nil {
		p.errln(renamed(err, fmt.Sprintf("%T", i), "system.dockerInfo"))
		return 1
	}
	p.out(text + "\n")
	return 0
}
