package synchronization_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/synchronization"
	"writ/server/system"
)

func TestRun(t *testing.T) {
	t.Parallel()

	t.Run("InsertUpdateDelete", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", person("1", "Petra Lang", "mail", "p@x", "department", "IT", "start", "2026-03-01", "groups", "IT;HR"), person("2", "Ann"), person("3", "Paul"))
		d := b.run(t)
		require.Equal(t, synchronization.Initial, d.Mode, "nothing was stored: the thresholds do not count")
		require.Equal(t, synchronization.Applied, d.State)
		require.Equal(t, 5, d.Counters.Inserted)
		require.Equal(t, 4, b.count(t, "select count(*) from resource_link where valid_to = 'infinity'"))
		require.Equal(t, 1, b.count(t, `select count(*) from resource where scalars = '{"EmployeeID": "1", "Name": "Petra Lang", "Mail": "p@x", "Start": "20260301"}'`))
		require.Zero(t, b.count(t, "select count(*) from delivery_row"))
		require.Zero(t, b.count(t, "select count(*) from delivery_change"))

		b.fake.set("person", person("1", "Petra Winter", "department", "HR"), person("2", "Ann"))
		d = b.run(t)
		require.Equal(t, synchronization.Complete, d.Mode)
		require.Equal(t, []int{0, 1, 1, 1, 3}, []int{d.Counters.Inserted, d.Counters.Updated, d.Counters.Deleted, d.Counters.LinksInserted, d.Counters.LinksDeleted})
		require.Equal(t, []string{"1:Petra Winter:", "2:Ann:"}, b.people(t))
		require.Equal(t, 2, b.count(t, "select count(*) from event where kind = 'synchronization.ended'"))
		require.Equal(t, []time.Time{d.StartedAt}, b.applied[1:])
		require.Equal(t, 1, b.count(t, "select count(*) from connector where last_synchronized_at = ?", d.StartedAt))
	})

	t.Run("AKeyWithALineBreakIsOne", func(t *testing.T) {
		t.Parallel()
		for name, groups := range map[string]fulfil.Value{"List": []string{"IT\nHR", "IT"}, "Text": "IT\nHR;IT"} {
			b := setup(t)
			b.fake.set("department", fulfil.Row{"code": "IT"}, fulfil.Row{"code": "HR"}, fulfil.Row{"code": "IT\nHR"})
			row := person("1", "Petra")
			row["groups"] = groups
			b.fake.set("person", row)
			b.run(t)
			var keys []string
			require.NoError(t, b.DB.NewRaw(`select r.key from resource_link l join resource r on r.id = l.target_id
				where l.valid_to = 'infinity' order by r.key collate "C"`).Scan(t.Context(), &keys))
			require.Equal(t, []string{"IT", "IT\nHR"}, keys, name)
		}
	})

	t.Run("ValuesOfEveryType", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		row := person("1", "Petra")
		row["mail"], row["start"] = []string{"a@x", "b@x"}, nil
		b.fake.set("person", row)
		b.run(t)
		require.Equal(t, []string{"1:Petra:a@x\nb@x"}, b.people(t), "one text keeps several as lines")
	})

	t.Run("SecondRunWritesNothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", person("1", "Petra", "department", "IT", "groups", "HR;IT"), person("2", "Ann", "department", "nowhere"))
		b.run(t)
		b.exec(t, "delete from changed_resource")
		before := b.count(t, "select sum(version) from resource")
		b.fake.set("person", person("2", "Ann", "department", "nowhere"), person("1", "Petra", "department", "IT", "groups", "IT;HR"))
		d := b.run(t)
		require.Equal(t, synchronization.Applied, d.State)
		require.Zero(t, d.Counters.Inserted+d.Counters.Updated+d.Counters.Deleted+d.Counters.LinksInserted+d.Counters.LinksDeleted)
		require.Equal(t, before, b.count(t, "select sum(version) from resource"))
		require.Zero(t, b.count(t, "select count(*) from resource_version"))
		require.Zero(t, b.count(t, "select count(*) from changed_resource"))
		require.Len(t, b.applied, 2)
	})

	t.Run("ReportsRowsSetAside", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", person("1", "First"), person("", "Nobody"), person("1", "Second"), person(" ", "Blank"), person("1", "Third"))
		d := b.run(t)
		require.Equal(t, 2, d.Counters.NullKeys)
		require.Equal(t, []string{"person, row 2", "person, row 4"}, d.Counters.NullKeyRows)
		require.Equal(t, 3, d.Counters.Rejected, "nobody knows which one holds")
		require.Empty(t, b.people(t))
		b.fake.set("person", person("1", "First"), person("1", "First"), person("2", "Second"))
		d = b.run(t)
		require.Equal(t, 1, d.Counters.Duplicates)
		require.Equal(t, []string{"Person 1"}, d.Counters.DuplicateKeys)
		require.Equal(t, []string{"1:First:", "2:Second:"}, b.people(t))
	})

	t.Run("KeepsWhatIsNotMapped", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", person("1", "Petra"))
		b.run(t)
		b.exec(t, `update resource set scalars = scalars || '{"Nickname": "Pet"}' where key = '1'`)
		b.fake.set("person", person("1", "Petra Lang"))
		require.Equal(t, 1, b.run(t).Counters.Updated)
		require.Equal(t, 1, b.count(t, "select count(*) from resource where scalars ->> 'Nickname' = 'Pet' and scalars ->> 'Name' = 'Petra Lang'"))
	})

	t.Run("LeavesAndTakesOverWhatPeopleAdded", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", person("1", "Petra"))
		b.run(t)
		b.exec(t, `insert into resource (entity_type_id, key, scalars, valid_from, origin) values (?, '9', '{"EmployeeID": "9", "Name": "Guest"}', ?, 'MANUAL')`, b.person, b.Clock.Now())
		d := b.run(t)
		require.Zero(t, d.Counters.Deleted)
		require.Equal(t, []string{"1:Petra:", "9:Guest:"}, b.people(t))
		b.fake.set("person", person("1", "Petra"), person("9", "Guest"))
		require.Zero(t, b.run(t).Counters.Updated)
		require.Zero(t, b.count(t, "select count(*) from resource where origin = 'MANUAL'"))
	})
}

