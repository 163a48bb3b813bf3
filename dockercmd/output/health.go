package output

import "strings"

// HealthStatus is what a container's own check says of it.
type HealthStatus string

// The states of health. HealthNone is a container without a check, for which engines say none or nothing; it stands for every
// other word too.
const (
	HealthNone      HealthStatus = ""
	HealthStarting  HealthStatus = "starting"
	HealthHealthy   HealthStatus = "healthy"
	HealthUnhealthy HealthStatus = "unhealthy"
)

// ParseHealth reads an engine's word for a state of health.
func ParseHealth(s string) HealthStatus {
	switch health := HealthStatus(strings.ToLower(s)); health {
	case HealthStarting, HealthHealthy, HealthUnhealthy:
		return health
	}
	return HealthNone
}
