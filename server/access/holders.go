package access

import (
	"context"
	"time"

	"github.com/uptrace/bun"

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
	filters, err := selectFiltersOf(ctx, db, held)
	if err != nil {
		return nil, err
	}
	var holders []Holder
	overridden := false
	for _, h := range held { // rows of one user follow each other
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

func (h *held) holder() Holder {
	return Holder{
		UserID: h.UserID, Username: h.Username, DisplayName: h.DisplayName, Email: h.Email, ResourceID: h.ResourceID,
		Scope: permit.NewScope(&permit.Actor{
			UserID: h.UserID, Username: h.Username, Name: h.DisplayName, ResourceID: h.ResourceID,
		}),
	}
}