func TestNothingBrokenIsApplied(t *testing.T) {
	t.Parallel()
	prepared := func(t *testing.T) *bundle {
		b := setup(t)
		b.fake.set("person", people(4)...)
		b.run(t)
		return b
	}
	refused := func(t *testing.T, b *bundle, kind errs.Kind, says string) {
		t.Helper()
		before := b.people(t)
		d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr", Force: true})
		requireKind(t, err, kind, says)
		require.Equal(t, synchronization.Failed, d.State)
		require.Equal(t, before, b.people(t))
		require.Zero(t, b.count(t, "select count(*) from delivery_row"))
		require.Len(t, b.applied, 1)
	}

	t.Run("MissingMappedColumn", func(t *testing.T) {
		t.Parallel()
		b := prepared(t)
		b.fake.columns["person"] = []string{"id", "name", "start", "department", "groups"}
		refused(t, b, errs.Validation, `Table "person" of connection hr-file lacks the column "mail"`)
	})
	t.Run("MissingTable", func(t *testing.T) {
		t.Parallel()
		b := prepared(t)
		delete(b.fake.columns, "person")
		refused(t, b, errs.Validation, `has no table "person"`)
	})
	t.Run("ColumnGoesWhileReading", func(t *testing.T) {
		t.Parallel()
		b := prepared(t)
		b.fake.during = func() { b.fake.columns["person"] = []string{"id"} }
		refused(t, b, errs.Validation, "lacks the column")
	})
	t.Run("ReadingBreaks", func(t *testing.T) {
		t.Parallel()
		b := prepared(t)
		b.fake.set("person", people(2)...)
		b.fake.breaks = errs.New(errs.Unavailable, "The connection was lost.")
		refused(t, b, errs.Unavailable, "The connection was lost.")
	})
	t.Run("MalformedValues", func(t *testing.T) {
		t.Parallel()
		b := prepared(t)
		b.exec(t, "update entity_mapping set maximum_rejected = 0")
		b.fake.set("person", append(people(3), person("1003", "Petra", "start", "31.02.2026"))...)
		refused(t, b, errs.Validation, `line 4: column "start": "31.02.2026" is not a date or time`)
	})
	t.Run("MalformedFile", func(t *testing.T) {
		t.Parallel()
		b := prepared(t)
		dir := b.useCSV(t)
		write(t, dir, "department.csv", "code,title,parent\nIT,Technology,\n")
		write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1000,x,,,,\n1001,\"x\n")
		refused(t, b, errs.Validation, "person.csv")
	})
	t.Run("FileIsAway", func(t *testing.T) {
		t.Parallel()
		b := prepared(t)
		require.NoError(t, os.RemoveAll(b.useCSV(t)))
		refused(t, b, errs.Unavailable, "not there")
	})
	t.Run("UnexpectedFailure", func(t *testing.T) {
		t.Parallel()
		b := prepared(t)
		b.fake.breaks = errors.New("boom \x00\xff")
		d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
		require.ErrorContains(t, err, `read table "person": boom`)
		require.Equal(t, synchronization.Failed, d.State)
		require.Equal(t, 1, b.count(t, "select count(*) from delivery where state = 'FAILED' and error like '%boom %'"), "whatever a system said")
	})
}

