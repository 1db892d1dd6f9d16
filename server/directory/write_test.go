package directory_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
)

func TestWrite(t *testing.T) {
	t.Parallel()

	t.Run("InsertUpdateDelete", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		counts := b.write(t,
			b.put(b.department, "IT", scalars{"Code": "IT", "Name": "Technology"}, nil),
			b.put(b.person, "1", scalars{"EmployeeID": "1", "FirstName": "Petra", "LastName": "Lang"}, refs{"Department": "IT"}))
		require.Equal(t, directory.Counts{Inserted: 2, LinksInserted: 1}, counts)
		petra := b.id(t, b.person, "1")
		r, err := b.Get(b.ctx, petra, nil)
		require.NoError(t, err)
		require.Equal(t, "Petra Lang", r.DisplayName)
		require.Equal(t, map[string]any{"Department": "IT"}, r.Refs)
		require.False(t, r.Gone())
		married := b.at

		counts = b.write(t, directory.Change{EntityTypeID: b.person, Key: "1", Command: directory.Update, Scalars: scalars{"LastName": "Winter"}})
		require.Equal(t, directory.Counts{Updated: 1}, counts)
		r, err = b.Get(b.ctx, petra, nil)
		require.NoError(t, err)
		require.Equal(t, "Petra Winter", r.DisplayName)
		require.Equal(t, scalars{"EmployeeID": "1", "FirstName": "Petra", "LastName": "Winter"}, r.Scalars, "what is not named stays")
		require.Equal(t, 2, r.Version)
		before, err := b.Get(b.ctx, petra, &married)
		require.NoError(t, err)
		require.Equal(t, "Petra Lang", before.DisplayName)

		counts = b.write(t, directory.Change{EntityTypeID: b.person, Key: "1", Command: directory.Delete})
		require.Equal(t, directory.Counts{Deleted: 1, LinksDeleted: 1}, counts)
		r, err = b.Get(b.ctx, petra, nil)
		require.NoError(t, err)
		require.True(t, r.Gone())
		require.Equal(t, b.at, r.ValidTo)
		list, err := b.List(b.ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 10}})
		require.NoError(t, err)
		require.Zero(t, list.TotalCount)
		list, err = b.List(b.ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 10}, AsOf: &married})
		require.NoError(t, err)
		require.Equal(t, "Petra Lang", list.Nodes()[0].DisplayName)
	})

	t.Run("WhatAltersNothingWritesNothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		same := b.put(b.person, "1", scalars{"EmployeeID": "1", "FirstName": "Petra"}, refs{"Groups": []string{"b", "a", "b"}})
		b.write(t, same)
		_, err := b.DB.Exec("delete from changed_resource")
		require.NoError(t, err)
		events := b.count(t, "select count(*) from event")
		same.Refs["Groups"] = []string{"a", "b"}
		require.Equal(t, directory.Counts{}, b.write(t, same))
		require.Zero(t, b.count(t, "select count(*) from resource_version"))
		require.Zero(t, b.count(t, "select count(*) from changed_resource"))
		require.Equal(t, events, b.count(t, "select count(*) from event"))
	})

	t.Run("UpdateOfNobodyIsMissing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.Equal(t, directory.Counts{Missing: 1}, b.write(t, directory.Change{EntityTypeID: b.person, Key: "7", Command: directory.Update}))
	})

	t.Run("EmptyValueClears", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.write(t, b.put(b.person, "1", scalars{"FirstName": "Petra", "Mail": "p@x"}, refs{"Department": "IT"}))
		b.write(t, directory.Change{EntityTypeID: b.person, Key: "1", Command: directory.Update, Scalars: scalars{"Mail": ""}, Refs: refs{"Department": ""}})
		r, err := b.Get(b.ctx, b.id(t, b.person, "1"), nil)
		require.NoError(t, err)
		require.Equal(t, scalars{"FirstName": "Petra"}, r.Scalars)
		require.Empty(t, r.Refs)
		require.Zero(t, b.count(t, "select count(*) from unresolved_ref"))
	})

	t.Run("KeyThatComesBackRevivesItsRow", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.write(t, b.put(b.person, "1", scalars{"FirstName": "Petra", "Mail": "p@x"}, nil))
		first := b.at
		id := b.id(t, b.person, "1")
		b.write(t, directory.Change{EntityTypeID: b.person, Key: "1", Command: directory.Delete})
		away := b.at
		counts := b.write(t, b.put(b.person, "1", scalars{"FirstName": "Petra"}, nil))
		require.Equal(t, 1, counts.Inserted)
		require.Equal(t, id, b.id(t, b.person, "1"))
		r, err := b.Get(b.ctx, id, nil)
		require.NoError(t, err)
		require.False(t, r.Gone())
		require.Equal(t, scalars{"FirstName": "Petra"}, r.Scalars, "nothing of the old life comes along")
		r, err = b.Get(b.ctx, id, &first)
		require.NoError(t, err)
		require.Equal(t, "p@x", r.Scalars["Mail"])
		_, err = b.Get(b.ctx, id, &away)
		require.ErrorContains(t, err, "no such resource")
	})

	t.Run("TellsWhatChanged", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.write(t, b.put(b.department, "IT", scalars{"Name": "Technology"}, nil))
		_, err := b.DB.Exec("delete from changed_resource")
		require.NoError(t, err)
		b.write(t, b.put(b.person, "1", scalars{"FirstName": "Petra"}, refs{"Department": "IT", "Groups": []string{"a"}}))
		var marks []struct {
			ResourceID        int64
			ReverseProperties []int64 `bun:",array"`
		}
		require.NoError(t, b.DB.NewRaw("select resource_id, reverse_properties from changed_resource order by resource_id").Scan(t.Context(), &marks))
		require.Len(t, marks, 2)
		require.Equal(t, b.id(t, b.department, "IT"), marks[0].ResourceID)
		require.Equal(t, []int64{b.shape.Property(b.person, "Department").ID}, marks[0].ReverseProperties, "only its members changed")
		require.Nil(t, marks[1].ReverseProperties)
		require.Equal(t, 2, b.count(t, "select count(*) from event where kind = 'resource.changed' and subject_type = 'resource' and actor = 'synchronization'"))
	})

	t.Run("BulkTellsOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var changes []directory.Change
		for i := range 1500 {
			changes = append(changes, b.put(b.group, string(rune('A'+i/100))+string(rune('a'+i%100)), scalars{"Code": "x"}, nil))
		}
		require.Equal(t, 1500, b.write(t, changes...).Inserted)
		require.Equal(t, 1, b.count(t, "select count(*) from event"))
		require.Equal(t, 1500, b.count(t, "select (data ->> 'inserted')::int from event"))
	})
}

