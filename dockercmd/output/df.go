package output

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
)

// DiskRow is one line of system df: what things of one type take on the engine's disk. Docker rounds the sizes for people,
// podman's are exact.
type DiskRow struct {
	Type        string // Images, Containers, Local Volumes or Build Cache
	Total       int    // how many there are
	Active      int    // how many are in use
	Size        dockercmd.Bytes
	Reclaimable dockercmd.Bytes

	Raw json.RawMessage // the whole object
}

// ParseDiskUsage reads the output of system df --format=JSONFormat, not with --verbose.
func ParseDiskUsage(out []byte) ([]DiskRow, error) {
	return rows("system df", out, func(line json.RawMessage) (DiskRow, error) {
		var raw struct {
			Type                      string
			TotalCount, Total, Active looseInt // Total is podman's, which from 5 on has both
			Size                      looseAmount
			Reclaimable               looseText
			RawSize, RawReclaimable   *int64 // podman's from 5 on, whose other two are rounded
		}
		if err := json.Unmarshal(line, &raw); err != nil {
			return DiskRow{}, err
		}
		if raw.Type == "" {
			return DiskRow{}, errors.New("it has no type; leave --verbose out")
		}
		size, _, _ := strings.Cut(string(raw.Reclaimable), " (") // "1.9MB (50%)"
		reclaimable, err := parseAmount(size)
		row := DiskRow{
			Type: raw.Type, Total: int(cmp.Or(raw.TotalCount, raw.Total)), Active: int(raw.Active), Size: dockercmd.Bytes(raw.Size),
			Reclaimable: reclaimable, Raw: line,
		}
		if raw.RawSize != nil && raw.RawReclaimable != nil {
			row.Size, row.Reclaimable = dockercmd.Bytes(*raw.RawSize), dockercmd.Bytes(*raw.RawReclaimable)
		}
		return row, err
	})
}
