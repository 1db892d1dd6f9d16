package assignment_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/order"
)

// namesakes is an office of people with one name, whose login has further spellings.
func namesakes(t *testing.T, people int, keyed bool) *officeOf {
	o := setupOffice(t, people)
	s := order.New(o.DB, o.Clock, o.Log, o.Shapes, dbtest.Idle(order.Hooks{}))
	o.Ordered = s.Ordered
	o.exec(`update resource_type_rule set source_binding = null, source_expression = 'BuildUsernameWithInitials(source.Name, "Gross", "", "", 8, iteration)' where identifier = 'login'`)
	o.exec(`update property set is_key = ? where identifier = 'Login'`, keyed)
	var list []directory.Change
	for i := range people {
		list = append(list, person(i, directory.Update, "Jan"))
	}
	o.write(list...)
	return o
}

func (o *officeOf) exec(sql string, args ...any) {
	o.t.Helper()
	_, err := o.DB.NewRaw(sql, args...).Exec(o.ctx)
	require.NoError(o.t, err)
}

func (o *officeOf) logins() (list []string) {
	o.t.Helper()
	require.NoError(o.t, o.DB.NewRaw(`select l.proposed_value from order_line l join provisioning_order o on o.id = l.order_id
		where l.property = 'Login' and l.closed_at is null order by o.owner_id`).Scan(o.ctx, &list))
	return list
}

// refused has the orders of a person end in a conflict, as an answer of the system does.
func (o *officeOf) refused(i int, message string) {
	o.exec(`update order_line l set state = 3, error_class = 'CONFLICT', error = ? from provisioning_order p where p.id = l.order_id and p.owner_id = ? and l.closed_at is null`, message, o.people[i])
	o.exec(`update provisioning_order set state = 3, states = '{3}', error_class = 'CONFLICT' where owner_id = ? and closed_at is null`, o.people[i])
	require.NoError(o.t, db.InTx(o.ctx, o.DB, func(ctx context.Context, tx bun.Tx) error { return assignment.MarkDirty(ctx, tx, "test", o.people[i]) }))
	o.run(assignment.Recompute{Dirty: true})
}

func TestSpellings(t *testing.T) {
	t.Parallel()
	for _, keyed := range []bool{true, false} {
		t.Run(fmt.Sprintf("NextFreeOne/keyed=%v", keyed), func(t *testing.T) {
			t.Parallel()
			o := namesakes(t, 4, keyed)
			o.write(directory.Change{EntityTypeID: 2, Key: "jagross", Command: directory.Insert, Scalars: map[string]string{"Login": "jagross"}})
			o.run(assignment.Recompute{})
			want := []string{"jgross", "jangross", "jangross1", "jangross2"}
			require.Equal(t, want, o.logins(), "one for each, and none that an account has")
			require.Zero(t, o.run(assignment.Recompute{Options: assignment.Options{Force: true}}).Orders, "who has one keeps it")
			require.Equal(t, want, o.logins())
			require.Equal(t, o.count("select count(*) from provisioning_order"), 4)
		})
	}
	t.Run("OfAnotherBatch", func(t *testing.T) {
		t.Parallel()
		o := namesakes(t, 1, true)
		o.run(assignment.Recompute{})
		o.write(person(1, directory.Insert, "Jan"))
		o.run(assignment.Recompute{})
		require.Equal(t, []string{"jgross", "jagross"}, o.logins(), "an open order has the first")
	})
	t.Run("ConflictRaises", func(t *testing.T) {
		t.Parallel()
		o := namesakes(t, 1, true)
		o.run(assignment.Recompute{})
		seen := map[string]bool{}
		for range 9 {
			now := o.logins()[0]
			require.False(t, seen[now], "%s once more", now)
			seen[now] = true
			o.refused(0, fmt.Sprintf("duplicate key value violates unique constraint (23505). Key (login)=(%s) already exists.", now))
		}
		require.Len(t, seen, 9)
		require.Equal(t, 1, o.count("select count(*) from order_line where property = 'Login' and state = 1"))
		o.refused(0, "Key ("+o.logins()[0]+") already exists.")
		require.Equal(t, 1, o.count("select count(*) from order_line where property = 'Login' and state = 7 and error like 'all 10 spellings%'"), "bounded")
	})
	t.Run("ConflictAboutAnotherValue", func(t *testing.T) {
		t.Parallel()
		o := namesakes(t, 1, true)
		o.run(assignment.Recompute{})
		o.refused(0, "Key (full_name)=(Jan) already exists.")
		require.Equal(t, []string{"jgross"}, o.logins())
		require.Equal(t, 1, o.count("select count(*) from order_line where property = 'Login' and state = 3"))
	})
	t.Run("AnotherName", func(t *testing.T) {
		t.Parallel()
		o := namesakes(t, 2, true)
		o.run(assignment.Recompute{})
		require.Equal(t, []string{"jgross", "jagross"}, o.logins())
		o.write(person(1, directory.Update, "Mia"))
		o.run(assignment.Recompute{})
		require.Equal(t, []string{"jgross", "mgross"}, o.logins())
	})
}
