package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/catalogue"
	"writ/server/manifest"
)

// mustNest is a company whose groups are members of groups, and of folders of another system that are members of folders and grant rights. Ann is in staff
// by a rule, and nobody is in anything else.
func mustNest(t testing.TB, rule string) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{
		schema: `create table grp_group (name text references grp (name), up text references grp (name), primary key (name, up));
			create table grp_twin (name text references grp (name), folder text, primary key (name, folder));
			create table folder (name text primary key); create table folder_folder (name text references folder (name), up text references folder (name), primary key (name, up));
			create table permission (name text primary key); create table folder_permission (name text references folder (name), permission text references permission (name), primary key (name, permission));
			insert into grp values ('all'), ('every'), ('press-all'); insert into folder values ('f1'), ('f2'); insert into permission values ('read'), ('write');
			create table cloud (login text primary key); create table cloud_permission (login text references cloud (login), permission text references permission (name), primary key (login, permission))`,
		edit: edits("maximumUpdatedLines: 1,", "maximumUpdatedLines: 1000,", "maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,", `link.Groups: "account_group(login,grp)"`, `link.account.Groups: "account_group(login,grp)", link.grp.Up: "grp_group(name,up)", link.grp.Twin: "grp_twin(name,folder)",
			link.folder.Up: "folder_folder(name,up)", link.folder.Gives: "folder_permission(name,permission)", link.cloud.Permissions: "cloud_permission(login,permission)"`,
			`    properties: [{ identifier: Name, column: name, primaryKey: true }]
`, `    properties:
      - { identifier: Name, column: name, primaryKey: true }
      - { identifier: Groups, column: Up, target: Group, collection: true }
      - { identifier: Twin, column: Twin, target: Folder, collection: true }
  - identifier: Folder
    connector: Target
    source: { connection: Target_Database, table: folder }
    properties:
      - { identifier: Name, column: name, primaryKey: true }
      - { identifier: Up, column: Up, target: Folder, collection: true }
      - { identifier: Gives, column: Gives, target: Permission, collection: true }
  - identifier: Permission
    connector: Target
    source: { connection: Target_Database, table: permission }
    properties: [{ identifier: Name, column: name, primaryKey: true }]
  - identifier: Cloud
    connector: Target
    source: { connection: Target_Database, table: cloud }
    properties:
      - { identifier: Login, column: login, primaryKey: true }
      - { identifier: Permissions, column: Permissions, target: Permission, collection: true }
`,
			"rules: [{}] }", "rules: [{}] }\n  - { identifier: Everybody, displayName: Everybody, entityType: Person }\n  - { identifier: Writer, displayName: Writer, entityType: Person }",
			"singleRoles:", "compositeRoles: [{ identifier: Crowd, displayName: Crowd, entityType: Person }]\nsingleRoles:",
			"    navigationRules: [", "    navigationRules: [{ property: Groups, resource: every, singleRole: Everybody }, "),
	})
	s.rules(`
compositeRoles: [{ identifier: Crowd, displayName: Crowd, entityType: Person }]
singleRoles:
  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}, { compositeRole: Crowd }] }
  - { identifier: Everybody, displayName: Everybody, entityType: Person, rules: [{ compositeRole: Crowd }] }
resourceTypes:
  - { identifier: Cloud, displayName: Cloud, sourceEntityType: Person, targetEntityType: Cloud, connection: Target_Database, correlationRules: [{ sourceBinding: Login, targetBinding: Login, confidence: 100 }],
      navigationRules: [{ property: Permissions, resource: write, singleRole: Writer }] }
`)
	if rule != "" {
		s.rules("indirectResourceRules: [" + rule + "]")
	}
	s.people(ann)
	s.around()
	return s
}

const (
	nested  = `{ identifier: Nested, displayName: Nested groups, resourceType: User, property: Groups }`
	folders = `{ identifier: Nested, displayName: Nested groups, resourceType: User, property: Groups, correspondence: Twin, correspondenceMembershipProperty: Up, entitlement: Gives }`
)

