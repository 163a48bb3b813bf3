package recorder

import "net/http"

// system answers what clients ask of the engine itself and of registries through it.
func (s *session) system(handle func(pattern string, h handler)) {
	handle("GET /system/df", reply(http.StatusOK, diskJSON))
	handle("POST /build/prune", reply(http.StatusOK, `{"CachesDeleted":["c1"],"SpaceReclaimed":4000}`))
	handle("POST /auth", reply(http.StatusOK, `{"Status":"Login Succeeded"}`))
	handle("GET /images/search", reply(http.StatusOK, `[{"name":"busybox","description":"`+longText+
		`","star_count":9,"is_official":true,"is_automated":false}]`))
}

// longText is more than a column of a table takes, unless a client is told not to cut it.
const longText = "A description that is too long for the column that a table of search results has for it."

const (
	// OS and SWARM in it are to be replaced.
	infoJSON = `{"ID":"daemon","Name":"recorder","Containers":1,"Images":2,"Driver":"overlay2","DriverStatus":[["Backing","extfs"]],"OSType":"OS","Architecture":"x86_64",` +
		`"OperatingSystem":"Debian","NCPU":2,"MemTotal":1073741824,"KernelVersion":"6.1","ServerVersion":"99.0.0","DockerRootDir":"/var/lib/docker","CgroupDriver":"systemd","CgroupVersion":"2",` +
		`"IndexServerAddress":"https://index.docker.io/v1/","Swarm":"SWARM"}`

	diskJSON = `{"LayersSize":1000,"Images":[{"Id":"sha256:` + ID +
		`","RepoTags":["busybox:1"],"Created":1000000000,"Size":1000,"SharedSize":0,"Containers":1}],` +
		`"Containers":[{"Id":"` + ID +
		`","Names":["/w1"],"Image":"busybox","Command":"sleep","Created":1000000000,"SizeRw":5,"State":"running","Status":"Up 3 years"}],` +
		`"Volumes":[{"Name":"v1","Driver":"local","Mountpoint":"/v","Scope":"local","UsageData":{"RefCount":1,"Size":7}}],` +
		`"BuildCache":[{"ID":"c1","Type":"regular","Description":"a step","Size":3,"CreatedAt":"2001-09-09T01:46:40Z","UsageCount":1}]}`
)
