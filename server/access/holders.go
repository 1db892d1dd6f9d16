package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/directory"
	"writ/server/permit"
)

// Holder is a person who is told about something, and what of it concerns them.
type Holder struct {
	UserID      int64
	Username    string
	DisplayName string
	Email       string // "" when nobody knows an address: no mail can be sent
	ResourceID  int64  // 0: the account belongs to nobody in the directory
	Scope       permit.Scope
}

// Holders gives the recipients of a permission's mail (spec 10.4): holders, valid at now, of an entry with exactly that path, CanExecute
// and Notify. An entry on a parent path gives the right and no mail, and takes nothing away from a full path beside it. One entry per
// user, by user name: several entries or profiles add up their scopes. Address: the assigned profile's, else the person's mail property
// in the directory, else the account's. Two statements.
func Holders(ctx context.Context, db bun.IDB, permission string, now time.Time) ([]Holder, error) {
	held, err := selectHeld(ctx, db, now, notifiedOf(permit.Normalise(permission)))
	if err != nil {
		return nil, err
	}
	return merge(ctx, db, held)
}

// Executors gives everybody who may use a permission, with what it opens to them: holders, valid at now, of an entry with CanExecute on the path or on
// an ancestor of it. One entry per user, by user name. Two statements.
func Executors(ctx context.Context, db bun.IDB, permission string, now time.Time) ([]Holder, error) {
	held, err := selectHeld(ctx, db, now, executing(ancestors(permit.Normalise(permission))))
	if err != nil {
		return nil, err
	}
	return merge(ctx, db, held)
}

// ancestors are the paths that open a permission: itself, and all above it.
func ancestors(path string) []string {
	list := []string{"/", path}
	for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
		list = append(list, path[:i])
	}
	return list
}

// merge makes one holder of the rows of a user, which follow each other.
func merge(ctx context.Context, db bun.IDB, held []*held) ([]Holder, error) {
	filters, err := selectFiltersOf(ctx, db, held)
	if err != nil {
		return nil, err
	}
	var holders []Holder
	overridden := false
	for _, h := range held {
		if n := len(holders); n == 0 || holders[n-1].UserID != h.UserID {
			holders = append(holders, h.holder())
			overridden = false
		}
		last := &holders[len(holders)-1]
		if h.EmailOverride != "" && !overridden {
			last.Email, overridden = h.EmailOverride, true
		}
		actor := last.Scope.Actor()
		actor.Grants = append(actor.Grants, h.grant(filters[h.RuleID]))
		last.Scope = permit.NewScope(actor, actor.Grants...)
	}
	return holders, nil
}

// Over leaves of holders those whose scope opens one resource, read as a scope on owners. One statement, whatever their number.
func Over(ctx context.Context, b bun.IDB, shape *directory.Shape, holders []Holder, t *directory.EntityType, resourceID int64) ([]Holder, error) {
	var found []Holder
	var asked []schema.QueryWithArgs
	var of []int
	for i, h := range holders {
		scope := h.Scope.OfOwners()
		switch {
		case scope.All(t.Identifier):
			found = append(found, h)
		case scope.On(t.Identifier).Allowed():
			asked, of = append(asked, bun.SafeQuery("select ?::int as n where ?", i, directory.Rows(shape, t.ID, "w", scope))), append(of, i)
		}
	}
	if len(asked) == 0 {
		return found, nil
	}
	all := asked[0]
	for _, q := range asked[1:] {
		all = bun.SafeQuery("? union all ?", all, q)
	}
	var opens []int
	if err := b.NewRaw("select k.n from resource w cross join lateral (?) k where w.id = ? order by 1", all, resourceID).Scan(ctx, &opens); err != nil {
		return nil, fmt.Errorf("look whose scope opens a resource: %w", err)
	}
	for i, h := range holders {
		if slices.Contains(of, i) && slices.Contains(opens, i) {
			found = append(found, h)
		}
	}
	slices.SortFunc(found, func(a, b Holder) int { return strings.Compare(a.Username, b.Username) })
	return found, nil
}

func (h *held) holder() Holder {
	return Holder{
		UserID: h.UserID, Username: h.Username, DisplayName: h.DisplayName, Email: h.Email, ResourceID: h.ResourceID,
		Scope: permit.NewScope(&permit.Actor{
			UserID: h.UserID, Username: h.Username, Name: h.DisplayName, ResourceID: h.ResourceID,
		}),
	}
}
