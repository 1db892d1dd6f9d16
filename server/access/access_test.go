package access

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

var now = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

type bundle struct {
	db  *bun.DB
	ctx context.Context
}

// setup gives a directory with users and guests, an organisation dimension, and no access at all.
func setup(t *testing.T) bundle {
	t.Helper()
	b := bundle{db: dbtest.MustOpen(t), ctx: t.Context()}
	_, err := b.db.ExecContext(b.ctx, `
		insert into entity_type (identifier, display_name) values ('Directory_User', 'User'), ('Directory_Guest', 'Guest'), ('Organization', 'Organization');
		insert into resource (entity_type_id, key, display_name, scalars, valid_from)
			select id, 'ana', 'Ana', '{"Mail": "ana@corp.test"}', '2020-01-01' from entity_type where identifier = 'Directory_User';
		insert into dimension (identifier, display_name, entity_type_id, column_mapping, is_hierarchical)
			select 'Organization', 'Organization', id, 0, true from entity_type where identifier = 'Organization';
		insert into dimension (identifier, display_name, entity_type_id, column_mapping)
			select 'Kind', 'Kind', id, 1 from entity_type where identifier = 'Directory_Guest';
		insert into property (entity_type_id, identifier, display_name, type, target_entity_type_id, reverse_identifier)
			select u.id, p.name, p.name, p.type, t.id, p.reverse from entity_type u, entity_type o,
				(values ('Site', 'STRING', null, null), ('Age', 'INT32', null, null), ('Manager', 'FOREIGN_KEY', 'Directory_User', 'Reports'),
					('Organization', 'FOREIGN_KEY', 'Organization', 'People')) p (name, type, target, reverse)
			left join entity_type t on t.identifier = p.target where u.identifier = 'Directory_User' and o.identifier = 'Organization';
		insert into property (entity_type_id, identifier, display_name, type) select id, 'Name', 'Name', 'STRING' from entity_type where identifier = 'Organization';`)
	require.NoError(t, err)
	return b
}

func (b bundle) mustSave(t *testing.T, profiles []ProfileSpec, rules []RuleSpec, users []UserSpec) []Warning {
	t.Helper()
	var warned []Warning
	require.NoError(t, db.InTx(b.ctx, b.db, func(ctx context.Context, tx bun.Tx) error {
		if err := SaveProfiles(ctx, tx, profiles); err != nil {
			return err
		}
		var err error
		if warned, err = SaveRules(ctx, tx, rules); err != nil {
			return err
		}
		return SaveUsers(ctx, tx, users)
	}))
	return warned
}

func (b bundle) userID(t *testing.T, username string) int64 {
	t.Helper()
	var id int64
	require.NoError(t, b.db.NewSelect().TableExpr("local_user").Column("id").Where("username = ?", username).Scan(b.ctx, &id))
	return id
}

// as gives the context of a user with the grants of now.
func (b bundle) as(t *testing.T, username string, at time.Time) context.Context {
	t.Helper()
	id := b.userID(t, username)
	grants, err := Grants(b.ctx, b.db, id, at)
	require.NoError(t, err)
	return permit.With(b.ctx, &permit.Actor{UserID: id, Username: username, Grants: grants})
}

func executes(permission string) EntrySpec {
	return EntrySpec{Permission: permission, CanExecute: true, Notify: true}
}

func silent(permission string) EntrySpec { return EntrySpec{Permission: permission, CanExecute: true} }

func rule(profile string, entries ...EntrySpec) RuleSpec {
	return RuleSpec{Identifier: profile + "_Rule", Profile: profile, EntityType: "Directory_User", Entries: entries}
}

func has(profiles ...string) []UserProfileSpec {
	var out []UserProfileSpec
	for _, p := range profiles {
		out = append(out, UserProfileSpec{Profile: p})
	}
	return out
}

