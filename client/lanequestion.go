package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/runner"
)

// answer returns what the line of a question would print.
func (l *Lane) answer(ctx context.Context, d Docker, c dockercmd.Command) ([]byte, error) {
	switch c := c.(type) {
	case *dockercmd.Inspect:
		if c.Type == "container" && c.Format == "" && !c.Size && len(c.Extra) == 0 {
			return l.describe(ctx, d, "containers/", c.Names)
		}
	case *dockercmd.ImageInspect:
		if reflect.DeepEqual(c, &dockercmd.ImageInspect{Images: c.Images}) {
			return l.describe(ctx, d, "images/", c.Images)
		}
	case *dockercmd.Info:
		if c.Format == output.JSONFormat && len(c.Extra) == 0 {
			return l.document(ctx, d, "info")
		}
	}
	return nil, errByLine
}

// document asks for a JSON document.
func (l *Lane) document(ctx context.Context, d Docker, path string) (out []byte, err error) {
	q, err := l.begin(ctx, d)
	if err != nil {
		return nil, err
	}
	out, err = q.document(d, path, runner.DefaultOutputLimit)
	return out, q.done(err)
}

// document asks for a JSON document of up to limit bytes.
func (q *question) document(d Docker, path string, limit int) (out []byte, err error) {
	err = q.get(d, path, func(r io.Reader) error {
		out, err = io.ReadAll(io.LimitReader(r, int64(limit)+1))
		switch {
		case err != nil:
			return err
		case len(out) > limit:
			return fmt.Errorf("an answer of more than %d bytes", limit)
		case !json.Valid(out):
			return fmt.Errorf("an answer that is not JSON: %.40q", out)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// plainName finds names and references that stand in a path as they are.
var plainName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:@/-]*$`) })

// describe asks for the description of each of some containers or images.
func (l *Lane) describe(ctx context.Context, d Docker, kind string, names []string) ([]byte, error) {
	for _, name := range names {
		if !plainName().MatchString(name) || kind == "containers/" && dockercmd.ValidName(name) != nil && !dockercmd.ValidID(name) {
			return nil, errByLine
		}
	}
	q, err := l.begin(ctx, d)
	if err != nil {
		return nil, err
	}
	all := bytes.NewBufferString("[")
	for i, name := range names {
		var one []byte
		if one, err = q.document(d, kind+name+"/json", runner.DefaultOutputLimit-all.Len()); err != nil {
			break
		}
		if i > 0 {
			all.WriteByte(',')
		}
		all.Write(one)
	}
	if err := q.done(err); err != nil {
		return nil, err
	}
	all.WriteByte(']')
	return all.Bytes(), nil
}

// list asks for a list, which may be long, and hands it to read.
func (q *question) list(d Docker, path string, read func(io.Reader) error) error {
	return q.get(d, path, func(r io.Reader) error {
		limited := &io.LimitedReader{R: r, N: laneLimit + 1}
		err := read(limited)
		if limited.N == 0 {
			err = fmt.Errorf("an answer of more than %d bytes", laneLimit)
		}
		return err
	})
}

// ps lists containers as Docker.Ps does.
func (l *Lane) ps(ctx context.Context, d Docker, c *dockercmd.Ps, labels []string) (rows []output.PsRow, err error) {
	if len(c.Extra) > 0 || !c.NoTrunc || c.Size {
		return nil, errByLine
	}
	values := url.Values{}
	if c.All {
		values.Set("all", "1")
	}
	limit := c.Last
	if c.Latest {
		limit = 1
	}
	if limit > 0 {
		values.Set("limit", strconv.FormatInt(limit, 10))
	}
	setFilters(values, c.Filters)
	q, err := l.begin(ctx, d)
	if err != nil {
		return nil, err
	}
	err = q.list(d, "containers/json?"+values.Encode(), func(r io.Reader) (err error) {
		rows, err = output.ParseContainerList(r, labels...)
		return err
	})
	if err := q.done(err); err != nil {
		return nil, err
	}
	if c.Format == output.PsBriefFormat(labels...) {
		for i := range rows {
			rows[i].Image = ""
		}
	}
	return rows, nil
}

// images lists images as Docker.Images does.
func (l *Lane) images(ctx context.Context, d Docker, c *dockercmd.Images) (rows []output.ImageRow, err error) {
	if len(c.Extra) > 0 {
		return nil, errByLine
	}
	values := url.Values{}
	if c.All {
		values.Set("all", "1")
	}
	filters := c.Filters
	if c.Repository != "" {
		filters = append(slices.Clone(filters), dockercmd.Filter{Key: "reference", Value: c.Repository})
	}
	setFilters(values, filters)
	q, err := l.begin(ctx, d)
	if err != nil {
		return nil, err
	}
	err = q.list(d, "images/json?"+values.Encode(), func(r io.Reader) (err error) {
		rows, err = output.ParseImageList(r, c.Digests)
		return err
	})
	if err := q.done(err); err != nil {
		return nil, err
	}
	unnamed := func(row output.ImageRow) bool { return row.Tag == "" }
	if !c.All && !slices.Contains(c.Filters, dockercmd.Filter{Key: "dangling", Value: "true"}) && slices.ContainsFunc(rows, unnamed) {
		l.countLine() // which of these are shown depends on the client's version
		return nil, errByLine
	}
	return rows, nil
}

// statsInterval is over how long CPU is measured.
const statsInterval = time.Second

// The bounds of stats: each container is a question of its own, and a line may have to be asked after all.
const (
	statsMost = 200
	statsLine = 3 * time.Second // that docker stats takes
)

// stats tells what containers use as Docker.Stats does.
func (l *Lane) stats(ctx context.Context, d Docker, c *dockercmd.Stats) ([]output.StatsRow, error) {
	at, is := ctx.Deadline()
	if len(c.Extra) > 0 || len(c.Containers) > statsMost || is && time.Until(at) < statsInterval+statsLine {
		return nil, errByLine
	}
	if err := l.tellsStatsAtOnce(ctx, d); err != nil {
		return nil, err
	}
	containers, err := l.measured(ctx, d, c)
	switch {
	case err != nil || len(containers) == 0:
		return nil, err
	case len(containers) > statsMost:
		l.countLine()
		return nil, errByLine
	}
	earlier, err := l.samples(ctx, d, containers)
	if err != nil {
		return nil, err
	}
	select { // others have their turns meanwhile
	case <-time.After(statsInterval):
	case <-ctx.Done():
		return nil, errline.Context(ctx)
	}
	later, err := l.samples(ctx, d, containers)
	if err != nil {
		return nil, err
	}
	var rows []output.StatsRow
	for i, one := range containers {
		row, err := output.ParseStatsSamples(one.ID, strings.Join(one.Names, ","), earlier[i], later[i])
		if err != nil {
			l.countLine()
			return nil, errByLine
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// tellsStatsAtOnce returns errByLine of an engine that measures each container for a second, or that is not Linux's.
func (l *Lane) tellsStatsAtOnce(ctx context.Context, d Docker) error {
	q, err := l.begin(ctx, d)
	if err != nil {
		return err
	}
	api, err := q.way.agree(q.ctx, d)
	if err == nil && (older(api, laneStats) != laneStats || q.way.os != "linux") {
		err = errHasty // no fault of the Lane's
	}
	return q.done(err)
}

// measured returns the containers that Docker.Stats is asked for, by id and name.
func (l *Lane) measured(ctx context.Context, d Docker, c *dockercmd.Stats) ([]output.PsRow, error) {
	if len(c.Containers) == 0 {
		rows, err := l.ps(ctx, d, &dockercmd.Ps{All: c.All, NoTrunc: true}, nil)
		for i := range rows {
			rows[i].Names = slices.DeleteFunc(rows[i].Names, func(name string) bool { return strings.Contains(name, "/") }) // links
		}
		return rows, err
	}
	var names []string // each once, as docker's client has it
	for _, name := range c.Containers {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	text, err := l.describe(ctx, d, "containers/", names)
	if err != nil {
		return nil, err
	}
	list, err := output.ParseInspect(text)
	if err != nil {
		l.countLine()
		return nil, errByLine
	}
	var rows []output.PsRow
	for _, one := range list {
		rows = append(rows, output.PsRow{ID: one.ID, Names: []string{one.Name}})
	}
	return rows, nil
}

// samples asks for the figures of each of some containers at this moment.
func (l *Lane) samples(ctx context.Context, d Docker, containers []output.PsRow) (samples [][]byte, err error) {
	q, err := l.begin(ctx, d)
	if err != nil {
		return nil, err
	}
	for _, c := range containers {
		if err != nil {
			break
		}
		var one []byte
		if one, err = q.document(d, "containers/"+c.ID+"/stats?stream=false&one-shot=true", laneSample); err == nil {
			samples = append(samples, one)
		}
	}
	return samples, q.done(err)
}

// events tells a handler of the events up to a time that has passed, in the order in which they come. It tells
// of all or, with errByLine, of none.
func (l *Lane) events(ctx context.Context, d Docker, c *dockercmd.Events, h EventHandler) error {
	values := url.Values{"since": {c.Since}, "until": {c.Until}}
	setFilters(values, c.Filters)
	q, err := l.begin(ctx, d)
	if err != nil {
		return err
	}
	answer := newEventQueue(MaxEvents, laneLimit)
	var lost error
	answer.lost = func(err *EventsLostError) { lost = err }
	err = q.list(d, "events?"+values.Encode(), func(r io.Reader) error {
		_, err := io.Copy(answer, r)
		return cmp.Or(lost, err)
	})
	if err != nil && q.ctx.Err() != nil { // by the engine's clock the time has not come, perhaps: no fault of the Lane's
		err = errHasty
	}
	if err := q.done(err); err != nil {
		return err
	}
	answer.close()
	release := context.AfterFunc(ctx, answer.discard)
	defer release()
	bad := answer.deliver(h)
	if ctx.Err() != nil {
		return errline.Context(ctx)
	}
	if bad.Lines > 0 && h.Problem == nil {
		return &bad
	}
	return nil
}

// setFilters adds filters to the query of a question.
func setFilters(q url.Values, filters []dockercmd.Filter) {
	if len(filters) == 0 {
		return
	}
	by := map[string]map[string]bool{}
	for _, f := range filters {
		if f == (dockercmd.Filter{}) {
			continue
		}
		if by[f.Key] == nil {
			by[f.Key] = map[string]bool{}
		}
		by[f.Key][f.Value] = true
	}
	text, err := json.Marshal(by)
	if err != nil {
		panic(err) // texts and truths
	}
	q.Set("filters", string(text))
}

// version returns the versions, of the engine as it says it now, and of the client as a line has told it of that engine.
func (l *Lane) version(ctx context.Context, d Docker) (output.Version, error) {
	client, had := l.versionOf(d)
	if had == nil {
		l.countLine()
		return output.Version{}, errByLine
	}
	text, err := l.document(ctx, d, "version")
	if err != nil {
		return output.Version{}, err
	}
	var server output.VersionPart
	if json.Unmarshal(text, &server) != nil || !reflect.DeepEqual(&server, had) {
		return output.Version{}, errByLine
	}
	return output.Version{Client: client, Server: &server}, nil
}

// versionOf returns what noteClient has noted; nil is nothing.
func (l *Lane) versionOf(d Docker) (client output.VersionPart, server *output.VersionPart) {
	w := l.enter(d)
	if w == nil {
		return client, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return w.client, w.server
}

// noteClient notes what docker version has printed.
func (l *Lane) noteClient(d Docker, v output.Version) {
	if l == nil || v.Server == nil {
		return
	}
	if w := l.enter(d); w != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		w.client, w.server = v.Client, v.Server
	}
}
