package runnertest

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
)

// runLogs runs docker logs.
func (d *Docker) runLogs(p *client, c *dockercmd.Logs) int {
	if c.Details {
		p.errln("runnertest: the fake docker has no details in its logs")
		return 125
	}
	now := time.Now()
	since, err1 := logTime(c.Since, now)
	until, err2 := logTime(c.Until, now)
	if err := cmp.Or(err1, err2); err != nil {
		p.errln(err.Error())
		return 1
	}
	d.mu.Lock()
	b, text := d.find(c.Container)
	if text != "" {
		d.mu.Unlock()
		p.errln(daemonError(text))
		return 1
	}
	over := b.isOver()
	d.mu.Unlock()

	var lines lineBuffer
	chunks, _ := b.log.from(0)
	for _, ch := range chunks {
		lines.add(ch)
	}
	if isClosed(over) {
		lines.flush()
	}
	show := func(all []chunk) {
		for _, l := range all {
			if l.time.Before(since) || !until.IsZero() && l.time.After(until) {
				continue
			}
			if c.Timestamps {
				l.data = append(l.time.UTC().AppendFormat(nil, "2006-01-02T15:04:05.000000000Z "), l.data...)
			}
			if l.stream == stdout {
				p.write(p.cmd.Stdout, l.data)
			} else {
				p.write(p.cmd.Stderr, l.data)
			}
		}
	}
	old := lines.take()
	if n, err := strconv.Atoi(c.Tail); err == nil && n >= 0 { // any other text means all, as in docker
		old = old[max(0, len(old)-n):]
	}
	show(old)
	if !c.Follow || isClosed(over) {
		return 0
	}
	if b.log.follow(p, len(chunks), over, func(ch chunk) {
		lines.add(ch)
		show(lines.take())
	}) {
		lines.flush()
		show(lines.take())
	}
	return 0
}

// logTime reads a time as docker logs takes it: RFC 3339, seconds since 1970, or a duration before now.
func logTime(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(s); err == nil {
		return now.Add(-ago), nil
	}
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		return time.Unix(0, int64(seconds*float64(time.Second))), nil
	}
	return time.Parse(time.RFC3339Nano, s)
}

// lineBuffer makes lines of chunks: a line has the time of its first byte, and its place in the order is that of its last.
type lineBuffer struct {
	open  [2]chunk
	ready []chunk
}

func (l *lineBuffer) add(c chunk) {
	open := &l.open[c.stream]
	for part := range bytes.Lines(c.data) {
		if len(open.data) == 0 {
			open.stream, open.time = c.stream, c.time
		}
		open.data = append(open.data, part...)
		if part[len(part)-1] == '\n' {
			l.ready = append(l.ready, *open)
			*open = chunk{}
		}
	}
}

// flush makes lines of what has no line break yet.
func (l *lineBuffer) flush() {
	for i := range l.open {
		if len(l.open[i].data) > 0 {
			l.ready = append(l.ready, l.open[i])
			l.open[i] = chunk{}
		}
	}
}

func (l *lineBuffer) take() []chunk {
	ready := slices.Clone(l.ready)
	l.ready = nil
	return ready
}
