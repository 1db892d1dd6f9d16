package synchronization_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/synchronization"
	"writ/server/system"
)

// toMend are the rows to mend as line:key:column.
func (b *bundle) toMend(t *testing.T) (list []string) {
	t.Helper()
	c, err := b.RowsToMend(b.ctx, nil, page.Of(nil, nil), nil, true)
	require.NoError(t, err)
	for _, r := range c.Nodes() {
		require.Equal(t, "hr", r.Connector)
		require.NotEmpty(t, r.Why)
		require.True(t, utf8.ValidString(r.Why))
		list = append(list, fmt.Sprintf("%d:%s:%s", r.Line, or(r.Key), or(r.Column)))
	}
	require.Equal(t, len(list), c.TotalCount)
	return list
}

func or(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// TestRowToMend: a row that cannot be read keeps its last good data, its links and those to it, holds nobody up, and is taken up by itself.
func TestRowToMend(t *testing.T) {
	t.Parallel()
	const header = "id,name,mail,start,department,groups\n"
	for name, tc := range map[string]struct {
		row  string // in the place of Ann's
		want string // line:key:column
	}{
		"Date":             {"2,Ann,a@x,soon,IT,", "3:2:start"},
		"TooManyColumns":   {"2,Lee, Ann,a@x,,IT,", "3:2:-"},
		"TooFewColumns":    {"2,Ann", "3:2:mail"},
		"LinkTooLong":      {"2,Ann,a@x,," + strings.Repeat("X", 501) + ",", "3:2:department"},
		"ListTooLong":      {"2,Ann,a@x,,IT,IT;" + strings.Repeat("X", 501), "3:2:groups"},
		"NUL":              {"2,A\x00nn,a@x,,IT,", "3:2:name"},
		"InvalidUTF8":      {"2,A\xffnn,a@x,,IT,", "3:2:name"},
		"LoneSurrogate":    {"2,A\xed\xa0\x80nn,a@x,,IT,", "3:2:name"},
		"HugeValue":        {"2," + strings.Repeat("y", 5<<20) + ",a@x,,IT,", "3:2:name"},
		"KeyEmpty":         {",Ann,a@x,,IT,", "3:-:id"},
		"KeyTooLong":       {strings.Repeat("2", 501) + ",Ann,a@x,,IT,", "3:-:id"},
		"KeyInvalid":       {"2\xff,Ann,a@x,,IT,", "3:-:id"},
		"KeyShifted":       {"x,2,Ann,a@x,,IT,", "3:x:-"},
		"BrokenInTwo":      {"\"2\",\"Ann\"\n\"Lee\",a@x,,IT,,", "3:2:mail 4:Lee:start"},
		"SecondOfAKey":     {"2,Ann,a@x,,IT,\n2,Anna,a@x,,IT,", "3:2:- 4:2:-"},
		"SecondUnreadable": {"2,Ann,a@x,,IT,\n2,Anna,a@x,soon,IT,", "4:2:start 3:2:-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, dir := files(t, nil)
			good := "1,Petra,,2026-03-01,IT,\n2,Ann,a@x,,IT,IT\n9,Gone,g@x,,IT,\n"
			write(t, dir, "person.csv", header+good)
			b.run(t)
			ann := b.count(t, "select version from resource where key = '2'")
			links := b.count(t, "select count(*) from resource_link l join resource r on r.id = l.source_id where r.key = '2' and l.valid_to = 'infinity'")
			require.Equal(t, 2, links)

			write(t, dir, "person.csv", header+"1,Petra,p@x,2026-03-01,IT,\n"+tc.row+"\n3,Paul,,,IT,\n")
			d := b.run(t)
			require.Equal(t, synchronization.Applied, d.State)
			require.Equal(t, []string{"1:Petra:p@x", "2:Ann:a@x", "3:Paul:"}, b.people(t), "everybody else goes on, joiner, mover and leaver")
			require.Equal(t, ann, b.count(t, "select version from resource where key = '2' and valid_to = 'infinity'"), "its last good data is kept")
			require.Equal(t, links, b.count(t, "select count(*) from resource_link l join resource r on r.id = l.source_id where r.key = '2' and l.valid_to = 'infinity'"))
			require.Equal(t, strings.Fields(tc.want), b.toMend(t))
			c := b.condition(t)
			require.Equal(t, system.Warned, c.Health)
			require.Contains(t, c.HealthMessage, "rows cannot be read")
			first := b.count(t, "select (extract(epoch from min(since)) * 1000)::bigint from row_to_mend")
			b.run(t)
			require.Equal(t, strings.Fields(tc.want), b.toMend(t), "the list is that of the newest reading")
			require.Equal(t, first, b.count(t, "select (extract(epoch from min(since)) * 1000)::bigint from row_to_mend"))

			write(t, dir, "person.csv", header+"1,Petra,p@x,2026-03-01,IT,\n2,Anna,a@x,2026-01-01,IT,\n3,Paul,,,IT,\n")
			b.run(t)
			require.Equal(t, []string{"1:Petra:p@x", "2:Anna:a@x", "3:Paul:"}, b.people(t), "once it reads well it is taken up")
			require.Empty(t, b.toMend(t))
			write(t, dir, "person.csv", header+"1,Petra,p@x,2026-03-01,IT,\n3,Paul,,,IT,\n")
			b.run(t)
			require.Equal(t, []string{"1:Petra:p@x", "3:Paul:"}, b.people(t), "and vanishes when it does")
		})
	}
}

