package dockercmd

// SpecOf is what the specs say of a command beside its flags, for tests: since when docker has it, and the dialects without it.
func SpecOf(c Command) (since, lacks string) { return c.spec().since, c.spec().lacks }
