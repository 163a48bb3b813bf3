package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
	"github.com/dockercmd/toolkit/internal/backoff"
	"github.com/dockercmd/toolkit/internal/errline"
	"github.com/dockercmd/toolkit/internal/writers"
)

// Lane answers questions through one docker client that stays, docker system dial-stdio, instead of a client for each: a question
// then costs a tenth of the CPU. That client connects its standard input and output to the engine's API, so that contexts, ssh
// hosts, TLS and credentials work as they do for every other line. Its zero value is ready. It is safe for concurrent use; Dockers
// that ask one engine share a pointer to one Lane. Close it in the end.
//
// Only questions go this way: Ps, Inspect, Stats, Images, ImageInspect, Info and Version, of the dialect docker, in the form in
// which the methods of Docker ask them, and Events between two times in seconds (1600000000.25) of which the later is past.
// Whatever changes something is a line, and so is a stream of events that are to come, which has a client of its own in any case.
// So is a question that the Lane has no answer to, within the same deadline:
//
//   - the engine refuses it, or has no such container or image: only a client of its own says that something is not there;
//   - the client cannot be started, ends, says what is not HTTP (a launcher or a wrapper that hands no standard input on, an
//     engine that is away), or does not answer within 5 seconds, or half of the deadline if that is less. The Lane is then left
//     alone for a second, and up to a minute when that happens again;
//   - it is what containers use, of more than 200, or of an engine before 26, which takes a second for each;
//   - it is which images there are, and some have no name: clients differ in whether they show these;
//   - four questions are being asked already, and none of them is answered within a second.
//
// The client is started by the Runner, Program, Env and Dir of the Docker that asks first; when [Docker.Target] changes, another
// one takes its place. The Runner and what a Program does by itself are not part of that: Dockers that differ in these share no
// Lane. It ends when nothing has been asked for Idle. Up to four may run at a time: another one is started for a question that has
// waited for 50 milliseconds.
//
// A connection that stands goes on to the engine that it has reached, also when its address has come to mean another one.
type Lane struct {
	// Idle is how long the client stays when nothing is asked; 0 is a minute.
	Idle time.Duration

	mu       sync.Mutex
	way      *way
	health   LaneHealth
	notUntil time.Time // while it is left alone
	pause    backoff.Backoff
	closed   bool
	clients  sync.WaitGroup
}

// LaneHealth tells how questions are asked.
type LaneHealth struct {
	// Up reports whether the Lane has answered the last question that it was asked.
	Up bool
	// Since is when that began to be so; zero is that it was not asked yet.
	Since time.Time
	// Err is why it did not; nil if it is up.
	Err error
	// Answered and Lines count the questions that the Lane has answered, and those that were asked by lines although there is one.
	Answered, Lines int
}

// String describes the health for people, on one line.
func (h LaneHealth) String() string {
	switch {
	case h.Up:
		return "questions are asked by docker system dial-stdio"
	case h.Err != nil:
		return fmt.Sprintf("questions are asked by lines since %s: %v", clock(h.Since), h.Err)
	}
	return "nothing was asked by docker system dial-stdio yet"
}

// The bounds of a Lane.
const (
	laneIdle     = time.Minute
	laneAnswer   = 5 * time.Second       // for an answer
	laneTurn     = time.Second           // for a question to have its turn
	lanePatience = 50 * time.Millisecond // for the client that there is, before another one is started
	laneHasty    = time.Second           // an answer that does not come within less says nothing of the Lane
	lanePauseMax = time.Minute           // between two attempts to use it
	laneClients  = 4                     // at a time
	laneLimit    = 256 << 20             // bytes of one list
	laneSample   = 1 << 20               // bytes of one container's figures
	laneAPI      = "1.51"                // the newest that answers are read of (28.5)
	laneStats    = "1.45"                // of an engine that tells at once what a container uses (26.1); 20.10 takes a second for each
	laneStderr   = 4 << 10               // bytes of what its client says that are kept
	laneHeader   = 64 << 10              // bytes of an answer's header
	laneURL      = "http://docker/"      // the name of the host does not matter
)

// errByLine is that a question must be asked by a line.
var errByLine = errors.New("ask by a line")