// TestTooManyRowsToMend: more than may be set aside refuse the delivery, and are listed all the same.
func TestTooManyRowsToMend(t *testing.T) {
	t.Parallel()
	many := func(n, bad int, how string) string {
		var s strings.Builder
		s.WriteString("id,name,mail,start,department,groups\n")
		for i := range n {
			if i < bad {
				fmt.Fprintf(&s, how, i)
			} else {
				fmt.Fprintf(&s, "%d,Person,,,IT,\n", i)
			}
		}
		return s.String()
	}
	for name, tc := range map[string]struct {
		rows, bad int
		how       string
		maximum   any
		refused   bool
	}{
		"Ten":             {100, 10, "%d,Person,,soon,IT,\n", nil, false},
		"Eleven":          {100, 11, "%d,Person,,soon,IT,\n", nil, true},
		"OneOfAHundred":   {2000, 20, "%d,Person,,soon,IT,\n", nil, false},
		"MoreThanThat":    {2000, 21, "%d,Person,,soon,IT,\n", nil, true},
		"None":            {100, 1, "%d,Person,,soon,IT,\n", 0, true},
		"AsManyAsAllowed": {100, 50, "%d,Person,,soon,IT,\n", 50, false},
		"Contradictions":  {100, 6, "%d,Person,,,IT,\n%[1]d,Other,,,IT,\n", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, dir := files(t, nil)
			b.exec(t, "update connector set max_percentage_inserted_lines = 0, max_percentage_updated_lines = 0, max_percentage_deleted_lines = 0")
			b.exec(t, "update entity_mapping set maximum_rejected = ?", tc.maximum)
			write(t, dir, "person.csv", many(tc.rows, tc.bad, tc.how))
			per := strings.Count(tc.how, "\n")
			if tc.refused {
				b.unchanged(t, errs.Validation, "cannot be read", "Nothing was synchronized", "person.csv, line 2")
			} else {
				d := b.run(t)
				require.Equal(t, tc.bad, d.Counters.Rejected)
			}
			c, err := b.RowsToMend(b.ctx, nil, page.Of(nil, nil), nil, true)
			require.NoError(t, err)
			require.Equal(t, tc.bad*per, c.TotalCount)
			write(t, dir, "person.csv", many(tc.rows, 0, ""))
			b.run(t)
			require.Empty(t, b.toMend(t))
			require.Len(t, b.people(t), tc.rows)
		})
	}
}

// TestHostileRows: whatever stands in one row, everybody else's data arrives, and what is stored of the row is never taken for vanished.
func TestHostileRows(t *testing.T) {
	t.Parallel()
	b, dir := files(t, nil)
	b.exec(t, "update property_mapping set is_unique_key = true where column_name = 'mail'")
	b.exec(t, "update connector set max_percentage_inserted_lines = 0, max_percentage_updated_lines = 0, max_percentage_deleted_lines = 0")
	nasty := []string{"", " ", "soon", strings.Repeat("x", 6000), strings.Repeat("é", 1<<19), "a\x00b", "a\xffb", "\xed\xa0\x80", strings.Repeat("e\u0301", 800), "\u202eشخص", "\ufeff", "'; drop table resource; --",
		strings.Repeat("[", 20000), `"{""a"":""\u0000""}"`, "IT", "2", "2026-01-01", "=cmd()", "\x1a", "🧑‍🚀", "\u00a0"}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		cells := []string{"2", "Ann", "a@x", "2026-03-01", "IT", "IT"}
		for range rapid.IntRange(1, 3).Draw(rt, "cells") {
			cells[rapid.IntRange(0, len(cells)-1).Draw(rt, "column")] = rapid.SampledFrom(nasty).Draw(rt, "value")
		}
		cells = cells[:rapid.SampledFrom([]int{6, 6, 6, 6, 4, 1}).Draw(rt, "length")]
		write(t, dir, "person.csv", fmt.Sprintf("id,name,mail,start,department,groups\n1,Petra %d,,,IT,\n%s\n3,Paul,,,IT,\n2,Ann,a@x,2026-03-01,IT,IT\n", n, strings.Join(cells, ",")))
		d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
		require.NoError(rt, err)
		require.Equal(rt, synchronization.Applied, d.State)
		list := strings.Join(b.people(t), "|")
		require.Contains(rt, list, fmt.Sprintf("1:Petra %d:", n))
		require.Contains(rt, list, "3:Paul:")
		require.Equal(rt, 1, b.count(t, "select count(*) from resource where entity_type_id = ? and key = '2' and valid_to = 'infinity'", b.person))
	})
}

