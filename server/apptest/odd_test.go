package apptest_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"golang.org/x/tools/txtar"

	"writ/server/apptest"
	"writ/server/dbtest"
)

var update = flag.Bool("update", false, "write what is seen into the stories of testdata/odd; read them like code then")

// odd is a house that meets data as the world writes it: people from files, accounts in a database of their own.
type odd struct {
	*apptest.House
	t      *testing.T
	target *bun.DB
	values []string // what stands for days, and what they are today
}

// TestOddData plays the stories of testdata/odd. A story is a txtar archive: schema.sql makes the target, config.yaml and oddBase configure,
// N/... are the files of step N (N/target.sql is done in the target, N/config.yaml is applied), N/want is everything that can be seen after it. Texts may
// hold \r, \x00, \u00e4 and {x*6000}; a line that ends with \ goes on in the next one; TODAY and TOMORROW are days.
func TestOddData(t *testing.T) {
	t.Parallel()
	stories, err := filepath.Glob("testdata/odd/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, stories)
	for _, path := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			playStory(t, path)
		})
	}
}

func playStory(t *testing.T, path string) {
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	story := txtar.Parse(raw)
	files := map[string]string{}
	for _, f := range story.Files {
		files[f.Name] = string(f.Data)
	}
	o := mustOdd(t, files["schema.sql"])
	o.configure(files["config.yaml"])
	o.configure(oddJob)
	changed := false
	for step := 1; ; step++ {
		prefix := fmt.Sprintf("%d/", step)
		found := false
		for i, f := range story.Files {
			name, mine := strings.CutPrefix(f.Name, prefix)
			found = found || mine
			switch {
			case !mine:
			case name == "config.yaml":
				o.configure(o.text(string(f.Data)))
			case name == "target.sql":
				_, err := o.target.ExecContext(t.Context(), o.text(string(f.Data)))
				require.NoError(t, err)
			case name != "want":
				o.put(name, o.text(string(f.Data)))
			default:
				want := o.today(string(f.Data))
				if *update {
					o.settle()
					got := o.see()
					changed = changed || got != want
					story.Files[i].Data = []byte(o.yesterday(got))
					continue
				}
				o.settle()
				deadline := time.Now().Add(apptest.Patience)
				for o.see() != want && time.Now().Before(deadline) {
					time.Sleep(50 * time.Millisecond)
				}
				require.Equal(t, want, o.see(), "%s, step %d", path, step)
			}
		}
		if !found {
			break
		}
	}
	if changed {
		require.NoError(t, os.WriteFile(path, txtar.Format(story), 0o644))
	}
}

