package dockercmd

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strings"

	"github.com/dockercmd/toolkit/internal/table"
)

// readCSV reads the first record of a text, as docker's client does: it drops whatever stands behind the record's line.
func readCSV(s string) ([]string, error) {
	fields, _, err := firstRecord(s)
	return fields, err
}

// csvFields returns the fields of a value that docker reads as one CSV record. Docker ignores what stands behind a line break; here
// it is an error.
func csvFields(s, example string) ([]string, error) {
	fields, more, err := firstRecord(s)
	if err != nil {
		return nil, fmt.Errorf("%q is not a list such as %s (quote a whole field that holds a comma): %w", s, example, err)
	}
	if more {
		return nil, fmt.Errorf("%q holds a line break outside quotes; quote the whole field", s)
	}
	return fields, nil
}

// firstRecord returns the first record of a text, and whether there is another.
func firstRecord(s string) (fields []string, more bool, err error) {
	r := csv.NewReader(strings.NewReader(s))
	r.FieldsPerRecord = -1
	if fields, err = r.Read(); err != nil {
		return nil, false, err
	}
	_, err = r.Read()
	return fields, err == nil, nil
}

// appendPair adds key=value as one more field of the record that begins at start.
func appendPair(dst []byte, start int, key, value string) []byte {
	if len(dst) > start {
		dst = append(dst, ',')
	}
	from := len(dst)
	dst = append(append(dst, key...), '=')
	return table.QuoteElement(append(dst, value...), from)
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
		r.dst = appendPair(r.dst, r.start, key, value)
	}
}

// add adds a field that is a key alone, or a whole pair.
func (r *csvRecord) add(field string) {
	if len(r.dst) > r.start {
		r.dst = append(r.dst, ',')
	}
	from := len(r.dst)
	r.dst = table.QuoteElement(append(r.dst, field...), from)
}

// checkCSV refuses what a CSV record does not give back.
func checkCSV(text string) error {
	if strings.Contains(text, "\r") {
		return errors.New("a carriage return, which the list cannot carry")
	}
	return nil
}