// TestTellsWhatTheScopeOpens: numbers, keys and errors of what was read are told as far as the right on connectors goes, wherever they stand.
func TestTellsWhatTheScopeOpens(t *testing.T) {
	t.Parallel()
	b, dir := files(t, nil)
	b.exec(t, "update connector set max_percentage_inserted_lines = 0, max_percentage_updated_lines = 0, max_percentage_deleted_lines = 0")
	write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1,Petra,,soon,IT,\n2,Ann,a@x,,Nowhere,\n3,Paul,,later,IT,\n")
	write(t, dir, "department.csv", "code,title,parent\nIT,Technology,Nowhere\nHR,People,\xff\n")
	b.run(t)
	b.exec(t, `insert into key_fault (resource_id, side, message, found_at) select id, 'S', 'The key of Petra is too long.', now() from resource where key = '1'`)
	write(t, dir, "person.csv", "id,name\n1,\"Pet\"ra\n")
	_, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
	require.Error(t, err)
	var ids []int64
	require.NoError(t, b.DB.NewRaw("select id from delivery order by id").Scan(t.Context(), &ids))
	good, broken := ids[1], ids[2]
	for name, c := range map[string]struct {
		grants          []permit.Grant
		mend, unmatched int
		types           []string
	}{
		"Everything":    {[]permit.Grant{{}}, 3, 1, []string{"Department", "Person"}},
		"ConnectorRule": {[]permit.Grant{{EntityType: "Connector"}}, 3, 1, []string{"Department", "Person"}},
		"Departments":   {[]permit.Grant{{EntityType: "Department"}}, 1, 0, []string{"Department"}},
		"People":        {[]permit.Grant{{EntityType: "Person"}}, 2, 1, []string{"Person"}},
		"OnePerson":     {[]permit.Grant{{EntityType: "Person", Filters: []permit.Filter{{Binding: "Name", Value: "Petra"}}}}, 1, 1, nil},
		"Other":         {[]permit.Grant{{EntityType: "Guest"}}, 0, 0, nil},
		"None":          {nil, 0, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range c.grants {
				c.grants[i].Path, c.grants[i].CanExecute = permit.ConnectorQuery, true
			}
			ctx := permit.With(t.Context(), &permit.Actor{Username: "reader", Grants: c.grants})
			conditions, err := b.Conditions(ctx, []int64{b.connector})
			require.NoError(t, err)
			told := conditions[b.connector]
			require.Equal(t, c.mend, told.RowsToMend)
			require.Equal(t, c.unmatched, told.Unmatched)
			all := len(c.types) == 2
			require.Equal(t, all, strings.Contains(told.HealthMessage, `"person"`), told.HealthMessage)
			lists, err := b.Deliveries(ctx, []int64{b.connector}, page.Args{First: 10}, nil, false)
			if c.grants == nil {
				require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
				return
			}
			require.NoError(t, err)
			require.Len(t, lists[b.connector].Edges, 3)
			for _, d := range lists[b.connector].Nodes() {
				alone, err := b.Delivery(ctx, d.ID)
				require.NoError(t, err)
				alone.GUID = d.GUID // no field of the API
				require.Equal(t, d, alone)
				switch d.ID {
				case good:
					types := slices.Sorted(maps.Keys(d.Counters.EntityTypes))
					require.Equal(t, c.types, types)
					require.Equal(t, all, len(d.Counters.RejectedRows)+len(d.Counters.Unlinked) > 0)
					read := 0
					for _, n := range d.Counters.EntityTypes {
						read += n.Read
					}
					require.Equal(t, read, d.Counters.Read)
				case broken:
					require.Equal(t, all, strings.Contains(*d.Error, `"person"`), *d.Error)
				}
			}
		})
	}
}
