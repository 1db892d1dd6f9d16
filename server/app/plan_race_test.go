package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/plan"
	"writ/server/synchronization"
)

// pauseAt lets whoever does something in the database stand still: a trigger waits for a lock that this test has. arrived waits until somebody stands there.
func (p *planned) pauseAt(table, when string) (arrived, release func()) {
	p.t.Helper()
	key := 700_000 + time.Now().UnixNano()%100_000
	name := fmt.Sprintf("pause_%d", key)
	_, err := p.DB.ExecContext(p.ctx, fmt.Sprintf(`create function %[1]s() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(%[2]d); return new; end $$;
		create trigger %[1]s before update on %[3]s for each row when (%[4]s) execute function %[1]s()`, name, key, table, when))
	require.NoError(p.t, err)
	holder, err := p.DB.BeginTx(p.ctx, nil)
	require.NoError(p.t, err)
	_, err = holder.NewRaw(`select pg_advisory_xact_lock(?)`, key).Exec(p.ctx)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = holder.Rollback() })
	arrived = func() {
		require.Eventually(p.t, func() bool {
			var n int
			require.NoError(p.t, p.DB.NewRaw(`select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = ? and database = (select oid from pg_database where datname = current_database())`, key).Scan(p.ctx, &n))
			return n > 0
		}, time.Minute, 10*time.Millisecond, "nobody came to %s when %s", table, when)
	}
	return arrived, func() { require.NoError(p.t, holder.Rollback()) }
}

// others are writers that a plan meets: each changes what the plan would do to somebody.
func (p *planned) others(planID int64) map[string]func() error {
	var target string // somebody who would get the role leaves sales
	require.NoError(p.t, p.DB.NewRaw(`select w.key from plan_item i join resource w on w.id = i.owner_id where i.plan_id = ? and i.kind = 'ROLE' and i.effect = 1 order by w.key limit 1`, planID).Scan(p.ctx, &target))
	read := func(connector string) error {
		_, err := p.Synchronization.Run(p.ctx, synchronization.RunInput{Connector: connector, Force: true})
		return err
	}
	return map[string]func() error{
		"people": func() error {
			return db.InTx(p.ctx, p.DB, func(ctx context.Context, tx bun.Tx) error {
				_, err := directory.MarkChanged(ctx, tx, p.Clock.Now(), `select id from resource where key = ? and valid_to = 'infinity'`, target)
				return err
			})
		},
		"a file of a system": func() error {
			edit(p.t, p.dir, "hr/Positions.csv", func(rows [][]string) [][]string {
				for _, r := range rows {
					if r[1] == target {
						r[2] = map[string]string{"SAL": "HR", "HR": "IT"}[r[2]]
					}
				}
				return rows
			})
			return read("HR")
		},
		"a file of accounts": func() error {
			edit(p.t, p.dir, "badge/Badge_Card.csv", func(rows [][]string) [][]string { return append(rows[:1:1], rows[2:]...) })
			return read("Badge")
		},
		"the model": func() error {
			m, err := manifest.Parse("x.yaml", []byte("singleRoles: [{ identifier: Beside_"+fmt.Sprint(time.Now().UnixNano())+", entityType: Directory_User, category: Business, rules: [{}] }]"))
			require.NoError(p.t, err)
			_, err = p.Manifest.Apply(p.ctx, m)
			return err
		},
	}
}

