package table

// Need is what a value asks of docker beyond its flag: a key, a type or a form.
type Need struct {
	What    string // as a reader finds it in the line: volume-subpath
	Since   string // the first docker version that has it; "" is 20.10 or before
	Until   string // the first docker version that refuses it; "" is none
	Instead string // what to use
}
