package runnertest

import (
	"encoding/json"
	"fmt"

	"github.com/dockercmd/toolkit/dockercmd"
)

// versionInfo is what a template of docker version sees.
type versionInfo struct {
	Client clientInfo
	Server *serverInfo
}

type clientInfo struct {
	Version           string
	APIVersion        string `json:"ApiVersion"`
	DefaultAPIVersion string
	GitCommit         string
	GoVersion         string
	Os                string
	Arch              string
	BuildTime         string
	Context           string
}

type serverInfo struct {
	Platform      struct{ Name string }
	Version       string
	APIVersion    string `json:"ApiVersion"`
	MinAPIVersion string
	GitCommit     string
	GoVersion     string
	Os            string
	Arch          string
	KernelVersion string
	BuildTime     string
}

const newestAPI = "1.50"

func (r engineRelease) versions() versionInfo {
	return versionInfo{
		Client: clientInfo{
			Version: ClientVersion, APIVersion: r.agreedAPI, DefaultAPIVersion: newestAPI, GitCommit: "fake", GoVersion: "go1.24.3",
			Os: "linux", Arch: "amd64", BuildTime: "Fri May 30 12:07:14 2025", Context: "default",
		},
		Server: &serverInfo{
			Version: r.version, APIVersion: r.api, MinAPIVersion: r.minAPI, GitCommit: "fake", GoVersion: r.goVersion,
			Os: "linux", Arch: "amd64", KernelVersion: "6.1.0-fake", BuildTime: r.built,
		},
	}
}

// runVersion runs docker version.
func (d *Docker) runVersion(p *client, c *dockercmd.Version) int {
	return versionText(p, c, d.spokenFor(), "")
}

// versionText prints the versions, or the client's alone and the error of an engine that does not answer.
func versionText(p *client, c *dockercmd.Version, r engineRelease, engineError string) int {
	v := r.versions()
	if engineError != "" {
		v.Client.APIVersion, v.Server = newestAPI, nil
	}
	format := c.Format
	switch format {
	case "":
		format = humanVersion
	case "json":
		format = "{{json .}}"
	}
	t, err := newTemplate("version", format)
	if err != nil {
		p.errln("template parsing error: " + err.Error())
		return 64
	}
	if p.api {
		body, _ := json.Marshal(v.Server) // texts
		p.out(string(body) + "\n")
		return 0
	}
	text, err := execute(t, v)
	if err != nil {
		// Without an engine, a template that asks for it prints nothing, and the error is the engine's.
		if engineError == "" {
			p.out("\n")
			p.errln(renamed(err, fmt.Sprintf("%T", v), "system.versionInfo"))
			return 1
		}
		text = ""
	}
	p.out(text + "\n")
	if engineError == "" {
		return 0
	}
	p.errln(engineError)
	return 1
}

const humanVersion = `Client:
 Version:           {{.Client.Version}}
 API version:       {{.Client.APIVersion}}{{if ne .Client.APIVersion .Client.DefaultAPIVersion}} (downgraded from {{.Client.DefaultAPIVersion}}){{end}}
 Go version:        {{.Client.GoVersion}}
 Git commit:        {{.Client.GitCommit}}
 Built:             {{.Client.BuildTime}}
 OS/Arch:           {{.Client.Os}}/{{.Client.Arch}}
 Context:           {{.Client.Context}}
{{- with .Server}}

Server:
 Engine:
  Version:          {{.Version}}
  API version:      {{.APIVersion}} (minimum version {{.MinAPIVersion}})
  Go version:       {{.GoVersion}}
  Git commit:       {{.GitCommit}}
  Built:            {{.BuildTime}}
  OS/Arch:          {{.Os}}/{{.Arch}}
{{- end}}`
