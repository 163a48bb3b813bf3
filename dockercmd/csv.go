package dockercmd

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
)

// csvFields are the fields of a value that docker reads as one CSV record. Docker ignores what stands behind a line break; here
// it is an error.
func csvFields(s, example string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(s))
	r.FieldsPerRecord = -1
	fields, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%q is not a list such as %s (quote a whole field that holds a comma): %w", s, example, err)
	}
	if _, err := r.Read(); err == nil {
		return nil, fmt.Errorf("%q holds a line break outside quotes; quote the whole field", s)
	}
	return fields, nil
}

// csvRecord gathers the fields of one CSV record. Each begins with its key.
type csvRecord struct {
	dst   []byte
	start int
}

func newCSV(dst []byte) csvRecord { return csvRecord{dst, len(dst)} }

// field adds a field unless its value is empty.
func (r *csvRecord) field(key, value string) {
	if value != "" {
		r.add(key + "=" + value)
	}
}

// add adds a field.
func (r *csvRecord) add(field string) {
	if len(r.dst) > r.start {
		r.dst = append(r.dst, ',')
	}
	r.dst = appendCSV(r.dst, []byte(field))
}

// appendCSV adds a field of a CSV record. It needs quotes only for what it holds, since it begins with its key.
func appendCSV(dst, field []byte) []byte {
	if !bytes.ContainsAny(field, ",\"\r\n") {
		return append(dst, field...)
	}
	dst = append(dst, '"')
	for _, b := range field {
		if b == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, b)
	}
	return append(dst, '"')
}

// checkCSV refuses what a CSV record does not give back.
func checkCSV(text string) error {
	if strings.Contains(text, "\r") {
		return errors.New("a carriage return, which the list cannot carry")
	}
	return nil
}
