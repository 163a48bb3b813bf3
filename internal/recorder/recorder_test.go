package recorder_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dockercmd/toolkit/internal/enginetest"
	"github.com/dockercmd/toolkit/internal/recorder"
)

// TestDo sees the requests of every command that the daemon is made for.
func TestDo(t *testing.T) {
	t.Parallel()
	create := "POST /containers/create"
	tests := []struct {
		line string
		want []string
	}{
		{"run -d busybox", []string{create, "POST /containers/ID/wait", "POST /containers/ID/start"}},
		{"run busybox true", []string{create, "POST /containers/ID/attach", "POST /containers/ID/wait", "POST /containers/ID/start"}},
		{"create busybox", []string{create}},
		{"start w1", []string{"POST /containers/w1/start"}},
		{"start -a w1", []string{"GET /containers/w1/json", "POST /containers/ID/attach", "POST /containers/ID/wait",
			"POST /containers/ID/start"}},
		{"wait w1", []string{"POST /containers/w1/wait"}},
		{"stop w1", []string{"POST /containers/w1/stop"}},
		{"restart w1", []string{"POST /containers/w1/restart"}},
		{"pause w1", []string{"POST /containers/w1/pause"}},
		{"unpause w1", []string{"POST /containers/w1/unpause"}},
		{"rename w1 w2", []string{"POST /containers/w1/rename"}},
		{"update -m 9m w1", []string{"POST /containers/w1/update"}},
		{"cp w1:/a -", []string{"GET /containers/w1/archive"}},
		{"cp - w1:/a", []string{"HEAD /containers/w1/archive", "PUT /containers/w1/archive"}},
		{"diff w1", []string{"GET /containers/w1/changes"}},
		{"attach w1", []string{"POST /containers/w1/wait", "GET /containers/w1/json", "POST /containers/w1/attach",
			"GET /containers/w1/json"}},
		{"commit w1", []string{"POST /commit"}},
		{"export w1", []string{"GET /containers/w1/export"}},
		{"top w1", []string{"GET /containers/w1/top"}},
		{"port w1", []string{"GET /containers/w1/json"}},
		{"stats --no-stream w1", []string{"GET /containers/w1/stats"}},
		{"events", []string{"GET /events"}},
		{"kill w1", []string{"POST /containers/w1/kill"}},
		{"rm w1", []string{"DELETE /containers/w1"}},
		{"ps", []string{"GET /containers/json"}},
		{"logs w1", []string{"GET /containers/w1/json", "GET /containers/ID/logs"}},
		{"exec w1 true", []string{"GET /containers/w1/json", "POST /containers/w1/exec", "POST /exec/EXEC/start", "GET /exec/EXEC/json"}},
		{"exec -d w1 true", []string{"GET /containers/w1/json", "POST /containers/w1/exec", "POST /exec/EXEC/start"}},
		{"inspect w1", []string{"GET /containers/w1/json"}},
		{"inspect --type=network n1", []string{"GET /networks/n1"}},
		{"version", []string{"GET /version"}},
		{"info", []string{"GET /info"}},
		{"system df", []string{"GET /system/df"}},
		{"system prune -f --volumes", []string{"POST /containers/prune", "POST /networks/prune", "POST /volumes/prune",
			"POST /images/prune", "POST /build/prune"}},
		{"search a", []string{"GET /images/search"}},
		{"login -u a -p b", []string{"POST /auth"}},
		{"rmi a", []string{"DELETE /images/a"}},
		{"pull reg:5000/a/b:1", []string{"POST /images/create"}},
		{"push reg:5000/a/b:1", []string{"POST /images/reg:5000/a/b/push"}},
		{"images", []string{"GET /images/json"}},
		{"tag a:1 reg:5000/b:2", []string{"POST /images/a:1/tag"}},
		{"load", []string{"POST /images/load"}},
		{"save a b", []string{"GET /images/get"}},
		{"history a", []string{"GET /images/a/history"}},
		{"image inspect a b/c:1", []string{"GET /images/a/json", "GET /images/b/c:1/json"}},
		{"image prune -f", []string{"POST /images/prune"}},
		{"network create n1", []string{"POST /networks/create"}},
		{"network rm n1", []string{"GET /networks/n1", "DELETE /networks/n1"}},
		{"network ls", []string{"GET /networks"}},
		{"network connect n1 w1", []string{"POST /networks/n1/connect"}},
		{"network disconnect n1 w1", []string{"POST /networks/n1/disconnect"}},
		{"network prune -f", []string{"POST /networks/prune"}},
		{"volume create v1", []string{"POST /volumes/create"}},
		{"volume rm v1", []string{"DELETE /volumes/v1"}},
		{"volume ls", []string{"GET /volumes"}},
		{"volume inspect v1", []string{"GET /volumes/v1"}},
		{"volume prune -f", []string{"POST /volumes/prune"}},
		{"container prune -f", []string{"POST /containers/prune"}},
		{"import - a", []string{"POST /images/create"}},
	}
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		r := recorder.Start(t)
		for _, tt := range tests {
			t.Run(tt.line, func(t *testing.T) {
				t.Parallel()
				result := r.Do(t, client.Path, strings.Fields(tt.line)...)
				if result.Exit != 0 {
					t.Fatalf("exit %d\n%s", result.Exit, result.Stderr)
				}
				var got []string
				short := strings.NewReplacer(recorder.ID, "ID", recorder.ExecID, "EXEC")
				for _, q := range result.Requests {
					if q.Path == "/version" && tt.line != "version" {
						continue // the 20.10 client's stats asks for the daemon's system
					}
					if q.Path == "/info" && tt.line != "info" {
						continue // the 20.10 client's login and search ask for the default registry
					}
					got = append(got, q.Method+" "+short.Replace(q.Path))
				}
				if diff := cmp.Diff(got, tt.want); diff != "" {
					t.Errorf("got -, want +\n%s", diff)
				}
			})
		}
	})
}