// nest reads what the system has by now and computes everybody.
func (s *small) nest(sql ...string) assignment.Report {
	s.t.Helper()
	s.byHandQuietly(sql...)
	s.synchronize("Target")
	return s.whole()
}

func (s *small) byHandQuietly(sql ...string) {
	s.t.Helper()
	for _, x := range sql {
		_, err := s.target.ExecContext(s.t.Context(), x)
		require.NoError(s.t, err)
	}
}

// throughOthers lists what View Permissions tells that Ann has through others.
func (s *small) throughOthers() (out []string) {
	s.t.Helper()
	v, err := s.Assignments.View(s.ctx, assignment.ViewInput{ResourceID: s.number(`select id from resource where key = (select min(key) from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = 'Person')`)})
	require.NoError(s.t, err)
	for _, e := range v.Entitlements {
		if e.Indirect == nil || e.Kind == assignment.ResourceType {
			continue
		}
		require.Equal(s.t, 1, e.WorkflowState)
		require.Nil(s.t, e.DifferenceID)
		require.Nil(s.t, e.FoundRoleID)
		require.Zero(s.t, e.Order)
		require.Equal(s.t, e.Kind != assignment.CompositeRole, e.HiddenInSimplifiedView, "the simplified view shows composite roles only")
		value := ""
		if e.Value != nil {
			value = "=" + *e.Value
		}
		out = append(out, fmt.Sprint(e.Identifier, value, " ", strings.Join(e.Indirect.Path, ">"), strings.Join(e.Indirect.Singles, "+")))
	}
	return out
}

// TestIndirectRights is the example of role-model 6.5: what is a member of what is walked, and says which roles that is.
func TestIndirectRights(t *testing.T) {
	t.Parallel()
	s := mustNest(t, nested)
	require.Empty(t, s.throughOthers())
	before := s.list(s.DB, `select concat(id, ' ', state) from provisioning_order order by id`)
	r := s.nest(`insert into grp_group values ('staff', 'all'), ('all', 'every'), ('every', 'staff'), ('all', 'all')`)
	require.Equal(t, 4, r.Indirect)
	want := []string{"Crowd Staff+Everybody", "Everybody staff>all>every", "Groups=all staff>all", "Groups=every staff>all>every"}
	require.Equal(t, want, s.throughOthers())
	require.Equal(t, before, s.list(s.DB, `select concat(id, ' ', state) from provisioning_order order by id`), "no order comes of it")
	require.Empty(t, s.waiting(), "nobody is asked about it")
	require.Empty(t, s.foundRoles())
	require.Empty(t, s.open())
	rows := s.list(s.DB, `select i::text from indirect_right i order by id`)
	require.Zero(t, s.whole().Indirect, "the same is written nowhere")
	require.Equal(t, rows, s.list(s.DB, `select i::text from indirect_right i order by id`))

	// what a computation of changes does, leaves it as it is; a complete one takes it away
	s.byHandQuietly(`delete from grp_group where name = 'all' and up = 'every'`)
	s.synchronize("Target")
	require.Zero(t, s.compute().Indirect)
	require.Equal(t, want, s.throughOthers())
	require.Equal(t, 3, s.whole().Indirect)
	require.Equal(t, []string{"Groups=all staff>all"}, s.throughOthers())

	// direct wins: at once in what is shown, and no row is left
	s.nest(`insert into account_group values ('alee', 'every')`, `insert into grp_group values ('all', 'every')`)
	require.Equal(t, []string{"Groups=all staff>all"}, s.throughOthers())
	s.nest(`delete from account_group where grp = 'every'`)
	require.Len(t, s.throughOthers(), 4)

	// the past is known
	v, err := s.Assignments.View(s.ctx, assignment.ViewInput{ResourceID: s.number(`select owner_id from indirect_right limit 1`), KnownAt: new(s.Clock.Now().Add(-time.Hour * 24 * 365))})
	require.NoError(t, err)
	require.Empty(t, v.Entitlements)

	// a deleted rule finds nothing
	_, err = s.Manifest.Apply(s.ctx, &manifest.Manifest{Delete: map[string][]string{"indirectResourceRules": {"Nested"}}})
	require.NoError(t, err)
	s.whole()
	require.Empty(t, s.throughOthers())
}

