package recorder

// The daemon's answers, with enough in them for the clients to print each column of theirs.
const (
	containerJSON = `{"Id":"` + ID + `","Name":"/w1","Created":"2026-01-02T03:04:05Z","Path":"sleep","Args":["9"],"Image":"sha256:` +
		ID + `",` +
		`"State":{"Status":"running","Running":true,"Pid":7,"ExitCode":0,"StartedAt":"2026-01-02T03:04:06Z","FinishedAt":"0001-01-01T00:00:00Z"},` +
		`"Config":{"Image":"busybox","Tty":false,"OpenStdin":true,"Labels":{"a":"b"}},"HostConfig":{"NetworkMode":"none"},"NetworkSettings":{"Networks":{},"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]}}}`

	// The container is so old that the clients print the same age for years.
	listJSON = `[{"Id":"` + ID + `","Names":["/w1"],"Image":"busybox","ImageID":"sha256:` + ID +
		`","Command":"sleep 9999999999999999999999999","Created":1000000000,` +
		`"Ports":[],"SizeRw":5,"SizeRootFs":9,"Labels":{"a":"b"},"State":"running","Status":"Up 3 years","HostConfig":{"NetworkMode":"none"},"NetworkSettings":{"Networks":{}},"Mounts":[]}]`

	changesJSON = `[{"Path":"/a","Kind":0},{"Path":"/a/b","Kind":1}]`
	topJSON     = `{"Titles":["PID","CMD"],"Processes":[["7","sleep 9"]]}`
	statJSON    = `{"name":"d","size":4096,"mode":2147484141,"mtime":"2026-01-02T03:04:05Z","linkTarget":""}` // a directory

	statsJSON = `{"id":"` + ID + `","name":"/w1","read":"2026-01-02T03:04:06Z","preread":"2026-01-02T03:04:05Z","pids_stats":{"current":3},` +
		`"memory_stats":{"usage":1048576,"limit":67108864,"stats":{}},"cpu_stats":{"cpu_usage":{"total_usage":200},"system_cpu_usage":2000,"online_cpus":1},` +
		`"precpu_stats":{"cpu_usage":{"total_usage":100},"system_cpu_usage":1000,"online_cpus":1},"networks":{}}`

	eventJSON = `{"status":"die","id":"` + ID + `","from":"busybox","Type":"container","Action":"die",` +
		`"Actor":{"ID":"` + ID + `","Attributes":{"exitCode":"3","name":"w1"}},"scope":"local","time":1767323045,"timeNano":1767323045000000000}`

	versionJSON = `{"Version":"99.0.0","ApiVersion":"1.50","MinAPIVersion":"1.12","Os":"linux","Arch":"amd64","KernelVersion":"6.1","GoVersion":"go1.26","GitCommit":"abc","BuildTime":"2026-01-02T03:04:05Z"}`

	// Networks, volumes and images are so old that the clients print the same age for years.
	networkJSON = `{"Name":"n1","Id":"` + ID +
		`","Created":"2001-09-09T01:46:40Z","Scope":"local","Driver":"bridge","EnableIPv4":true,"EnableIPv6":false,` +
		`"IPAM":{"Driver":"default","Options":{},"Config":[{"Subnet":"10.9.0.0/24"}]},"Internal":false,"Attachable":false,"Ingress":false,"ConfigOnly":false,"Containers":{},"Options":{},"Labels":{"a":"b"}}`

	// It is a volume of a cluster as well, so that it can be updated.
	volumeJSON = `{"Name":"v1","Driver":"local","Mountpoint":"/v","CreatedAt":"2001-09-09T01:46:40Z","Scope":"local","Labels":{"a":"b"},"Options":{},` +
		`"ClusterVolume":{"ID":"v1id","Version":{"Index":7},"Spec":{"Group":"g1","AccessMode":{"Scope":"single","Sharing":"none","MountVolume":{}},"Availability":"active"},"Info":{"VolumeID":"v1id"}}}`

	imageListJSON = `{"Id":"sha256:` + ID + `","RepoTags":["busybox:latest"],"RepoDigests":["busybox@sha256:` + ID +
		`"],"Created":1000000000,"Size":5000000,"SharedSize":-1,"Containers":-1,"Labels":{"a":"b"}}`

	imageJSON = `{"Id":"sha256:` + ID +
		`","RepoTags":["busybox:latest"],"Created":"2001-09-09T01:46:40Z","Os":"linux","Architecture":"amd64","Size":5000000,"Config":{"Cmd":["sh"]}}`

	historyJSON = `{"Id":"sha256:` + ID +
		`","Created":1000000000,"CreatedBy":"/bin/sh -c #(nop)  CMD [\"sh\"] and more words than fit in one column","Size":5000000,"Comment":"a note","Tags":["busybox:latest"]}`
)
