package runnertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/dockercmd/output"
)

// runDialStdio runs docker system dial-stdio: it answers requests to the engine's API on standard input, one after the other. The
// fake knows the questions that a docker client asks for ps, inspect, images, image inspect, info, version and events, and no
// others.
// [Docker.Fault] is asked about each of them as it is about the command; a lie is one about the body of the answer.
func (d *Docker) runDialStdio(p *client) int {
	if p.cmd.Stdin == nil {
		return 0
	}
	requests := make(chan *http.Request)
	go func() { // it may be in a last Read when the client ends
		defer close(requests)
		in := bufio.NewReader(p.cmd.Stdin)
		for {
			q, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, q.Body) // a question has none
			select {
			case requests <- q:
			case <-p.done:
				return
			}
		}
	}()
	for {
		select {
		case q, more := <-requests:
			if !more || isClosed(p.cut) || !d.serveAPI(p, q) {
				return 0
			}
		case <-p.killed:
			return 0
		case <-p.cut: // the engine has closed the connection
			return 0
		}
	}
}

// serveAPI answers a request, and reports whether the connection is kept.
func (d *Docker) serveAPI(p *client, q *http.Request) bool {
	r := d.spokenFor()
	w := &apiWriter{p: p, release: r}
	path := strings.TrimPrefix(q.URL.Path, "/")
	if version, rest, ok := strings.Cut(path, "/"); ok && strings.HasPrefix(version, "v1.") {
		if path = rest; apiMinor(version[1:]) > apiMinor(r.api) {
			return w.refuse(http.StatusBadRequest, "client version "+version[1:]+
				" is too new. Maximum supported API version is "+r.api)
		}
	}
	if path == "_ping" {
		if _, ok := d.reach(p, new(dockercmd.Version)); !ok {
			return false
		}
		return w.answer("text/plain; charset=utf-8", []byte("OK"))
	}
	c, problem := apiCommand(path, q)
	switch {
	case problem != "":
		return w.refuse(http.StatusBadRequest, problem)
	case c == nil:
		return w.refuse(http.StatusNotFound, "page not found")
	}
	var stderr bytes.Buffer
	_, w.stream = c.(*dockercmd.Events)
	sub := p.withoutOutput()
	sub.cmd.Stdin, sub.cmd.Stdout, sub.cmd.Stderr, sub.api = nil, w, &stderr, true
	code := d.perform(sub, c)
	switch {
	case sub.interrupted, sub.writeErr != nil, isClosed(p.killed):
		return false
	case code == 0:
		return w.finish()
	}
	text, isDaemon := strings.CutPrefix(strings.TrimSpace(stderr.String()), "Error response from daemon: ")
	switch {
	case strings.Contains(strings.ToLower(text), "no such "):
		_, text, _ = strings.Cut("Error: "+text, "Error: ")
		return w.refuse(http.StatusNotFound, text)
	case isDaemon:
		return w.refuse(http.StatusInternalServerError, text)
	}
	return false // the engine went away
}

// apiMinor returns the minor number of an API version such as 1.41.
func apiMinor(version string) int {
	_, minor, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(minor)
	return n
}

// apiCommand returns the command that asks what a request does, nil for one that the fake does not know.
func apiCommand(path string, q *http.Request) (c dockercmd.Command, problem string) {
	if q.Method != http.MethodGet {
		return nil, ""
	}
	values := q.URL.Query()
	filters, err := apiFilters(values.Get("filters"))
	if err != nil {
		return nil, err.Error()
	}
	kind, rest, _ := strings.Cut(path, "/")
	name, isInspect := strings.CutSuffix(rest, "/json")
	switch {
	case path == "containers/json":
		last, _ := strconv.ParseInt(values.Get("limit"), 10, 64)
		return &dockercmd.Ps{All: values.Get("all") == "1", Last: last, Filters: filters, NoTrunc: true}, ""
	case path == "images/json":
		c := &dockercmd.Images{All: values.Get("all") == "1", NoTrunc: true}
		c.Filters = slices.DeleteFunc(filters, func(f dockercmd.Filter) bool {
			if f.Key == "reference" && c.Repository == "" {
				c.Repository = f.Value
			}
			return f.Key == "reference" && c.Repository == f.Value
		})
		return c, ""
	case path == "info":
		return &dockercmd.Info{Format: output.JSONFormat}, ""
	case path == "version":
		return &dockercmd.Version{Format: output.VersionFormat}, ""
	case path == "events":
		return &dockercmd.Events{Since: values.Get("since"), Until: values.Get("until"), Filters: filters,
			Format: output.JSONFormat}, ""
	case kind == "containers" && isInspect:
		return &dockercmd.Inspect{Type: "container", Names: []string{name}, Format: output.JSONFormat}, ""
	case kind == "images" && isInspect:
		return &dockercmd.ImageInspect{Images: []string{name}, Format: output.JSONFormat}, ""
	}
	return nil, ""
}

