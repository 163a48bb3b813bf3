package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dockercmd/toolkit/client"
	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/processtest"
	"github.com/dockercmd/toolkit/runner"
)

// allKinds are the kinds of a DockerError.
var allKinds = []error{
	client.ErrNoClient, client.ErrUnreached, client.ErrBreakerOpen, client.ErrUnavailable, client.ErrPermission, client.ErrTimeout,
	client.ErrInterrupted,
	client.ErrNotFound, client.ErrNameConflict,
	client.ErrRemovalInProgress, client.ErrRunning, client.ErrNotRunning, client.ErrImageNotFound, client.ErrPullFailed,
	client.ErrRateLimited, client.ErrNoSpace, client.ErrMountSource, client.ErrCIDFile, client.ErrPortTaken,
	client.ErrNetworkNotFound, client.ErrBadFlag, client.ErrNotExecutable, client.ErrCommandNotFound, client.ErrUnsupported,
	client.ErrLauncher, client.ErrEndpointExists, client.ErrRegistry, client.ErrUnauthorized, client.ErrDigest, client.ErrImageNotAllowed,
}

// kindsOf lists the kinds that errors.Is finds.
func kindsOf(err error) []error {
	var kinds []error
	for _, kind := range allKinds {
		if errors.Is(err, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// wantError checks that err has exactly these kinds, and that its text contains text; there must be no error when text is "".
func wantError(t *testing.T, err error, text string, kinds ...error) {
	t.Helper()
	wantKinds(t, err, kinds...)
	if (err != nil) != (text != "") || err != nil && !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %q", err, text)
	}
}

// wantKinds checks that err has exactly these kinds.
func wantKinds(t *testing.T, err error, want ...error) {
	t.Helper()
	got := kindsOf(err)
	same := len(got) == len(want) && !slices.ContainsFunc(want, func(k error) bool { return !slices.Contains(got, k) })
	if !same {
		t.Errorf("got the kinds %q, want %q: %v", got, want, err)
	}
}

// asDockerError finds err's DockerError.
func asDockerError(t *testing.T, err error) *client.DockerError {
	t.Helper()
	failure, ok := errors.AsType[*client.DockerError](err)
	if !ok {
		t.Fatalf("got %v (%T), want a DockerError", err, err)
	}
	return failure
}

const (
	hexID   = "e78517f5720d3b3c4a1a9e6f0f5b2d7c8e9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c"
	otherID = "1bcfd8b84f7a9e6f0f5b2d7c8e9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f70"
	help28  = "\n\nRun 'docker run --help' for more information\n"
	help20  = "\nSee 'docker run --help'.\n"
	daemon  = "Error response from daemon: "
	shim    = "docker: " + daemon +
		"failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
	config   = "WARNING: Error loading config file: /root/.docker/config.json: open /root/.docker/config.json: permission denied\n"
	connect  = "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"
	connect9 = "failed to connect to the docker API at unix:///x; check if the path is correct and if the daemon is running: dial unix /x: connect: no such file or directory"
	conflict = `Conflict. The container name "/rf-run" is already in use by container "` + hexID +
		`". You have to remove (or rename) that container to be able to reuse that name`
)

func TestKinds(t *testing.T) {
	t.Parallel()
	type kinds = []error
	unavailable, bad := kinds{client.ErrUnavailable}, kinds{client.ErrBadFlag}
	unreached, denied := kinds{client.ErrUnavailable, client.ErrUnreached}, kinds{client.ErrPermission, client.ErrUnreached}
	pull := kinds{client.ErrPullFailed, client.ErrImageNotFound}
	unauthorized, limited := kinds{client.ErrPullFailed, client.ErrUnauthorized}, kinds{client.ErrPullFailed, client.ErrRateLimited}
	down := kinds{client.ErrPullFailed, client.ErrRegistry}
	const resolve, copying = `failed to resolve reference "registry.example/x:1": `, "failed to copy: httpReadSeeker: failed open: "
	status := func(method, text string) string {
		return "unexpected status from " + method + " request to https://registry.example/v2/x/manifests/1: " + text
	}
	tests := []struct {
		name    string
		stderr  string
		exit    int
		want    kinds
		message string // "" is the stderr itself
	}{
		// The way to the engine.
		{"no engine, 20.10", connect + "\n", 1, unreached, strings.TrimSuffix(connect, ".")},
		{"no engine, run 20.10", "docker: " + connect + "." + help20, 125, unreached, connect},
		{"no engine, run 28", "docker: " + connect + help28, 125, unreached, connect},
		{"no engine, 29", connect9 + "\n", 1, unreached, ""},
		{"no engine, run 29", "docker: " + connect9 + help28, 1, unreached, connect9},
		{"nobody listens", "Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?\n", 1, unreached, ""},
		{"unknown host, 28", "error during connect: Get \"http://h:1/v1.41/containers/json\": dial tcp: lookup h: no such host\n", 1,
			unreached, ""},
		{"unknown host, 29", "failed to connect to the docker API at tcp://h:1: lookup h: no such host\n", 1, unreached, ""},
		{"bad host, 20.10", "unable to resolve docker endpoint: Invalid bind address format: bogus://x\n", 1, unreached, ""},
		{"bad host, 28", "Failed to initialize: unable to resolve docker endpoint: invalid bind address format: bogus://x\n", 1,
			unreached, ""},
		{"bad context, 28", "Failed to initialize: unable to resolve docker endpoint: context \"x\": context not found: open /m.json: no such file or directory\n", 1, unreached, ""},
		{"the engine went away", "error waiting for container: unexpected EOF\n", 125, unavailable, ""},
		{"the engine went away, reset", "docker: read unix @->/var/run/docker.sock: read: connection reset by peer" + help28, 125,
			unavailable, "read unix @->/var/run/docker.sock: read: connection reset by peer"},
		{"socket, 28", "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.41/containers/json\": dial unix /var/run/docker.sock: connect: permission denied\n", 1, denied, ""},
		{"socket, run 28", "docker: permission denied while trying to connect to the Docker daemon socket at unix:///s: Head \"http://s/_ping\": dial unix /s: connect: permission denied" + help28, 126, denied, `permission denied while trying to connect to the Docker daemon socket at unix:///s: Head "http://s/_ping": dial unix /s: connect: permission denied`},
		{"socket, upstream 20.10", "Got permission denied while trying to connect to the Docker daemon socket at unix:///s: dial unix /s: connect: permission denied\n", 1, denied, ""},
		{"socket, 29", "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock\n", 1, denied, ""},
		{"socket, and a config", config + "permission denied while trying to connect to the docker API at unix:///s\n", 1, denied,
			"permission denied while trying to connect to the docker API at unix:///s"},

		// Names.
		{"name conflict, create", daemon + conflict + ".\n", 1, kinds{client.ErrNameConflict}, conflict},
		{"name conflict, 20.10", "docker: " + daemon + conflict + ".." + help20, 125, kinds{client.ErrNameConflict}, conflict},
		{"name conflict, 28", "docker: " + daemon + conflict + "." + help28, 125, kinds{client.ErrNameConflict}, conflict},
		{"name conflict, name like an id", daemon + strings.Replace(conflict, "rf-run", otherID, 1) + ".\n", 125,
			kinds{client.ErrNameConflict}, strings.Replace(conflict, "rf-run", otherID, 1)},
		{"name conflict, podman", `Error: creating container storage: the container name "x" is already in use by ` + hexID +
			". You have to remove that container to be able to reuse that name: that name is already in use\n", 125,
			kinds{client.ErrNameConflict}, `creating container storage: the container name "x" is already in use by ` + hexID +
				". You have to remove that container to be able to reuse that name: that name is already in use"},
		{"bad name", daemon + "Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed\n", 1, nil,
			"Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"},
		{"no container", daemon + "No such container: X\n", 1, kinds{client.ErrNotFound}, "No such container: X"},
		{"no container, rm 20.10", "Error: No such container: X\n", 1, kinds{client.ErrNotFound}, "No such container: X"},
		{"no container, kill", daemon + "Cannot kill container: X: No such container: X\n", 1, kinds{client.ErrNotFound},
			"Cannot kill container: X: No such container: X"},
		{"no container, podman", "Error: no container with name or ID \"X\" found: no such container\n", 125, kinds{client.ErrNotFound},
			`no container with name or ID "X" found: no such container`},
		{"no container, ps filter", daemon + "no such container nosuch\n", 1, kinds{client.ErrNotFound}, "no such container nosuch"},
		{"no container, start 28", daemon + "No such container: X\nError: failed to start containers: X\n", 1, kinds{client.ErrNotFound},
			"No such container: X"},
		{"no container, start 29", daemon + "No such container: X\nfailed to start containers: X\n", 1, kinds{client.ErrNotFound},
			"No such container: X"},
		{"no object", "Error: No such object: X\n", 1, kinds{client.ErrNotFound}, "No such object: X"},
		{"no object, 29", "error: no such object: X\n", 1, kinds{client.ErrNotFound}, "no such object: X"},

		// State.
		{"removal", daemon + "removal of container X is already in progress\n", 1, kinds{client.ErrRemovalInProgress},
			"removal of container X is already in progress"},
		{"removal failed midway", daemon +
			"container is marked for removal and cannot be started\nError: failed to start containers: X\n", 1,
			kinds{client.ErrRemovalInProgress}, "container is marked for removal and cannot be started"},
		{"unlink", daemon + "unable to remove filesystem for " + hexID + ": unlinkat /x: operation not permitted\n", 1, nil,
			"unable to remove filesystem for " + hexID + ": unlinkat /x: operation not permitted"},
		{"rm running", daemon + "You cannot remove a running container " + hexID +
			". Stop the container before attempting removal or force remove\n", 1, kinds{client.ErrRunning},
			"You cannot remove a running container " + hexID + ". Stop the container before attempting removal or force remove"},
		{"rm paused", daemon + "You cannot remove a paused container " + hexID +
			". Unpause and then stop the container before attempting removal or force remove\n", 1, kinds{client.ErrRunning},
			"You cannot remove a paused container " + hexID +
				". Unpause and then stop the container before attempting removal or force remove"},
		{"rm running, newer engine", daemon +
			"cannot remove container \"/w\": container is running: stop the container before removing or force remove\n", 1,
			kinds{client.ErrRunning}, `cannot remove container "/w": container is running: stop the container before removing or force remove`},
		{"kill exited", daemon + "Cannot kill container: X: Container " + hexID + " is not running\n", 1, kinds{client.ErrNotRunning},
			"Cannot kill container: X: Container " + hexID + " is not running"},
		{"exec exited", daemon + "Container " + hexID + " is not running\n", 1, kinds{client.ErrNotRunning},
			"Container " + hexID + " is not running"},
		{"exec paused", daemon + "Container rf-pause is paused, unpause the container before exec\n", 1, kinds{client.ErrNotRunning},
			"Container rf-pause is paused, unpause the container before exec"},
		{"exec restarting", daemon + "Container " + hexID + " is restarting, wait until the container is running\n", 1,
			kinds{client.ErrNotRunning}, "Container " + hexID + " is restarting, wait until the container is running"},
		{"exec restarting, 20.10", "unable to upgrade to tcp, received 409\n", 1, kinds{client.ErrNotRunning}, ""},
		{"already paused", daemon + "Container " + hexID + " is already paused\n", 1, nil, "Container " + hexID + " is already paused"},
		{"not paused", daemon + "Container " + hexID + " is not paused\n", 1, nil, "Container " + hexID + " is not paused"},
		{"several at once", daemon + "No such container: a\n" + daemon + "Cannot kill container: b: Container b is not running\n", 1,
			kinds{client.ErrNotFound, client.ErrNotRunning}, "Cannot kill container: b: Container b is not running"},

		// Images.
		{"no image", "docker: " + daemon + "No such image: rf-nosuch:1" + help28, 125, kinds{client.ErrImageNotFound},
			"No such image: rf-nosuch:1"},
		{"no image, rmi 20.10", "Error: No such image: X\n", 1, kinds{client.ErrImageNotFound}, "No such image: X"},
		{"pull denied", "Unable to find image 'x:1' locally\ndocker: " + daemon +
			"pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied." + help20, 125, pull, "pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied"},
		{"pull behind a warning", config + "Unable to find image 'x:1' locally\ndocker: something new" + help28, 125, pull,
			"something new"},
		{"pull denied, quiet", "docker: " + daemon + "pull access denied for x, repository does not exist" + help28, 125, pull,
			"pull access denied for x, repository does not exist"},
		{"no such tag", daemon + "manifest for busybox:nosuch not found: manifest unknown: manifest unknown\n", 1, pull,
			"manifest for busybox:nosuch not found: manifest unknown: manifest unknown"},
		{"no registry", "Unable to find image 'x:1' locally\ndocker: " + daemon +
			"Get \"https://r/v2/\": dial tcp: lookup r: no such host" + help28, 125, append(pull, client.ErrRegistry),
			`Get "https://r/v2/": dial tcp: lookup r: no such host`},
		{"no registry, pull always", "docker: " + daemon +
			"Get \"http://localhost:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused" + help28, 125,
			kinds{client.ErrPullFailed, client.ErrRegistry},
			`Get "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused`},
		{"pull for reasons of its own", "Unable to find image 'x:1' locally\n1: Pulling from x\ndocker: something new" + help28, 125,
			pull, "something new"},
		{"too many pulls", "docker: " + daemon + "toomanyrequests: You have reached your pull rate limit. You may increase the limit" +
			help28, 125, kinds{client.ErrPullFailed, client.ErrRateLimited},
			"toomanyrequests: You have reached your pull rate limit. You may increase the limit"},
		{"too many pulls, 29", "docker: " + daemon +
			"error from registry: You have reached your unauthenticated pull rate limit. See the manual" + help28, 125,
			kinds{client.ErrPullFailed, client.ErrRateLimited},
			"error from registry: You have reached your unauthenticated pull rate limit. See the manual"},
		{"registry's own trouble", daemon + "received unexpected HTTP status: 503 Service Unavailable\n", 1,
			kinds{client.ErrPullFailed, client.ErrRegistry}, "received unexpected HTTP status: 503 Service Unavailable"},
		{"registry's own trouble within",
			"error pulling image configuration: download failed after attempts=6: received unexpected HTTP status: 500 Internal Server Error\n", 1, kinds{client.ErrPullFailed, client.ErrRegistry}, ""},
		{"registry's odd answer", daemon + "received unexpected HTTP status: 418 I'm a teapot\n", 1, kinds{client.ErrPullFailed},
			"received unexpected HTTP status: 418 I'm a teapot"},
		{"registry closes", daemon + "Head \"http://h/v2/x/manifests/1\": EOF\n", 1, kinds{client.ErrPullFailed, client.ErrRegistry},
			"Head \"http://h/v2/x/manifests/1\": EOF"},
		{"a stranger's certificate", daemon +
			"Get \"https://h/v2/\": tls: failed to verify certificate: x509: certificate signed by unknown authority\n", 1,
			kinds{client.ErrPullFailed}, "Get \"https://h/v2/\": tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		{"no login", daemon + "Head \"http://h/v2/x/manifests/1\": no basic auth credentials\n", 1,
			kinds{client.ErrPullFailed, client.ErrUnauthorized}, "Head \"http://h/v2/x/manifests/1\": no basic auth credentials"},
		{"a login is asked for, 20.10", "Error: Cannot perform an interactive login from a non TTY device\n", 1,
			kinds{client.ErrUnauthorized}, "Cannot perform an interactive login from a non TTY device"},
		{"denied", daemon + "denied\n", 1, kinds{client.ErrPullFailed, client.ErrUnauthorized}, "denied"},
		{"unauthorized", daemon + "Get \"https://h/v2/\": unauthorized: authentication required\n", 1,
			kinds{client.ErrPullFailed, client.ErrUnauthorized}, "Get \"https://h/v2/\": unauthorized: authentication required"},
		{"another image's digest", "manifest verification failed for digest sha256:0\n", 1, kinds{client.ErrPullFailed, client.ErrDigest},
			""},
		{"a spoiled image", "error pulling image configuration: image config verification failed for digest sha256:0\n", 1,
			kinds{client.ErrPullFailed}, ""},

		// Images, from engines with the containerd store. The texts are those of the engine's sources, daemon/containerd of 24 to 29,
		// and containerd's core/remotes/docker, and of users' reports.
		{"unauthorized, containerd", daemon + "error from registry: unauthorized\n", 1, unauthorized, "error from registry: unauthorized"},
		{"denied, containerd", daemon + "error from registry: denied\n", 1, unauthorized, "error from registry: denied"},
		{"denied in words, containerd", daemon + "error from registry: requested access to the resource is denied\n", 1, unauthorized,
			"error from registry: requested access to the resource is denied"},
		{"no account, containerd", daemon + "error from registry: authentication required - more words\n", 1, unauthorized,
			"error from registry: authentication required - more words"},
		{"a token server's refusal, containerd", daemon + "authentication required - incorrect username or password\n", 1, unauthorized,
			"authentication required - incorrect username or password"},
		{"two lines, containerd", daemon + "error from registry: unauthorized\n" + status("HEAD", "403 Forbidden") + "\n", 1, unauthorized,
			"error from registry: unauthorized"},
		{"401, containerd 24", daemon + resolve + "pulling from host registry.example failed with status code [manifests 1]: 401 Unauthorized\n",
			1, unauthorized, resolve + "pulling from host registry.example failed with status code [manifests 1]: 401 Unauthorized"},
		{"401 for a token, containerd", daemon + "error from registry: " + resolve +
			"failed to authorize: failed to fetch oauth token: " + status("GET", "401 Unauthorized") + "\n", 1, unauthorized,
			"error from registry: " + resolve + "failed to authorize: failed to fetch oauth token: " + status("GET", "401 Unauthorized")},
		{"no login, containerd", daemon + resolve +
			"pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials\n",
			1, unauthorized, resolve +
				"pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials"},
		{"pull denied, containerd", daemon + resolve + "pull access denied, repository does not exist or may require authorization: " +
			"server message: insufficient_scope: authorization failed\n", 1, pull, resolve + "pull access denied, repository does not " +
			"exist or may require authorization: server message: insufficient_scope: authorization failed"},
		{"403, containerd", daemon + "unknown: " + resolve + status("HEAD", "403 Forbidden") + "\n", 1, unauthorized,
			"unknown: " + resolve + status("HEAD", "403 Forbidden")},
		{"403, containerd 26", daemon + resolve + status("HEAD", "403 Forbidden") + "\n", 1, unauthorized,
			resolve + status("HEAD", "403 Forbidden")},
		{"no such tag, containerd", daemon + resolve + "registry.example/x:1: not found\n", 1, pull,
			resolve + "registry.example/x:1: not found"},
		{"no such layer, containerd", daemon + copying +
			"could not fetch content descriptor sha256:0 (application/vnd.oci.image.manifest.v1+json) from remote: not found\n", 1, pull,
			copying + "could not fetch content descriptor sha256:0 (application/vnd.oci.image.manifest.v1+json) from remote: not found"},
		{"too many pulls, containerd", daemon + copying + "unexpected status code https://registry.example/v2/x/manifests/sha256:0: " +
			"429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit\n", 1, limited,
			copying + "unexpected status code https://registry.example/v2/x/manifests/sha256:0: " +
				"429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit"},
		{"too many pulls, with a time", daemon + "toomanyrequests: retry-after: 402.127µs, allowed: 44000/minute\n", 1, limited,
			"toomanyrequests: retry-after: 402.127µs, allowed: 44000/minute"},
		{"too many pulls, with a time, containerd", daemon + "error from registry: retry-after: 1.5s, allowed: 44000/minute\n", 1, limited,
			"error from registry: retry-after: 1.5s, allowed: 44000/minute"},
		{"too many pulls, without a word, containerd", daemon + "error from registry: too many requests\n", 1, limited,
			"error from registry: too many requests"},
		{"too many pulls, no body, containerd", daemon + "unknown: " + resolve + status("HEAD", "429 Too Many Requests") + "\n", 1, limited,
			"unknown: " + resolve + status("HEAD", "429 Too Many Requests")},
		{"too many pulls, not in JSON", daemon + "error parsing HTTP 429 response body: invalid character 'T' looking for beginning of " +
			"value: \"Too Many Requests (HAP429).\\n\"\n", 1, limited, "error parsing HTTP 429 response body: invalid character 'T' " +
			"looking for beginning of value: \"Too Many Requests (HAP429).\\n\""},
		{"503, containerd", daemon + "unknown: " + resolve + status("HEAD", "503 Service Unavailable") + "\n", 1, down,
			"unknown: " + resolve + status("HEAD", "503 Service Unavailable")},
		{"503 in words, containerd", daemon + "error from registry: service unavailable\n", 1, down,
			"error from registry: service unavailable"},
		{"EOF, containerd", daemon + resolve + `failed to do request: Head "https://registry.example/v2/x/manifests/1": EOF` + "\n", 1, down,
			resolve + `failed to do request: Head "https://registry.example/v2/x/manifests/1": EOF`},
		{"EOF within a layer, containerd", daemon + copying + `failed to do request: Get "https://registry.example/v2/x/blobs/sha256:0": EOF` +
			"\n", 1, down, copying + `failed to do request: Get "https://registry.example/v2/x/blobs/sha256:0": EOF`},
		{"EOF for a token, containerd", daemon + resolve +
			`failed to authorize: failed to fetch oauth token: Post "https://auth.example/token": EOF` + "\n", 1, down, resolve +
			`failed to authorize: failed to fetch oauth token: Post "https://auth.example/token": EOF`},
		{"cut off, containerd", daemon + "failed to copy: unexpected EOF\n", 1, down, "failed to copy: unexpected EOF"},
		{"nobody there, containerd", daemon + resolve +
			`failed to do request: Head "http://localhost:1/v2/x/manifests/1": dial tcp 127.0.0.1:1: connect: connection refused` + "\n", 1,
			down, resolve +
				`failed to do request: Head "http://localhost:1/v2/x/manifests/1": dial tcp 127.0.0.1:1: connect: connection refused`},
		{"a stranger's certificate, containerd", daemon + resolve + `failed to do request: Head "https://h/v2/x/manifests/1": ` +
			"tls: failed to verify certificate: x509: certificate signed by unknown authority\n", 1, kinds{client.ErrPullFailed}, resolve +
			`failed to do request: Head "https://h/v2/x/manifests/1": ` +
			"tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		{"another digest, containerd", daemon + `failed commit on ref "layer-sha256:0": commit failed: unexpected commit digest sha256:1, ` +
			"expected sha256:0: failed precondition\n", 1, kinds{client.ErrPullFailed, client.ErrDigest},
			`failed commit on ref "layer-sha256:0": commit failed: unexpected commit digest sha256:1, ` +
				"expected sha256:0: failed precondition"},
		{"a short layer, containerd", daemon + `failed commit on ref "layer-sha256:0": "layer-sha256:0" failed size validation: 7 != 9: ` +
			"failed precondition\n", 1, down, `failed commit on ref "layer-sha256:0": "layer-sha256:0" failed size validation: 7 != 9: ` +
			"failed precondition"},
		{"another platform, containerd", daemon + "no matching manifest for linux/arm64 in the manifest list entries: no match for platform " +
			"in manifest: not found\n", 1, pull, "no matching manifest for linux/arm64 in the manifest list entries: no match for platform " +
			"in manifest: not found"},
		{"something else of a registry, containerd", daemon + "error from registry: quota exceeded\n", 1, kinds{client.ErrPullFailed},
			"error from registry: quota exceeded"},
		{"403, the old store", daemon + "received unexpected HTTP status: 403 Forbidden\n", 1, unauthorized,
			"received unexpected HTTP status: 403 Forbidden"},

		{"no image to inspect, 28", daemon + "no such image: x:1: No such image: x:1\n", 1, kinds{client.ErrImageNotFound},
			"no such image: x:1: No such image: x:1"},
		{"pulled, then no room", "Unable to find image 'x:1' locally\nDigest: sha256:0\nStatus: Downloaded newer image for x:1\ndocker: " + daemon + "driver failed programming external connectivity on endpoint w (" + hexID + "): Bind for 0.0.0.0:80 failed: port is already allocated." + help20, 125, kinds{client.ErrPortTaken}, "driver failed programming external connectivity on endpoint w (" + hexID + "): Bind for 0.0.0.0:80 failed: port is already allocated"},

		// What the container needs.
		{"cid file", "docker: container ID file found, make sure the other container isn't running or delete /run/permission denied" +
			help28, 125, kinds{client.ErrCIDFile},
			"container ID file found, make sure the other container isn't running or delete /run/permission denied"},
		{"cid file, no folder", "docker: failed to create the container ID file: open /nope/x: no such file or directory" + help28, 127,
			nil, "failed to create the container ID file: open /nope/x: no such file or directory"},
		{"env file", "docker: open /nope: no such file or directory." + help20, 125, nil, "open /nope: no such file or directory"},
		{"port, newer engine", "docker: " + daemon +
			"failed to set up container networking: driver failed programming external connectivity on endpoint w (" + hexID +
			"): failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use" + help28, 125, kinds{client.ErrPortTaken},
			"failed to set up container networking: driver failed programming external connectivity on endpoint w (" + hexID +
				"): failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use"},
		{"bind source", "docker: " + daemon +
			"invalid mount config for type \"bind\": bind source path does not exist: /network x not found" + help28, 125,
			kinds{client.ErrMountSource}, `invalid mount config for type "bind": bind source path does not exist: /network x not found`},
		{"volume source", "docker: " + daemon + "error while creating mount source path '/x': mkdir /x: permission denied" + help28, 126,
			kinds{client.ErrMountSource}, "error while creating mount source path '/x': mkdir /x: permission denied"},
		{"network", "docker: " + daemon + "network rf-nosuch not found.\n", 125, kinds{client.ErrNetworkNotFound},
			"network rf-nosuch not found"},
		{"network, newer engine", "docker: " + daemon + "failed to set up container networking: network rf-nosuch not found" + help28,
			125, kinds{client.ErrNetworkNotFound}, "failed to set up container networking: network rf-nosuch not found"},
		{"endpoint left behind", "docker: " + daemon + "endpoint with name w1 already exists in network n1." + help20, 125,
			kinds{client.ErrEndpointExists}, "endpoint with name w1 already exists in network n1"},
		{"endpoint left behind, newer engine", "docker: " + daemon +
			"failed to set up container networking: endpoint with name w1 already exists in network n1" + help28, 125,
			kinds{client.ErrEndpointExists}, "failed to set up container networking: endpoint with name w1 already exists in network n1"},
		{"no volume", daemon + "get X: no such volume\n", 1, nil, "get X: no such volume"},
		{"memory", "docker: " + daemon + "Minimum memory limit allowed is 6MB." + help20, 125, nil,
			"Minimum memory limit allowed is 6MB"},
		{"no space", "docker: " + daemon + "failed to copy files: write /var/lib/docker/x: no space left on device" + help28, 125,
			kinds{client.ErrNoSpace}, "failed to copy files: write /var/lib/docker/x: no space left on device"},
		{"no command", "docker: " + daemon + "No command specified" + help28, 125, nil, "No command specified"},

		// The command.
		{"no command found", shim + "exec: \"nosuch\": executable file not found in $PATH: unknown" + help28, 127,
			kinds{client.ErrCommandNotFound}, strings.TrimPrefix(shim, "docker: "+daemon) +
				`exec: "nosuch": executable file not found in $PATH: unknown`},
		{"no command found, path", shim + "exec: \"/nope\": stat /nope: no such file or directory: unknown.\n", 127,
			kinds{client.ErrCommandNotFound}, strings.TrimPrefix(shim, "docker: "+daemon) +
				`exec: "/nope": stat /nope: no such file or directory: unknown`},
		{"not executable", shim + "exec: \"/etc/passwd\": permission denied: unknown.\n", 126, kinds{client.ErrNotExecutable},
			strings.TrimPrefix(shim, "docker: "+daemon) + `exec: "/etc/passwd": permission denied: unknown`},
		{"a folder, newer runtime", "docker: " + daemon +
			"failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"/tmp\": is a directory: unknown" + help28, 126, kinds{client.ErrNotExecutable}, `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/tmp": is a directory: unknown`},
		{"a command with words of docker's", shim + "exec: \"No such container: x\": executable file not found in $PATH: unknown" +
			help28, 127, kinds{client.ErrCommandNotFound}, strings.TrimPrefix(shim, "docker: "+daemon) +
			`exec: "No such container: x": executable file not found in $PATH: unknown`},
		{"working directory", shim + "chdir to cwd (\"/nope\") set in config.json failed: no such file or directory: unknown" + help28,
			127, nil, strings.TrimPrefix(shim, "docker: "+daemon) +
				`chdir to cwd ("/nope") set in config.json failed: no such file or directory: unknown`},
		{"a file on a folder, 20.10", shim +
			"error during container init: error mounting \"/f\" to rootfs at \"/tmp\": mount /f:/tmp: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?.\ntime=\"2026-11-22T03:05:31Z\" level=error msg=\"error waiting for container: context canceled\"\n", 125, nil, strings.TrimPrefix(shim, "docker: "+daemon) + `error during container init: error mounting "/f" to rootfs at "/tmp": mount /f:/tmp: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?`},
		{"user", "docker: " + daemon + "unable to find user x: no matching entries in passwd file" + help28, 125, nil,
			"unable to find user x: no matching entries in passwd file"},

		// The line.
		{"unknown flag, 20.10", "unknown flag: --zz" + help20, 125, bad, "unknown flag: --zz"},
		{"unknown flag, 28", "unknown flag: --zz\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]" + help28, 125, bad,
			"unknown flag: --zz"},
		{"unknown letter", "unknown shorthand flag: 'Z' in -Z" + help20, 125, bad, "unknown shorthand flag: 'Z' in -Z"},
		{"no value", "flag needs an argument: --name" + help20, 125, bad, "flag needs an argument: --name"},
		{"bad value", "invalid argument \"no such container\" for \"-m, --memory\" flag: invalid size: 'x'" + help20, 125, bad,
			`invalid argument "no such container" for "-m, --memory" flag: invalid size: 'x'`},
		{"old engine", "docker: \"--gpus\" requires API version 1.40, but the Docker daemon API version is 1.39" + help28, 1,
			kinds{client.ErrBadFlag, client.ErrUnsupported},
			`"--gpus" requires API version 1.40, but the Docker daemon API version is 1.39`},
		{"too few words, 20.10", "\"docker run\" requires at least 1 argument.\nSee 'docker run --help'.\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun a command in a new container\n", 1, nil, `"docker run" requires at least 1 argument`},
		{"unknown command, 28", "docker: unknown command: docker x\n\nRun 'docker --help' for more information\n", 1, nil,
			"unknown command: docker x"},

		// Nothing that is known.
		{"unknown words", daemon + "The moon is full.\n", 1, nil, "The moon is full"},
		{"several lines", "docker: " + daemon + "failed to do it:\ncheck the tide" + help28, 125, nil, "failed to do it:"},
		{"a warning and nothing else", config, 1, nil, strings.TrimSpace(config)},
		{"spaces", "  The \t moon \r\n", 1, nil, "The moon"},
		{"silence", "", 1, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := client.Docker{Runner: processtest.Writing(nil, []string{tt.stderr}, &runner.ExitError{Code: tt.exit})}
			err := d.Rm(t.Context(), dockercmd.Rm{Containers: []string{"w1"}})
			wantKinds(t, err, tt.want...)

			failure := asDockerError(t, err)
			if tt.message == "" {
				tt.message = strings.TrimRight(strings.TrimSpace(tt.stderr), ".")
			}
			if failure.Message != tt.message {
				t.Errorf("got the message %q, want %q", failure.Message, tt.message)
			}
			wantID := ""
			if slices.Contains(tt.want, client.ErrNameConflict) {
				wantID = hexID
			}
			if failure.Exit != tt.exit || failure.ConflictID != wantID || failure.Subcommand != "rm" || failure.Line != "docker rm w1" {
				t.Errorf("got the exit %d, the id %q, %s in %q", failure.Exit, failure.ConflictID, failure.Subcommand, failure.Line)
			}
			if text := err.Error(); !strings.HasPrefix(text, "docker rm: "+tt.message) || strings.ContainsAny(text, "\r\n") {
				t.Errorf("got %q, want docker's message on one line", text)
			}
		})
	}
}

// TestMixed checks that an error says whether docker told of one kind of failure alone.
func TestMixed(t *testing.T) {
	t.Parallel()
	missing, layer := "Error: No such container: a\n", daemon+"layer of b does not exist\n"
	for stderr, want := range map[string]bool{
		"": false, missing: false, missing + missing: false, config + missing: false,
		missing + layer: true, layer + missing: true, missing + connect + "\n": true, missing + missing + layer: true,
	} {
		d := client.Docker{Runner: processtest.Writing(nil, []string{stderr}, &runner.ExitError{Code: 1})}
		_, err := d.Inspect(t.Context(), "a", "b")
		if got := asDockerError(t, err).Mixed; got != want {
			t.Errorf("%q: mixed is %v", stderr, got)
		}
	}
}

// TestKindsOfRunners tests failures that docker had no part in.
func TestKindsOfRunners(t *testing.T) {
	t.Parallel()
	deadline := fmt.Errorf("%w: no answer within 3s", context.DeadlineExceeded)
	stopped := &runner.ExitError{Code: 143, Signal: 15, Cause: deadline}
	missing := &runner.StartError{Program: "docker", Hint: "install it", Err: exec.ErrNotFound}
	launcher := &runner.LauncherError{Code: 39, Name: "ERROR_SANITIZING_DOCKER_COMMAND", Output: "unrecognized option",
		Err: &runner.ExitError{Code: 39}}
	tests := []struct {
		name   string
		err    error
		stderr string
		want   []error
		exit   int
		text   string
	}{
		{"too late", stopped, "", []error{client.ErrTimeout}, -1,
			"docker rm: context deadline exceeded: no answer within 3s: ended by signal 15 (terminated); the engine may hang: try docker version by hand"},
		{"too late, with words", stopped, "Error: No such container: w1\n", []error{client.ErrTimeout}, -1,
			"docker rm: context deadline exceeded: no answer within 3s: ended by signal 15 (terminated): No such container: w1; the engine may hang: try docker version by hand"},
		{"too late, newer client", &runner.ExitError{Code: 143, Cause: deadline}, "", []error{client.ErrTimeout}, 143,
			"docker rm: context deadline exceeded: no answer within 3s: exit status 143; the engine may hang: try docker version by hand"},
		{"cancelled", &runner.ExitError{Code: 143, Signal: 15, Cause: context.Canceled}, "", nil, -1,
			"docker rm: context canceled: ended by signal 15 (terminated)"},
		{"abandoned", &runner.AbandonedError{PID: 7, Cause: context.DeadlineExceeded}, "", []error{client.ErrTimeout}, -1,
			"docker rm: process 7 could not be stopped and was abandoned, it may still be running: context deadline exceeded; the engine may hang: try docker version by hand"},
		{"killed by somebody", &runner.ExitError{Code: 137, Signal: 9}, "", []error{client.ErrInterrupted}, -1,
			"docker rm: ended by signal 9 (killed); look whether docker has done it, and try again if not"},
		{"a client of 28 that SIGTERM has ended", &runner.ExitError{Code: 143}, "", []error{client.ErrInterrupted}, 143,
			"docker rm: exit status 143; look whether docker has done it, and try again if not"},
		{"no client", missing, "", []error{client.ErrNoClient, client.ErrUnreached}, -1,
			"docker rm: start docker: executable file not found in $PATH: install it"},
		{"no client, another runner", exec.ErrNotFound, "", []error{client.ErrNoClient, client.ErrUnreached}, -1,
			"docker rm: executable file not found in $PATH; install docker, or name the client's path"},
		{"no launcher", &runner.StartError{Program: "/opt/launcher", Hint: "install it", Err: exec.ErrNotFound}, "",
			[]error{client.ErrLauncher, client.ErrUnreached}, -1,
			"docker rm: start /opt/launcher: executable file not found in $PATH: install it"},
		{"the launcher refuses", launcher, "Error: No such container: w1\n", []error{client.ErrLauncher, client.ErrUnreached}, -1,
			`docker rm: launcher failed before docker ran: status 39 (ERROR_SANITIZING_DOCKER_COMMAND): "unrecognized option"`},
		{"output cut off", fmt.Errorf("%w: 9 bytes", runner.ErrOutputTooLarge), config, nil, -1,
			"docker rm: output too large: 9 bytes: " + strings.TrimSpace(config)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := client.Docker{Runner: processtest.Writing(nil, []string{tt.stderr}, tt.err)}
			err := d.Rm(t.Context(), dockercmd.Rm{Containers: []string{"w1"}})
			wantKinds(t, err, tt.want...)
			if !errors.Is(err, tt.err) {
				t.Errorf("got %v, want it to hold %v", err, tt.err)
			}
			if got := asDockerError(t, err).Exit; got != tt.exit {
				t.Errorf("got the exit %d, want %d", got, tt.exit)
			}
			if err.Error() != tt.text {
				t.Errorf("got  %s\nwant %s", err, tt.text)
			}
		})
	}
}