func TestThresholds(t *testing.T) {
	t.Parallel()

	t.Run("EmptiedFileDeletesNobody", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		dir := b.useCSV(t)
		write(t, dir, "department.csv", "code,title,parent\nIT,Technology,\n")
		write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1,Petra,,,IT,\n2,Ann,,,IT,\n3,Paul,,,IT,\n")
		b.run(t)
		write(t, dir, "person.csv", "id,name,mail,start,department,groups\n")
		d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
		requireKind(t, err, errs.Threshold, "deleted: 3 is more than 50 % of 4")
		require.Equal(t, synchronization.Blocked, d.State)
		require.Len(t, b.people(t), 3)
		require.Len(t, b.applied, 1)
		require.Equal(t, []synchronization.Exceeded{{Name: "HR", Counter: "deleted", Value: 3, Limit: 50, Percent: true, Stored: 4}}, d.Blocked)

		changes, err := b.Changes(b.ctx, d.ID, page.Args{First: 2}, nil, true)
		require.NoError(t, err)
		require.Equal(t, 3, changes.TotalCount)
		require.True(t, changes.PageInfo.HasNextPage)
		first := changes.Nodes()[0]
		require.Equal(t, []string{"Person", "DELETE"}, []string{first.EntityType, string(first.Command)})
		require.Contains(t, first.OldValues(), &synchronization.ReadValue{Property: "Department", Values: []string{"IT"}})
		rest, err := b.Changes(b.ctx, d.ID, page.Args{First: 2, After: *changes.PageInfo.EndCursor}, nil, true)
		require.NoError(t, err)
		require.Len(t, rest.Nodes(), 1)

		c := b.condition(t)
		require.Equal(t, system.Warned, c.Health)
		require.Equal(t, d.ID, c.Blocked.ID)
	})

	blocked := func(t *testing.T) (*bundle, *synchronization.Delivery) {
		b := setup(t)
		b.fake.set("person", people(8)...)
		b.run(t)
		b.fake.set("person", people(1)...)
		d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
		requireKind(t, err, errs.Threshold, "before anything was written")
		return b, d
	}

	t.Run("Resume", func(t *testing.T) {
		t.Parallel()
		b, d := blocked(t)
		d, err := b.Resume(b.ctx, d.ID, nil)
		require.NoError(t, err)
		require.Equal(t, synchronization.Applied, d.State)
		require.Equal(t, 7, d.Counters.Deleted)
		require.Len(t, b.people(t), 1)
		_, err = b.Resume(b.ctx, d.ID, nil)
		requireKind(t, err, errs.InvalidTransition, "not blocked")
	})
	t.Run("ResumeNeedsTheRight", func(t *testing.T) {
		t.Parallel()
		b, d := blocked(t)
		_, err := b.Resume(permit.With(t.Context(), &permit.Actor{Username: "eve"}), d.ID, nil)
		requireKind(t, err, errs.Forbidden, "permission")
	})
	t.Run("ChangesNeedTheRight", func(t *testing.T) {
		t.Parallel()
		b, d := blocked(t)
		with := func(path string) error {
			a := &permit.Actor{Username: "eve", Grants: []permit.Grant{{Path: path, CanExecute: true}}}
			_, err := b.Changes(permit.With(t.Context(), a), d.ID, page.Args{First: 1}, nil, true)
			return err
		}
		require.NoError(t, with("/Custom/ResourceChanges/hr"))
		require.NoError(t, with("/Connectors"))
		requireKind(t, with("/Custom/ResourceChanges/other"), errs.Forbidden, "permission")
		_, err := b.Changes(t.Context(), d.ID, page.Args{First: 1}, nil, true)
		requireKind(t, err, errs.Unauthenticated, "Sign in")
	})
	t.Run("Drop", func(t *testing.T) {
		t.Parallel()
		b, d := blocked(t)
		d, err := b.Drop(b.ctx, d.ID)
		require.NoError(t, err)
		require.Equal(t, synchronization.Dropped, d.State)
		require.Len(t, b.people(t), 8)
		require.Zero(t, b.count(t, "select count(*) from delivery_change"))
	})
	t.Run("NewCompleteReadingSupersedes", func(t *testing.T) {
		t.Parallel()
		b, d := blocked(t)
		left, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr", Mode: synchronization.Incremental})
		require.NoError(t, err)
		require.Nil(t, left, "the connector is left out while it is blocked")
		b.fake.set("person", people(7)...)
		require.Equal(t, 1, b.run(t).Counters.Deleted)
		d, err = b.Delivery(b.ctx, d.ID)
		require.NoError(t, err)
		require.Equal(t, synchronization.Dropped, d.State)
		_, err = b.Resume(b.ctx, d.ID, nil)
		requireKind(t, err, errs.InvalidTransition, "not blocked")
	})
	t.Run("BrokenReadingDoesNotSupersede", func(t *testing.T) {
		t.Parallel()
		b, d := blocked(t)
		b.fake.breaks = errors.New("boom")
		_, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
		require.Error(t, err)
		d, err = b.Delivery(b.ctx, d.ID)
		require.NoError(t, err)
		require.Equal(t, synchronization.Blocked, d.State)
	})
	t.Run("Force", func(t *testing.T) {
		t.Parallel()
		b, _ := blocked(t)
		d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr", Force: true})
		require.NoError(t, err)
		require.True(t, d.Counters.Forced)
		require.Len(t, b.people(t), 1)
	})
	t.Run("EntityMappingLevel", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", people(8)...)
		b.run(t)
		b.exec(t, "update entity_mapping set maximum_updated_lines = 2 where entity_type_id = ?", b.person)
		rows := people(8)
		rows[0]["mail"], rows[1]["mail"] = "a", "b"
		b.fake.set("person", rows...)
		require.Equal(t, 2, b.run(t).Counters.Updated, "as many as the limit pass")
		for i := range 3 {
			rows[i] = person(fulfil.TextOf(rows[i]["id"]), "Other")
		}
		b.fake.set("person", rows...)
		_, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
		requireKind(t, err, errs.Threshold, "updated of Person: 3 is more than 2")
	})
	t.Run("Links", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.exec(t, "update connector set maximum_link_deleted_lines = 2, max_percentage_updated_lines = 0")
		b.fake.set("person", people(8)...)
		b.run(t)
		rows := people(8)
		for i := range 3 {
			rows[i]["department"] = "HR"
		}
		b.fake.set("person", rows...)
		_, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
		requireKind(t, err, errs.Threshold, "linksDeleted: 3 is more than 2")
	})
	t.Run("UnguardedIsSaid", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.exec(t, "update connector set max_percentage_deleted_lines = 0")
		b.fake.set("person", people(1)...)
		require.Equal(t, []string{"No threshold guards the deletions of connector hr."}, b.run(t).Counters.Warnings)
	})
	t.Run("InitialRefusesData", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", people(1)...)
		b.run(t)
		_, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr", Mode: synchronization.Initial})
		requireKind(t, err, errs.Conflict, "has data already")
	})
}

