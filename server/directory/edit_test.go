package directory_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

func text(s string) *string { return &s }

func give(property, value string) directory.PropertyValueInput {
	return directory.PropertyValueInput{Property: property, Value: &value}
}

// long is a text that does not compress: an index feels its whole length.
func long(n int) string {
	text := make([]rune, n)
	for i := range text {
		text[i] = rune('\u4e00' + i*i*7919%20000)
	}
	return string(text)
}

func requireKind(t *testing.T, err error, kind errs.Kind, field, says string) {
	t.Helper()
	require.True(t, errs.Is(err, kind), "got %v", err)
	require.Equal(t, field, errs.As(err).Field)
	require.Contains(t, err.Error(), says)
}

func TestPeopleEdit(t *testing.T) {
	t.Parallel()

	t.Run("CreateUpdateDelete", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.write(t, b.put(b.department, "IT", scalars{"Name": "Technology"}, nil))
		p, err := b.Create(b.ctx, directory.CreateResourceInput{EntityType: "Person", Key: " 7 ", Values: []directory.PropertyValueInput{
			give("FirstName", "Petra"), give("Department", "IT")}})
		require.NoError(t, err)
		require.Equal(t, "7", p.Resource.Key)
		require.Equal(t, "7", p.Resource.Scalars["EmployeeID"], "the key is a value too")
		require.Equal(t, directory.Manual, p.Resource.Origin)
		require.Equal(t, 1, b.count(t, "select count(*) from resource_link"))

		u, err := b.Update(b.ctx, directory.UpdateResourceInput{ID: p.Resource.ID, Version: 1, Values: []directory.PropertyValueInput{
			give("LastName", "Lang"), {Property: "Department"}}})
		require.NoError(t, err)
		require.Equal(t, "Petra Lang", u.Resource.DisplayName)
		require.Empty(t, u.Resource.Refs)
		_, err = b.Update(b.ctx, directory.UpdateResourceInput{ID: p.Resource.ID, Version: 1, Values: nil})
		requireKind(t, err, errs.StaleItem, "", "was changed since")
		_, err = b.Delete(b.ctx, directory.DeleteResourceInput{ID: p.Resource.ID, Version: 2})
		require.NoError(t, err)
		_, err = b.Delete(b.ctx, directory.DeleteResourceInput{ID: p.Resource.ID, Version: 3})
		requireKind(t, err, errs.NotFound, "", "no such resource")

		versions, err := b.History(b.ctx, p.Resource.ID, 10)
		require.NoError(t, err)
		require.Len(t, versions, 2)
		require.Equal(t, []string{"LastName"}, versions[0].Changed)
		require.Equal(t, "synchronization", versions[0].EndedBy)
		require.Equal(t, versions[1].ValidTo, &versions[0].ValidFrom)
		links, err := b.LinkHistory(b.ctx, p.Resource.ID, 10)
		require.NoError(t, err)
		require.Equal(t, "Department", links[0].Property)
		require.NotNil(t, links[0].ValidTo)
	})

	t.Run("Refuses", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.write(t, b.put(b.person, "1", scalars{"Mail": "p@x"}, nil))
		create := func(key string, values ...directory.PropertyValueInput) error {
			_, err := b.Create(b.ctx, directory.CreateResourceInput{EntityType: "Person", Key: key, Values: values})
			return err
		}
		requireKind(t, create(" "), errs.Validation, "input.key", "needs a key")
		requireKind(t, create("1"), errs.Conflict, "input.key", "already a Person with the key 1")
		requireKind(t, create("2", give("Colour", "x")), errs.Validation, "input.values[0].property", "no property Colour")
		requireKind(t, create("2", give("Mail", "a"), give("Mail", "b")), errs.Validation, "input.values[1].property", "twice")
		requireKind(t, create("2", give("Mail", "p@x")), errs.Conflict, "input.values[0].value", "has the Mail p@x already")
		requireKind(t, create("2", give("Department", "IT")), errs.Validation, "input.values[0]", "no Department with the key IT")
		requireKind(t, create("2", directory.PropertyValueInput{Property: "Department", Keys: []string{"a", "b"}}), errs.Validation, "input.values[0].keys", "one resource only")
		requireKind(t, create("2", directory.PropertyValueInput{Property: "Mail", Keys: []string{"a"}}), errs.Validation, "input.values[0].keys", "no link")
		requireKind(t, create("2", give("EmployeeID", "3")), errs.Validation, "input.key", "is the key")
		requireKind(t, create(long(directory.MaxKey+1)), errs.Validation, "input.key", "501")
		_, err := b.Update(b.ctx, directory.UpdateResourceInput{ID: b.id(t, b.person, "1"), Version: 1, Values: []directory.PropertyValueInput{give("EmployeeID", "3")}})
		requireKind(t, err, errs.Validation, "input.values[0]", "cannot be changed")
		_, err = b.Create(b.ctx, directory.CreateResourceInput{EntityType: "Planet", Key: "1"})
		requireKind(t, err, errs.NotFound, "input.entityType", "no entity type Planet")
		require.Equal(t, 1, b.count(t, "select count(*) from resource"))
	})

	t.Run("LongValuesFitTheIndexes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		key, name := long(directory.MaxKey), long(20000)
		p, err := b.Create(b.ctx, directory.CreateResourceInput{EntityType: "Person", Key: key, Values: []directory.PropertyValueInput{
			give("FirstName", name), give("Mail", name)}})
		require.NoError(t, err)
		require.Equal(t, key, p.Resource.Key)
		require.Equal(t, name, p.Resource.Scalars["FirstName"])
		require.Equal(t, string([]rune(name)[:300]), p.Resource.DisplayName, "a label is cut")
		require.Zero(t, b.count(t, "select count(*) from resource_unique_key"), "and no link can name something as long")
	})

	t.Run("SynchronizedValuesStayWithTheirSystem", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := b.DB.Exec(`with c as (insert into connector (identifier, display_name) values ('hr', 'HR') returning id),
			k as (insert into connection (connector_id, identifier, display_name, package) select id, 'hr', 'HR', 'csv' from c returning id)
			insert into entity_mapping (entity_type_id, connection_id, source_table) select ?, id, 'person' from k`, b.person)
		require.NoError(t, err)
		b.write(t, b.put(b.person, "1", scalars{"Mail": "p@x"}, nil))
		id := b.id(t, b.person, "1")
		_, err = b.Update(b.ctx, directory.UpdateResourceInput{ID: id, Version: 1, Values: []directory.PropertyValueInput{give("Mail", "q@x")}})
		requireKind(t, err, errs.Validation, "input.values[0]", "read from a managed system")
		_, err = b.Update(b.ctx, directory.UpdateResourceInput{ID: id, Version: 1, Values: []directory.PropertyValueInput{give("LastName", "Lang")}})
		require.NoError(t, err, "what is not mapped is ours")
		_, err = b.Delete(b.ctx, directory.DeleteResourceInput{ID: id, Version: 2})
		requireKind(t, err, errs.Conflict, "", "Delete it there")
		p, err := b.Create(b.ctx, directory.CreateResourceInput{EntityType: "Person", Key: "2", Values: []directory.PropertyValueInput{give("Mail", "g@x")}})
		require.NoError(t, err)
		_, err = b.Update(b.ctx, directory.UpdateResourceInput{ID: p.Resource.ID, Version: 1, Values: []directory.PropertyValueInput{give("Mail", "h@x")}})
		require.NoError(t, err, "what a person added, a person may change")
	})

	t.Run("OneOfManyCreatesWins", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var wait sync.WaitGroup
		failures := make([]error, 6)
		for i := range failures {
			wait.Go(func() {
				_, failures[i] = b.Create(b.ctx, directory.CreateResourceInput{EntityType: "Group", Key: "g"})
			})
		}
		wait.Wait()
		won := 0
		for _, err := range failures {
			if err == nil {
				won++
			} else {
				require.True(t, errs.Is(err, errs.Conflict), "got %v", err)
			}
		}
		require.Equal(t, 1, won)
	})
}

func TestRightsNarrowRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t,
		b.put(b.department, "IT", scalars{"Name": "Technology"}, nil),
		b.put(b.department, "DB", scalars{"Name": "Databases"}, refs{"Parent": "IT"}),
		b.put(b.department, "HR", scalars{"Name": "People"}, nil),
		b.put(b.person, "1", scalars{"FirstName": "Petra", "Mail": "a"}, refs{"Department": "DB"}),
		b.put(b.person, "2", scalars{"FirstName": "Ann"}, refs{"Department": "HR", "Manager": "1"}),
		b.put(b.person, "3", scalars{"FirstName": "Paul"}, nil))
	petra := b.id(t, b.person, "1")
	for name, c := range map[string]struct {
		filters []permit.Filter
		want    []string
	}{
		"All":         {nil, []string{"1", "2", "3"}},
		"Scalar":      {[]permit.Filter{{Binding: "FirstName", Value: "Paul"}}, []string{"3"}},
		"Link":        {[]permit.Filter{{Binding: "Department", Value: "DB"}}, []string{"1"}},
		"LinkExact":   {[]permit.Filter{{Binding: "Department", Value: "IT"}}, []string{}},
		"Below":       {[]permit.Filter{{Binding: "Department", Value: "IT", Below: true}}, []string{"1"}},
		"Path":        {[]permit.Filter{{Binding: "Department.Parent.Name", Value: "Technology"}}, []string{"1"}},
		"Reverse":     {[]permit.Filter{{Binding: "Reports", Value: "2"}}, []string{"1"}},
		"Self":        {[]permit.Filter{{Self: true}}, []string{"1"}},
		"MyReports":   {[]permit.Filter{{Binding: "Manager", Self: true}}, []string{"2"}},
		"And":         {[]permit.Filter{{Binding: "Department", Value: "HR"}, {Binding: "FirstName", Value: "Paul"}}, []string{}},
		"NoSuchThing": {[]permit.Filter{{Binding: "Shoe.Size", Value: "44"}}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := permit.With(t.Context(), &permit.Actor{Username: "u", ResourceID: petra, Grants: []permit.Grant{
				{Path: "/Custom/Resources/Person", CanExecute: true, EntityType: "Person", Filters: c.filters}}})
			list, err := b.List(ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 10}, OrderBy: directory.KeyAsc})
			require.NoError(t, err)
			got := []string{}
			for _, r := range list.Nodes() {
				got = append(got, r.Key)
			}
			require.Equal(t, c.want, got)
			require.Equal(t, len(c.want), list.TotalCount)
			_, err = b.Get(ctx, petra, nil)
			if len(c.want) > 0 && c.want[0] == "1" {
				require.NoError(t, err)
			} else {
				require.True(t, errs.Is(err, errs.NotFound), "got %v", err)
			}
			counts, err := b.CountOf(ctx, []int64{b.person, b.department})
			require.NoError(t, err)
			require.Equal(t, map[int64]int{b.person: len(c.want)}, counts)
		})
	}

	t.Run("AboutAnotherEntityType", func(t *testing.T) {
		about := func(entityType string, filters ...permit.Filter) permit.Grant {
			return permit.Grant{Path: "/Custom/Resources", CanExecute: true, EntityType: entityType, Filters: filters}
		}
		departments := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{about("Department")}})
		_, err := b.List(departments, directory.ListInput{EntityType: "Person", Page: page.Args{First: 10}})
		require.True(t, errs.Is(err, errs.Forbidden), "got %v", err)
		list, err := b.List(departments, directory.ListInput{EntityType: "Department", Page: page.Args{First: 10}})
		require.NoError(t, err)
		require.Len(t, list.Nodes(), 3)
		types, err := b.EntityTypeList(departments)
		require.NoError(t, err)
		require.Len(t, types, 1)
		require.False(t, directory.CanCreate(departments, b.shape.EntityTypes[b.person]))
		for what, call := range map[string]func(id int64) error{
			"get": func(id int64) error { _, err := b.Get(departments, id, nil); return err },
			"update": func(id int64) error {
				_, err := b.Update(departments, directory.UpdateResourceInput{ID: id, Version: 1})
				return err
			},
			"delete": func(id int64) error {
				_, err := b.Delete(departments, directory.DeleteResourceInput{ID: id, Version: 1})
				return err
			},
			"past":  func(id int64) error { _, err := b.History(departments, id, 1); return err },
			"links": func(id int64) error { _, err := b.LinkHistory(departments, id, 1); return err },
		} {
			require.True(t, errs.Is(call(petra), errs.NotFound), "%s: got %v", what, call(petra))
			require.Equal(t, call(999_999).Error(), call(petra).Error(), "%s: the same answer as for what is not there", what)
		}
		mixed := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{about("Department"), about("Person", permit.Filter{Binding: "FirstName", Value: "Paul"})}})
		list, err = b.List(mixed, directory.ListInput{EntityType: "Person", Page: page.Args{First: 10}})
		require.NoError(t, err)
		require.Equal(t, 1, list.TotalCount)
	})
	t.Run("WhatLiesBehindALink", func(t *testing.T) {
		grant := func(path, entityType string, execute bool, filters ...permit.Filter) permit.Grant {
			return permit.Grant{Path: path, CanExecute: execute, EntityType: entityType, Filters: filters}
		}
		ask := func(grants ...permit.Grant) func(property, value string) (int, error) {
			ctx := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: grants})
			return func(property, value string) (int, error) {
				list, err := b.List(ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 10}, Filter: &directory.ResourceFilter{Properties: []directory.PropertyFilter{{Property: property, Value: value}}}})
				if err != nil {
					return -1, err
				}
				return list.TotalCount, nil
			}
		}
		// Ann (2) is in HR and reports to Petra (1), who is in DB below IT
		everything, ann := ask(permit.Grant{Path: permit.Resources, CanExecute: true}), permit.Filter{Binding: "FirstName", Value: "Ann"}
		n, err := everything("Manager.Mail", "a")
		require.NoError(t, err)
		require.Equal(t, 1, n)
		onlyAnn := ask(grant("/Custom/Resources/Person", "Person", true, ann))
		n, err = onlyAnn("Manager.Mail", "a")
		require.NoError(t, err)
		require.Zero(t, n, "the mail of somebody else is no business of hers")
		n, err = onlyAnn("Manager", "1")
		require.NoError(t, err)
		require.Zero(t, n)
		n, err = onlyAnn("Manager.Reports.FirstName", "Ann")
		require.NoError(t, err)
		require.Zero(t, n, "every hop counts, also one that leads back")
		_, err = onlyAnn("Department.Name", "People")
		requireKind(t, err, errs.Forbidden, "filter.properties[0].property", "Department")
		inCourse := ask(grant("/Custom/Resources/Person", "Person", true), grant("/Custom/Resources/Person/Query", "Department", false, permit.Filter{Binding: "Name", Value: "People"}))
		n, err = inCourse("Department.Name", "People")
		require.NoError(t, err)
		require.Equal(t, 1, n, "an entry without CanExecute makes its rule's entity type readable on the way")
		n, err = inCourse("Department.Name", "Databases")
		require.NoError(t, err)
		require.Zero(t, n, "inside its filters")

		links := func(grants ...permit.Grant) map[string][]string {
			ctx := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: grants})
			found, err := b.LinksOf(ctx, []int64{petra, b.id(t, b.person, "2")}, nil)
			require.NoError(t, err)
			names := map[string][]string{}
			for _, list := range found {
				for _, l := range list {
					for _, to := range l.Targets {
						names[l.Property] = append(names[l.Property], to.Key)
					}
				}
			}
			return names
		}
		require.Equal(t, map[string][]string{"Department": {"DB", "HR"}, "Manager": {"1"}, "Reports": {"2"}}, sorted(links(permit.Grant{Path: permit.Resources, CanExecute: true})))
		require.Equal(t, map[string][]string{"Reports": {"2"}}, links(grant("/Custom/Resources/Person", "Person", true, ann)))
		require.Equal(t, map[string][]string{"Department": {"HR"}}, links(grant("/Custom/Resources/Department/View", "Department", true, permit.Filter{Binding: "Name", Value: "People"})))
		require.Empty(t, links(grant("/Custom/Resources/Person/Create", "Person", true)), "who may only add people reads none")

		creator := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{grant("/Custom/Resources/Person", "Person", true)}})
		_, there := b.Create(creator, directory.CreateResourceInput{EntityType: "Person", Key: "9", Values: []directory.PropertyValueInput{give("Department", "HR")}})
		requireKind(t, there, errs.Validation, "input.values[0]", "no Department with the key HR")
		_, err = b.Create(creator, directory.CreateResourceInput{EntityType: "Person", Key: "9", Values: []directory.PropertyValueInput{give("Manager", "1")}})
		require.NoError(t, err)

		hidden := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{grant("/Custom/Resources/Person", "Person", true, ann)}})
		many, err := b.GetMany(hidden, []int64{petra, b.id(t, b.person, "2")})
		require.NoError(t, err)
		require.True(t, many[petra].IsHidden)
		require.Empty(t, many[petra].Shown())
		require.False(t, many[b.id(t, b.person, "2")].IsHidden)
	})
	t.Run("RightsAreThoseOfNow", func(t *testing.T) {
		paul := b.id(t, b.person, "3")
		then := b.at
		b.write(t, b.put(b.person, "3", scalars{"FirstName": "Paula"}, nil))
		was := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{{Path: "/Custom/Resources/Person", CanExecute: true, Filters: []permit.Filter{{Binding: "FirstName", Value: "Paul"}}}}})
		_, err := b.Get(was, paul, &then)
		require.True(t, errs.Is(err, errs.NotFound), "got %v", err)
		list, err := b.List(was, directory.ListInput{EntityType: "Person", Page: page.Args{First: 10}, AsOf: &then})
		require.NoError(t, err)
		require.Zero(t, list.TotalCount)
		is := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{{Path: "/Custom/Resources/Person", CanExecute: true, Filters: []permit.Filter{{Binding: "FirstName", Value: "Paula"}}}}})
		r, err := b.Get(is, paul, &then)
		require.NoError(t, err)
		require.Equal(t, "Paul", r.Scalars["FirstName"])
	})
	t.Run("AfterTheChangeToo", func(t *testing.T) {
		ctx := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{
			{Path: "/Custom/Resources/Person", CanExecute: true, Filters: []permit.Filter{{Binding: "Department", Value: "HR"}}},
			{Path: "/Custom/Resources/Department/Query", CanExecute: true}}})
		_, err := b.Create(ctx, directory.CreateResourceInput{EntityType: "Person", Key: "8", Values: []directory.PropertyValueInput{give("Department", "IT")}})
		requireKind(t, err, errs.Forbidden, "", "do not reach")
		_, err = b.Create(ctx, directory.CreateResourceInput{EntityType: "Person", Key: "8", Values: []directory.PropertyValueInput{give("Department", "HR")}})
		require.NoError(t, err)
		_, err = b.Update(ctx, directory.UpdateResourceInput{ID: b.id(t, b.person, "8"), Version: 1, Values: []directory.PropertyValueInput{give("Department", "IT")}})
		requireKind(t, err, errs.Forbidden, "", "do not reach")
		_, err = b.Update(ctx, directory.UpdateResourceInput{ID: b.id(t, b.person, "3"), Version: 1})
		requireKind(t, err, errs.NotFound, "", "no such resource")
	})
	t.Run("NobodySignedIn", func(t *testing.T) {
		_, err := b.List(t.Context(), directory.ListInput{EntityType: "Person", Page: page.Args{First: 10}})
		require.True(t, errs.Is(err, errs.Unauthenticated))
		_, err = b.Get(t.Context(), petra, nil)
		require.True(t, errs.Is(err, errs.Unauthenticated))
		_, err = b.Get(t.Context(), 999_999, nil)
		require.True(t, errs.Is(err, errs.Unauthenticated))
		_, err = b.EntityTypeList(t.Context())
		require.True(t, errs.Is(err, errs.Unauthenticated))
		_, err = b.History(t.Context(), petra, 1)
		require.True(t, errs.Is(err, errs.Unauthenticated))
		_, err = b.Update(t.Context(), directory.UpdateResourceInput{ID: petra})
		require.True(t, errs.Is(err, errs.Unauthenticated))
	})
}

func TestListPagesAndFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var changes []directory.Change
	for i := range 25 {
		changes = append(changes, b.put(b.person, strconv.Itoa(100+i), scalars{"FirstName": string(rune('A' + (i*7)%26)), "LastName": "Lang"}, nil))
	}
	changes = append(changes, b.put(b.person, "x_1", scalars{"FirstName": "50%", "LastName": "Same"}, nil))
	b.write(t, changes...)
	for _, order := range []directory.ResourceSort{"", directory.DisplayNameDesc, directory.KeyAsc, directory.KeyDesc} {
		whole, err := b.List(b.ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 100}, OrderBy: order})
		require.NoError(t, err)
		require.Len(t, whole.Nodes(), 26)
		var walked []*directory.Resource
		args := page.Args{First: 7}
		for {
			p, err := b.List(b.ctx, directory.ListInput{EntityType: "Person", Page: args, OrderBy: order})
			require.NoError(t, err)
			walked = append(walked, p.Nodes()...)
			if !p.PageInfo.HasNextPage {
				break
			}
			args.After = *p.PageInfo.EndCursor
		}
		require.Equal(t, whole.Nodes(), walked, "order %s", order)
	}
	find := func(f directory.ResourceFilter) int {
		p, err := b.List(b.ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 100}, Filter: &f})
		require.NoError(t, err)
		return p.TotalCount
	}
	require.Equal(t, 25, find(directory.ResourceFilter{Text: text("LANG")}))
	require.Equal(t, 1, find(directory.ResourceFilter{Text: text("X_1")}))
	require.Equal(t, 1, find(directory.ResourceFilter{Text: text("50%")}))
	require.Zero(t, find(directory.ResourceFilter{Text: text("L%g")}))
	require.Equal(t, 2, find(directory.ResourceFilter{Keys: []string{"100", "101", "nobody"}}))
	require.Equal(t, 1, find(directory.ResourceFilter{Properties: []directory.PropertyFilter{{Property: "LastName", Value: "Same"}}}))
	_, err := b.List(b.ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 1}, Filter: &directory.ResourceFilter{Properties: []directory.PropertyFilter{{Property: "Nope"}}}})
	requireKind(t, err, errs.Validation, "filter.properties[0].property", "no property Nope")
	_, err = b.List(b.ctx, directory.ListInput{EntityType: "Person", Page: page.Args{First: 1, After: "???"}})
	requireKind(t, err, errs.Validation, "after", "cursor")
}

func sorted(lists map[string][]string) map[string][]string {
	for _, l := range lists {
		slices.Sort(l)
	}
	return lists
}