func TestDockerErrorAlone(t *testing.T) {
	t.Parallel()
	err := &client.DockerError{Subcommand: "ps", Kinds: []error{client.ErrTimeout}, Message: "hm"}
	if got, want := err.Error(), "docker ps: hm; the engine may hang: try docker version by hand"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, client.ErrTimeout) || errors.Is(err, client.ErrNotFound) {
		t.Errorf("got the kinds %v", kindsOf(err))
	}
}

func TestDockerHidesSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	failing := func(stderr string, err error) client.Docker {
		return client.Docker{Runner: processtest.Writing(nil, []string{stderr}, err)}
	}
	run := dockercmd.Run{Env: []string{"TOKEN=" + secret}, Image: "img", Command: []string{"sh"}}
	with := func(change func(*dockercmd.Run)) dockercmd.Run { r := run; change(&r); return r }
	exit := &runner.ExitError{Code: 125}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		d    client.Docker
		ctx  context.Context
		run  dockercmd.Run
	}{
		{"docker refuses", failing("docker: "+daemon+"No such image: img"+help28, exit), t.Context(), run},
		{"docker is silent", failing("", exit), t.Context(), run},
		{"no client", client.Docker{Program: filepath.Join(t.TempDir(), "docker")}, t.Context(), run},
		{"no id", failing("", nil), t.Context(), run},
		{"cancelled", failing("", nil), ended, run},
		{"NUL in the value", failing("", nil), t.Context(),
			with(func(r *dockercmd.Run) { r.Env = []string{"TOKEN=" + secret + "\x00"} })},
		{"no name", failing("", nil), t.Context(), with(func(r *dockercmd.Run) { r.Env = []string{"=" + secret} })},
		{"the dialect lacks it", client.Docker{Engine: dockercmd.Engine{Dialect: dockercmd.Storm}}, t.Context(), run},
		{"an old engine lacks it", client.Docker{Engine: dockercmd.Engine{Version: "20.10"}}, t.Context(),
			with(func(r *dockercmd.Run) { r.Annotations = map[string]string{"a": "b"} })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.d.Run(tt.ctx, tt.run)
			if err == nil {
				t.Fatal("no error")
			}
			var log bytes.Buffer
			slog.New(slog.NewJSONHandler(&log, nil)).Info("run", "err", err, "cmd", &tt.run)
			texts := map[string]string{"Error": err.Error(), "%+v": fmt.Sprintf("%+v", err), "%#v": fmt.Sprintf("%#v", err),
				"the log": log.String()}
			if failure, ok := errors.AsType[*client.DockerError](err); ok {
				texts["Line"] = failure.Line
				if !strings.Contains(failure.Line, "--env=TOKEN=...") {
					t.Errorf("got the line %s, want the variable's name in it", failure.Line)
				}
			}
			for where, text := range texts {
				if strings.Contains(text, secret) {
					t.Errorf("%s shows the secret: %s", where, text)
				}
			}
		})
	}
}

