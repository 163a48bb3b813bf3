package recorder

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Swarm is what the daemon is in a swarm.
type Swarm string

// The states of a swarm's node.
const (
	NoSwarm Swarm = ""
	Manager Swarm = "manager"
	Locked  Swarm = "locked" // a manager that waits for its unlock key
)

// info returns the member of /info that describes the swarm.
func (w Swarm) info() string {
	switch w {
	case Manager:
		return `{"LocalNodeState":"active","ControlAvailable":true,"NodeID":"` + nodeID +
			`","NodeAddr":"10.0.0.9","RemoteManagers":[{"NodeID":"` + nodeID + `","Addr":"10.0.0.9:2377"}]}`
	case Locked:
		return `{"LocalNodeState":"locked"}`
	}
	return `{"LocalNodeState":"inactive"}`
}

// swarmRoutes adds the answers of a swarm's manager.
func (s *session) swarmRoutes(handle func(pattern string, h handler)) {
	handle("POST /services/create", reply(http.StatusCreated, `{"ID":"`+serviceID+`"}`))
	handle("GET /services", reply(http.StatusOK, "["+serviceJSON+"]"))
	handle("GET /services/{id}", service)
	handle("POST /services/{id}/update", reply(http.StatusOK, `{}`))
	handle("DELETE /services/{id}", nothing)
	handle("GET /services/{id}/logs", serviceLogs)
	handle("GET /tasks", reply(http.StatusOK, "["+taskJSON+"]"))
	handle("GET /tasks/{id}", reply(http.StatusOK, taskJSON))
	handle("GET /tasks/{id}/logs", serviceLogs)
	handle("GET /nodes", reply(http.StatusOK, "["+nodeJSON+"]"))
	handle("GET /nodes/{id}", reply(http.StatusOK, nodeJSON))
	handle("POST /nodes/{id}/update", reply(http.StatusOK, ""))
	handle("DELETE /nodes/{id}", nothing)
	handle("GET /swarm", reply(http.StatusOK, swarmJSON))
	handle("POST /swarm/init", reply(http.StatusOK, `"`+nodeID+`"`))
	for _, verb := range []string{"join", "leave", "update", "unlock"} {
		handle("POST /swarm/"+verb, reply(http.StatusOK, ""))
	}
	handle("GET /swarm/unlockkey", reply(http.StatusOK, `{"UnlockKey":"SWMKEY-1-key"}`))
	handle("GET /secrets", named)
	handle("GET /configs", named)
	handle("GET /distribution/{image...}",
		reply(http.StatusOK, `{"Descriptor":{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:`+ID+`","size":9},`+
			`"Platforms":[{"architecture":"amd64","os":"linux"}]}`))
}

// service sends the one service under every name but a few, which stand for a job, for a service of another kind, or for a task.
func service(w http.ResponseWriter, r *http.Request) {
	switch id := r.PathValue("id"); {
	case id == "job":
		reply(http.StatusOK, jobJSON)(w, r)
	case id == "unchecked": // it has its image's health check turned off
		reply(http.StatusOK, strings.Replace(serviceJSON, `"CMD-SHELL","true"`, `"NONE"`, 1))(w, r)
	case id == "lines": // clients take apart the logs of a service without a terminal only
		reply(http.StatusOK, strings.Replace(serviceJSON, `"TTY":true,`, "", 1))(w, r)
	case id == taskID:
		reply(http.StatusNotFound, `{"message":"service `+id+` not found"}`)(w, r)
	default:
		reply(http.StatusOK, serviceJSON)(w, r)
	}
}

// named answers a list of secrets or configs by the names that the client asks for. No name holds '='.
func named(w http.ResponseWriter, r *http.Request) {
	var filters struct{ Name map[string]bool }
	_ = json.Unmarshal([]byte(r.URL.Query().Get("filters")), &filters)
	var list []any
	for _, name := range slices.Sorted(maps.Keys(filters.Name)) {
		if !strings.Contains(name, "=") {
			list = append(list, map[string]any{"ID": "id-" + name, "Spec": map[string]any{"Name": name}})
		}
	}
	_ = json.NewEncoder(w).Encode(list)
}

// network sends a network whose id comes from its name, or the one that every name has outside of a swarm.
func (s *session) network(w http.ResponseWriter, r *http.Request) {
	if s.daemon.Swarm == NoSwarm {
		reply(http.StatusOK, networkJSON)(w, r)
		return
	}
	id := "id-" + strings.TrimPrefix(r.PathValue("id"), "id-")
	reply(http.StatusOK, `{"Id":"`+id+`","Name":"`+r.PathValue("id")+`"}`)(w, r)
}

// serviceLogs sends a line on each stream, with the prefix by which a client finds the task.
func serviceLogs(w http.ResponseWriter, _ *http.Request) {
	const details = "com.docker.swarm.node.id=" + nodeID + ",com.docker.swarm.service.id=" + serviceID + ",com.docker.swarm.task.id=" +
		taskID
	w.Header().Set("Content-Type", "application/vnd.docker.multiplexed-stream")
	for stream := range byte(2) {
		line := details + ",extra=detail line of the log\n"
		head := binary.BigEndian.AppendUint32([]byte{stream + 1, 0, 0, 0}, uint32(len(line)))
		_, _ = w.Write(head)
		_, _ = io.WriteString(w, line)
	}
}
