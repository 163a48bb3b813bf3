package frominspect

import (
	"encoding/csv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dockercmd/toolkit/dockercmd/output"
)

// fromDevices sets devices, GPUs, and the block devices' limits.
func (b *rebuilder) fromDevices() {
	h := &b.c.HostConfig
	for _, d := range h.Devices {
		b.device(d)
	}
	for _, r := range h.DeviceRequests {
		b.request(r)
	}
	b.each("device-cgroup-rule", h.DeviceCgroupRules)
	b.number("blkio-weight", int64(h.BlkioWeight))
	for _, w := range h.BlkioWeightDevice {
		b.set("blkio-weight-device", w.Path+":"+strconv.FormatUint(uint64(w.Weight), 10))
	}
	for _, l := range []struct {
		flag  string
		rates []output.HostRate
	}{
		{"device-read-bps", h.BlkioDeviceReadBps}, {"device-write-bps", h.BlkioDeviceWriteBps},
		{"device-read-iops", h.BlkioDeviceReadIOps}, {"device-write-iops", h.BlkioDeviceWriteIOps},
	} {
		for _, r := range l.rates {
			b.set(l.flag, r.Path+":"+strconv.FormatUint(r.Rate, 10))
		}
	}
}

func (b *rebuilder) device(d output.HostDevice) {
	text := d.PathOnHost
	if d.PathInContainer != "" && d.PathInContainer != d.PathOnHost {
		text += ":" + d.PathInContainer
	}
	if d.CgroupPermissions != "" && d.CgroupPermissions != "rwm" {
		text += ":" + d.CgroupPermissions
	}
	b.set("device", text)
}

// request sets a --gpus, to whose capabilities the client adds gpu, or the CDI names of --device.
func (b *rebuilder) request(r output.DeviceRequest) {
	if r.Driver == "cdi" {
		b.each("device", r.DeviceIDs)
		return
	}
	var words []string
	if len(r.Capabilities) == 1 {
		words = slices.Clone(r.Capabilities[0])
	}
	gpu := len(words) - 1
	for ; gpu >= 0 && words[gpu] != "gpu"; gpu-- {
	}
	if gpu < 0 {
		b.note("--gpus", "the request for devices of the capabilities %q is none for gpu, and no line says it", r.Capabilities)
		return
	}
	words = slices.Delete(words, gpu, gpu+1)
	var fields []string
	add := func(key string, values ...string) {
		if text := strings.Join(values, ","); text != "" {
			fields = append(fields, key+"="+text)
		}
	}
	add("device", r.DeviceIDs...)
	switch {
	case r.Count == -1:
		add("count", "all")
	case r.Count != 0 || len(r.DeviceIDs) == 0:
		add("count", strconv.Itoa(r.Count))
	}
	add("driver", r.Driver)
	add("capabilities", words...)
	var options []string
	for _, key := range slices.Sorted(maps.Keys(r.Options)) {
		options = append(options, key+"="+r.Options[key])
	}
	add("options", options...)
	if len(fields) == 1 {
		fields[0] = strings.TrimPrefix(fields[0], "count=")
	}
	b.set("gpus", record(fields))
}

// record returns a line of CSV, as docker reads --gpus, --mount and --network.
func record(fields []string) string {
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write(fields) // a Builder takes all
	w.Flush()
	return strings.TrimSuffix(text.String(), "\n")
}