func TestLinks(t *testing.T) {
	t.Parallel()

	t.Run("ResolvedLate", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		counts := b.write(t, b.put(b.person, "1", scalars{"FirstName": "Petra"}, refs{"Department": "IT", "Groups": []string{"g1", "g2"}}))
		require.Equal(t, 3, counts.Unresolved)
		require.Equal(t, directory.Unresolved{EntityType: "Person", Key: "1", Property: "Department", Value: "IT"}, counts.Examples[0])
		counts = b.write(t, b.put(b.department, "IT", scalars{"Name": "Technology"}, nil), b.put(b.group, "g2", scalars{"Code": "g2"}, nil))
		require.Equal(t, 2, counts.LinksInserted)
		require.Equal(t, 1, counts.Unresolved)
		require.Equal(t, 1, b.count(t, "select count(*) from unresolved_ref where value = 'g1'"))
	})

	t.Run("TargetLeavesAndReturns", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.write(t, b.put(b.department, "IT", scalars{"Name": "Technology"}, nil), b.put(b.person, "1", scalars{"FirstName": "Petra"}, refs{"Department": "IT"}))
		then := b.at
		require.Equal(t, 1, b.write(t, directory.Change{EntityTypeID: b.department, Key: "IT", Command: directory.Delete}).LinksDeleted)
		petra := b.id(t, b.person, "1")
		links, err := b.LinksOf(b.ctx, []int64{petra}, nil)
		require.NoError(t, err)
		require.Empty(t, links)
		links, err = b.LinksOf(b.ctx, []int64{petra}, &then)
		require.NoError(t, err)
		require.Equal(t, "Technology", links[petra][0].Targets[0].DisplayName)
		require.Equal(t, 1, b.write(t, b.put(b.department, "IT", scalars{"Name": "Technology"}, nil)).LinksInserted)
	})

	t.Run("ThroughUniqueKey", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.write(t, b.put(b.person, "2", scalars{"FirstName": "Ann"}, refs{"Manager": "petra@x"}))
		require.Equal(t, 1, b.write(t, b.put(b.person, "1", scalars{"FirstName": "Petra", "Mail": "petra@x"}, nil)).LinksInserted)
		counts := b.write(t, directory.Change{EntityTypeID: b.person, Key: "1", Command: directory.Update, Scalars: scalars{"Mail": "other@x"}})
		require.Equal(t, 1, counts.LinksDeleted, "the address names nobody any more")
		require.Equal(t, 1, counts.Unresolved)
		require.Equal(t, 1, b.write(t, b.put(b.person, "3", scalars{"FirstName": "Paul", "Mail": "petra@x"}, nil)).LinksInserted)
	})
}