// TestIndirectRightsElsewhere: over a twin into another system, whose things grant what is told of; there is no way back.
func TestIndirectRightsElsewhere(t *testing.T) {
	t.Parallel()
	s := mustNest(t, folders)
	s.nest(`insert into grp_group values ('staff', 'all')`, `insert into grp_twin values ('all', 'f1'), ('press', 'f2')`, `insert into folder_folder values ('f1', 'f2'), ('f2', 'f1')`,
		`insert into folder_permission values ('f2', 'write'), ('f1', 'read')`)
	require.Equal(t, []string{"Writer staff>all>f1>f2>write", "Groups=all staff>all", "Permissions=read staff>all>f1>read", "Permissions=write staff>all>f1>f2>write"}, s.throughOthers())

	// it is explained, with the way in the picture
	x, err := s.Assignments.Explain(s.ctx, assignment.ExplainInput{OwnerID: s.number(`select owner_id from indirect_right limit 1`), ResourceType: "Cloud", Property: "Permissions"})
	require.NoError(t, err)
	var texts []string
	for _, step := range x.Steps {
		if step.Kind == "INDIRECT" {
			texts = append(texts, step.Text)
		}
	}
	require.Len(t, texts, 2)
	require.Contains(t, texts[1], "staff › all › f1 › f2 › write, by the rule Nested.")
	titles := map[string]string{}
	for _, n := range x.Nodes {
		titles[n.ID] = n.Title
	}
	var ways []string
	for _, l := range x.Links {
		ways = append(ways, titles[l.From]+">"+titles[l.To])
	}
	require.Subset(t, ways, []string{"Cloud>staff", "staff>all", "all>f1", "f1>f2", "f2>write"})

	// who has it directly in the other system, has it directly
	s.nest(`insert into cloud values ('alee')`, `insert into cloud_permission values ('alee', 'write')`)
	require.Equal(t, []string{"Groups=all staff>all", "Permissions=read staff>all>f1>read"}, s.throughOthers())
}

// TestDisabledIndirectRights: those that are there stay, and none comes (role-model 12.15, 28).
func TestDisabledIndirectRights(t *testing.T) {
	t.Parallel()
	s := mustNest(t, nested)
	s.nest(`insert into grp_group values ('staff', 'all')`)
	s.Assignments.DisableIndirect = true
	require.Zero(t, s.nest(`delete from grp_group`, `insert into grp_group values ('staff', 'every')`).Indirect)
	require.Equal(t, []string{"Groups=all staff>all"}, s.throughOthers())
	s.Assignments.DisableIndirect = false
	require.Equal(t, 4, s.whole().Indirect)
}

// TestIndirectMistakes: a rule that cannot work is refused, and says where.
func TestIndirectMistakes(t *testing.T) {
	t.Parallel()
	s := mustNest(t, nested)
	for rule, want := range map[string]string{
		`{ identifier: X, resourceType: User, property: Nothing }`:                      `Account has no navigation "Nothing"`,
		`{ identifier: X, resourceType: User, property: Login }`:                        `Account has no navigation "Login"`,
		`{ identifier: X, resourceType: Cloud, property: Permissions }`:                 `Permission has no navigation "Permissions" to Permission`,
		`{ identifier: X, resourceType: User, property: Groups }`:                       "already another indirect resource rule like this",
		`{ identifier: X, resourceType: User, property: Groups, correspondence: Twin }`: "go together",
		`{ identifier: X, resourceType: User, property: Groups, entitlement: Gives }`:   "is what a twin in another system grants",
		folders[:len(folders)-len("entitlement: Gives }")] + "entitlement: Name }":      `Folder has no navigation "Name"`,
		strings.Replace(folders, "correspondence: Twin", "correspondence: Groups", 1):   `Group has no navigation "Up" to Group`,
		`{ identifier: X, resourceType: Nobody, property: Groups }`:                     "Nobody",
		strings.Replace(folders, "Property: Up", "Property: Gives", 1):                  `Folder has no navigation "Gives" to Folder`,
	} {
		m, err := manifest.Parse("x.yaml", []byte("indirectResourceRules: ["+rule+"]"))
		if err == nil {
			_, err = s.Manifest.Apply(s.ctx, m)
		}
		require.ErrorContains(t, err, want, rule)
	}
}

