package table

// Flag is one row of a command's table. It states everything about a flag once; rendering, parsing, help, version and
// dialect checks are loops over rows.
type Flag struct {
	Name  string // docker's long name, without dashes
	Short byte   // docker's letter, or 0
	Alias string // a hidden long name that docker takes for the same flag, or ""
	Value Value  // the field of one command that the flag is bound to
	Since string // the first docker version that has it; "" is 20.10 or before
	Until string // the first docker version that no longer has it, ignores it or hides it as obsolete; "" is none
	Old   string // the long name before Since, or ""
	// a spelling that every version takes, with its dash, where the long name is not one; then it is the canonical one
	Portable string
	Storm    string    // the worker-launcher's spelling: "--name=" joins the value, "-v " makes it a word of its own; "" is refused there
	Ordered  bool      // the order of the list means something to docker
	Secret   bool      // the value behind KEY= must not appear in logs and errors
	API      string    // the version of docker's API that it needs, where that is above 1.37; "" is none
	Lacks    []Dialect // the dialects that do not take it
	Podman   string    // a version of podman that takes it though Lacks has podman, which speaks of 4.3; "" is none
	Splits   []Dialect // the dialects that split its value at commas, where docker takes it whole
	Instead  string    // what to use where it is obsolete or lacking
	Default  string    // what docker does without the flag, where that needs a word
	Usage    string    // one line of help
}

// Canonical returns the spelling of Command.Args, with dashes.
func (f *Flag) Canonical() string {
	if f.Portable != "" {
		return f.Portable
	}
	return "--" + f.Name
}