// errLate is that an answer has not come in time.
var errLate = errors.New("docker system dial-stdio has not answered")

// errHasty is that there was too little time for it to say anything of the Lane.
var errHasty = errors.New("ask by a line: there is no time")

// way is the Lane's connection to one target.
type way struct {
	target string
	by     *http.Client
	stop   context.CancelFunc // ends its clients
	// has an element while a question is being asked, and one for each that is asked at the same time
	turn, furtherTurns chan struct{}
	hello              chan struct{} // likewise for the first one
	api                string        // the version that client and engine have in common; "" is not known yet; its owner is in hello
	os                 string        // the engine's; likewise

	client output.VersionPart
	server *output.VersionPart // what client has said it of; nil is that it has not; guarded by Lane.mu
}

// Health returns how questions are asked. Of a nil Lane it is the zero LaneHealth.
func (l *Lane) Health() LaneHealth {
	if l == nil {
		return LaneHealth{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.health
}

// Close ends the Lane's clients, and the questions that they are asked, and waits until they have gone. Questions are asked by
// lines from then on.
func (l *Lane) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.Reset()
	l.clients.Wait()
	return nil
}

// Reset ends the client that questions are asked by, and has the next one open a new connection: another engine may answer at the
// same address.
func (l *Lane) Reset() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.way != nil {
		l.way.close()
		l.way = nil
	}
}

func (w *way) close() {
	w.stop()
	w.by.CloseIdleConnections()
}

// question is a question of one call, which may have several parts.
type question struct {
	lane *Lane
	way  *way
	turn chan struct{}   // that it has taken, and gives back by receiving
	call context.Context // its caller's
	ctx  context.Context // ends earlier, so that a line can still be asked
	end  context.CancelFunc
	time time.Duration // that the Lane has
	late error         // that it has not answered in time
}

// begin begins a question, or returns errByLine. Its caller asks its parts and ends it.
func (l *Lane) begin(ctx context.Context, d Docker) (*question, error) {
	q := &question{lane: l, call: ctx, time: laneAnswer}
	if at, is := ctx.Deadline(); is {
		q.time = min(q.time, time.Until(at)/2)
	}
	q.late = fmt.Errorf("%w within %v", errLate, q.time)
	q.ctx, q.end = context.WithTimeoutCause(ctx, q.time, q.late)
	if q.way = l.enter(d); q.way != nil {
		q.turn = q.way.takeTurn(q.ctx, q.time/2)
	}
	if q.turn == nil {
		q.end()
		l.countLine()
		return nil, byLineUnless(ctx)
	}
	return q, nil
}

// done ends a question, which err has become of, and returns errByLine for an error, or its context's.
func (q *question) done(err error) error {
	if err != nil && !errors.Is(err, errHasty) && q.ctx.Err() != nil && q.call.Err() == nil {
		err = q.late
		if q.time < laneHasty {
			err = errHasty
		}
	}
	q.end()
	<-q.turn
	q.lane.leave(q.call, q.way, err)
	if err != nil {
		return byLineUnless(q.call)
	}
	return nil
}

// byLineUnless returns errByLine, or the context's error if that has ended.
func byLineUnless(ctx context.Context) error {
	if ctx.Err() != nil {
		return errline.Context(ctx)
	}
	return errByLine
}

// takeTurn waits until a question may be asked, for a second or up to most, and returns the turn that it has taken; nil is that it
// may not. A question that could be asked next is not worth another client: it waits for a while for the one that there is.
func (w *way) takeTurn(ctx context.Context, most time.Duration) chan struct{} {
	select {
	case w.turn <- struct{}{}:
		return w.turn
	default:
	}
	most = min(most, laneTurn)
	patience := min(most/2, lanePatience)
	if wait(ctx, patience, w.turn) {
		return w.turn
	}
	if wait(ctx, most-patience, w.furtherTurns) {
		return w.furtherTurns
	}
	return nil
}

// wait waits for room in a channel for up to d, and fills it.
func wait(ctx context.Context, d time.Duration, room chan<- struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case room <- struct{}{}:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	return false
}