// TestIndirectPreview: what a rule would find, beside what is found today.
func TestIndirectPreview(t *testing.T) {
	t.Parallel()
	s := mustNest(t, "")
	holdings := catalogue.Service{DB: s.DB, Clock: s.Clock, Assignments: s.Assignments}
	s.nest(`insert into grp_group values ('staff', 'all'), ('all', 'every')`)
	p, err := holdings.IndirectPreview(s.ctx, catalogue.IndirectPreviewInput{ResourceType: "User", Property: "Groups"})
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 2, 2, 0, 0}, []int{p.Owners, p.People, p.Rights, p.Gained, p.Lost, p.Hidden})
	require.Empty(t, p.Problems)
	require.Equal(t, "Ann Lee", p.Sample[0].Owner.DisplayName)
	require.Equal(t, []string{"staff", "all"}, p.Sample[0].Path)
	require.Empty(t, s.throughOthers(), "nothing is written")

	s.rules("indirectResourceRules: [" + nested + "]")
	s.nest()
	s.nest(`delete from grp_group where name = 'all'`)
	s.nest(`insert into grp_group values ('all', 'press')`)
	s.byHandQuietly(`delete from grp_group where name = 'all'`, `insert into grp_group values ('all', 'every')`)
	s.synchronize("Target")
	p, err = holdings.IndirectPreview(s.ctx, catalogue.IndirectPreviewInput{Identifier: new("Nested"), ResourceType: "User", Property: "Groups"})
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 1}, []int{p.Rights, p.Gained, p.Lost})

	p, err = holdings.IndirectPreview(s.ctx, catalogue.IndirectPreviewInput{ResourceType: "User", Property: "Login"})
	require.NoError(t, err)
	require.Len(t, p.Problems, 1)
	require.Equal(t, "property", p.Problems[0].Field)
	_, err = holdings.IndirectPreview(s.ctx, catalogue.IndirectPreviewInput{ResourceType: "Nobody", Property: "Groups"})
	require.ErrorContains(t, err, "There is no resource type")
}

// TestIndirectChain: ten thousand groups one in the other, found and kept in pages, with ways that are told in short; and again without a change.
func TestIndirectChain(t *testing.T) {
	t.Parallel()
	s := mustNest(t, nested)
	const n = 10_000
	_, err := s.DB.ExecContext(s.ctx, fmt.Sprintf(`insert into resource (id, entity_type_id, key, display_name, scalars, valid_from, origin) overriding system value
			select 1000000 + n, t.id, 'c' || n, 'c' || n, jsonb_build_object('Name', 'c' || n), now(), 'SYNC' from generate_series(1, %d) n, entity_type t where t.identifier = 'Group';
		insert into resource_link (property_id, source_id, target_id, valid_from)
			select p.id, case n when 1 then (select r.id from resource r where r.key = 'staff' and r.entity_type_id = p.entity_type_id) else 1000000 + n - 1 end, 1000000 + n, now()
			from generate_series(1, %d) n, property p join entity_type t on t.id = p.entity_type_id and t.identifier = 'Group' where p.identifier = 'Groups'`, n, n))
	require.NoError(t, err)
	require.Equal(t, n, s.whole().Indirect)
	require.Zero(t, s.whole().Indirect)
	v := s.throughOthers()
	require.Len(t, v, n)
	require.Equal(t, int64(n+1), s.number(`select max(steps) from indirect_right`))
	require.Equal(t, int64(50), s.number(`select max(cardinality(path)) from indirect_right`))
	_, err = s.Assignments.Explain(s.ctx, assignment.ExplainInput{OwnerID: s.number(`select owner_id from indirect_right limit 1`)})
	require.NoError(t, err)
}
