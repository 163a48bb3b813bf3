package recorder

// The daemon's answers, with enough in them for the clients to print each column of theirs.
const (
	containerJSON = `{"Id":"` + ID + `","Name":"/w1","Created":"2026-01-02T03:04:05Z","Path":"sleep","Args":["9"],"Image":"sha256:` + ID + `",` +
		`"State":{"Status":"running","Running":true,"Pid":7,"ExitCode":0,"StartedAt":"2026-01-02T03:04:06Z","FinishedAt":"0001-01-01T00:00:00Z"},` +
		`"Config":{"Image":"busybox","Tty":false,"OpenStdin":true,"Labels":{"a":"b"}},"HostConfig":{"NetworkMode":"none"},"NetworkSettings":{"Networks":{},"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]}}}`

	// The container is so old that the clients print the same age for years.
	listJSON = `[{"Id":"` + ID + `","Names":["/w1"],"Image":"busybox","ImageID":"sha256:` + ID + `","Command":"sleep 9999999999999999999999999","Created":1000000000,` +
		`"Ports":[],"SizeRw":5,"SizeRootFs":9,"Labels":{"a":"b"},"State":"running","Status":"Up 3 years","HostConfig":{"NetworkMode":"none"},"NetworkSettings":{"Networks":{}},"Mounts":[]}]`

	changesJSON = `[{"Path":"/a","Kind":0},{"Path":"/a/b","Kind":1}]`
	topJSON     = `{"Titles":["PID","CMD"],"Processes":[["7","sleep 9"]]}`
	statJSON    = `{"name":"d","size":4096,"mode":2147484141,"mtime":"2026-01-02T03:04:05Z","linkTarget":""}` // a directory

	versionJSON = `{"Version":"99.0.0","ApiVersion":"1.50","MinAPIVersion":"1.12","Os":"linux","Arch":"amd64","KernelVersion":"6.1","GoVersion":"go1.26","GitCommit":"abc","BuildTime":"2026-01-02T03:04:05Z"}`
)