// TestIncremental is the example of provisioning 7.5.
func TestIncremental(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fake.set("department")
	b.exec(t, "update connector set max_percentage_inserted_lines = 0, max_percentage_updated_lines = 0, max_percentage_deleted_lines = 0")
	b.fake.set("person", person("a1", "Lang", "mail", "plang"), person("b2", "Gone"), person("d4", "Roe", "mail", "mroe"))
	b.run(t)
	b.fake.columns["person"] = append(b.fake.columns["person"], "command")
	b.fake.columns["department"] = append(b.fake.columns["department"], "command")
	b.fake.set("person",
		person("a1", "Winter", "mail", "plang", "command", "update"), person("b2", "", "command", "delete"),
		person("c3", "Doe", "mail", "jdoe", "command", "insert"), person("d4", "Roe", "mail", "mroe", "command", "merge"),
		person("e5", "Nobody", "command", "update"),
		person("f6", "New", "command", "insert"), person("f6", "Newer", "command", "update"))
	d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr", Mode: synchronization.Incremental})
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 1}, []int{d.Counters.Inserted, d.Counters.Updated, d.Counters.Deleted})
	require.Equal(t, []string{"a1:Winter:plang", "c3:Doe:jdoe", "d4:Roe:mroe", "f6:Newer:"}, b.people(t), "what is not named stays")
	require.Equal(t, 1, d.Counters.Missing)
	require.Equal(t, []string{"Person e5"}, d.Counters.MissingKeys)

	b.fake.set("person", person("a1", "Winter", "command", "erase"))
	d, err = b.Run(b.ctx, synchronization.RunInput{Connector: "hr", Mode: synchronization.Incremental})
	require.NoError(t, err)
	require.Equal(t, 1, d.Counters.Rejected)
	require.Contains(t, d.Counters.RejectedRows[0], `"erase" is no command`)
	_, err = b.Run(b.ctx, synchronization.RunInput{Connector: "hr", Mode: synchronization.Incremental, CommandColumn: "what"})
	requireKind(t, err, errs.Validation, `lacks the command column "what"`)
}

