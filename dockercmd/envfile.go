package dockercmd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseEnvFile reads a file of --env-file as docker's client does: lines of KEY=value, with the value as it stands, quotes and all;
// KEY alone takes lookup's value, and is dropped where lookup has none. Lines that begin with '#' and empty ones are skipped. The
// result has the form of Run.Env. lookup is the client's environment, such as os.LookupEnv; nil has no variables. An error
// tells the line by its number, and never shows a value.
func ParseEnvFile(data []byte, lookup func(key string) (value string, ok bool)) ([]string, error) {
	return keyValueLines(data, lookup)
}

// ParseLabelFile reads a file of --label-file: as ParseEnvFile, but a key alone is dropped. The last of two equal keys wins.
func ParseLabelFile(data []byte) (map[string]string, error) {
	lines, err := keyValueLines(data, nil)
	if err != nil {
		return nil, err
	}
	labels := make(map[string]string, len(lines))
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		labels[key] = value
	}
	return labels, nil
}

func keyValueLines(data []byte, lookup func(string) (string, bool)) ([]string, error) {
	var pairs []string
	scanner := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	n := 0
	for scanner.Scan() {
		n++
		if !utf8.Valid(scanner.Bytes()) {
			return nil, fmt.Errorf("line %d is not valid UTF-8", n)
		}
		line := strings.TrimLeftFunc(scanner.Text(), unicode.IsSpace)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, valued := strings.Cut(line, "=")
		switch {
		case key == "":
			return nil, fmt.Errorf("line %d has no name before '='; write KEY=value", n)
		case strings.ContainsAny(key, clientSpaces):
			return nil, fmt.Errorf("line %d has white space in its name; write KEY=value", n)
		case !valued && lookup == nil:
			continue
		case !valued:
			if value, valued = lookup(key); !valued {
				continue
			}
		}
		pairs = append(pairs, key+"="+value)
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d is longer than the 64 KiB that docker's client reads", n+1)
	}
	return pairs, scanner.Err()
}
