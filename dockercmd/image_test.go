package dockercmd_test

import (
	"strings"

	"github.com/dockercmd/toolkit/dockercmd"
	"github.com/dockercmd/toolkit/internal/recorder"
)

func init() {
	families = append(families, family{bare: bareImages, full: fullImages, problems: imageProblems, client: imageCases})
}

func bareImages() map[string]dockercmd.Command {
	busybox := []string{"busybox"}
	return map[string]dockercmd.Command{
		"pull":              &dockercmd.Pull{Image: "busybox"},
		"push":              &dockercmd.Push{Image: "busybox"},
		"images":            &dockercmd.Images{},
		"tag":               &dockercmd.Tag{Source: "busybox", Target: "app"},
		"load":              &dockercmd.Load{},
		"save":              &dockercmd.Save{Images: busybox},
		"history":           &dockercmd.History{Image: "busybox"},
		"image inspect":     &dockercmd.ImageInspect{Images: busybox},
		"image prune":       &dockercmd.ImagePrune{},
		"container inspect": &dockercmd.ContainerInspect{Containers: []string{"w1"}},
		"container prune":   &dockercmd.ContainerPrune{},
	}
}

func fullImages() map[string]dockercmd.Command {
	extra := []string{"--new", "--newer=a b"}
	two := []string{"busybox:1", "registry:5000/app"}
	platforms := []string{"linux/amd64", "linux/arm64/v8"}
	return map[string]dockercmd.Command{
		"pull": &dockercmd.Pull{AllTags: true, DisableContentTrust: new(false), Platform: "linux/arm64/v8", Quiet: true, Extra: extra,
			Image: "registry:5000/app"},
		"push": &dockercmd.Push{AllTags: true, DisableContentTrust: new(false), Platform: "linux/arm64/v8", Quiet: true, Extra: extra,
			Image: "registry:5000/app"},
		"images": &dockercmd.Images{
			All: true, Digests: true, Filters: []dockercmd.Filter{{Key: "dangling", Value: "true"}, {Key: "label", Value: "a=b"}},
			Format: "{{json .}}", NoTrunc: true, Quiet: true, Tree: true, Extra: extra, Repository: "team/*:1",
		},
		"tag":  &dockercmd.Tag{Extra: extra, Source: "sha256:" + strings.Repeat("0", 64), Target: "registry:5000/app:1"},
		"load": &dockercmd.Load{Input: "a b.tar", Platforms: platforms, Quiet: true, Extra: extra},
		"save": &dockercmd.Save{Output: "a b.tar", Platforms: platforms, Extra: extra, Images: two},
		"history": &dockercmd.History{Format: "{{.ID}}", Human: new(false), NoTrunc: true, Platform: "linux/amd64", Quiet: true,
			Extra: extra, Image: "busybox:1"},
		"image inspect": &dockercmd.ImageInspect{Format: "{{.Id}}", Platform: "linux/amd64", Extra: extra, Images: two},
		"image prune": &dockercmd.ImagePrune{All: true, Filters: []dockercmd.Filter{{Key: "until", Value: "24h"},
			{Key: "label!", Value: "a"}}, Force: true, Extra: extra},
		"container inspect": &dockercmd.ContainerInspect{Format: "{{.Id}}", Size: true, Extra: extra, Containers: []string{"w1", "w2"}},
		"container prune": &dockercmd.ContainerPrune{Filters: []dockercmd.Filter{{Key: "until", Value: "24h"},
			{Key: "label", Value: "a"}}, Force: true, Extra: extra},
	}
}