func mustOdd(t *testing.T, schema string) *odd {
	t.Helper()
	target, at := dbtest.MustOpenEmpty(t)
	if schema == "" {
		schema = oddSchema
	}
	_, err := target.ExecContext(t.Context(), schema)
	require.NoError(t, err)
	h := apptest.MustStart(t, apptest.Options{TestHooks: true, Env: []string{"WRIT_SECRET_TARGET=" + at, "WRIT_TIME_ZONE=Europe/Berlin"}})
	o := &odd{House: h, t: t, target: target}
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := time.Now().In(zone)
	o.values = []string{"TODAY", now.Format(time.DateOnly), "TOMORROW", now.AddDate(0, 0, 1).Format(time.DateOnly), "YESTERDAY", now.AddDate(0, 0, -1).Format(time.DateOnly)}
	require.NoError(t, os.MkdirAll(filepath.Join(h.DataDir, "files", "hr"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(h.DataDir, "config"), 0o755))
	o.configure(oddBase)
	h.SignIn("admin", h.Processes[0].MustLogin(t, "admin", factoryPassword))
	return o
}

func (o *odd) configure(text string) {
	o.t.Helper()
	if text == "" {
		return
	}
	path := filepath.Join(o.DataDir, "config", "config.yaml")
	require.NoError(o.t, os.WriteFile(path, []byte(strings.ReplaceAll(text, "$PASSWORD", factoryPassword)), 0o600))
	o.MustRun(o.t, "apply", path)
}

// put lays a file in the place of the old one, at once.
func (o *odd) put(name, text string) {
	o.t.Helper()
	path := filepath.Join(o.DataDir, "files", "hr", name)
	require.NoError(o.t, os.WriteFile(path+".part", []byte(text), 0o600))
	require.NoError(o.t, os.Rename(path+".part", path))
}

// settle runs the job, so that everything was read, and waits until nothing moves.
func (o *odd) settle() {
	o.t.Helper()
	o.MustWaitQuiescent(o.t)
	o.MustRunJob(o.t, "all")
	o.MustWaitQuiescent(o.t)
}

var (
	escapes = regexp.MustCompile(`\\(r|n|t|\\|\n|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})`)
	repeats = regexp.MustCompile(`\{(.+?)\*(\d+)\}`)
)

func (o *odd) text(s string) string {
	s = repeats.ReplaceAllStringFunc(o.today(s), func(m string) string {
		parts := repeats.FindStringSubmatch(m)
		n, err := strconv.Atoi(parts[2])
		require.NoError(o.t, err)
		return strings.Repeat(parts[1], n)
	})
	return escapes.ReplaceAllStringFunc(s, func(m string) string {
		if m == "\\\n" {
			return ""
		}
		out, err := strconv.Unquote(`"` + m + `"`)
		require.NoError(o.t, err)
		return out
	})
}

func (o *odd) today(s string) string { return strings.NewReplacer(o.values...).Replace(s) }

func (o *odd) yesterday(s string) string {
	for i := 0; i < len(o.values); i += 2 {
		s = strings.ReplaceAll(s, o.values[i+1], o.values[i])
	}
	return s
}

// see is what an integrator sees, and what the target holds.
func (o *odd) see() string {
	o.t.Helper()
	var b strings.Builder
	section := func(title string, lines []string) {
		if len(lines) > 0 {
			fmt.Fprintf(&b, "%s\n", title)
		}
		for _, l := range lines {
			fmt.Fprintf(&b, "  %s\n", shortened(l))
		}
	}
	var seen struct {
		Resources struct {
			Nodes []struct{ Key, DisplayName string }
		}
		Connectors []struct{ Identifier, Health, HealthMessage string }
		RowsToMend struct {
			Nodes []struct {
				Place, Why string
				Line       int
				Key        *string
				Column     *string
				Value      *string
			}
		}
		ComputationFaults struct {
			Nodes []struct {
				Resource struct{ Key string }
				Message  string
			}
		}
		Orders struct{ Nodes []*apptest.Order }
	}
	o.As(o.t, "admin").MustDo(o.t, `{
		resources(entityType: "Person", first: 200) { nodes { key displayName } }
		connectors { identifier health healthMessage }
		rowsToMend { nodes { place line key column value why } }
		computationFaults { nodes { resource { key } message } }
		orders(first: 50, filter: {open: true}) { nodes { kind state owner { key } target { key } error { message } waitReason lines { property action stateCode currentValue proposedValue error } } }
	}`, nil, &seen)
	var people, systems, rows, faults, orders []string
	for _, r := range seen.Resources.Nodes {
		people = append(people, strconv.Quote(r.Key)+" "+r.DisplayName)
	}
	for _, c := range seen.Connectors {
		if c.Health != "OK" {
			systems = append(systems, c.Identifier+" "+c.Health+" "+c.HealthMessage)
		}
	}
	for _, r := range seen.RowsToMend.Nodes {
		rows = append(rows, fmt.Sprintf("%s:%d %s %s %s: %s", r.Place, r.Line, or(r.Key), or(r.Column), or(r.Value), r.Why))
	}
	for _, f := range seen.ComputationFaults.Nodes {
		faults = append(faults, f.Resource.Key+": "+f.Message)
	}
	for _, r := range seen.Orders.Nodes {
		text := r.Kind + " " + r.State
		if r.Owner != nil {
			text += " for " + r.Owner.Key
		}
		if r.Target != nil {
			text += " at " + r.Target.Key
		}
		if r.WaitReason != nil {
			text += " waits: " + *r.WaitReason
		}
		if r.Error != nil {
			text += " error: " + r.Error.Message
		}
		for _, l := range r.Lines {
			if l.Error != nil && (r.Error == nil || *l.Error != r.Error.Message) {
				text += fmt.Sprintf(" %s: %s", or(l.Property), *l.Error)
			}
		}
		orders = append(orders, text)
	}
	section("people", people)
	var tables []string
	require.NoError(o.t, o.target.NewRaw(`select table_name from information_schema.tables where table_schema = 'public' and table_name <> 'grp' order by 1`).Scan(o.t.Context(), &tables))
	for _, table := range tables {
		var list []string
		require.NoError(o.t, o.target.NewRaw(`select trim(t::text, '()') from ? t order by t`, bun.Ident(table)).Scan(o.t.Context(), &list))
		section("table "+table, list)
	}
	section("open orders", orders)
	section("rows to mend", rows)
	slices.Sort(faults)
	section("not computed", faults)
	section("systems", systems)
	return b.String()
}

func or(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

var runs = regexp.MustCompile(`(x{50})x*|(\S{60})\S{100,}`)

// shortened keeps what a reader of a story can read.
func shortened(s string) string {
	return runs.ReplaceAllString(strings.ReplaceAll(s, "\n", " / "), "$1$2...")
}

// TestLongValueInOneTarget: a card whose holder's number is thousands of letters long concerns that card; a mover of the same minute moves, and
// the system says what it cannot use.
func TestLongValueInOneTarget(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	mover := staffOf(t, h, time.Now()).withCard()[0]
	department := "FIN"
	if staffOf(t, h, time.Now()).Positions[mover]["Department"] == department {
		department = "SAL"
	}
	h.MustEditCSV(t, apptest.Cards, func(rows [][]string) [][]string {
		row := make([]string, len(rows[0]))
		row[apptest.Column(t, rows, "CardNumber")], row[apptest.Column(t, rows, "EmployeeId")] = "B-X9", strings.Repeat("pLixMEOLe", 700)
		return append(rows, row)
	})
	h.MustEditCSV(t, apptest.Positions, func(rows [][]string) [][]string {
		who, column := apptest.Column(t, rows, "EmployeeId"), apptest.Column(t, rows, "Department")
		for _, row := range rows[1:] {
			if row[who] == mover {
				row[column] = department
			}
		}
		return rows
	})
	within(t, "the mover", func() bool {
		var found string
		require.NoError(t, h.Intranet(t).NewRaw(`select "Department" from account where "Login" = ?`, strings.ToLower(mover)).Scan(t.Context(), &found))
		return strings.HasPrefix(found, map[string]string{"FIN": "Finance", "SAL": "Sales"}[department])
	})
	within(t, "the word of the system", func() bool {
		var out struct {
			Connectors []struct{ Identifier, Health, HealthMessage string }
		}
		h.As(t, "admin").MustDo(t, `{ connectors { identifier health healthMessage } }`, nil, &out)
		return slices.ContainsFunc(out.Connectors, func(c struct{ Identifier, Health, HealthMessage string }) bool {
			return c.Identifier == "Badge" && c.Health == "WARNING" && strings.Contains(c.HealthMessage, "B-X9") && strings.Contains(c.HealthMessage, "pLixMEOLe")
		})
	})
}

// TestScheduleWhenTheClocksChange: a job for half past two in the night runs once each day, also in the night that has no such time and in the one
// that has it twice; Sunday may be 7; a schedule that never comes is warned of.
func TestScheduleWhenTheClocksChange(t *testing.T) {
	t.Parallel()
	o := mustOdd(t, "")
	o.configure("jobs:\n  - { identifier: cj, cron: '30 2 * * *', cronTimeZone: Europe/Berlin, steps: [{ task: c1, type: ComputeCorrelationKeys, level: 0 }] }\n" +
		"  - { identifier: sunday, cron: '0 3 * * 7', cronTimeZone: Europe/Berlin, steps: [{ task: c2, type: ComputeCorrelationKeys, level: 0 }] }\n")
	path := filepath.Join(o.DataDir, "config", "never.yaml")
	require.NoError(t, os.WriteFile(path, []byte("jobs: [{ identifier: never, cron: '0 0 31 2 *', steps: [{ task: c3, type: ComputeCorrelationKeys, level: 0 }] }]"), 0o600))
	require.Contains(t, o.MustRun(t, "plan", path), "never")
	runs := func(job string) (n int) {
		require.NoError(t, o.DB.NewRaw(`select count(*) from job_instance i join job j on j.id = i.job_id where j.identifier = ?`, job).Scan(t.Context(), &n))
		return n
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := o.MustAdvanceClock(t, time.Second)
	for _, month := range []time.Month{time.March, time.October} { // the last Sundays of both, whichever comes first
		change := time.Date(now.Year(), month+1, 0, 12, 0, 0, 0, berlin)
		for ; change.Weekday() != time.Sunday || change.AddDate(0, 0, -3).Before(now); change = change.AddDate(0, 0, -1) {
			if change.AddDate(0, 0, -3).Before(now) {
				change = time.Date(change.Year()+1, month+1, 0, 12, 0, 0, 0, berlin).AddDate(0, 0, 1)
			}
		}
		now = o.MustAdvanceClock(t, change.AddDate(0, 0, -2).Sub(now))
		within(t, "the schedules to be looked at", func() bool { return o.scheduled(now) })
		daily, weekly := runs("cj"), runs("sunday")
		for day := 1; day <= 4; day++ {
			now = o.MustAdvanceClock(t, change.AddDate(0, 0, day-2).Sub(now))
			until, sundays := fmt.Sprintf("the runs until %s", now.In(berlin)), weekly+map[bool]int{true: 1}[day >= 2]
			within(t, until, func() bool { return runs("cj") >= daily+day && runs("sunday") >= sundays })
			o.MustWaitQuiescent(t)
			require.Equal(t, daily+day, runs("cj"), until)
			require.Equal(t, sundays, runs("sunday"), until)
		}
	}
}

// scheduled reports whether every schedule has been looked at: none is due any more.
func (o *odd) scheduled(now time.Time) bool {
	o.t.Helper()
	var due int
	require.NoError(o.t, o.DB.NewRaw(`select count(*) from job where schedule_enabled and cron is not null and next_run_at <= ?`, now).Scan(o.t.Context(), &due))
	return due == 0
}

const oddSchema = `create table account (login text primary key, emp text, name text, mail text)`

// oddBase is what all stories share: the ways in, a job that does everything, somebody who may look.
const oddBase = `connectors:
  - identifier: HR
    thresholds: { maximumInsertedLines: 0, maximumUpdatedLines: 0, maximumDeletedLines: 0, maxPercentageInsertedLines: 0, maxPercentageUpdatedLines: 0, maxPercentageDeletedLines: 0,
      maximumLinkInsertedLines: 0, maximumLinkDeletedLines: 0, maxLinkPercentageInsertedLines: 0, maxLinkPercentageDeletedLines: 0 }
    connections:
      - { identifier: Files, package: csv, pollSeconds: 1, settings: { path: hr } }
  - identifier: Target
    thresholds: { maximumInsertedLines: 0, maximumUpdatedLines: 0, maximumDeletedLines: 0, maxPercentageInsertedLines: 0, maxPercentageUpdatedLines: 0, maxPercentageDeletedLines: 0,
      maximumLinkInsertedLines: 0, maximumLinkDeletedLines: 0, maxLinkPercentageInsertedLines: 0, maxLinkPercentageDeletedLines: 0 }
    connections:
      - { identifier: Database, package: postgres, pollSeconds: 1, settings: { schema: public }, secrets: { connectionString: env:WRIT_SECRET_TARGET } }
policies:
  - { identifier: Default, isProvisioningEnabled: true }
profiles:
  - identifier: Administrator
    rules:
      - identifier: everything
        entries:
          - { permission: /ProvisioningPolicy }
          - { permission: /Custom/ProvisioningPolicy }
          - { permission: /Custom/Resources }
          - { permission: /Jobs }
          - { permission: /Connectors }
          - { permission: /Settings }
users:
  - { username: admin, password: $PASSWORD, profiles: [{ profile: Administrator }] }
`

const oddJob = `jobs:
  - identifier: all
    steps:
      - { task: people, type: SynchronizeConnector, level: 0, options: { connector: HR } }
      - { task: target, type: SynchronizeConnector, level: 0, options: { connector: Target } }
      - { task: role-model, type: ComputeRoleModel, level: 1, options: { entityTypes: [Person] } }
      - { task: generate, type: GenerateProvisioningOrders, level: 2, options: { connector: Target } }
      - { task: fulfil, type: Fulfill, level: 3, dependsOn: [generate], options: { connector: Target, continueOnError: true } }
      - { task: read-back, type: SynchronizeConnector, level: 4, options: { connector: Target } }
      - { task: verify, type: ComputeRoleModel, level: 5, options: { entityTypes: [Person] } }
`
