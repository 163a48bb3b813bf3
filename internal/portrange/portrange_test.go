package portrange_test

import (
	"testing"

	"github.com/dockercmd/toolkit/internal/portrange"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text      string
		low, high int
		fails     bool
	}{
		{text: "80", low: 80, high: 80},
		{text: "0", low: 0, high: 0},
		{text: "8000-8010", low: 8000, high: 8010},
		{text: "65535-65535", low: 65535, high: 65535},
		{text: "", fails: true},
		{text: "65536", fails: true},
		{text: "-1", fails: true},
		{text: "10-9", fails: true},
		{text: "1-2-3", fails: true},
		{text: "http", fails: true},
	}
	for _, tt := range tests {
		low, high, err := portrange.Parse(tt.text)
		if (err != nil) != tt.fails || low != tt.low || high != tt.high {
			t.Errorf("Parse(%q): got %d, %d, %v", tt.text, low, high, err)
		}
	}
}
