package recorder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Request is one request in a normal form: two requests that mean the same are equal.
type Request struct {
	Method string
	Path   string // without the API version
	Query  string // sorted by name
	Auth   string // the client's account at the registry, as it comes; "" is none
	Body   any    // JSON as Go values, numbers as json.Number; any other body as a string; nil is no body, which is not null

	Certificate string // the name in the client's certificate
}

// rawRequest is a request as it came.
type rawRequest struct {
	method, path string
	query        url.Values
	auth         string
	body         []byte
	isJSON       bool
	certificate  string
}

// Null is the JSON word null as a whole body.
type Null struct{}

// apiPrefix is the version that clients put in front of each path.
var apiPrefix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/v\d+\.\d+/`) })

// normal returns the normal form of a request. The client itself shuffles a new container's Env, Binds and Ulimits and a new
// network's subnets, since it ranges over maps: they are sorted, and of two variables of one name the last is kept, as in the
// engine. All else keeps its order, and null, an absent key, [] and {} stay apart.
func (q rawRequest) normal(hide *strings.Replacer) (Request, error) {
	n := Request{Method: q.method, Path: q.path, Query: hide.Replace(q.query.Encode()), Certificate: q.certificate, Auth: q.auth}
	if len(bytes.TrimSpace(q.body)) == 0 {
		return n, nil
	}
	if !q.isJSON {
		n.Body = string(q.body)
		return n, nil
	}
	d := json.NewDecoder(strings.NewReader(hide.Replace(string(q.body))))
	d.UseNumber()
	if err := d.Decode(&n.Body); err != nil {
		return n, fmt.Errorf("%s %s: body: %w", q.method, q.path, err)
	}
	if n.Body == nil {
		n.Body = Null{}
	}
	if config, ok := n.Body.(map[string]any); ok && n.Path == "/containers/create" {
		sortTexts(config, "Env", lastOfEachName)
		if host, ok := config["HostConfig"].(map[string]any); ok {
			sortTexts(host, "Binds", nil)
			sortUlimits(host)
		}
	} else if ok && n.Path == "/networks/create" {
		sortSubnets(config)
	}
	if spec, ok := n.Body.(map[string]any); ok && strings.HasPrefix(n.Path, "/services/") {
		sortService(spec, strings.HasSuffix(n.Path, "/update"))
	}
	return n, nil
}

// sortService sorts what the client shuffles in a service: the ports of a range, files, and an update's variables, which it
// merges in a map.
func sortService(spec map[string]any, isUpdate bool) {
	task, _ := spec["TaskTemplate"].(map[string]any)
	container, _ := task["ContainerSpec"].(map[string]any)
	endpoint, _ := spec["EndpointSpec"].(map[string]any)
	resources, _ := task["Resources"].(map[string]any)
	reservations, _ := resources["Reservations"].(map[string]any)
	sortTexts(endpoint, "Ports", nil)
	sortTexts(reservations, "GenericResources", nil)
	for _, key := range []string{"Secrets", "Configs", "Ulimits"} {
		sortTexts(container, key, nil)
	}
	if isUpdate {
		sortTexts(container, "Env", nil)
	}
}

// sortTexts sorts a list by the text of its elements, after reduce has seen it in its order.
func sortTexts(object map[string]any, key string, reduce func([]any) []any) {
	list, ok := object[key].([]any)
	if !ok || len(list) == 0 {
		return
	}
	if reduce != nil {
		list = reduce(list)
	}
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	object[key] = list
}

func sortUlimits(host map[string]any) {
	list, ok := host["Ulimits"].([]any)
	if !ok {
		return
	}
	name := func(v any) string {
		limit, _ := v.(map[string]any)
		return fmt.Sprint(limit["Name"])
	}
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(name(a), name(b)) })
}

func lastOfEachName(env []any) []any {
	seen := map[string]bool{}
	var kept []any
	for _, v := range slices.Backward(env) {
		name, _, _ := strings.Cut(fmt.Sprint(v), "=")
		if !seen[name] {
			seen[name] = true
			kept = append(kept, v)
		}
	}
	return kept
}
