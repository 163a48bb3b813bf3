package dockercmd_test

import "github.com/dockercmd/toolkit/dockercmd"

func init() {
	families = append(families, family{bare: bareVolumes, full: fullVolumes, problems: volumeProblems, client: volumeCases})
}

func bareVolumes() map[string]dockercmd.Command {
	v1 := []string{"v1"}
	return map[string]dockercmd.Command{
		"volume create":  &dockercmd.VolumeCreate{},
		"volume rm":      &dockercmd.VolumeRm{Volumes: v1},
		"volume ls":      &dockercmd.VolumeLs{},
		"volume inspect": &dockercmd.VolumeInspect{Volumes: v1},
		"volume prune":   &dockercmd.VolumePrune{},
		"volume update":  &dockercmd.VolumeUpdate{Volume: "v1"},
	}
}

func fullVolumes() map[string]dockercmd.Command {
	extra := []string{"--new", "--newer=a b"}
	two := []string{"v1", "v.2"}
	return map[string]dockercmd.Command{
		"volume create": &dockercmd.VolumeCreate{
			Availability: "pause", Driver: "d", Group: new(""), Labels: map[string]string{"b": "2", "a": "it's"},
			LimitBytes: new(dockercmd.Bytes(0)), Name: "v2",
			Options: map[string]string{"type": "cifs", "o": "addr=10.1.0.1,password=p"}, RequiredBytes: new(dockercmd.GiB), Scope: "multi",
			Secrets: map[string]string{"key": "secret"}, Sharing: "onewriter",
			TopologiesPreferred: []dockercmd.Topology{{"zone": "Z1", "region": "R1"}, {"rack": ""}},
			TopologiesRequired:  []dockercmd.Topology{{"region": "R1"}}, Type: "mount", Extra: extra, Volume: "v1",
		},
		"volume rm": &dockercmd.VolumeRm{Force: true, Extra: extra, Volumes: two},
		"volume ls": &dockercmd.VolumeLs{Cluster: true, Filters: []dockercmd.Filter{{Key: "dangling", Value: "true"},
			{Key: "label", Value: "a=b"}}, Format: "{{json .}}", Quiet: true, Extra: extra},
		"volume inspect": &dockercmd.VolumeInspect{Format: "{{.Name}}", Extra: extra, Volumes: two},
		"volume prune": &dockercmd.VolumePrune{All: true, Filters: []dockercmd.Filter{{Key: "label!", Value: "a"}}, Force: true,
			Extra: extra},
		"volume update": &dockercmd.VolumeUpdate{Availability: "drain", Extra: extra, Volume: "v1"},
	}
}

func volumeProblems() []problemCase {
	return []problemCase{
		{"volume create with two bad names", &dockercmd.VolumeCreate{Name: "v", Volume: "a/b"}},
		{"volume create with words of no meaning", &dockercmd.VolumeCreate{Availability: "on", Scope: "some", Sharing: "some",
			Type: "disk"}},
		{"volume create with less than it needs", &dockercmd.VolumeCreate{LimitBytes: new(dockercmd.MiB),
			RequiredBytes: new(dockercmd.GiB)}},
		{"volume create with a negative size", &dockercmd.VolumeCreate{LimitBytes: new(dockercmd.Bytes(-1))}},
		{"volume create with what is for a cluster", &dockercmd.VolumeCreate{
			Secrets: map[string]string{"a": "b"}, TopologiesPreferred: []dockercmd.Topology{{"a": "b"}},
			TopologiesRequired: []dockercmd.Topology{{"a": "b"}},
		}},
		{"volume create with bad topologies", &dockercmd.VolumeCreate{
			Scope: "single", TopologiesPreferred: []dockercmd.Topology{{"": "b"}, {"a,b": ""}, {"a": "b,c"}},
			TopologiesRequired: []dockercmd.Topology{{}},
		}},
		{"volume create with bad keys", &dockercmd.VolumeCreate{Labels: map[string]string{"a b": "c"},
			Options: map[string]string{"": "d"}}},
		{"volume rm of nothing", &dockercmd.VolumeRm{}},
		{"volume rm of bad names", &dockercmd.VolumeRm{Volumes: []string{"", "-v", "a:b"}}},
		{"volume ls with a filter that matches all", &dockercmd.VolumeLs{Filters: []dockercmd.Filter{{Value: "v1"}}}},
		{"volume inspect of nothing", &dockercmd.VolumeInspect{}},
		{"volume prune of all in two ways", &dockercmd.VolumePrune{All: true, Filters: []dockercmd.Filter{{Key: " All ", Value: "0"}}}},
		{"volume update of nothing to nothing", &dockercmd.VolumeUpdate{Availability: "on"}},
	}
}

