package frominspect

import (
	"maps"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// isPodman reports whether podman made the container: it alone names the image that was resolved.
func isPodman(c *output.Container) bool { return c.ImageName != "" }

// podmanLine returns the very line that podman keeps of a container, where that is one of docker's too and means the same;
// else nil. It has notes on what the line takes from where it runs.
func podmanLine(c *output.Container) (*dockercmd.Run, []string) {
	words := c.Config.CreateCommand
	for i := 1; i < len(words); i++ {
		if words[i] != "run" && words[i] != "create" {
			continue
		}
		cmd, err := dockercmd.Parse(words[i:])
		if err != nil {
			continue // the word may be the value of one of podman's own flags
		}
		run, ok := cmd.(*dockercmd.Run)
		if create, created := cmd.(*dockercmd.Create); created {
			run, ok = (*dockercmd.Run)(create), true
		}
		if !ok || run.Image != c.Config.Image && !strings.HasSuffix(c.Config.Image, "/"+run.Image) &&
			!strings.HasSuffix(c.Config.Image, "/"+run.Image+":latest") {
			continue
		}
		b := newRebuilder(run)
		b.text("name", c.Name, "")
		if !b.dockersToo() {
			return nil, nil
		}
		for _, v := range b.flags["env"].Texts() {
			if !strings.Contains(v, "=") {
				b.note("--env", "%s has no value in podman's own line; the client's counts", v)
			}
		}
		return run, b.notes
	}
	return nil, nil
}

// dockersToo reports whether podman and docker read the values of a line alike: podman splits most lists at commas, and takes a
// list of words in JSON for --entrypoint.
func (b *rebuilder) dockersToo() bool {
	for _, f := range dockercmd.Flags(b.cmd) {
		whole := slices.Contains([]string{"env", "label", "mount", "volume", "network"}, f.Name)
		for _, text := range f.Value.Texts() {
			if !whole && f.Value.IsList() && strings.Contains(text, ",") || f.Name == "entrypoint" && strings.HasPrefix(text, "[") {
				return false
			}
		}
	}
	return true
}

// withoutPodmanDefaults takes away what podman fills in and docker has other words or defaults for.
func withoutPodmanDefaults(c output.Container) output.Container {
	h := &c.HostConfig
	drop := func(value *string, defaults ...string) {
		if slices.Contains(defaults, *value) {
			*value = ""
		}
	}
	drop(&h.NetworkMode, "bridge", "slirp4netns", "pasta", "default")
	if h.NetworkMode == "" {
		c.NetworkSettings.Networks = nil // podman's own one, whatever it is called
	}
	drop(&h.IpcMode, "shareable", "private")
	drop(&h.PidMode, "private")
	drop(&h.UTSMode, "private")
	drop(&h.UsernsMode, "private")
	drop(&h.CgroupnsMode, "host", "private")
	drop(&h.Runtime, "oci", "crun", "runc")
	drop(&h.LogConfig.Type, "k8s-file", "journald")
	if h.ShmSize == 65536000 {
		h.ShmSize = 0
	}
	if h.PidsLimit != nil && *h.PidsLimit == 2048 {
		h.PidsLimit = nil
	}
	if h.MemorySwappiness != nil && *h.MemorySwappiness <= 0 {
		h.MemorySwappiness = nil
	}
	h.Ulimits = slices.DeleteFunc(slices.Clone(h.Ulimits), func(u dockercmd.Ulimit) bool {
		return (u.Name == "nproc" || u.Name == "nofile") && u.Soft == u.Hard && u.Soft >= 1<<20
	})
	h.Tmpfs = maps.Clone(h.Tmpfs)
	maps.DeleteFunc(h.Tmpfs, func(target, _ string) bool {
		return h.ReadonlyRootfs && slices.Contains([]string{"/run", "/tmp", "/var/tmp", "/dev/shm"}, target)
	})
	own := map[string]string{"rprivate": "", "tmpcopyup": "", "rbind": "", "bind": "", "nosuid": "", "nodev": "", "rw": ""}
	for target, options := range h.Tmpfs {
		h.Tmpfs[target] = without(options, own)
	}
	h.Binds = slices.Clone(h.Binds)
	for i, bind := range h.Binds {
		if last := strings.LastIndexByte(bind, ':'); strings.Count(bind, ":") == 2 {
			h.Binds[i] = strings.TrimSuffix(bind[:last]+":"+without(bind[last+1:], own), ":")
		}
	}
	c.Config.Env = slices.DeleteFunc(slices.Clone(c.Config.Env), func(v string) bool {
		return v == "TERM=xterm" || v == "container=podman" || v == "HOSTNAME="+c.Config.Hostname || strings.HasPrefix(v, "HOME=")
	})
	return c
}

// without returns a list of options between commas less those of a table.
func without(options string, table map[string]string) string {
	kept := slices.DeleteFunc(strings.Split(options, ","), func(o string) bool { _, ok := table[o]; return ok })
	return strings.Join(kept, ",")
}