// The table of Annex A.6: who opens which page, and who gets mail.
func TestAnnexA6(t *testing.T) {
	t.Parallel()
	b := setup(t)
	users := permit.For(permit.ManualProvisioning, "Directory_User")
	guests := permit.For(permit.ManualProvisioning, "Directory_Guest")
	b.mustSave(t,
		[]ProfileSpec{{Identifier: "Operators"}, {Identifier: "Supervisors"}, {Identifier: "NightShift"}, {Identifier: "Readers"}},
		[]RuleSpec{
			rule("Operators", executes("/ProvisioningPolicy/PerformManualProvisioning/Directory_User")), // without /Custom: normalised
			rule("Supervisors", executes(permit.ManualProvisioning)),
			rule("NightShift", silent(users)),
			rule("Readers", EntrySpec{Permission: users, Notify: true}),
		},
		[]UserSpec{
			{Username: "operator", Email: "o@corp.test", Profiles: has("Operators")},
			{Username: "supervisor", Email: "s@corp.test", Profiles: has("Supervisors")},
			{Username: "night", Email: "n@corp.test", Profiles: has("NightShift")},
			{Username: "reader", Email: "r@corp.test", Profiles: has("Readers")},
			{Username: "both", Email: "b@corp.test", Profiles: has("Operators", "Supervisors")},
			{Username: "nobody"},
		})
	usersMail, guestsMail := map[string]bool{}, map[string]bool{}
	for permission, into := range map[string]map[string]bool{users: usersMail, guests: guestsMail} {
		holders, err := Holders(b.ctx, b.db, permission, now)
		require.NoError(t, err)
		for _, h := range holders {
			require.False(t, into[h.Username], "%s is told once", h.Username)
			into[h.Username] = true
		}
	}
	for _, c := range []struct {
		user                        string
		forUsers, forGuests, mailed bool
	}{
		{"operator", true, false, true},
		{"supervisor", true, true, false},
		{"night", true, false, false},
		{"reader", false, false, false},
		{"both", true, true, true},
		{"nobody", false, false, false},
	} {
		ctx := b.as(t, c.user, now)
		require.Equal(t, c.forUsers, permit.Find(ctx, users).Allowed(), "%s, page for users", c.user)
		require.Equal(t, c.forGuests, permit.Find(ctx, guests).Allowed(), "%s, page for guests", c.user)
		require.Equal(t, c.mailed, usersMail[c.user], "%s, mail", c.user)
	}
	require.Empty(t, guestsMail)
}

// The example of 11.2, as far as recipients and their scopes go.
func TestHoldersExample(t *testing.T) {
	t.Parallel()
	b := setup(t)
	users := permit.For(permit.ManualProvisioning, "Directory_User")
	guests := permit.For(permit.ManualProvisioning, "Directory_Guest")
	scoped := rule("Scoped", executes(users))
	scoped.Filters = []FilterSpec{{Binding: "Organization", Dimension: "Organization"}}
	b.mustSave(t,
		[]ProfileSpec{{Identifier: "Scoped"}, {Identifier: "Parent"}, {Identifier: "All"}, {Identifier: "Quiet"}},
		[]RuleSpec{scoped, rule("Parent", executes(permit.ManualProvisioning)), rule("All", executes(users), executes(guests)), rule("Quiet", silent(users))},
		[]UserSpec{
			{Username: "ana", Email: "old@corp.test", EntityType: "Directory_User", Key: "ana", Profiles: []UserProfileSpec{
				{Profile: "Scoped", Context: map[string]string{"Organization": "Sales"}},
				{Profile: "Parent"},
			}},
			{Username: "ben", Email: "ben@corp.test", Profiles: has("Parent")},
			{Username: "cem", Email: "cem@corp.test", Profiles: []UserProfileSpec{{Profile: "All", Email: "desk@corp.test"}}},
			{Username: "dia", Email: "dia@corp.test", Profiles: has("Quiet")},
			{Username: "eve", Email: "eve@corp.test", Profiles: []UserProfileSpec{
				{Profile: "Scoped", Context: map[string]string{"Organization": "Sales"}},
				{Profile: "Scoped", Context: map[string]string{"Organization": "Finance"}},
			}},
		})

	got, err := Holders(b.ctx, b.db, users, now)
	require.NoError(t, err)
	require.Len(t, got, 3)

	ana, cem, eve := got[0], got[1], got[2]
	require.Equal(t, "ana", ana.Username)
	require.Equal(t, "ana@corp.test", ana.Email, "the directory's address goes before the account's")
	require.NotZero(t, ana.ResourceID)
	require.False(t, ana.Scope.All("Directory_User"), "the parent entry gives no mail, so it widens no mail either")
	require.Equal(t, []permit.Filter{{Binding: "Organization", Value: "Sales", Below: true}}, ana.Scope.Actor().Grants[0].Filters)
	require.True(t, permit.Find(b.as(t, "ana", now), users).All("Directory_User"), "the page itself is open for all through the parent")

	require.Equal(t, "desk@corp.test", cem.Email, "the assigned profile's address goes first")
	require.True(t, cem.Scope.All("Directory_User"))
	require.Len(t, eve.Scope.Actor().Grants, 2, "two assignments add up in one entry")

	got, err = Holders(b.ctx, b.db, guests, now)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, "cem", got[0].Username)
}

