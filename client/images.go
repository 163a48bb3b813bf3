package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/errline"
)

// PullPolicy is when an image is pulled. Its values are those of docker run --pull.
type PullPolicy string

// The policies. PullMissing is also "".
const (
	PullMissing PullPolicy = "missing" // when the engine does not have it
	PullAlways  PullPolicy = "always"  // each time; what is there already is not fetched again
	PullNever   PullPolicy = "never"
)

// The values of an Images that names none.
const (
	defaultPullAttempts  = 4
	defaultPullBase      = time.Second
	defaultPullMax       = 30 * time.Second
	defaultRateLimitBase = 30 * time.Second
	defaultRateLimitMax  = 5 * time.Minute
)

// Images brings images to an engine before containers are launched. Its zero value is ready for docker on this machine and allows
// every image. It is safe for concurrent use, and must not be copied nor its fields changed once it is in use.
type Images struct {
	// Docker asks the engine. Pulls are bounded by Pulling, not by Docker's deadlines; a load has the long one.
	Docker Docker
	// Allow are patterns of the references that may be ensured, see [ImageAllowed]; nil allows all. With any, an id is refused.
	Allow []string
	// Archives are files that docker save made, by reference. One is loaded in place of a pull; its path must be the client's.
	Archives map[string]string
	// PullOptions apply to each attempt of a pull, except for Line.
	PullOptions PullOptions
	// Progress, when set, receives each line of a pull's progress, by several goroutines for several images.
	Progress func(reference, line string)

	// Attempts is how often a pull is tried; 0 is 4. Only what may pass is tried again: a registry that cannot be reached or has
	// trouble of its own, a limit of pulls, a pull without progress, an engine that is unavailable.
	Attempts int
	// Base and Max bound the random time between attempts, and RateLimitBase and RateLimitMax that behind a limit of pulls, which is
	// half of RateLimitBase at least; 0 is 1 s, 30 s, 30 s and 5 min.
	Base, Max, RateLimitBase, RateLimitMax time.Duration

	mu      sync.Mutex
	flights map[flightKey]*flight
}

// flightKey identifies a flight: requests with equal keys share one.
type flightKey struct {
	reference string
	policy    PullPolicy
}

// flight is one attempt to get an image, shared by all who wait for it.
type flight struct {
	cancel  context.CancelCauseFunc
	waiters int // guarded by Images.mu
	done    chan struct{}
	id      string
	err     error
}

// Ensure makes sure that the engine has an image, and returns its id, sha256:..., which is what the reference means at this
// moment, for containers to be launched from it. Callers that want one image with one policy at the same time share one pull; one
// whose ctx ends leaves the others to it, and the last to leave ends it.
//
// A reference that the allow-list lacks is [ErrImageNotAllowed], before docker is asked. An image that is missing under PullNever
// is [ErrImageNotFound]. With a digest (name@sha256:...), an image whose repository digests lack it is [ErrDigest]. Other failures
// are Pull's and Load's. An image's id is looked for and never pulled.
func (i *Images) Ensure(ctx context.Context, reference string, policy PullPolicy) (id string, err error) {
	if policy == "" {
		policy = PullMissing
	}
	if !slices.Contains([]PullPolicy{PullMissing, PullAlways, PullNever}, policy) {
		return "", fmt.Errorf("the pull policy %q is none of always, missing and never", policy)
	}
	full, err := i.check(reference)
	if err != nil {
		return "", err
	}
	if ctx.Err() != nil {
		return "", fmt.Errorf("ensure image %s: %w", reference, errline.Context(ctx))
	}
	f := i.join(ctx, reference, full, policy)
	select {
	case <-f.done:
		return f.id, f.err
	case <-ctx.Done():
		i.leave(f, flightKey{full, policy}, errline.Context(ctx))
		return "", fmt.Errorf("ensure image %s: %w", reference, errline.Context(ctx))
	}
}

// check returns the reference in full, if it may be ensured.
func (i *Images) check(reference string) (full string, err error) {
	if isImageID(reference) {
		if len(i.Allow) > 0 {
			const format = "ensure image %s: %w: an id says nothing of where it is from; give a reference that the allow-list has"
			return "", fmt.Errorf(format, reference, ErrImageNotAllowed)
		}
		return reference, nil
	}
	r, err := parseImageRef(reference)
	if err != nil {
		return "", fmt.Errorf("ensure image: %w", err)
	}
	ok, err := ImageAllowed(i.Allow, reference)
	switch {
	case err != nil:
		return "", fmt.Errorf("ensure image %s: %w", reference, err)
	case !ok:
		return "", fmt.Errorf("ensure image %s: %w: no pattern of the allow-list fits %s", reference, ErrImageNotAllowed, r)
	}
	return r.String(), nil
}

func isImageID(reference string) bool {
	return dockercmd.ValidID(strings.TrimPrefix(reference, "sha256:"))
}

