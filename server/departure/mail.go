package departure

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/permit"
)

// Letter is the mail PersonDepartedNow (requests 15.1): at once, and nobody can do without it. Why somebody leaves is not in it.
type Letter struct {
	Name, Email string
	Key         string // the same key is the same mail
	PersonID    int64
	Person      string
	By          string // user name
	Accounts    int
	Tickets     int // accounts that an operator has to end
}

// post tells whoever leads the person, supervises requests for him, or carries out what no system does by itself. Nobody is told of what he did himself.
func (s *Service) post(ctx context.Context, tx bun.Tx, p *person, departure int64, accounts []*account, now time.Time) error {
	l := Letter{PersonID: p.ID, Person: p.DisplayName, By: permit.Name(ctx), Accounts: owned(accounts)}
	var err error
	if l.Tickets, err = s.tickets(ctx, tx, p.ID); err != nil {
		return err
	}
	told, err := s.told(ctx, tx, p, l.Tickets > 0, now)
	if err != nil {
		return err
	}
	done := map[string]bool{l.By: true}
	for _, h := range told {
		if h.Email == "" || done[h.Username] || h.ResourceID == p.ID {
			continue
		}
		done[h.Username] = true
		l.Name, l.Email, l.Key = h.DisplayName, h.Email, fmt.Sprintf("PersonDepartedNow/%d/%d", departure, h.UserID)
		if err := s.Post(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}

// tickets counts the accounts of a person that an operator ends.
func (s *Service) tickets(ctx context.Context, b bun.IDB, personID int64) (n int, err error) {
	var packages []string
	if err := b.NewRaw(`select n.package from assigned_resource_type a join resource_type t on t.id = a.resource_type_id join connection n on n.id = t.connection_id
		where a.owner_id = ? and a.valid_to = 'infinity' and not a.is_denied and a.resource_id is not null`, personID).Scan(ctx, &packages); err != nil {
		return 0, fmt.Errorf("count what an operator ends: %w", err)
	}
	for _, p := range packages {
		if s.Orders.IsManual(p) {
			n++
		}
	}
	return n, nil
}

// told are those who are to know that a person leaves.
func (s *Service) told(ctx context.Context, tx bun.Tx, p *person, manual bool, now time.Time) ([]access.Holder, error) {
	m, err := s.Assignments.Model(ctx, tx)
	if err != nil {
		return nil, err
	}
	t := m.Shape.EntityTypes[p.EntityTypeID]
	paths := []string{permit.For(permit.Supervise, t.Identifier)}
	if manual {
		paths = append(paths, permit.For(permit.ManualProvisioning, t.Identifier))
	}
	var out []access.Holder
	for _, path := range paths {
		holders, err := access.Holders(ctx, tx, path, now)
		if err != nil {
			return nil, err
		}
		if holders, err = access.Over(ctx, tx, m.Shape, holders, t, p.ID); err != nil {
			return nil, err
		}
		out = append(out, holders...)
	}
	leaders, err := access.LeadersOf(ctx, tx, m.Shape, []int64{p.ID})
	if err != nil {
		return nil, err
	}
	return append(out, leaders[p.ID]...), nil
}
