package recorder

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// session is the daemon of one client.
type session struct {
	daemon  Daemon
	server  http.Server
	host    string           // where it listens, as a client is told
	address string           // of its TCP port; $ADDRESS when it has none
	client  chan *os.Process // the client, when it runs

	ended    chan struct{} // closed when the container's process has ended
	start    sync.Once
	end      sync.Once
	awaited  atomic.Bool // the client has asked for the end of a container that it has not made
	attached atomic.Bool // it has attached to one

	mu       sync.Mutex
	requests []rawRequest
	creates  int
}

// serve answers until close: on a unix socket, or with TLS at a TCP port.
func serve(d Daemon, socket string) (*session, error) {
	s := &session{daemon: d, host: "unix://" + socket, address: "$ADDRESS", client: make(chan *os.Process, 1),
		ended: make(chan struct{})}
	s.server.Handler = s.routes()
	if d.TLS {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		s.address = listener.Addr().String()
		s.host = "tcp://" + s.address
		s.server.TLSConfig = certificates().daemon.Clone()
		s.server.ErrorLog = log.New(io.Discard, "", 0) // tests give clients wrong certificates
		go func() { _ = s.server.ServeTLS(listener, "", "") }()
		return s, nil
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	go func() { _ = s.server.Serve(listener) }() // ends with close
	return s, nil
}

// close ends the daemon and returns what it heard, in order.
func (s *session) close() []rawRequest {
	_ = s.server.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// handler answers one request whose body has been read.
type handler func(w http.ResponseWriter, r *http.Request)

func (s *session) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h handler) { mux.HandleFunc(pattern, s.recorded(h)) }
	mux.HandleFunc("/_ping", s.ping) // not recorded: clients differ in when they ask
	handle("GET /version", reply(http.StatusOK, versionJSON))
	handle("GET /info", reply(http.StatusOK, strings.NewReplacer(`"OS"`, `"`+s.daemon.OS+`"`, `"SWARM"`,
		s.daemon.Swarm.info()).Replace(infoJSON)))
	handle("POST /images/create", reply(http.StatusOK, `{"status":"Pulled"}`))
	handle("DELETE /images/{id...}", reply(http.StatusOK, `[{"Untagged":"image"}]`))
	handle("POST /containers/create", s.create)
	handle("GET /containers/json", reply(http.StatusOK, listJSON))
	handle("GET /containers/{id}/json", reply(http.StatusOK, containerJSON))
	handle("GET /containers/{id}/logs", logs)
	handle("POST /containers/{id}/start", s.startContainer)
	handle("POST /containers/{id}/attach", s.attach)
	handle("POST /containers/{id}/wait", s.wait)
	handle("POST /containers/{id}/kill", s.kill)
	for _, verb := range []string{"stop", "restart", "pause", "unpause", "rename"} {
		handle("POST /containers/{id}/"+verb, nothing)
	}
	handle("POST /containers/{id}/resize", nothing)
	handle("POST /containers/{id}/update", reply(http.StatusOK, `{"Warnings":[]}`))
	handle("GET /containers/{id}/changes", reply(http.StatusOK, changesJSON))
	handle("GET /containers/{id}/top", reply(http.StatusOK, topJSON))
	handle("GET /containers/{id}/export", reply(http.StatusOK, "the files"))
	handle("GET /containers/{id}/archive", archive) // HEAD too
	handle("PUT /containers/{id}/archive", reply(http.StatusOK, ""))
	handle("GET /containers/{id}/stats", stats)
	handle("GET /events", events)
	handle("POST /commit", reply(http.StatusCreated, `{"Id":"sha256:`+ID+`"}`))
	handle("DELETE /containers/{id...}", nothing)
	handle("POST /containers/{id}/exec", reply(http.StatusCreated, `{"Id":"`+ExecID+`"}`))
	handle("POST /exec/{id}/start", execStart)
	handle("POST /exec/{id}/resize", nothing)
	handle("GET /exec/{id}/json", reply(http.StatusOK, `{"ID":"`+ExecID+`","ExitCode":0,"Running":false,"Pid":9}`))
	handle("GET /plugins/{id}/json", reply(http.StatusOK, `{"Id":"`+ID+`","Name":"plugin"}`))
	s.objectRoutes(handle)
	s.system(handle)
	s.swarmRoutes(handle)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = apiPrefix().ReplaceAllString(r.URL.Path, "/")
		mux.ServeHTTP(w, r)
	})
}

