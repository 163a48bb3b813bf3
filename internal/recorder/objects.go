package recorder

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// objectRoutes answer for networks, volumes and images, and for what prune removes.
func (s *session) objectRoutes(handle func(pattern string, h handler)) {
	handle("POST /networks/create", reply(http.StatusCreated, `{"Id":"`+ID+`","Warning":""}`))
	handle("GET /networks", reply(http.StatusOK, "["+networkJSON+"]"))
	handle("GET /networks/{id}", network(s.network))
	handle("DELETE /networks/{id}", network(nothing))
	handle("POST /networks/{id}/connect", reply(http.StatusOK, ""))
	handle("POST /networks/{id}/disconnect", reply(http.StatusOK, ""))
	handle("POST /networks/prune", reply(http.StatusOK, `{"NetworksDeleted":["n1"]}`))

	handle("POST /volumes/create", reply(http.StatusCreated, volumeJSON))
	handle("GET /volumes", reply(http.StatusOK, `{"Volumes":[`+volumeJSON+`],"Warnings":[]}`))
	handle("GET /volumes/{id}", reply(http.StatusOK, volumeJSON))
	handle("PUT /volumes/{id}", reply(http.StatusOK, ""))
	handle("DELETE /volumes/{id}", nothing)
	handle("POST /volumes/prune", reply(http.StatusOK, `{"VolumesDeleted":["v1"],"SpaceReclaimed":1024}`))

	handle("GET /images/json", reply(http.StatusOK, "["+imageListJSON+"]"))
	handle("GET /images/get", reply(http.StatusOK, "the images"))
	handle("GET /images/{name...}", image)
	handle("POST /images/load", reply(http.StatusOK, `{"stream":"Loaded image: busybox:latest\n"}`))
	handle("POST /images/prune", reply(http.StatusOK, `{"ImagesDeleted":[{"Untagged":"busybox:latest"}],"SpaceReclaimed":2048}`))
	handle("POST /images/{name...}", changeImage)

	handle("POST /containers/prune", reply(http.StatusOK, `{"ContainersDeleted":["`+ID+`"],"SpaceReclaimed":4096}`))
}

// network sends a network whose id comes from its name, or the one that every name has outside of a swarm.
func network(found handler) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "missing" {
			reply(http.StatusNotFound, `{"message":"network missing not found"}`)(w, r)
			return
		}
		found(w, r)
	}
}

// image answers for one image, whose name may hold slashes.
func image(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	switch name[strings.LastIndex(name, "/")+1:] {
	case "json":
		reply(http.StatusOK, imageJSON)(w, r)
	case "history":
		reply(http.StatusOK, "["+historyJSON+"]")(w, r)
	case "get":
		reply(http.StatusOK, "the image")(w, r)
	default:
		http.NotFound(w, r)
	}
}

// changeImage tags an image or pushes it.
func changeImage(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	switch name[strings.LastIndex(name, "/")+1:] {
	case "tag":
		reply(http.StatusCreated, "")(w, r)
	case "push":
		reply(http.StatusOK, `{"status":"Pushed"}`)(w, r)
	default:
		http.NotFound(w, r)
	}
}

// sortSubnets sorts the subnets of a new network, which clients send in the order of a map.
func sortSubnets(body map[string]any) {
	ipam, _ := body["IPAM"].(map[string]any)
	list, _ := ipam["Config"].([]any)
	block := func(v any) string {
		config, _ := v.(map[string]any)
		return fmt.Sprint(config["Subnet"])
	}
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(block(a), block(b)) })
}
