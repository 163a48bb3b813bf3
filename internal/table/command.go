// Package table is what the packages of docker's commands share: a command is a struct with a field per flag, and a table of rows.
//
// A row is a [Flag]: it states everything about its flag once. Its [Value] binds it to a field by a shape ([One], [Optional],
// [Many], [Pairs], [Commas], [CommaPairs]) and a [Kind], the grammar of its text. What else is known of a command is its
// [Spec]. [Args], [ArgsSpelled] and [Text] render a command, [Register] and [NewScanner] give its flags to docker's own
// scanner, [Problems] gathers what is wrong with it, and a [Version] and a [Dialect] say which docker takes what. A command
// package gives the table a [Command].
package table

// Command is what the table asks of a command: a struct with a field for each flag.
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
