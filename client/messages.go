package client

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// message is one known text of docker, from its first letter on. Texts carry words of the user's, such as commands, paths
// and names: only the beginning of a text, or its end, is docker's for sure.
type message struct {
	text  string // an expression
	kinds []error
}

func msg(text string, kinds ...error) message { return message{text, kinds} }

// Parts of texts.
const (
	oci      = `(failed to create [a-z ]+: )*oci runtime (create|exec) failed: .*: exec: ".*": `
	unknown  = `(: unknown)?$`
	registry = `(error from registry: |(get|head) "https?://[^"]*": )?`

	// The containerd image store (engines from 24 on, and the default from 29 on) puts what it was about in front of an error, and
	// unknown where the registry's answer is not JSON.
	fetching = `((unknown|error from registry): )?(failed to pull and unpack image "[^"]*": )?` +
		`(failed to resolve reference "[^"]*": )?(failed to copy: )?(httpreadseeker: )?(failed open: )?`
	fetchingToken  = `(failed to authorize: )?(failed to fetch (oauth|anonymous) token: )?`
	fetchingAnswer = fetching + fetchingToken +
		`(unexpected status (from [a-z]+ request to|code) \S+|pulling from host \S+ failed with status code \[[^]]*\]): `
)

// messages are docker's texts as recorded with the clients 20.10.24, 28.2.2 and 29.7.2 before a 20.10.24 engine, and those of newer
// engines, from their sources and from reports, marked so. The first that matches a line decides. The exit status does not: at a
// missing socket it is 1 or 125, at a forbidden one 1 or 126, at a mount or a cid file 125, 126 or 127, depending on the client and
// the words.
var messages = []message{
	// The way to the engine.
	msg(`(got )?permission denied while trying to connect to the docker `, ErrPermission, ErrUnreached),
	msg(`cannot connect to the docker daemon at `, ErrUnavailable, ErrUnreached),                      // 20.10, 28
	msg(`failed to connect to the docker api at `, ErrUnavailable, ErrUnreached),                      // 29
	msg(`error during connect: [a-z]+ "[^"]*": dial `, ErrUnavailable, ErrUnreached),                  // 20.10, 28: an unknown host
	msg(`error during connect: `, ErrUnavailable),                                                     // 20.10, 28: EOF
	msg(`(failed to initialize: )?unable to resolve docker endpoint: `, ErrUnavailable, ErrUnreached), // a bad host or context
	// the engine went away meanwhile
	msg(`(error waiting for container: )?unexpected eof$`, ErrUnavailable),
	msg(`(read|write) unix .*: (connection reset by peer|broken pipe)$`, ErrUnavailable), // likewise

	// The line itself.
	msg(`unknown (shorthand )?flag: `, ErrBadFlag),
	msg(`flag needs an argument: `, ErrBadFlag),
	msg(`invalid argument ".*" for ".*" flag: `, ErrBadFlag),
	msg(`"?--\S+ requires api version `, ErrBadFlag, ErrUnsupported),

	// The command in the container.
	msg(oci+`executable file not found in \$path`+unknown, ErrCommandNotFound),
	msg(oci+`.*no such file or directory`+unknown, ErrCommandNotFound),
	msg(oci+`(.*permission denied|is a directory)`+unknown, ErrNotExecutable),

	// Names.
	// docker, podman 4.3
	msg(`(conflict\. |creating container storage: )?the container name "[^"]*" is already in use by `, ErrNameConflict),
	msg(`(cannot kill container: \S+: )?no such (container|object)\b`, ErrNotFound),
	msg(`no container with name or id ".*" found`, ErrNotFound), // podman 4.3
	msg(`network \S+ not found$`, ErrNetworkNotFound),
	msg(`failed to set up container networking: network \S+ not found$`, ErrNetworkNotFound), // engines from 28 on
	msg(`(failed to set up container networking: )?endpoint with name \S+ already exists in network \S+$`, ErrEndpointExists),

	// The container's state.
	msg(`removal of container \S+ is already in progress`, ErrRemovalInProgress),
	msg(`container is marked for removal `, ErrRemovalInProgress),
	msg(`you cannot remove a (running|paused|restarting) container`, ErrRunning),
	msg(`cannot remove container \S+: container is (running|paused|restarting)\b`, ErrRunning), // engines from 26 on
	msg(`(cannot kill container: \S+: )?container \S+ is (not running|paused, unpause|restarting, wait)`, ErrNotRunning),
	msg(`unable to upgrade to tcp, received 409$`, ErrNotRunning), // 20.10: exec in a container that restarts

	// What the container needs.
	msg(`no such image: `, ErrImageNotFound),
	msg(`pull access denied for `, ErrPullFailed, ErrImageNotFound),
	msg(registry+`(manifest (for \S+ not found: manifest )?unknown|(repository )?name (unknown|not known))`, ErrPullFailed,
		ErrImageNotFound),
	// the second and the third: 29
	msg(registry+`(toomanyrequests: |too many requests|you have reached your (unauthenticated )?pull rate limit|retry-after: )`,
		ErrPullFailed, ErrRateLimited),
	msg(registry+`(denied|unauthorized)(: .*)?$`, ErrPullFailed, ErrUnauthorized),
	msg(`(error from registry: )?(authentication required|requested access to the resource is denied)( - |$)`, ErrPullFailed,
		ErrUnauthorized), // the containerd store, 28 and 29
	msg(`error from registry: (service unavailable|internal server error)`, ErrPullFailed, ErrRegistry), // likewise
	msg(`(get|head) "https?://[^"]*": no basic auth credentials$`, ErrPullFailed, ErrUnauthorized),
	msg(`cannot perform an interactive login from a non tty device$`, ErrUnauthorized), // 20.10: pull, push and search
	msg(`(get|head) "https?://[^"]*": .*(x509: |server gave http response to https client)`, ErrPullFailed),
	msg(registry+`(received unexpected http status: |error parsing http )(401|403)\b`, ErrPullFailed, ErrUnauthorized),
	msg(registry+`(received unexpected http status: |error parsing http )429\b`, ErrPullFailed, ErrRateLimited),
	msg(`(get|head) "https?://`, ErrPullFailed, ErrRegistry),
	msg(`(error pulling image configuration: )?(download failed after attempts=\d+: )?received unexpected http status: 5\d\d `,
		ErrPullFailed, ErrRegistry),
	msg(`(error pulling image configuration: )?download failed after attempts=\d+: `, ErrPullFailed, ErrRegistry),
	msg(`error pulling image configuration: `, ErrPullFailed),
	msg(`received unexpected http status: `, ErrPullFailed),
	msg(`manifest verification failed for digest `, ErrPullFailed, ErrDigest),
	// The containerd store, 24 to 29.
	msg(fetchingAnswer+`(401|403)\b`, ErrPullFailed, ErrUnauthorized),
	msg(fetchingAnswer+`404\b`, ErrPullFailed, ErrImageNotFound),
	msg(fetchingAnswer+`429\b`, ErrPullFailed, ErrRateLimited),
	msg(fetchingAnswer+`5\d\d\b`, ErrPullFailed, ErrRegistry),
	msg(fetchingAnswer, ErrPullFailed),
	msg(fetching+`pull access denied, .*: no basic auth credentials$`, ErrPullFailed, ErrUnauthorized),
	msg(fetching+`pull access denied, `, ErrPullFailed, ErrImageNotFound),
	msg(`(unknown: )?failed to resolve reference "[^"]*": \S+: not found$`, ErrPullFailed, ErrImageNotFound),
	msg(fetching+`(content at \S+ not found: |could not fetch content descriptor .* from remote: )not found$`, ErrPullFailed,
		ErrImageNotFound),
	msg(fetching+fetchingToken+`failed to do request: .*(x509: |server gave http response to https client)`, ErrPullFailed),
	msg(fetching+fetchingToken+`(failed to do request: )?(get|head|post) "https?://`, ErrPullFailed, ErrRegistry),
	msg(`failed commit on ref "[^"]*": (commit failed: )?unexpected commit digest `, ErrPullFailed, ErrDigest),
	msg(`failed commit on ref "[^"]*": .*(failed size validation: |unexpected commit size |short read)`, ErrPullFailed, ErrRegistry),
	msg(`failed to (copy|resolve reference "[^"]*"): .*\beof$`, ErrPullFailed, ErrRegistry),
	msg(`failed to (copy|resolve reference "[^"]*"|authorize|commit on ref "[^"]*"): `, ErrPullFailed),
	msg(`error from registry: `, ErrPullFailed),
	msg(`no matching manifest for \S+ in the manifest list entries`, ErrPullFailed, ErrImageNotFound), // both stores
	msg(`invalid mount config for type "bind": bind source path does not exist: `, ErrMountSource),
	msg(`error while creating mount source path `, ErrMountSource), // --volume, where a mount would not make one
	msg(`container id file found, `, ErrCIDFile),
	// the second: engines from 28 on
	msg(`(failed to set up container networking: )?driver failed programming external connectivity .*(port is already allocated|address already in use)$`, ErrPortTaken),
	msg(`.*no space left on device`+unknown, ErrNoSpace),
}

