// Package frominspect goes from a container back to its line: [Run] returns the docker run line that makes a container like the
// one that docker inspect describes, and notes on what no line can say.
package frominspect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// Run returns the docker run line that makes a container once more, as it would have to be written, and notes on what no
// line can say or what has to be done beside it. For docker create, (*dockercmd.Create)(run) makes the container without a start.
//
// With the image that the container was made from, what is merely the image's own (variables, labels, command, entry point,
// ports, volumes, user, directory, health check, stop signal) is left out. With nil all of it is in the line, so that the
// container is the same even so. The notes, what Validate says of the line among them, begin with the flag or the field that
// they are about; none shows the value of a variable.
//
// What an engine without a configuration fills in by itself is left out too, since inspect does not tell it from the same value
// in a line: the driver json-file without options, the runtime runc, 64m of /dev/shm, a private IPC namespace, the cgroup
// namespace that goes with the machine's version of cgroups. Flags that leave no trace in inspect are lost: --pull, --quiet,
// --detach-keys, --sig-proxy, and --platform on most engines.
//
// TestFromInspectMakesTheSameContainer holds, flag by flag, that the line's container has the same inspect on a real engine.
func Run(c output.Container, image *output.ImageDetails) (*dockercmd.Run, []string, error) {
	if run, notes := podmanLine(&c); run != nil {
		return run, notes, nil
	}
	if isPodman(&c) {
		c = withoutPodmanDefaults(c)
	}
	b := newRebuilder(new(dockercmd.Run))
	b.c, b.told = &c, toldBy(c.Raw)
	if image != nil {
		b.image = &image.Config
	}
	run := b.cmd.(*dockercmd.Run)
	if run.Image = cmp.Or(c.Config.Image, c.Image); run.Image == "" {
		return nil, nil, errors.New("the container names no image; a line needs one")
	}
	b.fromConfig()
	b.fromHost()
	b.fromSecurity()
	b.fromDevices()
	b.fromMounts()
	b.fromNetworks()
	if image != nil {
		b.fromImage(image)
	}
	run.Command = b.command
	for _, problem := range dockercmd.FieldErrors(run.Validate()) {
		b.note(problem.Flag, "%w", problem.Err)
	}
	return run, b.notes, nil
}

// rebuilder fills a command through its flags' texts.
type rebuilder struct {
	cmd     dockercmd.Command
	flags   map[string]dockercmd.Value
	c       *output.Container
	image   *output.ContainerConfig // nil where it is not known
	told    told
	command []string
	notes   []string
}

func newRebuilder(cmd dockercmd.Command) *rebuilder {
	b := &rebuilder{cmd: cmd, flags: map[string]dockercmd.Value{}}
	for _, f := range dockercmd.Flags(cmd) {
		b.flags[f.Name] = f.Value
	}
	return b
}

// set gives a flag one value. What the flag's grammar refuses came by another way than a line.
func (b *rebuilder) set(flag, text string) {
	if err := b.flags[flag].Set(text); err != nil {
		b.note("--"+flag, "left out, since no line says it: %w", err)
	}
}

func (b *rebuilder) note(what, format string, args ...any) {
	b.notes = append(b.notes, what+": "+fmt.Errorf(format, args...).Error())
}

// text gives a flag its value, unless that is the one of silence.
func (b *rebuilder) text(flag, value, silent string) {
	if value != "" && value != silent {
		b.set(flag, value)
	}
}

func (b *rebuilder) number(flag string, value int64) {
	if value != 0 {
		b.set(flag, strconv.FormatInt(value, 10))
	}
}

func (b *rebuilder) truth(flag string, value bool) {
	if value {
		b.set(flag, "true")
	}
}

func (b *rebuilder) each(flag string, values []string) {
	for _, v := range values {
		b.set(flag, v)
	}
}

func (b *rebuilder) table(flag string, values map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if key == "" || strings.Contains(key, "=") {
			b.note("--"+flag, "the key %q cannot stand in KEY=value, and is left out", key)
			continue
		}
		b.set(flag, key+"="+values[key])
	}
}

// told is what only the object's own JSON tells: which keys the engine has at all.
type told struct {
	HostConfig      map[string]json.RawMessage
	Config          map[string]json.RawMessage
	NetworkSettings struct {
		Networks map[string]map[string]json.RawMessage
	}
	// From 28.0 on, with the image store of containerd.
	ImageManifestDescriptor *struct {
		Platform struct {
			Architecture string `json:"architecture"`
			OS           string `json:"os"`
			Variant      string `json:"variant"`
		} `json:"platform"`
	}
}

func toldBy(raw json.RawMessage) (t told) {
	if len(bytes.TrimSpace(raw)) > 0 && json.Unmarshal(raw, &t) != nil {
		return told{}
	}
	return t
}

// modern reports whether the engine is 25.0 or later, which has names for DNS in each network. It takes several networks in one
// line, and other keys of --mount.
func (t *told) modern() bool {
	for _, network := range t.NetworkSettings.Networks {
		if _, ok := network["DNSNames"]; ok {
			return true
		}
	}
	return false
}
