package dockercmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// ValidVolume holds a volume's name to docker's grammar for local volumes, which is that of container names: letters, digits,
// '_', '.' and '-', at least two of them, the first a letter or a digit.
func ValidVolume(name string) error {
	if name == "" {
		return table.RefusedByClient(errors.New("empty; give a volume's name"))
	}
	if err := ValidName(name); err != nil {
		return fmt.Errorf("the volume %w", err)
	}
	return nil
}

// volumes holds a list of operands; an empty list is a problem too.
func (p *problems) volumes(names []string) {
	p.atLeastOne("VOLUME", "volume", len(names))
	for _, name := range names {
		err := ValidVolume(name)
		switch {
		case err == nil:
		case strings.TrimSpace(name) == "":
			p.Client("VOLUME", "%w", err)
		default:
			p.Add("VOLUME", "%w", err)
		}
	}
}
