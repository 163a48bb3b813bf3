package runnertest

import (
	"fmt"
	"strings"
)

// engineRelease is an engine that a Docker can speak for, by its Engine field. Its words are held to real engines by TestContract.
type engineRelease struct {
	version, api, minAPI string
	agreedAPI            string // with the client
	goVersion, built     string
}

const defaultEngine, engine28 = "20.10", "28.5"

var engineReleases = map[string]engineRelease{
	defaultEngine: {EngineVersion, "1.41", "1.12", "1.41", "go1.19.8", "2023-04-04T20:00:00.000000000+00:00"},
	engine28:      {"28.5.2+dfsg4", "1.51", "1.24", "1.50", "go1.24.9", "2025-10-08T12:17:26.000000000+00:00"},
}

// spokenFor returns the engine that the fake speaks for.
func (d *Docker) spokenFor() engineRelease {
	if d.Engine == "" {
		return engineReleases[defaultEngine]
	}
	return engineReleases[d.Engine]
}

// is28 reports whether the fake speaks for engine 28.5, not for 20.10.
func (d *Docker) is28() bool { return d.Engine == engine28 }

// knownEngine returns an error for an engine that the fake cannot speak for.
func (d *Docker) knownEngine() error {
	if d.spokenFor() == (engineRelease{}) {
		return fmt.Errorf("runnertest: the fake docker does not speak for engine %q: it knows %s and %s", d.Engine, defaultEngine,
			engine28)
	}
	return nil
}

// notRunning is the engine's refusal to do something with a container that does not run.
func (d *Docker) notRunning(b *containerRecord) string {
	if d.is28() {
		return "container " + b.id + " is not running"
	}
	return "Container " + b.id + " is not running"
}

// cannotKill is the engine's refusal of a docker kill. An engine of 20.10 looks at the signal first, and says only that.
func (d *Docker) cannotKill(ref, why string) string {
	switch {
	case d.is28():
		return "cannot kill container: " + ref + ": " + why
	case strings.HasPrefix(why, "invalid signal"):
		return "I" + why[1:]
	}
	return "Cannot kill container: " + ref + ": " + why
}

// cannotRemove is the engine's refusal to remove a container that is running, or paused.
func (d *Docker) cannotRemove(b *containerRecord, paused bool) string {
	switch {
	case d.is28() && paused:
		return fmt.Sprintf("cannot remove container %q: container is paused and must be unpaused first", b.name)
	case d.is28():
		return fmt.Sprintf("cannot remove container %q: container is running: stop the container before removing or force remove",
			b.name)
	case paused:
		return "You cannot remove a paused container " + b.id +
			". Unpause and then stop the container before attempting removal or force remove"
	}
	return "You cannot remove a running container " + b.id + ". Stop the container before attempting removal or force remove"
}

// noImage is the engine's answer to docker image inspect.
func (d *Docker) noImage(ref string) string {
	if d.is28() {
		return "No such image: " + tagged(ref)
	}
	return "no such image: " + ref + ": No such image: " + tagged(ref)
}

// badFilter is the engine's refusal of a filter of docker ps. Why28 is what one of 28.5 says more about the value.
func (d *Docker) badFilter(filter, why28 string) string {
	if !d.is28() {
		return "Invalid filter '" + filter + "'"
	}
	if why28 != "" {
		why28 = ": " + why28
	}
	return "invalid filter '" + filter + "'" + why28
}
