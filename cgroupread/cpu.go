package cgroupread

import "time"

// CPU is the processor time of a group and of the groups below it, since the group was made.
type CPU struct {
	// Usage is User and System together, at the kernel's finest resolution.
	Usage time.Duration
	// User and System are spent in programs and in the kernel for them. v1 counts them in steps of 10 ms, so that they differ a
	// little from Usage.
	User, System time.Duration
	// Periods counts the enforcement periods (100 ms, unless --cpu-period says otherwise) in which the group wanted to run under a
	// limit of its own, docker's --cpus or --cpu-quota. Without such a limit it stays 0.
	Periods int64
	// ThrottledPeriods counts the Periods in which the limit was reached.
	ThrottledPeriods int64
	// ThrottledTime is how long the group was held back, summed over its processors.
	ThrottledTime time.Duration
}

// CPU reads the group's processor time. It works for the root group too.
func (g Group) CPU() (CPU, error) {
	p, err := g.at("cpuacct")
	if err != nil {
		return CPU{}, err
	}
	r := reader{place: p, buf: make([]byte, 0, bufferSize)}
	var c CPU
	if p.mount.Version == V2 {
		c = r.cpuV2()
	} else {
		c = r.cpuV1()
		// The limit belongs to another controller, which may be in another hierarchy, or in none.
		if limits, err := g.at("cpu"); err == nil {
			r.place = limits
			r.optional(func() { r.throttling(&c, "throttled_time", time.Nanosecond) })
		}
	}
	if r.err != nil {
		return CPU{}, r.err
	}
	return c, nil
}

func (r *reader) cpuV2() (c CPU) {
	var usage, user, system Figure
	r.lines("cpu.stat",
		line{key: "usage_usec", into: &usage},
		line{key: "user_usec", into: &user},
		line{key: "system_usec", into: &system})
	c.Usage, c.User, c.System = span(usage, time.Microsecond), span(user, time.Microsecond), span(system, time.Microsecond)
	r.throttling(&c, "throttled_usec", time.Microsecond)
	return c
}

func (r *reader) cpuV1() (c CPU) {
	const tick = time.Second / 100 // USER_HZ is 100 on every architecture that Go runs on.
	var user, system Figure
	c.Usage = time.Duration(r.number("cpuacct.usage"))
	r.lines("cpuacct.stat", line{key: "user", into: &user}, line{key: "system", into: &system})
	c.User, c.System = span(user, tick), span(system, tick)
	return c
}

// throttling reads what a cpu limit has done. Its lines are missing where the controller is not enabled or the kernel has no such
// limits.
func (r *reader) throttling(c *CPU, timeKey string, unit time.Duration) {
	var periods, throttled, held Figure
	r.lines("cpu.stat",
		line{key: "nr_periods", into: &periods, may: true},
		line{key: "nr_throttled", into: &throttled, may: true},
		line{key: timeKey, into: &held, may: true})
	c.Periods, c.ThrottledPeriods, c.ThrottledTime = periods.n, throttled.n, span(held, unit)
}

// span returns n units; more than a Duration holds (292 years) becomes its greatest.
func span(f Figure, unit time.Duration) time.Duration {
	const most = time.Duration(1<<63 - 1)
	if f.n > int64(most/unit) {
		return most
	}
	return time.Duration(f.n) * unit
}