// createVolumeCase returns lines of flags for volume create.
func createVolumeCase(flag string, flags ...string) clientCase {
	return clientCase{flag: flag, lines: on("volume create", "v1", flags)}
}

var volumeCases = map[string][]clientCase{
	"volume create": {
		createVolumeCase("availability", "--availability pause", "--availability=drain", "--availability active"),
		createVolumeCase("driver", "-d nfs", "--driver=rclone/docker:latest", "-dnfs", "-d=nfs"),
		createVolumeCase("group", "--group g1", "--group=g2", "--group ''"),
		createVolumeCase("label", "--label a=1", "--label=a=1 --label b", "--label 'a=x, y=z' --label a=2"),
		createVolumeCase("limit-bytes", "--limit-bytes 1g", "--limit-bytes=1.5GiB", "--limit-bytes 0"),
		{flag: "name", lines: []string{"volume create --name v2", "volume create --name=v-3 --label a"}},
		createVolumeCase("opt", "-o type=nfs -o o=addr=10.1.0.1,rw -o device=:/x", "--opt=a -o b=c=d", "-oa=b -o a=c"),
		createVolumeCase("required-bytes", "--required-bytes 1m", "--required-bytes=5kb", "--required-bytes 0"),
		createVolumeCase("scope", "--scope single", "--scope=multi"),
		createVolumeCase("secret", "--scope single --secret a=b", "--scope=single --secret=c --secret 'a=b=d' --secret a=e"),
		createVolumeCase("sharing", "--sharing none", "--sharing=onewriter", "--sharing all", "--sharing readonly"),
		createVolumeCase("topology-preferred", "--type mount --topology-preferred region=R1,zone=Z1",
			"--type=mount --topology-preferred=zone=Z1,region=R2 --topology-preferred rack"),
		createVolumeCase("topology-required", "--type mount --topology-required region=R1",
			"--type=mount --topology-required 'zone= Z1 ,region=R2,zone=Z3' --topology-required=a=",
			"--type block --topology-required ''"),
		createVolumeCase("type", "--type block", "--type=mount"),
	},
	"volume rm": {
		{flag: "force", lines: []string{"volume rm -f v1", "volume remove v1 v2 --force", "volume rm --force=0 v1"}},
	},
	"volume ls": {
		{flag: "cluster", lines: []string{"volume ls --cluster", "volume list --cluster=1 -q", "volume ls --cluster=T"}},
		{flag: "cluster", lines: []string{"volume ls --cluster=false", "volume ls -q --cluster=0"}, since: "23.0",
			silent: "false is the default"},
		{flag: "filter", lines: []string{"volume ls -f dangling=true", "volume list --filter=name=v1 -f 'LABEL= a=b'"}},
		{flag: "format", lines: []string{"volume ls --format '{{.Name}} {{.Driver}}'", "volume ls --format='{{json .Labels}}'"}},
		{flag: "quiet", lines: []string{"volume ls -q", "volume list --quiet=true", "volume ls --quiet=F"}},
	},
	"volume inspect": {
		{flag: "format", lines: []string{"volume inspect -f '{{.Name}}' v1", "volume inspect v1 --format={{.Driver}} v2"}},
	},
	"volume prune": {
		{flag: "all", lines: []string{"volume prune -af", "volume prune -f --all=true --filter label=a"}},
		{flag: "all", lines: []string{"volume prune -f --all=false"}, since: "24.0", silent: "false is the default"},
		{flag: "filter", lines: []string{"volume prune -f --filter label=a", "volume prune --filter=all=1 --filter 'label!=b=c' -f"}},
		{flag: "force", lines: []string{"volume prune -f", "volume prune --force=true", "volume prune --force=false", "volume prune"}},
	},
	"volume update": {
		{flag: "availability", lines: []string{"volume update --availability drain v1", "volume update v1 --availability=pause"}},
		{flag: "availability", lines: []string{"volume update --availability active v1"}, silent: "the daemon's volume is active"},
	},
}