// join joins the flight for an image, or begins one.
func (i *Images) join(ctx context.Context, reference, full string, policy PullPolicy) *flight {
	i.mu.Lock()
	defer i.mu.Unlock()
	key := flightKey{full, policy}
	f := i.flights[key]
	if f == nil {
		// Others may join, and must not end with the first one's context.
		flying, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
		f = &flight{cancel: cancel, done: make(chan struct{})}
		if i.flights == nil {
			i.flights = map[flightKey]*flight{}
		}
		i.flights[key] = f
		go func() {
			defer cancel(nil)
			f.id, f.err = i.fetch(flying, reference, policy)
			i.mu.Lock()
			defer i.mu.Unlock()
			if i.flights[key] == f {
				delete(i.flights, key)
			}
			close(f.done)
		}()
	}
	f.waiters++
	return f
}

// leave removes a waiter from a flight.
func (i *Images) leave(f *flight, key flightKey, cause error) {
	i.mu.Lock()
	f.waiters--
	last := f.waiters == 0
	if last {
		if i.flights[key] == f {
			delete(i.flights, key) // who comes now begins anew
		}
		f.cancel(cause)
	}
	i.mu.Unlock()
	if last {
		<-f.done
	}
}

// fetch gets an image onto the engine for one flight.
func (i *Images) fetch(ctx context.Context, reference string, policy PullPolicy) (id string, err error) {
	if policy != PullAlways || isImageID(reference) {
		id, err = i.lookUp(ctx, reference)
		if err == nil || !errors.Is(err, ErrImageNotFound) || policy == PullNever || isImageID(reference) {
			return id, err
		}
	}
	if archive := i.archive(reference); archive != "" {
		if _, err := i.Docker.Load(ctx, dockercmd.Load{Input: archive}, nil); err != nil {
			return "", fmt.Errorf("image %s from %s: %w", reference, archive, err)
		}
		id, err = i.lookUp(ctx, reference)
		if errors.Is(err, ErrImageNotFound) {
			err = fmt.Errorf("the archive %s does not hold the image %s: %w", archive, reference, err)
		}
		return id, err
	}
	if err := i.pull(ctx, reference); err != nil {
		return "", err
	}
	return i.lookUp(ctx, reference)
}

// archive returns the file for a reference, "" if there is none.
func (i *Images) archive(reference string) string {
	if file := i.Archives[reference]; file != "" {
		return file
	}
	want, err := parseImageRef(reference)
	for name, file := range i.Archives {
		if r, nameErr := parseImageRef(name); err == nil && nameErr == nil && r == want {
			return file
		}
	}
	return ""
}

// lookUp returns the id of an image that the engine has, and checks it against the digest of its reference.
func (i *Images) lookUp(ctx context.Context, reference string) (id string, err error) {
	images, err := i.Docker.ImageInspect(ctx, reference)
	if err != nil {
		return "", err
	}
	image := images[0]
	if isImageID(reference) {
		if strings.TrimPrefix(image.ID, "sha256:") != strings.TrimPrefix(reference, "sha256:") {
			return "", fmt.Errorf("image %s: %w: the engine has %s", reference, ErrDigest, image.ID)
		}
		return image.ID, nil
	}
	want, err := parseImageRef(reference)
	if err != nil || want.digest == "" {
		return image.ID, err
	}
	for _, known := range image.RepoDigests {
		if r := splitImageRef(known); r.repository() == want.repository() && r.digest == want.digest {
			return image.ID, nil
		}
	}
	return "", fmt.Errorf("image %s: %w: the engine has %s with the digests %q", reference, ErrDigest, image.ID, image.RepoDigests)
}

// pull pulls until it succeeds, fails for good, or has been tried often enough.
func (i *Images) pull(ctx context.Context, reference string) error {
	how := i.PullOptions
	how.Line = nil
	if i.Progress != nil {
		how.Line = func(line string) { i.Progress(reference, line) }
	}
	attempts := i.Attempts
	if attempts == 0 {
		attempts = defaultPullAttempts
	}
	for attempt := 1; ; attempt++ {
		_, err := i.Docker.Pull(ctx, dockercmd.Pull{Image: reference}, how)
		if err == nil || attempt >= attempts || !transient(err) {
			return err
		}
		base, most := orDefault(i.Base, defaultPullBase), orDefault(i.Max, defaultPullMax)
		if errors.Is(err, ErrRateLimited) {
			base, most = orDefault(i.RateLimitBase, defaultRateLimitBase), orDefault(i.RateLimitMax, defaultRateLimitMax)
		}
		pause := jitter(attempt, base, most)
		if errors.Is(err, ErrRateLimited) {
			pause = max(pause, base/2)
		}
		if !sleep(ctx, pause) {
			return err
		}
	}
}

// transient reports whether the failure of a pull may pass by itself.
func transient(err error) bool {
	for _, kind := range []error{ErrUnauthorized, ErrImageNotFound, ErrDigest, ErrNoSpace, ErrBreakerOpen, context.Canceled} {
		if errors.Is(err, kind) {
			return false
		}
	}
	for _, kind := range []error{ErrRateLimited, ErrRegistry, ErrUnavailable, ErrTimeout} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
