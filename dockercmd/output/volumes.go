package output

import (
	"encoding/json"
	"errors"
	"time"
)

// VolumeRow is one line of volume ls.
type VolumeRow struct {
	Name       string
	Driver     string
	Scope      string            // local or global
	Mountpoint string            // on the host
	LabelText  string            // docker's text of all labels, which cannot be taken apart; see Row.LabelText
	Labels     map[string]string // podman's alone

	Raw json.RawMessage // the whole object
}

// ParseVolumes reads the output of volume ls --format=JSONFormat, and podman's array.
func ParseVolumes(out []byte) ([]VolumeRow, error) {
	return rows("volume ls", out, func(line json.RawMessage) (VolumeRow, error) {
		var raw struct {
			Name, Driver, Scope, Mountpoint string
			Labels                          json.RawMessage
		}
		if err := json.Unmarshal(line, &raw); err != nil {
			return VolumeRow{}, err
		}
		if raw.Name == "" {
			return VolumeRow{}, errors.New("it has no name")
		}
		v := VolumeRow{Name: raw.Name, Driver: raw.Driver, Scope: raw.Scope, Mountpoint: raw.Mountpoint, Raw: line}
		var err error
		v.LabelText, v.Labels, err = readLabels(raw.Labels)
		return v, err
	})
}

// VolumeDetails is what volume inspect says of one volume.
type VolumeDetails struct {
	Name       string
	Driver     string
	Mountpoint string
	CreatedAt  time.Time
	Scope      string
	Labels     map[string]string
	Options    map[string]string
	Status     map[string]any // of a plugin's driver

	Raw json.RawMessage `json:"-"` // everything, as the engine said it
}

// ParseVolumeInspect reads the output of volume inspect, without a format or with JSONFormat.
func ParseVolumeInspect(out []byte) ([]VolumeDetails, error) {
	return details("volume inspect", out, func(raw json.RawMessage) (VolumeDetails, error) {
		d := VolumeDetails{Raw: raw}
		loose := struct {
			*VolumeDetails
			CreatedAt looseTime
		}{VolumeDetails: &d}
		err := json.Unmarshal(raw, &loose)
		if err == nil && d.Name == "" {
			err = errors.New("it has no name")
		}
		d.CreatedAt = loose.CreatedAt.Time
		return d, err
	})
}
