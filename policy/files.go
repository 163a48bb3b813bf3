package policy

import (
	"path"
	"slices"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// file judges a file of the host that docker's client opens for the caller, and returns the way to it.
func (v *flagValue) file(rule, name string, dirs []string) (way []File, ok bool) {
	allowed := strings.Join(dirs, ", ")
	if !path.IsAbs(name) || path.Clean(name) != name {
		v.denyf(rule, allowed, "names %q, which is no plain absolute path", name)
		return nil, false
	}
	if !slices.ContainsFunc(dirs, func(dir string) bool { return isBelow(name, path.Clean(dir)) }) {
		v.denyf(rule, allowed, "names %s", name)
		return nil, false
	}
	way, err := v.host.Walk(name)
	if err != nil {
		v.denyf(rule, allowed, "names a file that cannot be looked at: %v", err)
		return nil, false
	}
	end := way[len(way)-1]
	covers := func(dir string) bool {
		above, err := v.host.Walk(path.Clean(dir))
		return err == nil && isBelow(end.Path, above[len(above)-1].Path)
	}
	if !slices.ContainsFunc(dirs, covers) {
		v.denyf(rule, allowed, "names %s", leadsTo(name, end.Path))
		return nil, false
	}
	if bad, ok := trusted(way, v.scope.Owners); !ok {
		v.denyf(rule, allowed, "is led to by %s, which is of user %d with mode %04o, so that it can be replaced", bad.Path, bad.UID,
			bad.Mode.Perm())
		return nil, false
	}
	return way, true
}

func readFile(v *flagValue) { v.file("file.read", v.text, v.policy.Files.Read) }

// writeFile judges a file that the client makes: the directory that it is to lie in.
func writeFile(v *flagValue) {
	if !path.IsAbs(v.text) || path.Clean(v.text) != v.text || v.text == "/" {
		v.denyf("file.write", strings.Join(v.policy.Files.Write, ", "), "names %q, which is no plain absolute path", v.text)
		return
	}
	v.file("file.write", path.Dir(v.text), v.policy.Files.Write)
}

func labelFile(v *flagValue) {
	v.deny("label", "holds labels that nothing has judged", "--label")
}

// judgeCopy judges docker cp: the container, and the path of the host that is read or written.
func judgeCopy(j *judge) {
	c := j.command.(*dockercmd.Cp)
	for _, side := range []struct {
		field, operand string
		dirs           []string
	}{{"SOURCE", c.Source, j.policy.Files.Read}, {"DESTINATION", c.Destination, j.policy.Files.Write}} {
		container, _, ok := strings.Cut(side.operand, ":")
		switch {
		case side.operand == "-":
		case ok && !strings.HasPrefix(side.operand, "/") && !strings.HasPrefix(side.operand, "."):
			j.owner(side.field, container)
		default:
			name := side.operand
			if side.field == "DESTINATION" && path.IsAbs(name) && path.Clean(name) == name && name != "/" {
				if _, err := j.host.Walk(name); err != nil {
					name = path.Dir(name) // which is to be made
				}
			}
			v := &flagValue{judge: j, field: side.field, text: side.operand, shown: side.operand}
			v.file("copy", name, side.dirs)
		}
	}
}