// messageREs are the expressions of messages.
var messageREs = sync.OnceValue(func() []*regexp.Regexp {
	all := make([]*regexp.Regexp, len(messages))
	for i, m := range messages {
		all[i] = regexp.MustCompile(`^(?i:` + m.text + `)`)
	}
	return all
})

// classify returns the kinds of what docker wrote to standard error. A command with several operands can fail in several ways; it
// has not reached the engine only if it says so each time.
func classify(stderr string) []error {
	reached := false
	var kinds []error
	add := func(more ...error) {
		for _, kind := range more {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	for line := range messageLines(stderr) {
		line, _ = trimSpeaker(line)
		var found []error
		if i := slices.IndexFunc(messageREs(), func(re *regexp.Regexp) bool { return re.MatchString(line) }); i >= 0 {
			found = messages[i].kinds
		}
		add(found...)
		reached = reached || !slices.Contains(found, ErrUnreached)
	}
	if reached {
		kinds = withoutUnreached(kinds)
	}
	if pullFailed(stderr) {
		add(ErrPullFailed, ErrImageNotFound)
	}
	return kinds
}

// isMixed reports whether the lines of standard error are not all of the same kinds.
func isMixed(stderr string) bool {
	var lines []string
	for line := range messageLines(stderr) {
		lines = append(lines, line)
	}
	return len(lines) > 0 && !sameKinds(lines)
}

// withoutUnreached returns kinds without ErrUnreached.
func withoutUnreached(kinds []error) []error {
	return slices.DeleteFunc(kinds, func(kind error) bool { return kind == ErrUnreached })
}

// pullFailed reports whether docker began to pull an image and did not finish, for whatever reason.
func pullFailed(stderr string) bool {
	return strings.Contains("\n"+stderr, "\n"+pullPrefix) && !strings.Contains(stderr, "\nStatus: Downloaded newer image for ")
}

// pullPrefix is how a run begins whose image is not at hand.
const pullPrefix = "Unable to find image '"

// noise begin the lines that tell nothing of a failure.
var noise = []string{
	"See '", "Run '", // how to get help
	"WARNING: ",                                                           // of the client's configuration, or the engine's kernel
	pullPrefix,                                                            // the failure of the pull follows
	`time="`,                                                              // 20.10: the client's own log
	"Error: failed to start containers: ", "failed to start containers: ", // the reasons stand before it
}

// messageLines returns an iterator over the lines of standard error in which docker says what is wrong.
func messageLines(stderr string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(stderr) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "Usage:") {
				return // what follows is help
			}
			if line == "" || slices.ContainsFunc(noise, func(t string) bool { return strings.HasPrefix(line, t) }) {
				continue
			}
			if !yield(line) {
				return
			}
		}
	}
}

// lastMessage returns the last line in which docker says what is wrong, without the words that only name the speaker. A line that
// follows one with such words goes on with what that said.
func lastMessage(stderr string) string {
	var last string
	var marked bool
	for line := range messageLines(stderr) {
		line, isMarked := trimSpeaker(line)
		if isMarked || !marked {
			last, marked = line, isMarked
		}
	}
	if last == "" { // trimmings are better than nothing
		last = strings.TrimSpace(stderr)
	}
	return strings.Join(strings.Fields(last), " ")
}

// trimSpeaker removes what docker puts around a message, and reports whether it named the speaker.
func trimSpeaker(line string) (message string, marked bool) {
	message = line
	for _, prefix := range []string{"docker: ", "Error response from daemon: ", "Error: ", "error: "} {
		message = strings.TrimPrefix(message, prefix)
	}
	return strings.TrimRight(message, "."), message != line
}