// TestSwarm sees the requests of the commands on swarms, until what they change has settled.
func TestSwarm(t *testing.T) {
	t.Parallel()
	const (
		get, tasks, nodes = "GET /services/web", "GET /tasks", "GET /nodes"
		update            = "POST /services/SERVICE/update"
	)
	tests := []struct {
		line string
		want []string
	}{
		{"service create -d busybox", []string{"GET /distribution/busybox:latest/json", "POST /services/create"}},
		{"service create --no-resolve-image busybox", []string{"POST /services/create", "GET /services/SERVICE", tasks, nodes,
			"GET /services/SERVICE"}},
		{"service create -d --network n1 --secret s --config c --no-resolve-image busybox", []string{"GET /networks/n1", "GET /secrets",
			"GET /configs", "POST /services/create"}},
		{"service update -d web", []string{get, update}},
		{"service update web", []string{get, update, get, tasks, nodes, get}},
		{"service scale -d web=2 db=3", []string{get, update, "GET /services/db", update}},
		{"service rollback -d web", []string{get, update}},
		{"service rm web", []string{"DELETE /services/web"}},
		{"service ls", []string{"GET /services"}},
		{"service ps --no-resolve web", []string{"GET /services", "GET /services", tasks}},
		{"service inspect web", []string{get}},
		{"service logs --raw web", []string{get, "GET /services/web/logs"}},
		{"service logs lines", []string{"GET /services/lines", "GET /services/lines/logs", "GET /nodes/NODE", "GET /services/SERVICE",
			"GET /tasks/TASK"}},
		{"node ls", []string{nodes, "GET /info"}},
		{"node inspect self", []string{"GET /info", "GET /nodes/NODE"}},
		{"node update --role=manager n1", []string{"GET /nodes/n1", "POST /nodes/NODE/update"}},
		{"node rm n1", []string{"DELETE /nodes/n1"}},
		{"node ps --no-resolve n1", []string{"GET /nodes/n1", tasks}},
		{"swarm init", []string{"POST /swarm/init", "GET /nodes/NODE", "GET /swarm"}},
		{"swarm join --token=t 10.0.0.1", []string{"POST /swarm/join", "GET /info"}},
		{"swarm leave", []string{"POST /swarm/leave"}},
		{"swarm update --autolock", []string{"GET /swarm", "POST /swarm/update"}},
		{"swarm join-token -q worker", []string{"GET /swarm"}},
		{"swarm unlock-key -q", []string{"GET /swarm/unlockkey"}},
		{"swarm ca --rotate", []string{"GET /swarm", "POST /swarm/update", "GET /swarm", "GET /nodes", "GET /swarm", "GET /swarm"}},
	}
	short := strings.NewReplacer("service00000000000000000a", "SERVICE", "node000000000000000000000a", "NODE",
		"task000000000000000000000a", "TASK")
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		r := recorder.Daemon{Swarm: recorder.Manager}.Start(t)
		for _, tt := range tests {
			t.Run(tt.line, func(t *testing.T) {
				t.Parallel()
				result := r.Do(t, client.Path, strings.Fields(tt.line)...)
				if result.Exit != 0 {
					t.Fatalf("exit %d\n%s", result.Exit, result.Stderr)
				}
				var got []string
				for _, q := range result.Requests {
					got = append(got, q.Method+" "+short.Replace(q.Path))
				}
				if strings.HasPrefix(tt.line, "service logs") {
					slices.Sort(got[2:]) // the names of nodes, services and tasks are asked for once each
				}
				if diff := cmp.Diff(got, tt.want); diff != "" {
					t.Errorf("got -, want +\n%s", diff)
				}
			})
		}
	})
}