func imageProblems() []problemCase {
	id, digest := strings.Repeat("0", 64), "@sha256:"+strings.Repeat("0", 64)
	return []problemCase{
		{"pull of nothing", &dockercmd.Pull{}},
		{"pull of an id", &dockercmd.Pull{Image: id}},
		{"pull of what looks like an id", &dockercmd.Pull{Image: "sha256:" + id}},
		{"pull in upper case to a bad platform", &dockercmd.Pull{Platform: "linux/amd64,linux/arm64", Image: "App"}},
		{"pull of a name that is too long", &dockercmd.Pull{Image: strings.Repeat("a", 256)}},
		{"pull of all tags and one", &dockercmd.Pull{AllTags: true, Image: "reg:5000/app:1"}},
		{"pull of all tags and a digest", &dockercmd.Pull{AllTags: true, Image: "app" + digest}},
		{"push of a digest", &dockercmd.Push{Image: "app" + digest}},
		{"push of all tags and one", &dockercmd.Push{AllTags: true, Image: "app:1"}},
		{"push to a platform of four parts", &dockercmd.Push{Platform: "a/b/c/d", Image: "app"}},
		{"images as a tree of ids", &dockercmd.Images{Tree: true, Quiet: true}},
		{"images with a filter that matches all and a NUL", &dockercmd.Images{Filters: []dockercmd.Filter{{Value: "busybox"}},
			Repository: "\x00"}},
		{"tag of nothing", &dockercmd.Tag{}},
		{"tag with a digest", &dockercmd.Tag{Source: "app" + digest, Target: "app:1" + digest}},
		{"tag with an id", &dockercmd.Tag{Source: id, Target: "sha256:" + id}},
		{"load of an empty platform", &dockercmd.Load{Platforms: []string{"", "linux/"}}},
		{"save of nothing", &dockercmd.Save{}},
		{"save of a pattern", &dockercmd.Save{Images: []string{"app:*"}}},
		{"history of nothing", &dockercmd.History{}},
		{"image inspect of nothing", &dockercmd.ImageInspect{}},
		{"image inspect of a bad name", &dockercmd.ImageInspect{Platform: "linux amd64", Images: []string{"a b"}}},
		{"image prune with a filter that matches all", &dockercmd.ImagePrune{Filters: []dockercmd.Filter{{Value: "24h"}}}},
		{"container inspect of nothing", &dockercmd.ContainerInspect{}},
		{"container inspect of a bad name", &dockercmd.ContainerInspect{Containers: []string{"a/b"}}},
		{"container prune with a filter that matches all", &dockercmd.ContainerPrune{Filters: []dockercmd.Filter{{Value: "24h"}}}},
	}
}

// archive is a daemon whose clients have an archive of images at hand.
var archive = &recorder.Daemon{Files: map[string]string{"a.tar": "an archive", "b.tar": "another"}}

const (
	noSignatures = "it needs a server of signatures, which DOCKER_CONTENT_TRUST asks for"
	noProgress   = "progress shows on a terminal only"
)

