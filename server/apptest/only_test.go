package apptest_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// TestOnly: each part of a process does what it is for and nothing else, alone and beside others. A process that works answers who watches over it;
// one that serves takes jobs in and leaves them to others, and its events get their place in the log all the same.
func TestOnly(t *testing.T) {
	t.Parallel()
	for _, parts := range [][]string{{"all"}, {"api"}, {"workers"}, {"api", "workers"}, {"workers", "api"}, {"all", "api"}, {"all", "workers"}} {
		t.Run(strings.Join(parts, "+"), func(t *testing.T) {
			t.Parallel()
			h := apptest.MustStart(t, apptest.Options{TestHooks: true, Only: parts})
			path := filepath.Join(h.DataDir, "only.yaml")
			require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(onlyConfig, "$PASSWORD", factoryPassword)), 0o600))
			h.MustRun(t, "apply", path)
			works, serves := false, -1
			for i, part := range parts {
				works = works || part != "api"
				if part != "workers" {
					serves = i
				}
				for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 200, "/orders": 200, "/graphql": 200, "/riverui": 0, "/riverui/api/jobs": 0} {
					status, body := answer(t, h.Processes[i].URL()+path)
					switch serving := part != "workers"; {
					case want == 200 && (serving || path == "/healthz" || path == "/readyz" || path == "/metrics"):
						require.Equal(t, 200, status, "%s of %s", path, part)
					case serving:
						require.NotEqual(t, 404, status, "%s of %s", path, part)
					default:
						require.Equal(t, 404, status, "%s of %s", path, part)
						require.Contains(t, body, "--only api")
					}
				}
			}
			if serves < 0 {
				return
			}
			c := h.Processes[serves].MustLogin(t, "admin", factoryPassword)
			h.SignIn("admin", c)
			id := launch(t, c)
			ended := func() bool {
				i, err := c.JobInstance(id)
				require.NoError(t, err)
				return i.State == apptest.Completed
			}
			within(t, "the events to have their place", func() bool {
				var waiting int
				require.NoError(t, h.DB.NewRaw("select count(*) from event e where not exists (select from event_chain c where c.event_id = e.id)").Scan(t.Context(), &waiting))
				return waiting == 0
			})
			begun := time.Time{}
			if !works {
				require.False(t, ended())
				begun = time.Now()
				h.MustJoin(t, "workers")
			}
			within(t, "the job to be done", ended)
			i, err := c.JobInstance(id)
			require.NoError(t, err)
			require.False(t, i.Tasks[0].StartedAt.Before(begun), "nobody worked before")
			h.MustWaitQuiescent(t)
		})
	}
}

const onlyConfig = `policies: [{ identifier: Default, isProvisioningEnabled: true }]
jobs: [{ identifier: keys, steps: [{ task: keys, type: ComputeCorrelationKeys, level: 0 }] }]
profiles: [{ identifier: Administrator, rules: [{ identifier: everything, entries: [{ permission: /Jobs }, { permission: /ProvisioningPolicy }, { permission: /Settings }, { permission: /Connectors }, { permission: /Monitoring }] }] }]
users: [{ username: admin, password: $PASSWORD, profiles: [{ profile: Administrator }] }]
`

func launch(t *testing.T, c *apptest.Client) string {
	t.Helper()
	var out struct {
		RunJob struct{ JobInstance struct{ ID string } }
	}
	c.MustDo(t, `mutation { runJob(input: {job: "keys"}) { jobInstance { id } } }`, nil, &out)
	return out.RunJob.JobInstance.ID
}

// answer asks as a program does; /graphql with the smallest question.
func answer(t *testing.T, at string) (status int, body string) {
	t.Helper()
	if strings.HasSuffix(at, "/graphql") {
		at += "?query=%7B__typename%7D"
	}
	res, err := http.Get(at)
	require.NoError(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(raw)
}
