package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

const columns = `id, title, state, user_id, actor, as_of, total, done, failure, created_at, ended_at, applied_at, applied_by, changes::text, edits::text, problems::text, summary::text, moved::text, fingerprint`

// PlanFilter chooses plans.
type PlanFilter struct {
	States []PlanState
	Mine   *bool // of the caller
}

// List gives a page of plans, the newest first. Needs permit.SimulationQuery.
func (s *Service) List(ctx context.Context, args page.Args, filter *PlanFilter) (*Connection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	if _, err := permit.Require(ctx, permit.SimulationQuery); err != nil {
		return nil, err
	}
	where := everything
	if filter != nil && len(filter.States) > 0 {
		where = db.AllOf(where, bun.SafeQuery("state in (?)", bun.List(filter.States)))
	}
	if filter != nil && filter.Mine != nil && *filter.Mine {
		where = db.AllOf(where, bun.SafeQuery("user_id = ?", permit.From(ctx).UserID))
	}
	count, err := page.CountRows(ctx, s.DB, bun.SafeQuery("plan where ?", where))
	if err != nil {
		return nil, fmt.Errorf("count plans: %w", err)
	}
	var at cursor
	more, err := args.Decode(&at)
	if err != nil {
		return nil, err
	}
	if more {
		where = db.AllOf(where, bun.SafeQuery("id < ?", at.ID))
	}
	rows, err := s.read(ctx, s.DB, where, args.First+1, "")
	if err != nil {
		return nil, err
	}
	return page.MakeCounted(rows, args, count, func(p *Plan) any { return cursor{ID: p.ID} }), nil
}

// cursor is where a page ended.
type cursor struct {
	ID     int64 `json:"i"`
	Effect int   `json:"e,omitempty"`
	At     int   `json:"n,omitempty"`
}

// Get gives one plan by its number; NotFound when there is none. Needs permit.SimulationQuery.
func (s *Service) Get(ctx context.Context, id int64) (*Plan, error) {
	if _, err := permit.Require(ctx, permit.SimulationQuery); err != nil {
		return nil, err
	}
	return s.get(ctx, s.DB, id, "")
}

func (s *Service) get(ctx context.Context, db bun.IDB, id int64, lock string) (*Plan, error) {
	rows, err := s.read(ctx, db, bun.SafeQuery("id = ?", id), 1, lock)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no plan %d.", id).Of(id)
	}
	return rows[0], nil
}

func (s *Service) read(ctx context.Context, db bun.IDB, where condition, limit int, lock string) ([]*Plan, error) {
	var rows []*struct {
		Plan
		Changes, Edits, Problems, Summary, Moved, Fingerprint string
	}
	if err := db.NewRaw(`select `+columns+` from plan where ? order by id desc limit ? ?`, where, limit, bun.Safe(lock)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read plans: %w", err)
	}
	list := make([]*Plan, len(rows))
	for i, r := range rows {
		list[i] = &r.Plan
		r.changes, r.edits, r.problems, r.summary, r.moved, r.fingerprint = json.RawMessage(r.Changes), json.RawMessage(r.Edits), json.RawMessage(r.Problems), json.RawMessage(r.Summary), json.RawMessage(r.Moved), r.Fingerprint
	}
	return list, nil
}

// Changes are the objects of a plan that would change, of the kinds that the caller may read.
func (s *Service) Changes(ctx context.Context, p *Plan) ([]*manifest.Change, error) {
	list, err := p.allChanges()
	if err != nil {
		return nil, fmt.Errorf("read the changes of plan %d: %w", p.ID, err)
	}
	return slices.DeleteFunc(list, func(c *manifest.Change) bool { return !manifest.MayReadKind(ctx, c.Kind) }), nil
}

// Edits are the resources that a plan would make, change or end: those that the caller may read.
func (s *Service) Edits(ctx context.Context, p *Plan) ([]*Edit, error) {
	var list []*Edit
	if err := json.Unmarshal(p.edits, &list); err != nil {
		return nil, fmt.Errorf("read the edits of plan %d: %w", p.ID, err)
	}
	ids := make([]int64, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	found, err := s.Directory.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(e *Edit) bool {
		if e.Action == manifest.Create {
			return !directory.MayReadAll(ctx, e.EntityType)
		}
		return found[e.ID] == nil || found[e.ID].IsHidden
	}), nil
}

// Problems are what stands against a plan, of the kinds that the caller may read.
func (s *Service) Problems(ctx context.Context, p *Plan) ([]*rolemodel.Problem, error) {
	list, err := p.allProblems()
	if err != nil {
		return nil, fmt.Errorf("read the problems of plan %d: %w", p.ID, err)
	}
	return pointers(manifest.ProblemsFor(ctx, list)), nil
}

// Overlap is another plan that changes one of the same objects.
type Overlap struct {
	ID    int64
	Title string
}