var imageCases = map[string][]clientCase{
	"pull": {
		{flag: "all-tags", lines: []string{"pull -a busybox", "image pull reg:5000/app --all-tags", "pull --all-tags=0 busybox:1",
			"pull busybox"}},
		{flag: "disable-content-trust", lines: []string{"pull --disable-content-trust busybox",
			"image pull reg:5000/a:1 --disable-content-trust=true"}, silent: noSignatures},
		{flag: "disable-content-trust", lines: []string{"pull --disable-content-trust=false busybox"}, until: "1.0",
			silent: noSignatures},
		{flag: "platform", lines: []string{"pull --platform linux/amd64 busybox",
			"pull busybox@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef --platform=linux/arm64/v8",
			"pull --platform '' busybox"}},
		{flag: "quiet", lines: []string{"pull -q busybox", "image pull --quiet=true reg:5000/a/b:T", "pull --quiet=false busybox"}},
	},
	"push": {
		{flag: "all-tags", lines: []string{"push -a busybox", "image push reg:5000/app --all-tags", "push --all-tags=0 busybox:1",
			"push busybox"}},
		{flag: "disable-content-trust", lines: []string{"push --disable-content-trust reg:5000/busybox",
			"image push reg:5000/a:1 --disable-content-trust=true"}, silent: noSignatures},
		{flag: "disable-content-trust", lines: []string{"push --disable-content-trust=false reg:5000/busybox"}, until: "1.0",
			silent: noSignatures},
		{flag: "platform", lines: []string{"push --platform linux/amd64 busybox", "push reg:5000/a/b:T --platform=linux/arm64/v8"}},
		{flag: "quiet", lines: []string{"push -q busybox", "image push --quiet=true reg:5000/a/b:T", "push --quiet=false busybox"}},
	},
	"images": {
		{flag: "all", lines: []string{"images -a", "image ls --all=true", "image list -a=0"}},
		{flag: "digests", lines: []string{"images --digests", "image ls --digests=1", "images --digests=false"}},
		{flag: "filter", lines: []string{"images -f dangling=true", "image list --filter=reference=a -f label=b busybox",
			"images -f 'LABEL= a=b' 'b*x:1'"}},
		{flag: "format", lines: []string{"images --format '{{.ID}} {{.Tag}}'", "image ls --format='{{json .Size}}' busybox"}},
		{flag: "no-trunc", lines: []string{"images --no-trunc", "images --no-trunc=1 -q", "images --no-trunc=0"}},
		{flag: "quiet", lines: []string{"images -q", "images -aq busybox", "image ls --quiet=F"}},
		{flag: "tree", lines: []string{"images --tree", "image ls --tree=1 busybox"}},
		{flag: "tree", lines: []string{"images --tree=false"}, since: "27.5", silent: "false is the default"},
	},
	"tag": {
		{flag: "", lines: []string{"tag a b", "image tag a:1 reg:5000/b:2",
			"tag -- sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef b", "tag 0123456789ab b"},
			silent: "tag has no flags"},
	},
	"load": {
		{flag: "input", lines: []string{"load -i a.tar", "image load --input=b.tar", "load -ia.tar", "load --input ''"}, daemon: archive},
		{flag: "platform", lines: []string{"load --platform linux/amd64 -i a.tar", "image load --platform=linux/arm64/v8 --input b.tar",
			"load --platform linux/amd64 --platform linux/arm64"}, daemon: archive},
		{flag: "platform", lines: []string{"load --platform linux/amd64,linux/arm64 -i a.tar"}, since: "29.0", daemon: archive},
		{flag: "quiet", lines: []string{"load -q", "load --quiet -i a.tar", "load --quiet=0"}, daemon: archive, silent: noProgress},
	},
	"save": {
		{flag: "output", lines: []string{"save -o x.tar a", "image save --output='y z.tar' a b:1", "save a -ox.tar", "save -o '' a"}},
		{flag: "platform", lines: []string{"save --platform linux/amd64 a", "image save --platform=linux/arm64/v8 a b",
			"save a --platform linux/amd64 --platform linux/arm64"}},
		{flag: "platform", lines: []string{"save --platform linux/amd64,linux/arm64 a"}, since: "29.0"},
	},
	"history": {
		{flag: "format", lines: []string{"history --format '{{.ID}} {{.Size}}' a", "image history a --format='{{json .Comment}}'"}},
		{flag: "human", lines: []string{"history -H=false a", "image history --human=0 a:1", "history -H a",
			"history --human=T --no-trunc a"}},
		{flag: "no-trunc", lines: []string{"history --no-trunc a", "history --no-trunc=1 -q a", "history --no-trunc=0 a"}},
		{flag: "platform", lines: []string{"history --platform linux/amd64 a", "image history --platform=linux/arm64/v8 a"}},
		{flag: "quiet", lines: []string{"history -q a", "history a --quiet=true", "history -q=f a"}},
	},
	"image inspect": {
		{flag: "format", lines: []string{"image inspect -f '{{.Id}}' a", "image inspect a --format={{.Os}} b/c:1"}},
		{flag: "platform", lines: []string{"image inspect --platform linux/amd64 a", "image inspect a --platform=linux/arm64/v8 b"}},
	},
	"image prune": {
		{flag: "all", lines: []string{"image prune -af", "image prune -f --all=true", "image prune -f --all=false"}},
		{flag: "filter", lines: []string{"image prune -f --filter until=24h", "image prune --filter=label=a --filter 'label!=b=c' -f"}},
		{flag: "force", lines: []string{"image prune -f", "image prune --force=true", "image prune --force=false", "image prune"}},
	},
	"container inspect": {
		{flag: "format", lines: []string{"container inspect -f '{{.State.Status}}' w1", "container inspect w1 --format={{.Id}} w2"}},
		{flag: "size", lines: []string{"container inspect -s w1", "container inspect w1 --size=1", "container inspect --size=false w1"}},
	},
	"container prune": {
		{flag: "filter", lines: []string{"container prune -f --filter until=24h",
			"container prune --filter=label=a --filter 'label!=b=c' -f"}},
		{flag: "force", lines: []string{"container prune -f", "container prune --force=true", "container prune --force=false",
			"container prune"}},
	},
}
