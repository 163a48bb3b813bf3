package client

import (
	"context"
	"errors"
	"slices"
)

// kindNames lists the kinds in the order in which KindName looks for them: narrow ones before wide ones.
var kindNames = []struct {
	kind error
	name string
}{
	{ErrBreakerOpen, "breaker_open"},
	{ErrNoClient, "no_client"},
	{ErrLauncher, "launcher"},
	{ErrPermission, "permission"},
	{ErrEventsLost, "events_lost"},
	{ErrUnavailable, "unavailable"},
	{ErrTimeout, "timeout"},
	{ErrInterrupted, "interrupted"},
	{ErrNotFound, "not_found"},
	{ErrNameConflict, "name_conflict"},
	{ErrRemovalInProgress, "removal_in_progress"},
	{ErrRunning, "running"},
	{ErrNotRunning, "not_running"},
	{ErrRateLimited, "rate_limited"},
	{ErrUnauthorized, "unauthorized"},
	{ErrRegistry, "registry"},
	{ErrDigest, "digest"},
	{ErrImageNotAllowed, "image_not_allowed"},
	{ErrImageNotFound, "image_not_found"},
	{ErrPullFailed, "pull_failed"},
	{ErrNoSpace, "no_space"},
	{ErrMountSource, "mount_source"},
	{ErrCIDFile, "cid_file"},
	{ErrPortTaken, "port_taken"},
	{ErrNetworkNotFound, "network_not_found"},
	{ErrEndpointExists, "endpoint_exists"},
	{ErrUnsupported, "unsupported"},
	{ErrBadFlag, "bad_flag"},
	{ErrNotExecutable, "not_executable"},
	{ErrCommandNotFound, "command_not_found"},
	{context.Canceled, "canceled"},
	{context.DeadlineExceeded, "timeout"},
	{ErrUnreached, "not_started"},
}

// KindName returns a short label for an error, for metrics and logs: the name of the narrowest kind that it has, such as not_found
// or unavailable; canceled; not_started for a client that could not be started although it exists; other for an unknown kind; ""
// for nil. Labels do not change from version to version.
func KindName(err error) string {
	if err == nil {
		return ""
	}
	for _, k := range kindNames {
		if errors.Is(err, k.kind) {
			return k.name
		}
	}
	return "other"
}

// KindNames returns every label that KindName can return except "".
func KindNames() []string {
	var names []string
	for _, k := range kindNames {
		if !slices.Contains(names, k.name) {
			names = append(names, k.name)
		}
	}
	return append(names, "other")
}
