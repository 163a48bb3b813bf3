package dockercmd

import (
	"errors"
	"fmt"
	"strings"
)

// PlacementPref is docker's --placement-pref: how a swarm spreads the tasks of a service.
type PlacementPref struct {
	// Spread is the label whose values get an equal share each, such as node.labels.zone.
	Spread string
}

// ParsePlacementPref reads spread=LABEL, the only strategy that docker has.
func ParsePlacementPref(s string) (PlacementPref, error) {
	strategy, label, ok := strings.Cut(s, "=")
	if !ok || strategy != "spread" {
		return PlacementPref{}, fmt.Errorf("%q is not of the form spread=node.labels.zone", s)
	}
	return PlacementPref{Spread: label}, nil
}

func (p PlacementPref) String() string { return string(p.AppendTo(nil)) }

func (p *PlacementPref) AppendTo(dst []byte) []byte {
	return append(append(dst, "spread="...), p.Spread...)
}

// MarshalText returns String, for YAML and JSON.
func (p PlacementPref) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what ParsePlacementPref reads.
func (p *PlacementPref) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePlacementPref(string(text))
	return err
}

func (p *PlacementPref) Validate() error {
	if p.Spread == "" {
		return errors.New("no label to spread over; give one such as node.labels.zone")
	}
	if strings.Contains(p.Spread, "=") {
		return fmt.Errorf("the label %q holds '='; give its name alone", p.Spread)
	}
	return nil
}
func (*PlacementPref) FlagType() string { return "pref" }