func apiFilters(text string) (filters []dockercmd.Filter, err error) {
	if text == "" {
		return nil, nil
	}
	var by map[string]map[string]bool
	if err := json.Unmarshal([]byte(text), &by); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(by)) {
		for _, value := range slices.Sorted(maps.Keys(by[key])) {
			filters = append(filters, dockercmd.Filter{Key: key, Value: value})
		}
	}
	return filters, nil
}

// apiWriter makes an answer of the API of what a command prints.
type apiWriter struct {
	p       *client
	release engineRelease
	stream  bool // the answer goes on: it is sent as it comes
	begun   bool
	body    bytes.Buffer
}

func (w *apiWriter) Write(b []byte) (int, error) {
	if !w.stream {
		return w.body.Write(b)
	}
	if !w.begun {
		w.begun = true
		w.head(http.StatusOK, "application/json", "Transfer-Encoding: chunked\r\n")
	}
	if len(b) > 0 {
		w.p.out(fmt.Sprintf("%x\r\n%s\r\n", len(b), b))
	}
	return len(b), w.p.writeErr
}

func (w *apiWriter) head(status int, contentType, more string) {
	w.p.out(fmt.Sprintf("HTTP/1.1 %d %s\r\nApi-Version: %s\r\nContent-Type: %s\r\nDocker-Experimental: false\r\nOstype: linux\r\n"+
		"Server: Docker/%s (linux)\r\nDate: %s\r\n%s\r\n", status, http.StatusText(status), w.release.api, contentType,
		w.release.version, time.Now().UTC().Format(http.TimeFormat), more))
}

// finish ends an answer.
func (w *apiWriter) finish() bool {
	if w.stream {
		w.p.out("0\r\n\r\n")
		return true
	}
	return w.answer("application/json", w.body.Bytes())
}

func (w *apiWriter) answer(contentType string, body []byte) bool {
	w.head(http.StatusOK, contentType, fmt.Sprintf("Content-Length: %d\r\n", len(body)))
	w.p.write(w.p.cmd.Stdout, body)
	return w.p.writeErr == nil
}

func (w *apiWriter) refuse(status int, message string) bool {
	body, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		panic(err) // a text
	}
	body = append(body, '\n')
	w.head(status, "application/json", fmt.Sprintf("Content-Length: %d\r\n", len(body)))
	w.p.write(w.p.cmd.Stdout, body)
	return w.p.writeErr == nil
}

// listedContainer is a container in the answer to GET /containers/json: the part that the fake knows, in its order.
type listedContainer struct {
	ID         string `json:"Id"`
	Names      []string
	Image      string
	ImageID    string
	Command    string
	Created    int64
	Ports      []struct{}
	Labels     map[string]string
	State      output.State
	Status     string
	HostConfig struct{ NetworkMode string }
}

// listContainers answers GET /containers/json.
func (d *Docker) listContainers(p *client, rows []*psRow) int {
	list := make([]listedContainer, len(rows))
	for i, r := range rows {
		labels := r.labels
		if labels == nil {
			labels = map[string]string{}
		}
		list[i] = listedContainer{
			ID: r.id, Names: []string{"/" + r.name}, Image: r.image, ImageID: imageID(r.image), Command: r.command,
			Created: r.created.Unix(), Ports: []struct{}{}, Labels: labels, State: r.state, Status: r.status,
		}
		list[i].HostConfig.NetworkMode = r.networks
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts and numbers
	}
	p.out(string(text) + "\n")
	return 0
}

// listedImage is an image in the answer to GET /images/json: the part that the fake knows, in its order.
type listedImage struct {
	Containers, Created int64
	ID                  string `json:"Id"`
	Labels              map[string]string
	ParentID            string `json:"ParentId"`
	RepoDigests         []string
	RepoTags            []string
	SharedSize, Size    int64
}

// listImages answers GET /images/json.
func listImages(p *client, names []string) int {
	list := make([]listedImage, len(names))
	for i, name := range names {
		list[i] = listedImage{
			Containers: -1, Created: time.Time{}.Unix(), ID: imageID(name), RepoDigests: []string{}, RepoTags: []string{tagged(name)},
			SharedSize: -1,
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts and numbers
	}
	p.out(string(text) + "\n")
	return 0
}