func TestListOfAnInstantFollowsItsLinks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, b.put(b.department, "IT", scalars{"Name": "Technology"}, nil), b.put(b.department, "HR", scalars{"Name": "People"}, nil),
		b.put(b.person, "1", scalars{"FirstName": "Petra"}, refs{"Department": "IT"}))
	then := b.at
	b.write(t, directory.Change{EntityTypeID: b.person, Key: "1", Command: directory.Update, Refs: refs{"Department": "HR"}})
	in := func(department string, at *time.Time) int {
		list, err := b.List(b.ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 10}, AsOf: at,
			Filter: &directory.ResourceFilter{Properties: []directory.PropertyFilter{{Property: "Department", Value: department}}}})
		require.NoError(t, err)
		return list.TotalCount
	}
	require.Equal(t, []int{0, 1, 1, 0}, []int{in("IT", nil), in("HR", nil), in("IT", &then), in("HR", &then)})
}

func TestHierarchy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pairs := func() (out []string) {
		require.NoError(t, b.DB.NewRaw(`select a.key || '>' || d.key || ':' || depth from dimension_closure c
			join resource a on a.id = ancestor_id join resource d on d.id = descendant_id where depth > 0 order by 1`).Scan(t.Context(), &out))
		return out
	}
	b.write(t,
		b.put(b.department, "DB", scalars{"Name": "Databases"}, refs{"Parent": "Platform"}),
		b.put(b.department, "IT", scalars{"Name": "Technology"}, nil),
		b.put(b.department, "Platform", scalars{"Name": "Platform"}, refs{"Parent": "IT"}),
		b.put(b.person, "1", scalars{"FirstName": "Petra"}, refs{"Department": "DB"}))
	require.Equal(t, []string{"IT>DB:2", "IT>Platform:1", "Platform>DB:1"}, pairs())
	require.Equal(t, 3, b.count(t, "select count(*) from dimension_closure where depth = 0"))

	list, err := b.List(b.ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 10},
		Filter: &directory.ResourceFilter{Properties: []directory.PropertyFilter{{Property: "Department", Value: "IT", Below: true}}}})
	require.NoError(t, err)
	require.Equal(t, 1, list.TotalCount)

	_, err = b.DB.Exec("delete from changed_resource")
	require.NoError(t, err)
	b.write(t, directory.Change{EntityTypeID: b.department, Key: "Platform", Command: directory.Update, Refs: refs{"Parent": ""}})
	require.Equal(t, []string{"Platform>DB:1"}, pairs())
	require.Equal(t, 1, b.count(t, "select count(*) from changed_resource where resource_id = ? and reverse_properties is null", b.id(t, b.department, "DB")),
		"who stands below is marked too")

	counts := b.write(t, directory.Change{EntityTypeID: b.department, Key: "Platform", Command: directory.Update, Refs: refs{"Parent": "DB"}})
	require.Equal(t, []string{"DB", "Platform"}, counts.Cycles)
	require.Empty(t, pairs(), "a circle is cut")
	b.write(t, b.put(b.department, "Below", scalars{"Name": "Below"}, refs{"Parent": "DB"}))
	require.Equal(t, []string{"DB>Below:1"}, pairs())
	require.Empty(t, b.write(t, directory.Change{EntityTypeID: b.department, Key: "DB", Command: directory.Delete}).Cycles)
	require.Empty(t, pairs())
}

