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

// PlanFilter chooses plans.
type PlanFilter struct {
	States []PlanState
	Mine   *bool // of the caller
}

// MayLook refuses whoever may not see plans. Needs permit.SimulationQuery.
func (s *Service) MayLook(ctx context.Context) error {
	_, err := permit.Require(ctx, permit.SimulationQuery)
	return err
}

// List gives a page of plans, the newest first, with the fields that are asked for. Needs permit.SimulationQuery.
func (s *Service) List(ctx context.Context, args page.Args, filter *PlanFilter, fields page.Fields, total bool) (*Connection, error) {
	if _, err := permit.Require(ctx, permit.SimulationQuery); err != nil {
		return nil, err
	}
	where := page.All()
	if filter != nil && len(filter.States) > 0 {
		where = page.All(where, bun.SafeQuery("p.state in (?)", bun.List(filter.States)))
	}
	if filter != nil && filter.Mine != nil && *filter.Mine {
		where = page.All(where, bun.SafeQuery("p.user_id = ?", permit.From(ctx).UserID))
	}
	return plans.List(ctx, s.DB, args, fields, total, where, newest)
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
	return s.get(ctx, s.DB, id)
}

// get reads one plan whole.
func (s *Service) get(ctx context.Context, db bun.IDB, id int64) (*Plan, error) {
	rows, err := plans.Read(ctx, db, plans.Columns, bun.SafeQuery("p.id = ?", id), "p.id", 1)
	if err != nil {
		return nil, fmt.Errorf("read plan %d: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no plan %d.", id).Of(id)
	}
	return rows[0], nil
}

// mustExist is NotFound when there is no plan of that number.
func (s *Service) mustExist(ctx context.Context, id int64) error {
	rows, err := plans.Read(ctx, s.DB, plans.For(page.Fields{"id"}), bun.SafeQuery("p.id = ?", id), "p.id", 1)
	if err == nil && len(rows) == 0 {
		return errs.Missing("There is no plan %d.", id).Of(id)
	}
	return err
}

// getLocked is get of a plan that nobody else changes until the transaction ends.
func (s *Service) getLocked(ctx context.Context, tx bun.Tx, id int64) (*Plan, error) {
	if _, err := tx.NewRaw(`select from plan where id = ? for update`, id).Exec(ctx); err != nil {
		return nil, fmt.Errorf("lock plan %d: %w", id, err)
	}
	return s.get(ctx, tx, id)
}

// Changes are the objects of a plan that would change, of the kinds that the caller may read.
func (s *Service) Changes(ctx context.Context, p *Plan) ([]*manifest.Change, error) {
	list, err := p.allChanges()
	if err != nil {
		return nil, fmt.Errorf("read the changes of plan %d: %w", p.ID, err)
	}
	return slices.DeleteFunc(list, func(c *manifest.Change) bool { return !manifest.MayReadKind(ctx, c.Kind) }), nil
}

