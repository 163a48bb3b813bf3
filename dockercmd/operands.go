package dockercmd

import "fmt"

// oneOperand returns the only word behind the flags.
func oneOperand(what string, words []string) (string, error) {
	switch {
	case len(words) == 0 || len(words) == 1 && words[0] == "":
		return "", fmt.Errorf("no %s behind the flags; give one", what)
	case len(words) > 1:
		return "", fmt.Errorf("%d words behind the flags; give one %s", len(words), what)
	}
	return words[0], nil
}

// someOperands returns one word or more behind the flags.
func someOperands(what string, words []string) ([]string, error) {
	if len(words) == 0 {
		return nil, fmt.Errorf("no %s; give the name or id of at least one", what)
	}
	return tail(words, 0), nil
}

// noWords refuses words behind the flags of a command that takes none; instead says what does what they were meant for.
func noWords(command string, words []string, instead string) error {
	switch {
	case len(words) == 0:
		return nil
	case instead == "":
		return fmt.Errorf("%q stands behind the flags, but %s takes no operand", words[0], command)
	}
	return fmt.Errorf("%q stands behind the flags, but %s takes no operand; %s", words[0], command, instead)
}
