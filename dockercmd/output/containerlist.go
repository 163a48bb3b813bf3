package output

import (
	"encoding/json"
	"io"
)

// ParseContainerList reads what the engine's API answers to GET /containers/json, of which docker ps is made. A row has the fields
// that PsFormat asks for, and the labels that are named, an absent one being "".
func ParseContainerList(r io.Reader, labels ...string) ([]PsRow, error) {
	var list []PsRow
	err := eachElement(r, "container", func(d *json.Decoder) error {
		row, err := listedContainer(d, labels)
		list = append(list, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func listedContainer(d *json.Decoder, labels []string) (PsRow, error) {
	var raw struct {
		ID                   string `json:"Id"`
		Names                []string
		Image, State, Status string
		Labels               map[string]string
	}
	if err := d.Decode(&raw); err != nil {
		return PsRow{}, err
	}
	row := PsRow{ID: raw.ID, Image: raw.Image, State: ParseState(raw.State), Status: raw.Status, Labels: map[string]string{}}
	if row.Image == "" {
		row.Image = "<no image>" // as docker's client says
	}
	for _, n := range raw.Names {
		row.Names = append(row.Names, splitNames(n)...)
	}
	for _, l := range labels {
		row.Labels[l] = raw.Labels[l]
	}
	if code, ok := statusCode(row.Status); ok {
		row.ExitCode = &code
	}
	row.Health = statusHealth(row.Status)
	return row, row.check()
}
