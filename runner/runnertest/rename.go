package runnertest

import "github.com/dockercmd/toolkit/dockercmd"

// runRename runs docker rename.
func (d *Docker) runRename(p *client, c *dockercmd.Rename) int {
	text := d.rename(c.Container, c.NewName)
	if text == "" {
		return 0
	}
	p.errln(daemonError(text))
	p.errln("Error: failed to rename container named " + c.Container)
	return 1
}

func (d *Docker) rename(ref, name string) (text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b, text := d.find(ref)
	if text != "" {
		return text
	}
	other := d.containers.byName[name]
	switch {
	case b.name == name:
		return "Renaming a container with the same name as its current name"
	case dockercmd.ValidName(name) != nil:
		return "Error when allocating new name: Invalid container name (/" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
	case other != nil:
		return "Error when allocating new name: " + nameConflict(name, other)
	}
	old := b.name
	d.containers.rename(b, name)
	d.note(b, "rename", "oldName", "/"+old)
	return ""
}