func TestGrants(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	before, after := now.Add(-day), now.Add(day)
	for name, c := range map[string]struct {
		profiles []UserProfileSpec
		filters  []FilterSpec
		disabled bool
		want     []permit.Filter
		none     bool
	}{
		"OK":                       {profiles: has("P")},
		"Started":                  {profiles: []UserProfileSpec{{Profile: "P", StartDate: &now}}},
		"NotStarted":               {profiles: []UserProfileSpec{{Profile: "P", StartDate: &after}}, none: true},
		"NotEnded":                 {profiles: []UserProfileSpec{{Profile: "P", EndDate: &after}}},
		"Ended":                    {profiles: []UserProfileSpec{{Profile: "P", EndDate: &now}}, none: true},
		"Denied":                   {profiles: []UserProfileSpec{{Profile: "P"}, {Profile: "P", IsDenied: true}}, none: true},
		"DeniedElsewhere":          {profiles: []UserProfileSpec{{Profile: "P"}, {Profile: "Other", IsDenied: true}}},
		"DenialEnded":              {profiles: []UserProfileSpec{{Profile: "P"}, {Profile: "P", IsDenied: true, EndDate: &before}}},
		"DenialWhateverTheContext": {profiles: []UserProfileSpec{{Profile: "P", Context: map[string]string{"Organization": "A"}}, {Profile: "P", IsDenied: true}}, none: true},
		"Disabled":                 {profiles: has("P"), disabled: true, none: true},
		"Constant":                 {profiles: has("P"), filters: []FilterSpec{{Binding: "Site", Value: "Paris"}}, want: []permit.Filter{{Binding: "Site", Value: "Paris"}}},
		"Self":                     {profiles: has("P"), filters: []FilterSpec{{Binding: "Manager", CurrentUser: true}}, want: []permit.Filter{{Binding: "Manager", Self: true}}},
		"Dimension": {
			profiles: []UserProfileSpec{{Profile: "P", Context: map[string]string{"Organization": "A"}}},
			filters:  []FilterSpec{{Binding: "Organization", Dimension: "Organization"}, {Binding: "Site", Value: "Paris"}},
			want:     []permit.Filter{{Binding: "Organization", Value: "A", Below: true}, {Binding: "Site", Value: "Paris"}},
		},
		"DimensionNotInContext": {profiles: has("P"), filters: []FilterSpec{{Binding: "Organization", Dimension: "Organization"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			r := rule("P", executes(permit.JobQuery))
			r.Filters = c.filters
			b.mustSave(t, []ProfileSpec{{Identifier: "P"}, {Identifier: "Other"}}, []RuleSpec{r},
				[]UserSpec{{Username: "u", Profiles: c.profiles, IsDisabled: c.disabled}})
			got, err := Grants(b.ctx, b.db, b.userID(t, "u"), now)
			require.NoError(t, err)
			if c.none {
				require.Empty(t, got)
				return
			}
			require.Equal(t, []permit.Grant{{
				Path: permit.JobQuery, CanExecute: true, Notify: true, EntityType: "Directory_User", Profile: "P", Filters: c.want,
			}}, got)
		})
	}
}

// One statement more per user or per rule would make every request slow.
func TestGrantsAreTwoStatements(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var profiles []ProfileSpec
	var rules []RuleSpec
	var mine []UserProfileSpec
	for _, name := range []string{"A", "B", "C", "D"} {
		profiles = append(profiles, ProfileSpec{Identifier: name})
		r := rule(name, executes(permit.JobQuery), executes(permit.JobUpdate))
		r.Filters = []FilterSpec{{Binding: "Site", Value: name}}
		rules = append(rules, r)
		mine = append(mine, UserProfileSpec{Profile: name})
	}
	b.mustSave(t, profiles, rules, []UserSpec{{Username: "u", Profiles: mine}})
	id := b.userID(t, "u")
	ctx, counted := db.CountQueries(b.ctx)
	got, err := Grants(ctx, b.db, id, now)
	require.NoError(t, err)
	require.Len(t, got, 8)
	require.Equal(t, 2, counted.N(), counted.Texts())
}

func TestConfigureRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustSave(t, []ProfileSpec{{Identifier: "P"}}, nil, nil)
	eleven := make([]UserProfileSpec, 11)
	for i := range eleven {
		eleven[i] = UserProfileSpec{Profile: "P"}
	}
	rules := map[string]struct {
		rule  RuleSpec
		says  string
		field string
	}{
		"RootWithExecute": {rule("P", executes("/")), `The access rule P_Rule grants the execution of "/"`, "accessRule/@.entries[0].permission"},
		"RootInDisguise":  {rule("P", executes("//")), `grants the execution of "/"`, "accessRule/@.entries[0].permission"},
		"NoPermission":    {rule("P", executes("")), "without a permission", "accessRule/@.entries[0].permission"},
		"NoProfile":       {rule("Q", executes(permit.JobQuery)), "the profile Q, which does not exist", "accessRule/@.profile"},
		"TwoOperands":     {RuleSpec{Identifier: "R", Profile: "P", Filters: []FilterSpec{{Binding: "A", Value: "1", CurrentUser: true}}}, "exactly one", "accessRule/@.filters[0]"},
		"NoOperand":       {RuleSpec{Identifier: "R", Profile: "P", Filters: []FilterSpec{{Binding: "A"}}}, "exactly one", "accessRule/@.filters[0]"},
	}
	for name, c := range rules {
		_, err := SaveRules(b.ctx, b.db, []RuleSpec{c.rule})
		require.ErrorContains(t, err, c.says, name)
		require.True(t, errs.Is(err, errs.Validation), name)
		require.Equal(t, strings.ReplaceAll(c.field, "@", c.rule.Identifier), errs.As(err).Field, name)
	}
	users := map[string]struct {
		user UserSpec
		says string
	}{
		"Eleven":      {UserSpec{Username: "u", Profiles: eleven}, "at most 10"},
		"NoProfile":   {UserSpec{Username: "u", Profiles: has("Q")}, "the profile Q, which does not exist"},
		"NoDimension": {UserSpec{Username: "u", Profiles: []UserProfileSpec{{Profile: "P", Context: map[string]string{"X": "1"}}}}, "the dimension X"},
		"NoType":      {UserSpec{Username: "u", EntityType: "Directory_Usr", Key: "ana"}, "which does not exist"},
		"NoKey":       {UserSpec{Username: "u", EntityType: "Directory_User"}, "which does not exist"},
		"NoName":      {UserSpec{}, "needs a name"},
	}
	for name, c := range users {
		require.ErrorContains(t, SaveUsers(b.ctx, b.db, []UserSpec{c.user}), c.says, name)
	}
	_, err := b.db.ExecContext(b.ctx, `insert into access_rule (identifier, display_name, profile_id, entity_type) select 'x', 'x', id, '*' from profile;
		insert into access_entry (rule_id, permission, can_execute) select id, '/', true from access_rule`)
	require.Equal(t, "access_entry_root_not_executable", db.Constraint(err), "not even SQL by hand")
}

