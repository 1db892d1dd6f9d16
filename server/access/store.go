package access

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
)

// held is one entry that a user holds through one assigned profile.
type held struct {
	UserID        int64
	Username      string
	DisplayName   string
	ResourceID    int64
	Email         string
	EmailOverride string
	Context       map[string]string `bun:"type:jsonb"`
	Profile       string
	RuleID        int64
	EntityType    string
	Permission    string
	CanExecute    bool
	Notify        bool
	Scopes        []string `bun:",array"` // of a client: what its rights are cut to
}

type narrowing func(*bun.SelectQuery) *bun.SelectQuery

func ofUser(id int64) narrowing {
	return func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("ap.user_id = ?", id) }
}

func notifiedOf(permission string) narrowing {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		return within(q, ancestors(permission)).Where("ae.permission = ?", permission).Where("ae.can_execute").Where("ae.notify")
	}
}

func executing(permissions []string) narrowing {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		return within(q, permissions).Where("ae.permission IN (?)", bun.List(permissions)).Where("ae.can_execute")
	}
}

// within leaves out clients whose scopes do not open what one of the permissions does.
func within(q *bun.SelectQuery, permissions []string) *bun.SelectQuery {
	return q.Where("(u.scopes IS NULL OR u.scopes && ?)", pgdialect.Array(permissions))
}

// validAt keeps assigned profiles that are in force: inside their dates, and not withheld by a denial that is itself in force.
func validAt(q *bun.SelectQuery, now time.Time) *bun.SelectQuery {
	return q.Where("NOT ap.is_denied").
		Where("coalesce(ap.start_date, '-infinity') <= ? AND coalesce(ap.end_date, 'infinity') > ?", now, now).
		Where(`NOT EXISTS (SELECT FROM assigned_profile AS no WHERE no.user_id = ap.user_id AND no.profile_id = ap.profile_id
			AND no.is_denied AND coalesce(no.start_date, '-infinity') <= ? AND coalesce(no.end_date, 'infinity') > ?)`, now, now)
}

func selectHeld(ctx context.Context, db bun.IDB, now time.Time, narrow narrowing) ([]*held, error) {
	var rows []*held
	q := db.NewSelect().TableExpr("assigned_profile AS ap").
		Join("JOIN local_user AS u ON u.id = ap.user_id AND NOT u.is_disabled AND coalesce(u.client_until, 'infinity') > ?", now).
		Join("JOIN profile AS p ON p.id = ap.profile_id").
		Join("JOIN access_rule AS ar ON ar.profile_id = p.id").
		Join("JOIN access_entry AS ae ON ae.rule_id = ar.id").
		Join("LEFT JOIN resource AS r ON r.id = u.resource_id AND r.valid_to = 'infinity'").
		ColumnExpr("u.id AS user_id, u.username, u.display_name, u.scopes, coalesce(r.id, 0) AS resource_id").
		ColumnExpr(`coalesce((SELECT nullif(v.value, '') FROM jsonb_each_text(r.scalars) AS v
			WHERE lower(v.key) IN ('mail', 'email') ORDER BY v.key LIMIT 1), u.email) AS email`).
		ColumnExpr("coalesce(ap.email, '') AS email_override, ap.context, p.identifier AS profile").
		ColumnExpr("ar.id AS rule_id, ar.entity_type, ae.permission, ae.can_execute, ae.notify").
		OrderExpr("u.username, u.id, ae.priority DESC, ap.id, ae.id")
	if err := narrow(validAt(q, now)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read who holds which permission: %w", err)
	}
	return rows, nil
}

// boundFilter is a filter with what its dimension says.
type boundFilter struct {
	RuleID         int64
	Binding        string
	Value          *string
	Dimension      *string
	CurrentUser    bool
	IsHierarchical bool
}

func selectFiltersOf(ctx context.Context, db bun.IDB, rows []*held) (map[int64][]boundFilter, error) {
	out := map[int64][]boundFilter{}
	if len(rows) == 0 {
		return out, nil
	}
	ids := make([]int64, len(rows))
	for i, h := range rows {
		ids[i] = h.RuleID
	}
	var filters []boundFilter
	err := db.NewSelect().TableExpr("access_filter AS af").
		Join("LEFT JOIN dimension AS d ON d.identifier = af.dimension").
		ColumnExpr("af.rule_id, af.binding, af.value, af.dimension, af.is_current_user AS current_user").
		ColumnExpr("coalesce(d.is_hierarchical, false) AS is_hierarchical").
		Where("af.rule_id IN (?)", bun.List(ids)).OrderExpr("af.id").Scan(ctx, &filters)
	if err != nil {
		return nil, fmt.Errorf("read the filters of access rules: %w", err)
	}
	for _, f := range filters {
		out[f.RuleID] = append(out[f.RuleID], f)
	}
	return out, nil
}

