package dockercmd

import (
	"errors"
	"fmt"
	"strings"
)

// network holds an operand to what can be a network's name or id: the engine takes nearly any name, but finds none with a slash.
func (p *problems) network(name string) {
	if strings.TrimSpace(name) == "" {
		p.Client("NETWORK", "empty; give a network's name or id")
		return
	}
	p.newNetwork(name)
}

// newNetwork checks the name of a network that is made: the client sends a blank name.
func (p *problems) newNetwork(name string) {
	if name == "" {
		p.Client("NETWORK", "empty; give the name of the new network")
	} else if err := CheckWord(name); err != nil {
		p.Add("NETWORK", "%w", err)
	} else if strings.TrimSpace(name) == "" {
		p.Add("NETWORK", "empty; give a network's name or id")
	} else if strings.Contains(name, "/") {
		p.Add("NETWORK", "%q holds '/'; docker does not find a network by such a name", name)
	}
}

// networks holds a list of operands; an empty list is a problem too.
func (p *problems) networks(names []string) {
	p.atLeastOne("NETWORK", "network", len(names))
	for _, name := range names {
		p.network(name)
	}
}

// oneWord returns the only word behind the flags.
func oneWord(operand string, words []string) (string, error) {
	if len(words) != 1 {
		return "", fmt.Errorf("%d words behind the flags; give one %s", len(words), operand)
	}
	if words[0] == "" {
		return "", fmt.Errorf("the %s is empty; give one", operand)
	}
	return words[0], nil
}

// networkAndContainer returns the two words behind the flags of network connect and disconnect.
func networkAndContainer(words []string) (network, container string, err error) {
	if len(words) != 2 {
		return "", "", fmt.Errorf("%d words behind the flags; give a NETWORK and a CONTAINER", len(words))
	}
	if words[0] == "" || words[1] == "" {
		return "", "", errors.New("the NETWORK or the CONTAINER is empty; give both")
	}
	return words[0], words[1], nil
}

// appendBoth adds two operands; one that is missing makes the line one that docker refuses.
func appendBoth(dst []string, first, second string) []string {
	return appendOptional(appendOptional(dst, first), second)
}