func TestThreeTasks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fake.set("person", people(4)...)
	in := synchronization.RunInput{Connector: "hr", TaskInstanceID: 7}
	d, err := b.Prepare(b.ctx, in)
	require.NoError(t, err)
	require.Nil(t, d, "nothing was exported")
	d, err = b.Export(b.ctx, in)
	require.NoError(t, err)
	require.Equal(t, synchronization.Exporting, d.State)
	d, err = b.Prepare(b.ctx, in)
	require.NoError(t, err)
	require.Equal(t, synchronization.Prepared, d.State)
	require.Empty(t, b.people(t))
	d, err = b.Synchronize(b.ctx, in)
	require.NoError(t, err)
	require.Equal(t, synchronization.Applied, d.State)
	require.Len(t, b.people(t), 4)
	again, err := b.Synchronize(b.ctx, in)
	require.NoError(t, err)
	require.Nil(t, again, "a delivery is applied at most once")
	of, err := b.OfTask(b.ctx, 7)
	require.NoError(t, err)
	require.Equal(t, d.ID, of.ID)

	_, err = b.Export(b.ctx, in)
	require.NoError(t, err)
	b.exec(t, "truncate delivery_row") // what a crash of the database does
	b.fake.set("person", people(5)...)
	d, err = b.Prepare(b.ctx, in)
	require.NoError(t, err)
	require.Equal(t, synchronization.Prepared, d.State)
	require.Equal(t, 7, d.Counters.Read, "five people and their two departments, read again")
	_, err = b.Synchronize(b.ctx, in)
	require.NoError(t, err)
	require.Len(t, b.people(t), 5)
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fake.set("person", people(3)...)
	done := make(chan error, 4)
	for range 4 {
		go func() {
			_, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
			done <- err
		}()
	}
	for range 4 {
		require.NoError(t, <-done)
	}
	require.Equal(t, 4, b.count(t, "select count(*) from delivery where state = 'APPLIED'"))
	require.Len(t, b.people(t), 3)
}

func TestDeactivatedIsNotRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.systems.Deactivate(b.ctx, system.ConnectorInput{Identifier: "hr"})
	require.NoError(t, err)
	d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
	require.NoError(t, err)
	require.Nil(t, d)
	_, err = b.systems.Activate(b.ctx, system.ConnectorInput{Identifier: "hr"})
	require.NoError(t, err)
	require.Equal(t, system.NeverAsked, b.condition(t).Health)
	b.run(t)
	require.Equal(t, system.Healthy, b.condition(t).Health)
	b.exec(t, "delete from entity_mapping")
	d, err = b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
	require.NoError(t, err)
	require.Nil(t, d, "nothing is mapped")
}

// TestCompleteMakesEqual: whatever was there, a complete synchronization makes the directory equal to the tables.
func TestCompleteMakesEqual(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, "update connector set max_percentage_inserted_lines = 0, max_percentage_updated_lines = 0, max_percentage_deleted_lines = 0")
	id := rapid.StringMatching(`[a-c][0-9]?`)
	rapid.Check(t, func(r *rapid.T) {
		want := map[string]string{}
		var rows []fulfil.Row
		links := map[string]bool{}
		for _, key := range rapid.SliceOfNDistinct(id, 0, 12, rapid.ID[string]).Draw(r, "keys") {
			name := rapid.SampledFrom([]string{"", "A", "B", "ä 'x\"\\"}).Draw(r, "name")
			department := rapid.SampledFrom([]string{"", "IT", "HR", "nowhere"}).Draw(r, "department")
			groups := rapid.SliceOfN(rapid.SampledFrom([]string{"IT", "HR", "no"}), 0, 4).Draw(r, "groups")
			rows = append(rows, person(key, name, "department", department, "groups", strings.Join(groups, ";")))
			want[key] = name
			if department == "IT" || department == "HR" {
				links[key+">Department>"+department] = true
			}
			for _, g := range groups {
				if g != "no" {
					links[key+">Groups>"+g] = true
				}
			}
		}
		b.fake.set("person", rows...)
		if _, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"}); err != nil {
			r.Fatal(err)
		}
		var expected []string
		for key, name := range want {
			expected = append(expected, fmt.Sprintf("%s:%s:", key, name))
		}
		got := b.people(t)
		slices.Sort(expected)
		slices.Sort(got)
		if !slices.Equal(got, expected) {
			r.Fatalf("got %v, want %v", got, expected)
		}
		var found []string
		err := b.DB.NewRaw(`select s.key || '>' || p.identifier || '>' || d.key from resource_link l join property p on p.id = l.property_id
			join resource s on s.id = l.source_id join resource d on d.id = l.target_id
			where l.valid_to = 'infinity' and s.entity_type_id = ? order by 1`, b.person).Scan(t.Context(), &found)
		if err != nil {
			r.Fatal(err)
		}
		if len(found) != len(links) {
			r.Fatalf("got links %v, want %v", found, links)
		}
		for _, l := range found {
			if !links[l] {
				r.Fatalf("unexpected link %s", l)
			}
		}
	})
}