// FuzzKinds checks that every message is docker's own and on one line, and that ids are well-formed.
func FuzzKinds(f *testing.F) {
	f.Add("docker: " + daemon + conflict + ".." + help20)
	f.Add("unknown flag: --zz\n\nUsage:  docker run" + help28)
	f.Add("Unable to find image 'x' locally\n" + connect9)
	f.Add(shim + "exec: \"\r\": permission denied: unknown")
	f.Fuzz(func(t *testing.T, stderr string) {
		d := client.Docker{Runner: processtest.Writing(nil, []string{stderr}, &runner.ExitError{Code: 1})}
		err := d.Rm(t.Context(), dockercmd.Rm{Containers: []string{"w1"}})
		failure := asDockerError(t, err)
		if strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("several lines: %q", err.Error())
		}
		if (failure.ConflictID != "") && !(errors.Is(err, client.ErrNameConflict) && dockercmd.ValidID(failure.ConflictID)) {
			t.Errorf("the id %q, with the kinds %q", failure.ConflictID, kindsOf(err))
		}
		if !strings.Contains(strings.Join(strings.Fields(stderr), " "), failure.Message) {
			t.Errorf("docker did not say %q", failure.Message)
		}
	})
}

func BenchmarkDockerFailure(b *testing.B) {
	stderr := "docker: " + daemon + "failed to copy files: write /x: no space left on device" + help28
	d := client.Docker{Runner: processtest.Writing(nil, []string{stderr}, &runner.ExitError{Code: 125})}
	for b.Loop() {
		if err := d.Rm(b.Context(), dockercmd.Rm{Containers: []string{"w1"}}); !errors.Is(err, client.ErrNoSpace) {
			b.Fatal(err)
		}
	}
}
