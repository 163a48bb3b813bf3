package dockercmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// validContextName holds a context's name to the client's grammar: [a-zA-Z0-9][a-zA-Z0-9_.+-]+.
func validContextName(name string) error {
	if name == "" {
		return errors.New("empty; give a context's name")
	}
	// What a container's name may hold, and plus signs behind the first character.
	plain := name[:1] + strings.ReplaceAll(name[1:], "+", "-")
	if ValidName(plain) == nil {
		return nil
	}
	return fmt.Errorf("%q is no name of a context; use letters, digits, '_', '.', '+' and '-', two at least, a letter or digit first",
		name)
}

// context holds an operand to the grammar of contexts' names.
func (p *problems) context(operand, name string) {
	if err := validContextName(name); err != nil {
		p.Err(operand, table.RefusedByClient(err))
	}
}

// newContext checks the name of a context as context does, for what cannot be done to docker's own one.
func (p *problems) newContext(operand, name string) {
	if name == "default" {
		p.Client(operand, "default is docker's own context, which nobody can make, change or remove; give another name")
		return
	}
	p.context(operand, name)
}

func oneContext(words []string) (string, error) {
	if len(words) != 1 {
		return "", fmt.Errorf("%d words behind the flags; give one CONTEXT", len(words))
	}
	if words[0] == "" {
		return "", errors.New("the CONTEXT is empty; give its name")
	}
	return words[0], nil
}
