package output_test

import (
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// TestPsBriefFormat holds that the brief format is the other one without the image, and its rows are read alike.
func TestPsBriefFormat(t *testing.T) {
	t.Parallel()
	whole, brief := output.PsFormat("a", "b"), output.PsBriefFormat("a", "b")
	if got := strings.Replace(whole, `"Image":{{json .Image}},`, "", 1); got != brief || got == whole {
		t.Errorf("got %s and %s", whole, brief)
	}
	rows, err := output.ParsePs([]byte(`{"ID":"00","Names":"w","State":"exited","Status":"Exited (3) 2 minutes ago","Labels":{"a":"1","b":""}}` + "\n"))
	if err != nil || len(rows) != 1 || rows[0].Image != "" || rows[0].Labels["a"] != "1" || *rows[0].ExitCode != 3 {
		t.Errorf("got %+v, %v", rows, err)
	}
}
