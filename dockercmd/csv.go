package dockercmd

import (
	"encoding/csv"
	"strings"
)

// readCSV reads the first record of a text, as docker's client does: it drops whatever stands behind the record's line.
func readCSV(s string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(s))
	r.FieldsPerRecord = -1
	return r.Read()
}

// appendPair adds key=value as one more field of the record that begins at start.
func appendPair(dst []byte, start int, key, value string) []byte {
	if len(dst) > start {
		dst = append(dst, ',')
	}
	from := len(dst)
	dst = append(append(dst, key...), '=')
	return quoteElement(append(dst, value...), from)
}