// enter returns the way to the engine, or nil if it is to be asked by a line.
func (l *Lane) enter(d Docker) *way {
	if d.Engine.Dialect != dockercmd.Docker {
		return nil
	}
	target := d.Target()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || time.Now().Before(l.notUntil) {
		return nil
	}
	if l.way != nil && l.way.target != target {
		l.way.close()
		l.way = nil
	}
	if l.way == nil {
		l.way = l.newWay(d, target)
	}
	return l.way
}

func (l *Lane) newWay(d Docker, target string) *way {
	ctx, stop := context.WithCancel(context.Background())
	transport := &http.Transport{
		DialContext:        func(context.Context, string, string) (net.Conn, error) { return l.dial(ctx, d) },
		DisableCompression: true, MaxIdleConnsPerHost: 1, MaxConnsPerHost: laneClients, MaxResponseHeaderBytes: laneHeader,
		IdleConnTimeout: cmp.Or(l.Idle, laneIdle),
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &way{
		target: target, by: &http.Client{Transport: transport, CheckRedirect: noRedirect}, stop: stop,
		turn: make(chan struct{}, 1), furtherTurns: make(chan struct{}, laneClients-1), hello: make(chan struct{}, 1),
	}
}

// refusal is an answer of the engine that is none to the question.
type refusal struct {
	status  int
	message string
}

// wrongVersion begins an engine's refusal of a version of the API: it is another engine than before.
const wrongVersion = "client version "

func (r *refusal) Error() string {
	return fmt.Sprintf("the engine's API answers %d: %s", r.status, r.message)
}

// leave notes how a question has ended.
func (l *Lane) leave(ctx context.Context, w *way, err error) {
	var r *refusal
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.health.Answered++
	} else {
		l.health.Lines++
	}
	switch {
	case l.way != w: // it has been replaced meanwhile
		return
	case err != nil && ctx.Err() != nil, errors.Is(err, errHasty):
		return
	case err == nil, errors.As(err, &r) && !strings.HasPrefix(r.message, wrongVersion):
		if !l.health.Up {
			l.health.Up, l.health.Since, l.health.Err = true, time.Now(), nil
		}
		l.pause.Reset()
		return
	}
	if l.health.Up || l.health.Since.IsZero() {
		l.health.Since = time.Now()
	}
	l.health.Up, l.health.Err = false, oneLine(err)
	l.pause.First, l.pause.Max = time.Second, lanePauseMax
	l.notUntil = time.Now().Add(l.pause.Next())
	if !errors.Is(err, errLate) { // else the question's own connection is closed, and others may be answered
		l.way = nil
		w.close()
	}
}

// oneLine returns err with a text of one line.
func oneLine(err error) error {
	return fmt.Errorf("%.500s%w", strings.ReplaceAll(err.Error(), "\n", "; "), silent{err})
}

// silent wraps an error whose text is said already.
type silent struct{ error }

func (silent) Error() string   { return "" }
func (s silent) Unwrap() error { return s.error }

// countLine counts a question that is asked by a line.
func (l *Lane) countLine() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.health.Lines++
}

// get asks for a path of the engine's API and hands what it answers to read.
func (q *question) get(d Docker, path string, read func(io.Reader) error) error {
	api, err := q.way.agree(q.ctx, d)
	if err != nil {
		return err
	}
	return getFrom(q.ctx, q.way.by, "v"+api+"/"+path, func(answer *http.Response) error { return read(answer.Body) })
}

// getFrom asks for a path and hands an answer to read.
func getFrom(ctx context.Context, by *http.Client, path string, read func(*http.Response) error) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, laneURL+path, nil)
	if err != nil {
		return err
	}
	answer, err := by.Do(q)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		var said struct{ Message string }
		text, _ := io.ReadAll(io.LimitReader(answer.Body, laneHeader))
		_ = json.Unmarshal(text, &said)
		return &refusal{answer.StatusCode, cmp.Or(said.Message, strings.TrimSpace(string(text)), answer.Status)}
	}
	if err := read(answer); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, laneHeader)) // or the client cannot be asked again
	return err
}