func selectProfiles(ctx context.Context, db bun.IDB) ([]*Profile, error) {
	rows := []*Profile{}
	if err := db.NewSelect().Model(&rows).OrderExpr("p.display_name, p.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the profiles: %w", err)
	}
	return rows, nil
}

func selectProfilesOf(ctx context.Context, db bun.IDB, userID int64, now time.Time) ([]*Profile, error) {
	rows := []*Profile{}
	ids := validAt(db.NewSelect().TableExpr("assigned_profile AS ap").Column("ap.profile_id").Where("ap.user_id = ?", userID), now)
	err := db.NewSelect().Model(&rows).Where("p.id IN (?)", ids).OrderExpr("p.display_name, p.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the profiles of user %d: %w", userID, err)
	}
	return rows, nil
}

func selectRules(ctx context.Context, db bun.IDB, profile *string) ([]*Rule, error) {
	rules := []*Rule{}
	q := db.NewSelect().Model(&rules).Join("JOIN profile AS p ON p.id = ar.profile_id").OrderExpr("p.identifier, ar.identifier, ar.id")
	if profile != nil {
		q.Where("p.identifier = ?", *profile)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the access rules: %w", err)
	}
	return rules, completeRules(ctx, db, rules)
}

// completeRules adds profile, entries and filters.
func completeRules(ctx context.Context, db bun.IDB, rules []*Rule) error {
	if len(rules) == 0 {
		return nil
	}
	byID := make(map[int64]*Rule, len(rules))
	ids := make([]int64, len(rules))
	for i, r := range rules {
		byID[r.ID], ids[i] = r, r.ID
		r.Entries, r.Filters = []*Entry{}, []*Filter{}
	}
	profiles, err := selectProfiles(ctx, db)
	if err != nil {
		return err
	}
	profileByID := make(map[int64]*Profile, len(profiles))
	for _, p := range profiles {
		profileByID[p.ID] = p
	}
	for _, r := range rules {
		r.Profile = profileByID[r.ProfileID]
	}
	var entries []*Entry
	if err := db.NewSelect().Model(&entries).Where("ae.rule_id IN (?)", bun.List(ids)).OrderExpr("ae.id").Scan(ctx); err != nil {
		return fmt.Errorf("read the entries of access rules: %w", err)
	}
	for _, e := range entries {
		byID[e.RuleID].Entries = append(byID[e.RuleID].Entries, e)
	}
	var filters []*Filter
	if err := db.NewSelect().Model(&filters).Where("af.rule_id IN (?)", bun.List(ids)).OrderExpr("af.id").Scan(ctx); err != nil {
		return fmt.Errorf("read the filters of access rules: %w", err)
	}
	for _, f := range filters {
		byID[f.RuleID].Filters = append(byID[f.RuleID].Filters, f)
	}
	return nil
}

// selectProfileID gives the id of a profile; 0, which none has, if there is no such profile.
func selectProfileID(ctx context.Context, b bun.IDB, identifier string) (id int64, err error) {
	err = db.Select(ctx, b, bun.SafeQuery("select id from profile where identifier = ?", identifier), func(r *db.Row) error {
		id = r.Int()
		return nil
	})
	return id, err
}

// NamesOf gives the names to show of users by login name; one without such a name, or that is no user, is left out. The caller has seen
// the login names: rights are checked there.
func (s *Service) NamesOf(ctx context.Context, usernames []string) (map[string]*string, error) {
	var rows []struct{ Username, DisplayName string }
	err := s.DB.NewRaw("SELECT username, display_name FROM local_user WHERE username = any(?) AND display_name <> ''", pgdialect.Array(usernames)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the names of users: %w", err)
	}
	names := make(map[string]*string, len(rows))
	for _, r := range rows {
		names[r.Username] = &r.DisplayName
	}
	return names, nil
}