// Edits are, of each plan, the resources that it would make, change or end: those that the caller may read.
func (s *Service) Edits(ctx context.Context, plans []*Plan) (map[*Plan][]*Edit, error) {
	found := make(map[*Plan][]*Edit, len(plans))
	var ids []int64
	for _, p := range plans {
		var list []*Edit
		if err := json.Unmarshal(p.edits, &list); err != nil {
			return nil, fmt.Errorf("read the edits of plan %d: %w", p.ID, err)
		}
		for _, e := range list {
			if e.Action != manifest.Create {
				ids = append(ids, e.ID)
			}
		}
		found[p] = list
	}
	readable, err := s.Directory.ReadableOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for p, list := range found {
		found[p] = slices.DeleteFunc(list, func(e *Edit) bool {
			if e.Action == manifest.Create {
				return !directory.MayReadAll(ctx, e.EntityType)
			}
			return !readable[e.ID]
		})
	}
	return found, nil
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

// maxOverlaps is how many overlaps of a plan are told.
const maxOverlaps = 20

// Overlaps are, of each plan, other ones, not applied and not given up, that change one of the same objects; 20 at most, the newest first.
func (s *Service) Overlaps(ctx context.Context, plans []*Plan) (map[*Plan][]*Overlap, error) {
	ids := make([]int64, len(plans))
	for i, p := range plans {
		ids[i] = p.ID
	}
	of := make(map[int64][]*Overlap, len(plans))
	err := db.Select(ctx, s.DB, bun.SafeQuery(`select p.id, o.id, o.title from plan p cross join lateral (
			select o.id, o.title from plan o where o.id <> p.id and o.state in ('FINISHED', 'APPLYING') and o.objects && p.objects order by o.id desc limit ?) o
		where p.id = any (?) order by p.id, o.id desc`, db.Fixed(maxOverlaps), array(ids)), func(r *db.Row) error {
		id := r.Int()
		of[id] = append(of[id], &Overlap{ID: r.Int(), Title: r.Text()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look which plans change the same: %w", err)
	}
	found := make(map[*Plan][]*Overlap, len(plans))
	for _, p := range plans {
		found[p] = of[p.ID]
	}
	return found, nil
}

// Moved are, of each plan that is out of date, those for whom it would do something else by now: of those whom the caller may see, 200 at most.
func (s *Service) Moved(ctx context.Context, plans []*Plan) (map[*Plan][]*Moved, error) {
	found := make(map[*Plan][]*Moved, len(plans))
	var ids []int64
	for _, p := range plans {
		var list []*Moved
		if err := json.Unmarshal(p.moved, &list); err != nil {
			return nil, fmt.Errorf("read who moved of plan %d: %w", p.ID, err)
		}
		for _, m := range list {
			ids = append(ids, m.OwnerID)
		}
		found[p] = list
	}
	may, whole, err := s.visible(ctx)
	if err != nil || whole || len(ids) == 0 {
		return found, err
	}
	seen := map[int64]bool{}
	err = db.Select(ctx, s.DB, bun.SafeQuery(`select w.id from resource w cross join lateral (select w.entity_type_id as type_id) i where w.id = any (?) and ?`, array(ids), may), func(r *db.Row) error {
		seen[r.Int()] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read who moved: %w", err)
	}
	for p, list := range found {
		found[p] = slices.DeleteFunc(list, func(m *Moved) bool { return !seen[m.OwnerID] })
	}
	return found, nil
}

// Summary is what a plan would do, in numbers.
type Summary struct {
	Sum
	HiddenPeople int // whom the caller may not see: counted, and in none of the other numbers
	Looked       int // how many people were computed
	Waiting      int // of them, who would be computed anyway: changes of theirs are part of this
	Automatic    int // decisions that automation rules would make at once: no part of this
	Seconds      float64
	Limits       []Limit // nil unless the caller sees everybody
	IsOverLimit  bool
	Mails        []Mail
	IsDated      bool
	IsImagined   bool // it edits what is read from a managed system
}

// Summaries are the numbers of plans, of those whom the caller may see; none of a plan as long as there are none.
func (s *Service) Summaries(ctx context.Context, plans []*Plan) (map[*Plan]*Summary, error) {
	found := make(map[*Plan]*Summary, len(plans))
	for _, p := range plans {
		if p.State == Queued || p.State == Running {
			continue
		}
		w, err := p.whole()
		if err != nil {
			return nil, fmt.Errorf("read the numbers of plan %d: %w", p.ID, err)
		}
		if w.Seconds == 0 { // it never came to numbers
			continue
		}
		found[p] = &Summary{Sum: w.Sum, Looked: w.Looked, Waiting: w.Waiting, Automatic: w.Automatic, Seconds: w.Seconds, Limits: w.Limits, IsOverLimit: len(w.Limits) > 0, Mails: w.Mails, IsDated: w.Dated, IsImagined: w.Read}
	}
	may, whole, err := s.visible(ctx)
	if err != nil || whole || len(found) == 0 {
		return found, err
	}
	sums, err := s.sums(ctx, found, may)
	if err != nil {
		return nil, err
	}
	for p, out := range found {
		people := out.People
		out.Sum, out.Limits, out.Mails, out.Automatic = sums[p.ID], []Limit{}, []Mail{}, 0
		out.HiddenPeople = people - out.People
	}
	return found, nil
}

// sums counts what the caller may see of plans, by their numbers. An order is counted by the kind of its lines, once for each account.
func (s *Service) sums(ctx context.Context, of map[*Plan]*Summary, may condition) (map[int64]Sum, error) {
	ids := make([]int64, 0, len(of))
	for p := range of {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	var rows []struct {
		PlanID int64
		Sum
	}
	err := s.DB.NewRaw(`select i.plan_id, count(distinct owner_id) as people,
			count(*) filter (where kind = 'ROLE' and effect = 0) as roles_removed, count(*) filter (where kind = 'ROLE' and effect = 1) as roles_added,
			count(*) filter (where kind = 'ROLE' and effect = 2) as roles_changed,
			count(*) filter (where kind = 'ACCOUNT' and effect = 0) as accounts_removed, count(*) filter (where kind = 'ACCOUNT' and effect = 1) as accounts_added,
			count(*) filter (where kind = 'ACCOUNT' and effect = 2) as accounts_changed,
			count(distinct (owner_id, object)) filter (where order_kind = 'CREATE') as creations, count(distinct (owner_id, object)) filter (where order_kind = 'UPDATE') as updates,
			count(distinct (owner_id, object)) filter (where order_kind = 'DELETE') as deletions, count(distinct (owner_id, object)) filter (where order_kind = 'ASSOCIATE') as associations,
			count(*) filter (where kind = 'LINE') as lines,
			count(distinct (owner_id, object)) filter (where is_review) as reviews, count(distinct (owner_id, object)) filter (where is_manual and not is_review) as tickets,
			count(*) filter (where kind = 'DIFFERENCE' and effect = 1) as differences, count(*) filter (where kind = 'FAILURE') as failures
		from (select i.* from plan_item i join resource w on w.id = i.owner_id where i.plan_id = any (?) and ?) i group by i.plan_id`, array(ids), may).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count what plans would do: %w", err)
	}
	sums := make(map[int64]Sum, len(rows))
	for _, r := range rows {
		sums[r.PlanID] = r.Sum
	}
	return sums, nil
}

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