func TestConfigureWarns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	warned := b.mustSave(t, []ProfileSpec{{Identifier: "P"}}, []RuleSpec{rule("P",
		EntrySpec{Permission: "/"}, executes("/Jobs"), executes(permit.JobQuery), executes(permit.ReviewProvisioning),
		executes(permit.Resource("Directory_User", "Query")), executes(permit.WebhookUpdate), executes(permit.AssignmentQuery),
		executes("/Custom/Resources/Directory_Usr/Query"), executes("/Jobs/Jobb"), executes(permit.JobQuery+"/More"),
	)}, nil)
	var paths []string
	for _, w := range warned {
		require.Equal(t, "P_Rule", w.Identifier)
		paths = append(paths, w.Field)
	}
	require.Equal(t, []string{"entries[7].permission", "entries[8].permission", "entries[9].permission"}, paths)

	narrowed := rule("P", executes(permit.JobQuery), executes(permit.OrderQuery), silent("/Settings"))
	narrowed.Filters = []FilterSpec{{Binding: "Site", Value: "Paris"}}
	warned = b.mustSave(t, nil, []RuleSpec{narrowed}, nil)
	require.Len(t, warned, 2, "jobs and settings have no site")
	require.Contains(t, warned[0].Message, "no filter can choose")

	every := []string{
		permit.ManualProvisioning, permit.BulkManualProvisioning, permit.TicketReview, permit.ReviewProvisioning,
		permit.BulkReviewProvisioning, permit.OrderQuery, permit.AssignmentQuery, permit.ProvisioningStart, permit.Resources,
		permit.ResourceChanges, permit.RoleModelQuery, permit.RoleModelUpdate, permit.ConnectorQuery, permit.ConnectorUpdate,
		permit.JobQuery, permit.JobUpdate, permit.JobInstanceQuery, permit.JobLog, permit.JobLaunched, permit.JobRepaired,
		permit.AccessQuery, permit.AccessUpdate, permit.MetadataQuery, permit.MetadataUpdate, permit.SettingsManage,
		permit.Monitoring, permit.WebhookQuery, permit.WebhookUpdate,
	}
	unknown, err := Unknown(b.ctx, b.db, every...)
	require.NoError(t, err)
	require.Empty(t, unknown, "the tree of permit is part of the tree of the spec")
}