// Overlaps are other plans, not applied and not given up, that change one of the same objects; 20 at most.
func (s *Service) Overlaps(ctx context.Context, p *Plan) ([]*Overlap, error) {
	list := []*Overlap{}
	if err := s.DB.NewRaw(`select id, title from plan where id <> ?0 and state in ('FINISHED', 'APPLYING') and exists (
		select from jsonb_array_elements(plan.changes) a join plan o on o.id = ?0 cross join lateral jsonb_array_elements(o.changes) b
		where a ->> 'Kind' = b ->> 'Kind' and a ->> 'Identifier' = b ->> 'Identifier') order by id desc limit 20`, p.ID).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("look which plans change the same as plan %d: %w", p.ID, err)
	}
	return list, nil
}

// Moved are those for whom a plan that is out of date would do something else by now: of those whom the caller may see, 200 at most.
func (s *Service) Moved(ctx context.Context, p *Plan) ([]*Moved, error) {
	var list []*Moved
	if err := json.Unmarshal(p.moved, &list); err != nil {
		return nil, fmt.Errorf("read who moved of plan %d: %w", p.ID, err)
	}
	may, whole, err := s.visible(ctx)
	if err != nil || whole || len(list) == 0 {
		return list, err
	}
	ids := make([]int64, len(list))
	for i, m := range list {
		ids[i] = m.OwnerID
	}
	var seen []int64
	if err := s.DB.NewRaw(`select w.id from resource w cross join lateral (select w.entity_type_id as type_id) i where w.id = any (?) and ?`, array(ids), may).Scan(ctx, &seen); err != nil {
		return nil, fmt.Errorf("read who moved of plan %d: %w", p.ID, err)
	}
	return slices.DeleteFunc(list, func(m *Moved) bool { return !slices.Contains(seen, m.OwnerID) }), nil
}

// Summary is what a plan would do, in numbers.
type Summary struct {
	Sum
	HiddenPeople int // whom the caller may not see: counted, and in none of the other numbers
	Looked       int // how many people were computed
	Waiting      int // of them, who would be computed anyway: changes of theirs are part of this
	Seconds      float64
	Limits       []Limit // nil unless the caller sees everybody
	IsOverLimit  bool
	Mails        []Mail
	IsDated      bool
	IsImagined   bool // it edits what is read from a managed system
}

// Summary gives the numbers of a plan, of those whom the caller may see; nil as long as there are none.
func (s *Service) Summary(ctx context.Context, p *Plan) (*Summary, error) {
	if p.State == Queued || p.State == Running {
		return nil, nil
	}
	w, err := p.whole()
	if err != nil {
		return nil, fmt.Errorf("read the numbers of plan %d: %w", p.ID, err)
	}
	if w.Seconds == 0 { // it never came to numbers
		return nil, nil
	}
	out := &Summary{Sum: w.Sum, Looked: w.Looked, Waiting: w.Waiting, Seconds: w.Seconds, Limits: w.Limits, IsOverLimit: len(w.Limits) > 0, Mails: w.Mails, IsDated: w.Dated, IsImagined: w.Read}
	may, whole, err := s.visible(ctx)
	if err != nil || whole {
		return out, err
	}
	out.Sum, out.Limits, out.Mails = Sum{}, []Limit{}, []Mail{}
	if err := s.sum(ctx, p.ID, may, &out.Sum); err != nil {
		return nil, err
	}
	out.HiddenPeople = w.People - out.People
	return out, nil
}

// sum counts what the caller may see. An order is counted by the kind of its lines, once for each account.
func (s *Service) sum(ctx context.Context, id int64, may condition, into *Sum) error {
	err := s.DB.NewRaw(`select count(distinct owner_id) as people,
			count(*) filter (where kind = 'ROLE' and effect = 0) as roles_removed, count(*) filter (where kind = 'ROLE' and effect = 1) as roles_added,
			count(*) filter (where kind = 'ROLE' and effect = 2) as roles_changed,
			count(*) filter (where kind = 'ACCOUNT' and effect = 0) as accounts_removed, count(*) filter (where kind = 'ACCOUNT' and effect = 1) as accounts_added,
			count(*) filter (where kind = 'ACCOUNT' and effect = 2) as accounts_changed,
			count(distinct (owner_id, object)) filter (where order_kind = 'CREATE') as creations, count(distinct (owner_id, object)) filter (where order_kind = 'UPDATE') as updates,
			count(distinct (owner_id, object)) filter (where order_kind = 'DELETE') as deletions, count(distinct (owner_id, object)) filter (where order_kind = 'ASSOCIATE') as associations,
			count(*) filter (where kind = 'LINE') as lines,
			count(distinct (owner_id, object)) filter (where is_review) as reviews, count(distinct (owner_id, object)) filter (where is_manual and not is_review) as tickets,
			count(*) filter (where kind = 'DIFFERENCE' and effect = 1) as differences, count(*) filter (where kind = 'FAILURE') as failures
		from (select i.* from plan_item i join resource w on w.id = i.owner_id where i.plan_id = ? and ?) i`, id, may).Scan(ctx, into)
	if err != nil {
		return fmt.Errorf("count what plan %d would do: %w", id, err)
	}
	return nil
}

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
