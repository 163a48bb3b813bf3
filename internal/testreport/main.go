// Command testreport reads the events of go test -json from standard input. It prints a line for each package and the output of
// what failed, as go test does, and at the end what was left out, by cause. It ends with 1 when something failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	failed, err := report(os.Stdin, os.Stdout)
	if err != nil {
		log.Fatal(err)
	}
	if failed {
		os.Exit(1)
	}
}

// event is a line of go test -json.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// report prints what the events tell, and reports whether something failed.
func report(events io.Reader, out io.Writer) (failed bool, err error) {
	outputs := map[string][]string{} // of a test or a package, until its end
	causes := map[string]int{}       // of tests that were left out
	open := map[string]bool{}        // packages that have begun and not ended
	ended := 0
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text()) // a word of go's own
			continue
		}
		key := e.Package + " " + e.Test
		switch {
		case e.Test != "":
		case e.Action == "start":
			open[e.Package] = true
		case e.Action == "pass", e.Action == "fail", e.Action == "skip":
			delete(open, e.Package)
			ended++
		}
		switch e.Action {
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "output":
			outputs[key] = append(outputs[key], e.Output)
		case "skip":
			if e.Test != "" {
				causes[cause(outputs[key])]++
			}
			delete(outputs, key)
		case "pass":
			if e.Test == "" {
				fmt.Fprintf(out, "ok    %s %.1fs\n", e.Package, e.Elapsed)
			}
			delete(outputs, key)
		case "fail":
			failed = true
			fmt.Fprint(out, strings.Join(outputs[key], ""))
			if e.Test == "" {
				fmt.Fprintf(out, "FAIL  %s %.1fs\n", e.Package, e.Elapsed)
			}
			delete(outputs, key)
		case "build-fail":
			failed = true
		}
	}
	for _, c := range slices.Sorted(maps.Keys(causes)) {
		fmt.Fprintf(out, "left out: %d tests: %s\n", causes[c], c)
	}
	for _, p := range slices.Sorted(maps.Keys(open)) {
		failed = true
		fmt.Fprintf(out, "FAIL  %s did not end\n", p)
	}
	if ended == 0 {
		failed = true
		fmt.Fprintln(out, "FAIL  no package was tested")
	}
	return failed, lines.Err()
}

// cause returns why a test was skipped: the text of its last line of output that says where it stands.
func cause(output []string) string {
	for _, line := range slices.Backward(output) {
		line = strings.TrimSpace(line)
		if file, text, ok := strings.Cut(line, ": "); ok && strings.Contains(file, ".go:") {
			return text
		}
	}
	return "without a word"
}