func TestNormalForm(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		same       bool
	}{
		{"variables are a set", "-e A=1 -e B=2", "-e B=2 -e A=1", true},
		{"the last variable of a name counts", "-e A=1 -e A=2", "-e A=2", true},
		{"another value", "-e A=1", "-e A=2", false},
		{"binds are a set", "-v /a:/x -v /b:/y", "-v /b:/y -v /a:/x", true},
		{"ulimits are a set", "--ulimit nofile=1 --ulimit core=0", "--ulimit core=0 --ulimit nofile=1", true},
		{"security options are a list", "--security-opt a=b --security-opt c=d", "--security-opt c=d --security-opt a=b", false},
		{"an empty entrypoint is not none", "--entrypoint=", "", false},
		{"an absent timeout is not 0", "--stop-timeout=0", "", false},
		{"the query", "--name=a", "--name=b", false},
	}
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		r := recorder.Start(t)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				do := func(flags string) recorder.Result {
					return r.Do(t, client.Path, append(append([]string{"run", "-d"}, strings.Fields(flags)...), "busybox")...)
				}
				if diff := cmp.Diff(do(tt.a), do(tt.b)); (diff == "") != tt.same {
					t.Errorf("same is %t, want %t\n%s", diff == "", tt.same, diff)
				}
			})
		}
	})
}

