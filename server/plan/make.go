package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/queue"
)

// MakePlanInput is a change to think through.
type MakePlanInput struct {
	// Again is the number of a plan to propose the same as: all but Title and AsOf is left out then.
	Again *int64
	// Title says what it is for.
	Title *string
	// YAML is the configuration, as documents, concatenated. What it does not name stays as it is.
	YAML *string
	// Save and Delete say the same in place of YAML, Versions what was read: as manifest.ApplyConfigurationInput.
	Save     *manifest.Manifest
	Delete   []manifest.ObjectName
	Versions []manifest.ObjectVersion
	// Resources that would be made, changed and ended, as by directory.Service.Edit.
	CreateResources []directory.CreateResourceInput
	UpdateResources []directory.UpdateResourceInput
	DeleteResources []directory.DeleteResourceInput
	// AsOf is the instant that counts as now; nil: when it is computed.
	AsOf *time.Time
}

// MakePlanPayload is the plan as it begins.
type MakePlanPayload struct{ Plan *Plan }

// Bounds of what is kept.
const (
	maxTitle = 200
	maxOpen  = 20  // plans of one account that wait or are computed
	maxKept  = 200 // plans of one account at all
)

// Make keeps a change to think through, under a number, and lets the server compute what it would do. Needs permit.SimulationStart, the right to read
// objects of every kind that the configuration names, and to edit the resources. VALIDATION when it cannot be read, or a policy that it touches allows
// no simulations; CONFLICT when an object is at another version by now.
func (s *Service) Make(ctx context.Context, in MakePlanInput) (*MakePlanPayload, error) {
	p, err := s.begin(ctx, in, true)
	if err != nil {
		return nil, err
	}
	return &MakePlanPayload{p}, nil
}

// begin notes a plan. queued: a worker shall compute it; else the caller does.
func (s *Service) begin(ctx context.Context, in MakePlanInput, queued bool) (*Plan, error) {
	if _, err := permit.Require(ctx, permit.SimulationStart); err != nil {
		return nil, err
	}
	title := strings.TrimSpace(text(in.Title))
	if len([]rune(title)) > maxTitle {
		return nil, errs.Invalid("input.title", "A title has %d characters at most.", maxTitle)
	}
	what, err := s.proposalOf(ctx, &in)
	if err != nil {
		return nil, err
	}
	if err := s.mayPropose(ctx, what); err != nil {
		return nil, err
	}
	p := &Plan{Title: title, State: Queued, Actor: permit.Name(ctx), AsOf: in.AsOf}
	if a := permit.From(ctx); a != nil && a.UserID != 0 {
		p.UserID = &a.UserID
	}
	if title == "" {
		p.Title = what.title
	}
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := s.room(ctx, tx, p); err != nil {
			return err
		}
		if queued {
			if err := s.Manifest.CheckSimulation(ctx, tx, what.manifest, in.Versions); err != nil {
				return err
			}
		}
		fresh, err := db.NextIDs(ctx, tx, "plan", 1)
		if err != nil {
			return err
		}
		p.ID = fresh[0]
		sealed, err := s.Manifest.Keyring.Seal(SealedOf(fmt.Sprint(p.ID)), map[string]string{"yaml": what.YAML, "edits": raw(what.Edits)})
		if err != nil {
			return fmt.Errorf("seal the configuration of a plan: %w", err)
		}
		now := s.Clock.Now()
		if _, err := tx.NewRaw(`insert into plan (id, title, user_id, actor, configuration, as_of, created_at) overriding system value values (?, ?, ?, ?, ?, ?, ?)`,
			p.ID, p.Title, p.UserID, p.Actor, sealed, p.AsOf, now).Exec(ctx); err != nil {
			return fmt.Errorf("note a plan: %w", err)
		}
		if err := event.Publish(ctx, tx, now, changed(p)); err != nil {
			return err
		}
		if !queued {
			return nil
		}
		return queue.Insert(ctx, tx, RunArgs{PlanID: p.ID}, nil)
	})
	if err != nil {
		return nil, err
	}
	return s.get(ctx, s.DB, p.ID)
}

// room refuses more plans than somebody can look at. What goes on by itself is not bound.
func (s *Service) room(ctx context.Context, tx bun.Tx, p *Plan) error {
	if p.UserID == nil {
		return nil
	}
	var n struct{ Open, Kept int }
	if err := tx.NewRaw(`select count(*) filter (where state in ('QUEUED', 'RUNNING')) as open, count(*) as kept from plan where user_id = ?`, *p.UserID).Scan(ctx, &n); err != nil {
		return fmt.Errorf("count plans: %w", err)
	}
	switch {
	case n.Open >= maxOpen:
		return errs.New(errs.TooLarge, "%d plans of yours wait to be computed. Wait for them, or stop some.", n.Open)
	case n.Kept >= maxKept:
		return errs.New(errs.TooLarge, "You have %d plans. Delete those that you do not need any more.", n.Kept)
	}
	return nil
}

// SealedOf is the name that the sealed configuration of a plan is bound to.
func SealedOf(id string) string { return "plan/" + id }

func changed(p *Plan) event.Event {
	return event.Event{Kind: EventChanged, SubjectType: "plan", SubjectID: p.ID, Data: map[string]any{"state": p.State, "title": p.Title}}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func raw(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of ours
	}
	return string(b)
}