// recorded reads and keeps the request, then answers it.
func (s *session) recorded(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := rawRequest{
			certificate: certificateName(r), auth: r.Header.Get("X-Registry-Auth"),
			method: r.Method, path: r.URL.Path, query: r.URL.Query(), isJSON: r.Header.Get("Content-Type") == "application/json",
		}
		if !isStream(r) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			q.body = body
		} else if r.ContentLength > 0 {
			q.body = make([]byte, r.ContentLength)
			if _, err := io.ReadFull(r.Body, q.body); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
		s.mu.Lock()
		s.requests = append(s.requests, q)
		s.mu.Unlock()
		h(w, r)
	}
}

// certificateName returns the name in the certificate that the client shows.
func certificateName(r *http.Request) string {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return ""
	}
	return r.TLS.PeerCertificates[0].Subject.CommonName
}

// isStream reports whether the client will go on sending after its request.
func isStream(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

func (s *session) ping(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("API-Version", s.daemon.API)
	w.Header().Set("OSType", s.daemon.OS)
	w.Header().Set("Docker-Experimental", "true") // or clients hide --checkpoint
	w.Header().Set("Builder-Version", "1")
	_, _ = io.WriteString(w, "OK")
}

func reply(status int, body string) handler {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func nothing(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func (s *session) create(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.creates++
	missing := s.daemon.NoImage && s.creates == 1
	s.mu.Unlock()
	if missing {
		reply(http.StatusNotFound, `{"message":"No such image: `+r.URL.Query().Get("name")+`"}`)(w, r)
		return
	}
	reply(http.StatusCreated, `{"Id":"`+ID+`","Warnings":[]}`)(w, r)
}

func (s *session) startContainer(w http.ResponseWriter, r *http.Request) {
	nothing(w, r)
	s.start.Do(s.live)
}

// live ends the container's process at once, or after the signal has had its effect.
func (s *session) live() {
	if s.daemon.Signal == 0 {
		s.over()
		return
	}
	go func() {
		client := <-s.client
		if err := client.Signal(s.daemon.Signal); err != nil {
			s.over()
			return
		}
		select {
		case <-s.ended:
		case <-time.After(time.Second): // the client keeps the signal to itself
			s.over()
		}
	}()
}

func (s *session) over() { s.end.Do(func() { close(s.ended) }) }

func (s *session) kill(w http.ResponseWriter, r *http.Request) {
	nothing(w, r)
	s.over()
}

// attach keeps the stream open until the container's process has ended.
func (s *session) attach(w http.ResponseWriter, r *http.Request) {
	s.attached.Store(true)
	s.liveIfBoth()
	upgrade(w, func() {
		select {
		case <-s.ended:
		case <-r.Context().Done():
		}
	})
}

// liveIfBoth has a container live that the client has not started: it has attached to it and asked for its end, side by side, and
// so takes it for running.
func (s *session) liveIfBoth() {
	if s.attached.Load() && s.awaited.Load() {
		s.start.Do(s.live)
	}
}

// wait answers at once for a container that the client has not just made.
func (s *session) wait(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush() // the client waits for this before it starts the container
	if condition := r.URL.Query().Get("condition"); condition == "next-exit" || condition == "removed" {
		select {
		case <-s.ended:
		case <-r.Context().Done():
		}
	} else {
		s.awaited.Store(true)
		s.liveIfBoth()
	}
	_ = json.NewEncoder(w).Encode(map[string]int{"StatusCode": 0})
}

// stats sends one set of figures; a stream of them stays open.
func stats(w http.ResponseWriter, r *http.Request) {
	reply(http.StatusOK, statsJSON)(w, r)
	if r.URL.Query().Get("stream") == "1" {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

// events sends one event and the end. The client's stats, which watches what containers do, ends well only when the stream breaks.
func events(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("filters") != `{"type":{"container":true}}` {
		reply(http.StatusOK, eventJSON)(w, r)
		return
	}
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// archive sends one directory of a container, and its tar archive.
func archive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Docker-Container-Path-Stat", base64.StdEncoding.EncodeToString([]byte(statJSON)))
	_, _ = io.WriteString(w, "the archive")
}

func execStart(w http.ResponseWriter, r *http.Request) {
	if !isStream(r) {
		w.WriteHeader(http.StatusOK)
		return
	}
	upgrade(w, func() {})
}

// upgrade turns the connection into a stream, which lasts as long as hold.
func upgrade(w http.ResponseWriter, hold func()) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	_, _ = buffer.WriteString("HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: " +
		"Upgrade\r\nUpgrade: tcp\r\n\r\n")
	_ = buffer.Flush()
	hold()
}

// logs sends one line on standard output, in the frame that containers without a terminal have.
func logs(w http.ResponseWriter, _ *http.Request) {
	const line = "line of the log\n"
	w.Header().Set("Content-Type", "application/vnd.docker.raw-stream")
	_, _ = w.Write(append([]byte{1, 0, 0, 0, 0, 0, 0, byte(len(line))}, line...))
}
