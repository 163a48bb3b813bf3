package runnertest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// timestamp is a --since or --until: the time, zero for none, and the text that the client sends to the engine.
type timestamp struct {
	time time.Time
	text string
}

// parseTimestamp reads a time as the client and the engine do: a duration before now, of which whole seconds count; a date and
// time, in the local zone unless it names one; or seconds since 1970 with a fraction.
func parseTimestamp(s string, now time.Time) (timestamp, error) {
	if s == "" {
		return timestamp{}, nil
	}
	if ago, err := time.ParseDuration(s); err == nil && s != "0" {
		t := time.Unix(now.Add(-ago).Unix(), 0)
		return timestamp{t, strconv.FormatInt(t.Unix(), 10)}, nil
	}
	t, err := parseDate(s)
	if err == nil {
		return timestamp{t, fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())}, nil
	}
	if strings.Contains(s, "-") {
		return timestamp{}, err
	}
	if t, err = parseUnix(s); err != nil {
		return timestamp{}, fmt.Errorf("failed to parse value as time or duration: %q", s)
	}
	return timestamp{t, s}, nil
}

func parseDate(s string) (time.Time, error) {
	// A zone is seen by its Z, its plus, or its minus, which is the third one.
	local := !strings.ContainsAny(s, "zZ+") && strings.Count(s, "-") != 3
	layout := "2006-01-02"
	switch colons := strings.Count(s, ":"); {
	case strings.Contains(s, "."):
		layout = "2006-01-02T15:04:05.999999999"
	case !strings.Contains(s, "T"):
	default:
		if !local && !strings.ContainsAny(s, "zZ") && colons > 0 {
			colons-- // the zone's own
		}
		layout = []string{"2006-01-02T15", "2006-01-02T15:04", "2006-01-02T15:04:05"}[min(colons, 2)]
	}
	if local {
		return time.ParseInLocation(layout, s, time.Local)
	}
	return time.Parse(layout+"Z07:00", s)
}

func parseUnix(s string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || fraction == "" {
		return time.Unix(seconds, 0), err
	}
	nanos, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	return time.Unix(seconds, nanos), err
}