func TestDaemon(t *testing.T) {
	t.Parallel()
	recorder.PerClient(t, func(t *testing.T, client enginetest.Client) {
		t.Run("a missing image is pulled", func(t *testing.T) {
			t.Parallel()
			got := recorder.Daemon{NoImage: true}.Start(t).Do(t, client.Path, "run", "-d", "busybox")
			var pulls int
			for _, q := range got.Requests {
				if q.Path == "/images/create" {
					pulls++
				}
			}
			if pulls != 1 || got.Exit != 0 {
				t.Errorf("%d pulls, exit %d, want 1 and 0\n%s", pulls, got.Exit, got.Stderr)
			}
		})
		t.Run("a signal reaches the container", func(t *testing.T) {
			t.Parallel()
			got := recorder.Daemon{Signal: syscall.SIGUSR1}.Start(t).Do(t, client.Path, "run", "busybox")
			last := got.Requests[len(got.Requests)-1]
			if last.Path != "/containers/"+recorder.ID+"/kill" || last.Query != "signal=USR1" && last.Query != "signal=SIGUSR1" {
				t.Errorf("got %v, want a kill with USR1", last)
			}
		})
		t.Run("files and environment", func(t *testing.T) {
			t.Parallel()
			d := recorder.Daemon{Files: map[string]string{"vars": "A=1\nB\n"}, Env: []string{"B=2", "C=3"}}
			got := d.Start(t).Do(t, client.Path, "run", "-d", "--env-file=vars", "-e", "C", "--cidfile=cid", "busybox")
			if diff := cmp.Diff(got.Files, map[string]string{"cid": recorder.ID}); diff != "" {
				t.Errorf("files: got -, want +\n%s", diff)
			}
			config, _ := got.Requests[0].Body.(map[string]any)
			if diff := cmp.Diff(config["Env"], any([]any{"A=1", "B=2", "C=3"})); diff != "" {
				t.Errorf("Env: got -, want +\n%s", diff)
			}
		})
		t.Run("a windows engine", func(t *testing.T) {
			t.Parallel()
			line := []string{"run", "-d", "--cpu-count=2", "busybox"}
			if got := (recorder.Daemon{OS: "windows"}).Start(t).Do(t, client.Path, line...); got.Exit != 0 {
				t.Errorf("windows: exit %d\n%s", got.Exit, got.Stderr)
			}
			if got := recorder.Start(t).Do(t, client.Path, line...); got.Exit != 1 {
				t.Errorf("linux: exit %d, want 1\n%s", got.Exit, got.Stderr)
			}
		})
		t.Run("an old engine", func(t *testing.T) {
			t.Parallel()
			got := recorder.Daemon{API: "1.41"}.Start(t).Do(t, client.Path, "run", "-d", "--annotation=a=b", "busybox")
			if got.Exit == 0 || len(got.Requests) != 0 {
				t.Errorf("exit %d after %d requests, want a refusal without any", got.Exit, len(got.Requests))
			}
		})
		t.Run("a home", func(t *testing.T) {
			t.Parallel()
			d := recorder.Daemon{Home: map[string]string{"a/b": "$SOCKET", ".docker/config.json": "{}"}, Stdin: "c\n"}
			got := d.Start(t).Do(t, client.Path, "login", "-u", "a", "--password-stdin", "reg.example")
			want := map[string]string{"a/b": "$SOCKET",
				".docker/config.json": "{\n\t\"auths\": {\n\t\t\"reg.example\": {\n\t\t\t\"auth\": \"YTpj\"\n\t\t}\n\t}\n}"}
			if diff := cmp.Diff(got.Home, want); diff != "" {
				t.Errorf("home: got -, want +\n%s\n%s", diff, got.Stderr)
			}
		})
		t.Run("no home", func(t *testing.T) {
			t.Parallel()
			if got := recorder.Start(t).Do(t, client.Path, "login", "-u=a", "-p=b", "reg.example"); got.Exit != 0 || got.Home != nil {
				t.Errorf("exit %d, home %v, want 0 and none", got.Exit, got.Home)
			}
		})
		t.Run("a host that the line names", func(t *testing.T) {
			t.Parallel()
			d := recorder.Daemon{Env: []string{"DOCKER_HOST=unix:///missing"}}
			if got := d.Start(t).Do(t, client.Path, "-H", "unix://$SOCKET", "wait", "w1"); got.Exit != 0 || len(got.Requests) != 1 {
				t.Errorf("exit %d after %d requests, want 0 after 1\n%s", got.Exit, len(got.Requests), got.Stderr)
			}
		})
		t.Run("TLS", func(t *testing.T) {
			t.Parallel()
			r := recorder.Daemon{TLS: true, Files: recorder.PEM()}.Start(t)
			got := r.Do(t, client.Path, "--tlsverify", "--tlscacert=ca.pem", "--tlscert=cert.pem", "--tlskey=key.pem", "-H=tcp://$ADDRESS",
				"wait", "w1")
			if got.Exit != 0 || len(got.Requests) != 1 || got.Requests[0].Certificate != "client 1" {
				t.Errorf("exit %d after %v, want 0 after a request of client 1\n%s", got.Exit, got.Requests, got.Stderr)
			}
			if got := r.Do(t, client.Path, "--tlsverify", "--tlscacert=ca2.pem", "wait", "w1"); got.Exit == 0 || len(got.Requests) > 0 {
				t.Errorf("a daemon of another authority: exit %d after %v, want a refusal", got.Exit, got.Requests)
			}
		})
	})
}
