package frominspect

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/quote"
)

// fromConfig sets what does not depend on the host.
func (b *rebuilder) fromConfig() {
	c := &b.c.Config
	known := b.image
	if known == nil {
		known = new(output.ContainerConfig)
	}
	b.text("name", b.c.Name, "")
	b.text("user", c.User, known.User)
	b.text("workdir", c.WorkingDir, known.WorkingDir)
	b.text("stop-signal", c.StopSignal, known.StopSignal)
	if c.StopTimeout != nil {
		b.set("stop-timeout", strconv.FormatInt(*c.StopTimeout, 10))
	}
	b.hostname()
	b.text("domainname", c.Domainname, "")
	b.env(c.Env, known.Env)
	labels := map[string]string{}
	for key, value := range c.Labels {
		if own, ok := known.Labels[key]; !ok || own != value {
			labels[key] = value
		}
	}
	b.table("label", labels)
	b.streams()
	b.entrypoint()
	b.health()
	if c.NetworkDisabled && b.c.HostConfig.NetworkMode != "none" {
		b.note("Config.NetworkDisabled", "no line says it; --network=none comes near")
	}
	if b.image != nil && len(c.Shell) > 0 && !slices.Equal(c.Shell, b.image.Shell) {
		b.note("Config.Shell", "it is not the image's, and no line says it; it matters to a health check alone")
	}
}

// hostname leaves out the name that the engine makes of the id, and the one of another container's network.
func (b *rebuilder) hostname() {
	name, host := b.c.Config.Hostname, &b.c.HostConfig
	generated := len(name) == shortID && strings.HasPrefix(b.c.ID, name)
	if name == "" || generated || host.UTSMode == "host" || strings.HasPrefix(host.NetworkMode, "container:") {
		return
	}
	b.set("hostname", name)
	if host.NetworkMode == "host" {
		b.note("--hostname", "with --network=host it is the machine's own name unless a line says another; leave it out if %s is that "+
			"machine", name)
	}
}

// shortID is how many digits of an id docker shows.
const shortID = 12

// env gives the variables that the image does not have just so. Of two of one name the last counts.
func (b *rebuilder) env(vars, known []string) {
	for i, v := range vars {
		name, _, valued := strings.Cut(v, "=")
		again := func(other string) bool { return other == name || strings.HasPrefix(other, name+"=") }
		if slices.ContainsFunc(vars[i+1:], again) || slices.Contains(known, v) {
			continue
		}
		b.set("env", v)
		if !valued {
			b.note("--env", "%s has no value, which takes the image's away; run the line where %s is not set, or it gets that value", name,
				name)
		}
	}
	for _, v := range known {
		name, _, _ := strings.Cut(v, "=")
		if !slices.ContainsFunc(vars, func(other string) bool { return other == name || strings.HasPrefix(other, name+"=") }) {
			b.note("--env", "the image sets %s and the container does not; is it the image that the container was made from?", name)
		}
	}
}

// streams tells from what is attached whether the line had -d, -i and -a. A detached client attaches nothing. Otherwise
// -i attaches standard input, and the other two are attached unless -a names some.
func (b *rebuilder) streams() {
	c := &b.c.Config
	b.truth("interactive", c.OpenStdin)
	b.truth("tty", c.Tty)
	switch {
	case !c.AttachStdin && !c.AttachStdout && !c.AttachStderr:
		b.set("detach", "true")
	case c.AttachStdout && c.AttachStderr && c.AttachStdin == c.OpenStdin:
	default:
		for _, stream := range []struct {
			name     string
			attached bool
		}{{"stdin", c.AttachStdin}, {"stdout", c.AttachStdout}, {"stderr", c.AttachStderr}} {
			if stream.attached {
				b.set("attach", stream.name)
			}
		}
	}
	if once := c.OpenStdin && c.AttachStdin; c.StdinOnce != once {
		b.note("Config.StdinOnce", "it is %t, where a line makes it %t", c.StdinOnce, once)
	}
}

// entrypoint sets the program. Docker takes the image's command only along with its entry point, and --entrypoint has room for
// one word: the others stand in front of the command.
func (b *rebuilder) entrypoint() {
	entry, command := b.c.Config.Entrypoint, b.c.Config.Cmd
	if slices.Equal(entry, []string{""}) {
		entry = nil
	}
	if b.image != nil && slices.Equal(entry, b.image.Entrypoint) {
		if slices.Equal(command, b.image.Cmd) {
			return
		}
		if len(command) > 0 {
			b.command = command
			return
		}
	}
	if len(entry) == 0 {
		if _, ok := b.told.Config["Entrypoint"]; ok || b.told.Config == nil || b.image != nil { // nerdctl does not tell
			b.set("entrypoint", "")
		}
		b.command = command
		return
	}
	b.set("entrypoint", entry[0])
	b.command = slices.Concat(entry[1:], command)
	if len(entry) > 1 {
		b.note("--entrypoint", "it takes one word; the rest of the entry point begins the command, which runs the same")
	}
}

// health sets the check, as far as it is not the image's.
func (b *rebuilder) health() {
	h := b.c.Config.Healthcheck
	if h == nil {
		return
	}
	known := new(output.Healthcheck)
	if b.image != nil && b.image.Healthcheck != nil {
		known = b.image.Healthcheck
	}
	switch test := h.Test; {
	case len(test) == 0 || slices.Equal(test, known.Test):
	case test[0] == "NONE":
		b.set("no-healthcheck", "true")
		return
	case test[0] == "CMD-SHELL" && len(test) == 2:
		b.set("health-cmd", test[1])
	case test[0] == "CMD" && b.image == nil:
		b.note("--health-cmd", "the check is words without a shell, which only an image or a program can say; "+
			"it is taken for the image's")
	case test[0] == "CMD":
		b.set("health-cmd", quote.Line(test[1:]))
		b.note("--health-cmd", "the check was words without a shell, which no line says; now a shell runs them")
	default:
		b.note("--health-cmd", "the check of kind %q is unknown, and left out", test[0])
	}
	for _, d := range []struct {
		flag       string
		got, known time.Duration
	}{
		{"health-interval", h.Interval, known.Interval}, {"health-timeout", h.Timeout, known.Timeout},
		{"health-start-period", h.StartPeriod, known.StartPeriod}, {"health-start-interval", h.StartInterval, known.StartInterval},
	} {
		if d.got != 0 && d.got != d.known {
			b.set(d.flag, d.got.String())
		}
	}
	if h.Retries != known.Retries {
		b.number("health-retries", int64(h.Retries))
	}
}

// fromImage compares the image with the name that the container has of it.
func (b *rebuilder) fromImage(image *output.ImageDetails) {
	name := b.c.Config.Image
	named := len(image.RepoTags) == 0 || strings.Contains(name, "@") || strings.Contains(image.ID, name) ||
		slices.ContainsFunc(image.RepoTags, func(tag string) bool {
			full := strings.TrimPrefix(strings.TrimPrefix(tag, "docker.io/"), "library/")
			short := strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/")
			return full == short || full == short+":latest" || tag == "localhost/"+name || tag == "localhost/"+name+":latest"
		})
	if !named {
		b.note("IMAGE", "%s is another image by now; the container's is %s", name, b.c.Image)
	}
	if m := b.told.ImageManifestDescriptor; m != nil && m.Platform.OS != "" {
		if p := m.Platform; p.OS != image.OS || p.Architecture != image.Architecture {
			b.set("platform", strings.TrimSuffix(p.OS+"/"+p.Architecture+"/"+p.Variant, "/"))
		}
	}
}