// agree returns the version of the API that client and engine have in common. The first to ask makes sure that a client answers.
func (w *way) agree(ctx context.Context, d Docker) (string, error) {
	select {
	case w.hello <- struct{}{}:
	case <-ctx.Done():
		return "", errHasty // whoever came first knows what it is
	}
	defer func() { <-w.hello }()
	if w.api != "" {
		return w.api, nil
	}
	var engine string
	err := getFrom(ctx, w.by, "_ping", func(answer *http.Response) error {
		engine, w.os = answer.Header.Get("Api-Version"), answer.Header.Get("Ostype")
		return nil
	})
	if err != nil {
		return "", err
	}
	api := older(engine, laneAPI)
	if api == "" {
		return "", fmt.Errorf("%.100q is no version of an engine's API", engine)
	}
	if set := variables(d.Env)["DOCKER_API_VERSION"]; set != "" {
		if api = older(api, set); api == "" {
			return "", fmt.Errorf("DOCKER_API_VERSION is %.100q, which is no version of an engine's API", set)
		}
	}
	w.api = api
	return api, nil
}

// older returns the older of two versions of the API such as 1.41; "" is that one of them is none.
func older(a, b string) string {
	minor := func(v string) int {
		digits, is := strings.CutPrefix(v, "1.")
		n, err := strconv.Atoi(digits)
		if !is || err != nil || n < 0 {
			return -1
		}
		return n
	}
	m, n := minor(a), minor(b)
	switch {
	case m < 0 || n < 0:
		return ""
	case m < n:
		return a
	}
	return b
}

// laneClient is a docker system dial-stdio as a connection.
type laneClient struct {
	in  *io.PipeWriter // its standard input
	out *io.PipeReader // its standard output
	end context.CancelFunc

	begin sync.Once
	asked chan struct{} // closed when it has been asked something, or is not wanted any more
}

// admit counts a client that is about to start, unless the Lane is closed.
func (l *Lane) admit() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.clients.Add(1)
	}
	return !l.closed
}

// dial starts a client.
func (l *Lane) dial(ctx context.Context, d Docker) (net.Conn, error) {
	if !l.admit() {
		return nil, net.ErrClosed
	}
	started := false
	defer func() {
		if !started {
			l.clients.Done()
		}
	}()
	c := &dockercmd.SystemDialStdio{}
	stdin, in := io.Pipe()
	out, stdout := io.Pipe()
	said := writers.HeadTail(laneStderr)
	cmd := d.cmd(c)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.KillOnly = stdin, stdout, &said, true // it has nothing to put in order
	ctx, end := context.WithCancel(ctx)
	p, err := d.runner().Start(ctx, cmd)
	if err != nil {
		end()
		return nil, d.dockerError(c, nil, err)
	}
	started = true
	go func() {
		defer l.clients.Done()
		err := p.Wait()
		if err = d.dockerError(c, said.Bytes(), err); err == nil {
			err = io.EOF
		}
		end()
		stdin.CloseWithError(err)
		stdout.CloseWithError(err)
	}()
	return &laneClient{in: in, out: out, end: end, asked: make(chan struct{})}, nil
}

// Read returns nothing before something has been asked: net/http writes what comes unasked into the program's log.
func (c *laneClient) Read(p []byte) (int, error) {
	<-c.asked
	return c.out.Read(p)
}

func (c *laneClient) Write(p []byte) (int, error) {
	c.begin.Do(func() { close(c.asked) })
	return c.in.Write(p)
}

// Close ends the client.
func (c *laneClient) Close() error {
	c.begin.Do(func() { close(c.asked) })
	c.end()
	c.in.Close()
	c.out.Close()
	return nil
}

func (c *laneClient) LocalAddr() net.Addr  { return laneAddr{} }
func (c *laneClient) RemoteAddr() net.Addr { return laneAddr{} }

// SetDeadline, SetReadDeadline and SetWriteDeadline do nothing: net/http ends a question by closing its connection.
func (c *laneClient) SetDeadline(time.Time) error      { return nil }
func (c *laneClient) SetReadDeadline(time.Time) error  { return nil }
func (c *laneClient) SetWriteDeadline(time.Time) error { return nil }

// laneAddr is the address of an engine behind a client.
type laneAddr struct{}

func (laneAddr) Network() string { return "stdio" }
func (laneAddr) String() string  { return "docker system dial-stdio" }
