package directory_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/permit"
)

// bundle is a directory of people in departments: Person(EmployeeID, FirstName, LastName, Mail, Department, Manager, Groups),
// Department(Code, Name, Parent) with a hierarchical dimension over it, and Group(Code).
type bundle struct {
	*directory.Service
	ctx                       context.Context
	shape                     *directory.Shape
	person, department, group int64
	at                        time.Time
}

func setup(t *testing.T) *bundle {
	t.Helper()
	base := dbtest.MustOpen(t)
	b := &bundle{
		Service: directory.New(base, clock.New(), &directory.Shapes{}, dbtest.Idle(directory.Hooks{})),
		ctx:     permit.With(t.Context(), permit.System("synchronization")),
		at:      time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
	}
	exec := func(query string, args ...any) (id int64) {
		t.Helper()
		require.NoError(t, base.NewRaw(query+" returning id", args...).Scan(t.Context(), &id))
		return id
	}
	b.person = exec("insert into entity_type (identifier, display_name, display_expression) values ('Person', 'Person', '{FirstName} {LastName}')")
	b.department = exec("insert into entity_type (identifier, display_name) values ('Department', 'Department')")
	b.group = exec("insert into entity_type (identifier, display_name) values ('Group', 'Group')")
	scalar := func(entityType int64, position int, name string) int64 {
		return exec("insert into property (entity_type_id, identifier, display_name, type, is_key, position) values (?, ?, ?, 'STRING', ?, ?)",
			entityType, name, name, position == 0, position)
	}
	scalar(b.person, 0, "EmployeeID")
	scalar(b.person, 1, "FirstName")
	scalar(b.person, 2, "LastName")
	mail := scalar(b.person, 3, "Mail")
	navigation := func(entityType, target int64, position int, name, reverse string, many bool) {
		exec("insert into property (entity_type_id, identifier, display_name, type, is_collection, target_entity_type_id, reverse_identifier, position) values (?, ?, ?, 'FOREIGN_KEY', ?, ?, nullif(?, ''), ?)",
			entityType, name, name, many, target, reverse, position)
	}
	navigation(b.person, b.department, 4, "Department", "Members", false)
	navigation(b.person, b.person, 5, "Manager", "Reports", false)
	navigation(b.person, b.group, 6, "Groups", "", true)
	scalar(b.department, 0, "Code")
	scalar(b.department, 1, "Name")
	navigation(b.department, b.department, 2, "Parent", "Children", false)
	scalar(b.group, 0, "Code")
	_, err := base.NewRaw("insert into property_mapping (property_id, entity_type_id, column_name, is_unique_key) values (?, ?, 'mail', true)", mail, b.person).Exec(t.Context())
	require.NoError(t, err)
	exec("insert into dimension (identifier, display_name, entity_type_id, column_mapping, is_hierarchical, parent_property) values ('Organization', 'Organization', ?, 0, true, 'Parent')", b.department)
	b.shape, err = b.Shapes.Load(t.Context(), base)
	require.NoError(t, err)
	return b
}

// write applies changes one minute after the last ones.
func (b *bundle) write(t *testing.T, changes ...directory.Change) directory.Counts {
	t.Helper()
	b.at = b.at.Add(time.Minute)
	var counts directory.Counts
	require.NoError(t, db.InTx(b.ctx, b.DB, func(ctx context.Context, tx bun.Tx) (err error) {
		counts, err = directory.Write(ctx, tx, b.at, b.shape, b.Writes, changes)
		return err
	}))
	return counts
}

type (
	scalars = map[string]string
	refs    = map[string]any
)

func (b *bundle) put(entityType int64, key string, s scalars, r refs) directory.Change {
	return directory.Change{EntityTypeID: entityType, Key: key, Command: directory.Insert, Scalars: s, Refs: r}
}

func (b *bundle) id(t *testing.T, entityType int64, key string) (id int64) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw("select id from resource where entity_type_id = ? and key = ?", entityType, key).Scan(t.Context(), &id))
	return id
}

func (b *bundle) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw(query, args...).Scan(t.Context(), &n))
	return n
}