func TestStatementsDoNotGrow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fill := func(n int) []int64 {
		var changes []directory.Change
		for i := range n {
			changes = append(changes, b.put(b.person, string(rune('a'+i)), scalars{"FirstName": "P"}, refs{"Department": string(rune('A' + i)), "Manager": "a"}))
			changes = append(changes, b.put(b.department, string(rune('A'+i)), scalars{"Name": "D"}, refs{"Parent": "A"}))
		}
		b.write(t, changes...)
		var ids []int64
		require.NoError(t, b.DB.NewRaw("select id from resource where entity_type_id = ?", b.person).Scan(t.Context(), &ids))
		return ids
	}
	department, parent := b.shape.Property(b.person, "Department").ID, b.shape.Property(b.department, "Parent").ID
	measure := func(ids []int64) (list, load, links int) {
		ctx, q := db.CountQueries(b.ctx)
		_, err := b.List(ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 50}})
		require.NoError(t, err)
		list = q.N()
		ctx, q = db.CountQueries(b.ctx)
		_, err = directory.LoadMany(ctx, b.DB, b.shape, ids, directory.Follow{Forward: []int64{department}}, directory.Follow{Forward: []int64{parent}})
		require.NoError(t, err)
		load = q.N()
		ctx, q = db.CountQueries(b.ctx)
		_, err = b.LinksOf(ctx, ids, nil)
		require.NoError(t, err)
		return list, load, q.N()
	}
	list1, load1, links1 := measure(fill(2))
	list2, load2, links2 := measure(fill(20))
	require.Equal(t, 3, list1)
	require.Equal(t, []int{list1, load1, links1}, []int{list2, load2, links2})
	require.LessOrEqual(t, load1, 5)
}

func TestLoadMany(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t,
		b.put(b.department, "IT", scalars{"Name": "Technology"}, nil),
		b.put(b.department, "DB", scalars{"Name": "Databases"}, refs{"Parent": "IT"}),
		b.put(b.person, "1", scalars{"FirstName": "Petra"}, refs{"Department": "DB"}),
		b.put(b.person, "2", scalars{"FirstName": "Ann"}, refs{"Department": "DB", "Manager": "1"}),
		b.put(b.person, "3", scalars{"FirstName": "Old"}, nil))
	b.write(t, directory.Change{EntityTypeID: b.person, Key: "3", Command: directory.Delete})
	p := func(entityType int64, name string) int64 { return b.shape.Property(entityType, name).ID }
	it, dbs, petra, ann, old := b.id(t, b.department, "IT"), b.id(t, b.department, "DB"), b.id(t, b.person, "1"), b.id(t, b.person, "2"), b.id(t, b.person, "3")
	found, err := directory.LoadMany(b.ctx, b.DB, b.shape, []int64{petra, old, petra, 999_999},
		directory.Follow{Forward: []int64{p(b.person, "Department")}, Reverse: []int64{p(b.person, "Manager")}},
		directory.Follow{Forward: []int64{p(b.department, "Parent"), p(b.person, "Department")}})
	require.NoError(t, err)
	require.Len(t, found, 5)
	require.Equal(t, map[string][]int64{"Department": {dbs}, "Reports": {ann}}, found[petra].Links)
	require.Equal(t, map[string][]int64{"Parent": {it}}, found[dbs].Links)
	require.Equal(t, map[string][]int64{"Department": {dbs}}, found[ann].Links)
	require.Empty(t, found[it].Links)
	require.True(t, found[old].Gone)
	require.Equal(t, "Petra", found[petra].Scalars["FirstName"])
}

func TestTimelineHasNoHoles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5 {
		b.write(t, b.put(b.person, "1", scalars{"FirstName": string(rune('a' + i))}, nil))
	}
	for i := range 5 {
		at := b.at.Add(time.Duration(i-4)*time.Minute + 30*time.Second)
		r, err := b.Get(b.ctx, b.id(t, b.person, "1"), &at)
		require.NoError(t, err)
		require.Equal(t, string(rune('a'+i)), r.Scalars["FirstName"])
	}
}

