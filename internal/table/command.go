package table

// tableCommand is what the table asks of a command: a struct with a field for each flag.
type Command interface {
	// Spec returns what is known of the command beside its flags.
	Spec() *Spec
	// Flags returns the rows, each bound to its field, in the order in which they render.
	Flags() []Flag
	// Extra returns the field of the flags that are not known, each --name or --name=value.
	Extra() *[]string
	// AppendOperands adds the words behind the flags.
	AppendOperands(dst []string) []string
	// SetOperands fills the operands' fields, or says what is missing or too much.
	SetOperands(words []string) error
	// Check finds what the rows alone do not show.
	Check(p *Problems)
	// Assign makes the command equal to another one of the same type.
	Assign(from Command)
}
