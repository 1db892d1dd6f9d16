package app

import (
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/scripts/demo"
	"writ/server/assignment"
	"writ/server/cli"
	"writ/server/config"
	"writ/server/dbtest"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/synchronization"
)

// mustDemo wires a process over a private database with the demo's configuration and its own copy of the files. Nothing runs by itself.
func mustDemo(t *testing.T) (context.Context, *App, string) {
	t.Helper()
	dir := t.TempDir()
	_, err := copyMissing(demo.Files, filepath.Join(dir, "files", "demo"))
	require.NoError(t, err)
	db, url := dbtest.MustOpenURL(t)
	ctx := permit.With(t.Context(), permit.System("test"))
	c := config.Config{}
	c.Database.DataDir = dir
	c.Serve.Addr = "127.0.0.1:0"
	a, err := New(ctx, cli.Session{Config: c, Log: slog.New(slog.DiscardHandler), DB: db, DatabaseURL: url, Out: os.Stdout})
	require.NoError(t, err)
	m, err := manifest.ReadFiles(filepath.Join(dir, "files", "demo", "config"))
	require.NoError(t, err)
	_, err = a.Manifest.Apply(ctx, m)
	require.NoError(t, err)
	return ctx, a, filepath.Join(dir, "files", "demo")
}

// TestIncrementalEqualsComplete changes the sources at random, lets the incremental run look only at what is dirty, and then computes
// everybody from scratch: that must find nothing left to change (design 7).
func TestIncrementalEqualsComplete(t *testing.T) {
	t.Parallel()
	ctx, a, dir := mustDemo(t)
	synchronize := func() {
		for _, connector := range []string{"HR", "Badge"} {
			_, err := a.Synchronization.Run(ctx, synchronization.RunInput{Connector: connector, Force: true})
			require.NoError(t, err)
		}
	}
	compute := func(r assignment.Recompute) assignment.Report {
		r.EntityTypes = []string{"Directory_User"}
		report, err := a.Assignments.Run(ctx, r, nil)
		require.NoError(t, err)
		require.Zero(t, report.Failed)
		return report
	}
	synchronize()
	_, err := a.Assignments.ComputeCorrelationKeys(ctx, nil)
	require.NoError(t, err)
	first := compute(assignment.Recompute{})
	require.Equal(t, 500, first.Owners)
	require.NotZero(t, first.Orders)

	seed := dbtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 1))
	mustGrace(t, ctx, a, 1440)
	compute(assignment.Recompute{Dirty: true})
	prolonged := 0
	for round := range 8 {
		mutate(t, dir, random)
		if round%2 == 1 {
			mutateRules(t, ctx, a, random)
		}
		if round == 6 {
			a.Clock.SetOffset(25 * time.Hour)
			_, err := a.Assignments.MarkDue(ctx)
			require.NoError(t, err)
		}
		synchronize()
		incremental := compute(assignment.Recompute{Dirty: true})
		whole := compute(assignment.Recompute{Options: assignment.Options{Force: true}})
		require.Zero(t, whole.Roles+whole.Types+whole.Orders+whole.Gaps, "round %d: the incremental run over %d owners missed something: %+v", round, incremental.Owners, whole)
		var n int
		require.NoError(t, a.DB.NewRaw(`select count(*) from assigned_role where workflow_state = 27 and valid_to = 'infinity'`).Scan(ctx, &n))
		prolonged += n
	}
	require.NotZero(t, prolonged, "rules took something away")
	unchanged := compute(assignment.Recompute{})
	require.Equal(t, unchanged.Owners, unchanged.Unchanged, "nothing is evaluated again for whom nothing changed")
}

// mutateRules takes a rule from a role that has one, or gives one to a role.
func mutateRules(t *testing.T, ctx context.Context, a *App, random *rand.Rand) {
	t.Helper()
	m, err := manifest.Export(ctx, a.DB, a.Manifest.Keyring)
	require.NoError(t, err)
	roles := m.SingleRoles
	random.Shuffle(len(roles), func(i, j int) { roles[i], roles[j] = roles[j], roles[i] })
	for _, r := range roles {
		if len(r.Rules) > 0 {
			r.Rules = nil
			_, err = a.Manifest.Apply(ctx, &manifest.Manifest{SingleRoles: []manifest.Role{r}})
			require.NoError(t, err)
			return
		}
	}
}

// mutate changes the demo's files like a week in the company: moves, names, departures, arrivals, another tree, cards made and lost.
func mutate(t *testing.T, dir string, random *rand.Rand) {
	t.Helper()
	departments := column(mustRead(t, dir, "hr/Departments.csv"), 0)
	titles := column(mustRead(t, dir, "hr/Titles.csv"), 0)
	edit(t, dir, "hr/Positions.csv", func(rows [][]string) [][]string {
		for range 1 + random.IntN(12) {
			r := rows[1+random.IntN(len(rows)-1)]
			switch random.IntN(6) {
			case 0:
				r[2] = departments[random.IntN(len(departments))]
			case 1:
				r[3] = titles[random.IntN(len(titles))]
			case 2:
				r[6] = fmt.Sprintf("20%d-0%d-01", 24+random.IntN(6), 1+random.IntN(9))
			case 3:
				r[6] = ""
			case 4:
				r[1] = rows[1+random.IntN(len(rows)-1)][1] // the position goes to somebody else
			case 5:
				rows = append(rows, []string{fmt.Sprintf("N%d", random.Uint32()), r[1], departments[random.IntN(len(departments))], r[3], r[4], "2020-01-01", "", "PERMANENT"})
			}
		}
		return rows
	})
	edit(t, dir, "hr/People.csv", func(rows [][]string) [][]string {
		for range random.IntN(6) {
			i := 1 + random.IntN(len(rows)-1)
			switch random.IntN(3) {
			case 0:
				rows[i][2] += "-Neu"
			case 1:
				rows = append(rows[:i], rows[i+1:]...)
			case 2:
				rows = append(rows, []string{fmt.Sprintf("X%d", random.Uint32()), "New", "Person", "new@x.example", "", ""})
			}
		}
		return rows
	})
	edit(t, dir, "hr/Departments.csv", func(rows [][]string) [][]string {
		if random.IntN(2) == 0 {
			rows[5+random.IntN(8)][1] += " and more" // a name that targets carry
		}
		if random.IntN(3) == 0 {
			rows[len(rows)-1][2] = departments[1+random.IntN(5)] // another parent: inherited criteria match others
		}
		return rows
	})
	edit(t, dir, "badge/Badge_Card.csv", func(rows [][]string) [][]string {
		for range random.IntN(5) {
			i := 1 + random.IntN(len(rows)-1)
			switch random.IntN(3) {
			case 0:
				rows[i][3] = "HAM"
			case 1:
				rows = append(rows[:i], rows[i+1:]...)
			case 2:
				id := fmt.Sprintf("E1%04d", 1+random.IntN(500))
				rows = append(rows, []string{fmt.Sprintf("Z%d", random.Uint32()), id, "Somebody", "BER", "Standard"})
			}
		}
		return rows
	})
}

func column(rows [][]string, i int) (out []string) {
	for _, r := range rows[1:] {
		out = append(out, r[i])
	}
	return out
}

func mustRead(t *testing.T, dir, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	return rows
}

func edit(t *testing.T, dir, name string, change func([][]string) [][]string) {
	t.Helper()
	rows := change(mustRead(t, dir, name))
	f, err := os.Create(filepath.Join(dir, name))
	require.NoError(t, err)
	w := csv.NewWriter(f)
	require.NoError(t, w.WriteAll(rows))
	require.NoError(t, f.Close())
}