func TestRefreshFollowsTheMetadata(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t,
		b.put(b.department, "IT", scalars{"Name": "Technology"}, nil),
		b.put(b.department, "DB", scalars{"Name": "Databases"}, refs{"Parent": "IT"}),
		b.put(b.person, "1", scalars{"FirstName": "Petra", "LastName": "Lang", "Mail": "p@x"}, refs{"Department": "DB"}),
		b.put(b.person, "2", scalars{"FirstName": "Ann"}, refs{"Buddy": "p@x"}))
	refresh := func() directory.Counts {
		var counts directory.Counts
		shape, err := directory.LoadShape(b.ctx, b.DB)
		require.NoError(t, err)
		b.at = b.at.Add(time.Minute)
		require.NoError(t, db.InTx(b.ctx, b.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			counts, err = directory.Refresh(ctx, tx, b.at, shape, b.Writes)
			return err
		}))
		return counts
	}
	require.Equal(t, directory.Counts{}, refresh())
	exec := func(query string, args ...any) {
		_, err := b.DB.NewRaw(query, args...).Exec(t.Context())
		require.NoError(t, err)
	}
	exec("delete from changed_resource")
	exec("update entity_type set display_expression = '{LastName}, {FirstName}' where id = ?", b.person)
	exec(`insert into property (entity_type_id, identifier, display_name, type, target_entity_type_id, position) values (?0, 'Buddy', 'Buddy', 'FOREIGN_KEY', ?0, 9)`, b.person)
	counts := refresh()
	require.Equal(t, []int{2, 1}, []int{counts.Updated, counts.LinksInserted})
	r, err := b.Get(b.ctx, b.id(t, b.person, "1"), nil)
	require.NoError(t, err)
	require.Equal(t, "Lang, Petra", r.DisplayName)
	require.Equal(t, 1, r.Version, "no value changed")
	require.Equal(t, 2, b.count(t, "select count(*) from changed_resource"))

	exec("update property_mapping set is_unique_key = false")
	require.Equal(t, 1, refresh().LinksDeleted)
	exec("update dimension set is_hierarchical = false")
	refresh()
	require.Zero(t, b.count(t, "select count(*) from dimension_closure"))
	exec("update dimension set is_hierarchical = true")
	refresh()
	require.Equal(t, 3, b.count(t, "select count(*) from dimension_closure"))
}

func TestDisplayNames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.DB.NewRaw("update entity_type set display_expression = 'source.Code + \"!\"' where id = ?", b.group).Exec(t.Context())
	require.NoError(t, err)
	b.shape, err = b.Shapes.Load(b.ctx, b.DB)
	require.NoError(t, err)
	b.Writes.DisplayName = func(entityTypeID int64, key string, s map[string]string) (string, error) {
		if s["Code"] == "bad" {
			return "", errors.New("no such function")
		}
		return s["Code"] + "!", nil
	}
	b.write(t,
		b.put(b.group, "g1", scalars{"Code": "x"}, nil), b.put(b.group, "g2", scalars{"Code": "bad"}, nil),
		b.put(b.department, "d1", scalars{"Code": "d", "Name": "Named"}, nil), b.put(b.department, "d2", scalars{"Code": "d"}, nil),
		b.put(b.person, "p1", scalars{"LastName": "Lang"}, nil))
	var names []string
	require.NoError(t, b.DB.NewRaw("select display_name from resource order by key").Scan(t.Context(), &names))
	require.Equal(t, []string{"Named", "d2", "x!", "g2", "Lang"}, names)
}

// TestConcurrentWritersMissNoLink: a resource and what it points to, written at the same moment, are linked.
func TestConcurrentWritersMissNoLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n = 30
	var wait sync.WaitGroup
	failures := make(chan error, 2*n)
	write := func(c directory.Change) {
		wait.Go(func() {
			failures <- db.InTx(b.ctx, b.DB, func(ctx context.Context, tx bun.Tx) error {
				_, err := directory.Write(ctx, tx, b.at, b.shape, b.Writes, []directory.Change{c})
				return err
			})
		})
	}
	for i := range n {
		key := strconv.Itoa(i)
		write(b.put(b.person, key, scalars{"FirstName": "P"}, refs{"Department": key}))
		write(b.put(b.department, key, scalars{"Name": "D"}, nil))
	}
	wait.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, n, b.count(t, "select count(*) from resource_link"))
	require.Zero(t, b.count(t, "select count(*) from unresolved_ref"))
}