// Saving what was loaded changes nothing, and saving again replaces instead of adding.
func TestConfigureRoundTrip(t *testing.T) {
	t.Parallel()
	b := setup(t)
	end := now.Add(time.Hour)
	r := rule("P", executes(permit.JobQuery), silent(permit.JobUpdate))
	r.DisplayName, r.Filters = "Rule", []FilterSpec{{Binding: "Site", Value: "Paris"}, {Binding: "Manager", CurrentUser: true}}
	profiles := []ProfileSpec{{Identifier: "P", DisplayName: "Profile"}}
	users := []UserSpec{{
		Username: "Ana", DisplayName: "Ana A", Email: "a@corp.test", EntityType: "Directory_User", Key: "ana", IsDemo: true, PasswordHash: "hash",
		Profiles: []UserProfileSpec{{Profile: "P", Context: map[string]string{"Organization": "A"}, EndDate: &end, Email: "x@corp.test"}},
	}}
	for range 2 {
		b.mustSave(t, profiles, []RuleSpec{r}, users)
		gotProfiles, err := LoadProfiles(b.ctx, b.db)
		require.NoError(t, err)
		require.Equal(t, profiles, gotProfiles)
		gotRules, err := LoadRules(b.ctx, b.db)
		require.NoError(t, err)
		require.Equal(t, []RuleSpec{r}, gotRules)
		gotUsers, err := LoadUsers(b.ctx, b.db)
		require.NoError(t, err)
		require.Len(t, gotUsers, 1)
		require.True(t, gotUsers[0].Profiles[0].EndDate.Equal(end))
		gotUsers[0].Profiles[0].EndDate, gotUsers[0].PasswordHash = &end, "hash"
		require.Equal(t, users, gotUsers)
	}
	users[0].PasswordHash, users[0].Username = "", "ana"
	b.mustSave(t, nil, nil, users)
	var hash string
	require.NoError(t, b.db.NewSelect().TableExpr("local_user").Column("password_hash").Scan(b.ctx, &hash))
	require.Equal(t, "hash", hash, "no new password keeps the old one, and the name is compared without case")

	require.True(t, errs.Is(DeleteProfiles(b.ctx, b.db, "P"), errs.Conflict), "still used")
	require.NoError(t, DeleteRules(b.ctx, b.db, "P_Rule"))
	require.NoError(t, DeleteUsers(b.ctx, b.db, "ana"))
	require.NoError(t, DeleteProfiles(b.ctx, b.db, "P"))
}

func TestLists(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustSave(t, []ProfileSpec{{Identifier: "Admin"}, {Identifier: "P"}},
		[]RuleSpec{rule("Admin", executes(permit.AccessQuery)), rule("P", executes(permit.JobQuery))},
		[]UserSpec{{Username: "admin", Profiles: has("Admin")}, {Username: "u1", Profiles: has("P", "Admin")}, {Username: "u_2", Profiles: has("P")}})
	s := &Service{DB: b.db, Clock: clock.New()}

	nobody := b.as(t, "u_2", now)
	_, err := s.Profiles(nobody)
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = s.Rules(nobody, nil)
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = s.Assigned(b.ctx, page.Of(nil, nil), nil, nil, nil, true)
	require.True(t, errs.Is(err, errs.Unauthenticated))

	admin := b.as(t, "admin", now)
	profiles, err := s.Profiles(admin)
	require.NoError(t, err)
	require.Len(t, profiles, 2)
	p := "P"
	rules, err := s.Rules(admin, &p)
	require.NoError(t, err)
	require.Len(t, rules, 1)
	require.Equal(t, "P", rules[0].Profile.Identifier)
	require.Equal(t, permit.JobQuery, rules[0].Entries[0].Permission)

	var seen []string
	args := page.Args{First: 3}
	for {
		got, err := s.Assigned(admin, args, nil, nil, nil, true)
		require.NoError(t, err)
		require.Equal(t, 4, got.TotalCount)
		for _, n := range got.Nodes() {
			seen = append(seen, n.Username+"/"+n.Profile.Identifier)
		}
		if !got.PageInfo.HasNextPage {
			break
		}
		args.After = *got.PageInfo.EndCursor
	}
	require.Equal(t, []string{"admin/Admin", "u1/P", "u1/Admin", "u_2/P"}, seen)
	text := "_"
	got, err := s.Assigned(admin, page.Of(nil, nil), &p, &text, nil, true)
	require.NoError(t, err)
	require.Equal(t, 1, got.TotalCount, "an underscore is a letter, not a wildcard")
}