// TestNobodyComesBetween: whoever writes after the last look of a plan that is applied, and before it is so, waits until it is: between them nothing changes
// what was seen. Whoever writes while it is looked at makes it say that the world moved.
func TestNobodyComesBetween(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	text := giveSales
	for _, name := range []string{"people", "a file of a system", "a file of accounts", "the model"} {
		made, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &text})
		require.NoError(t, err)
		arrived, release := p.pauseAt("plan", fmt.Sprintf("new.id = %d and new.state = 'APPLIED'", made.ID))
		type outcome struct {
			p   *plan.Plan
			err error
		}
		applied := make(chan outcome, 1)
		go func() {
			done, err := p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: made.ID})
			applied <- outcome{done, err}
		}()
		arrived()
		wrote := make(chan error, 1)
		other := p.others(made.ID)[name]
		go func() { wrote <- other() }()
		waits := func() (n int) {
			require.NoError(t, p.DB.NewRaw(`select count(*) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())
				and (locktype = 'relation' or locktype = 'advisory' and objid = (hashtext('writ.manifest')::bigint & 4294967295)::oid)`).Scan(p.ctx, &n))
			return n
		}
		require.Eventually(t, func() bool { return waits() > 0 || len(wrote) > 0 }, time.Minute, 10*time.Millisecond)
		require.Empty(t, wrote, "%s: written between the comparison and the plan", name)
		release()
		out := <-applied
		require.NoError(t, out.err, name)
		require.Equal(t, plan.Applied, out.p.State, name)
		require.NoError(t, <-wrote, name)
		text = "singleRoles: [{ identifier: Round_" + fmt.Sprint(made.ID) + ", displayName: Round, entityType: Directory_User, category: Business, rules: [{ dimensions: { Department: { key: SAL, inherit: true } } }] }]"
	}

	// while it is looked at
	for _, name := range []string{"a file of a system", "a file of accounts", "the model"} {
		made, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &text})
		require.NoError(t, err)
		arrived, release := p.pauseAt("plan", fmt.Sprintf("new.id = %d and new.state = 'APPLYING' and new.done > 0", made.ID)) // everybody was read, and is compared
		applied := make(chan error, 1)
		go func() {
			_, err := p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: made.ID})
			applied <- err
		}()
		arrived()
		untouched := p.facts()
		require.NoError(t, p.others(made.ID)[name](), name)
		release()
		err = <-applied
		require.True(t, errs.Is(err, errs.StaleItem), "%s: %v", name, err)
		require.Equal(t, untouched, p.facts(), name)
	}
}

// TestNobodyWaitsForAPlan: while a plan that edits people is computed, made or applied, those people can be written by others.
func TestNobodyWaitsForAPlan(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	_, _, _, person := p.position("SAL")
	made, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{CreateResources: []directory.CreateResourceInput{{EntityType: "Directory_Position", Key: "BYHAND-1",
		Values: []directory.PropertyValueInput{value("Person", person), value("Department", "FIN")}}}})
	require.NoError(t, err)
	_, err = p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: made.ID})
	require.NoError(t, err)
	var at struct {
		ID      int64
		Version int
	}
	require.NoError(t, p.DB.NewRaw(`select id, version from resource where key = 'BYHAND-1' and valid_to = 'infinity'`).Scan(p.ctx, &at))
	in := plan.MakePlanInput{UpdateResources: []directory.UpdateResourceInput{{ID: at.ID, Version: at.Version, Values: []directory.PropertyValueInput{value("Department", "IT")}}}}
	free := func() {
		require.NoError(t, db.InTx(p.ctx, p.DB, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(`select from resource where id = ? for update nowait`, at.ID).Exec(ctx)
			return err
		}), "a plan that is computed holds who it edits")
	}
	arrived, release := p.pauseAt("plan", "new.state = 'RUNNING' and new.done > 0")
	computed := make(chan *plan.Plan, 1)
	go func() {
		made, err := p.Plans.Compute(p.ctx, in)
		if err != nil {
			p.t.Errorf("compute: %v", err)
		}
		computed <- made
	}()
	arrived()
	free()
	release()
	made = <-computed
	arrived, release = p.pauseAt("plan", fmt.Sprintf("new.id = %d and new.state = 'APPLYING' and new.done > 0", made.ID))
	applied := make(chan error, 1)
	go func() {
		_, err := p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: made.ID})
		applied <- err
	}()
	arrived()
	free()
	release()
	require.NoError(t, <-applied)
}
