package reconciliation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/order"
	"writ/server/permit"
)

// EventReset tells that the recognition of an account was taken back.
const EventReset = "account.recognition_reset"

// resetDecision is what bulk changes know the reset of a recognition by; it is no decision about a difference.
const resetDecision = "RESET"

// ResetRecognitionInput names accounts whose recognition is taken back.
type ResetRecognitionInput struct {
	Accounts []RecognizedAccountInput
	Filter   *RecognizedAccountFilter
	Comment  *string
}

// RecognizedAccountInput is one account, as the caller saw it.
type RecognizedAccountInput struct {
	ID      int64
	Version *string // nil: whatever it is by now
}

// ResetRecognitionPayload has one result per account, in the order given; for a filter the bulk change that carries it out.
type ResetRecognitionPayload struct {
	Results      []RecognitionResult
	BulkChangeID *int64
}

// RecognitionResult is what became of one account; Error is nil when its recognition was taken back.
type RecognitionResult struct {
	ID      int64
	Account *RecognizedAccount
	Error   *order.ItemError
}

// ResetRecognition lets rules say again whose accounts are, and what (role-model 5.5): decisions about that are over. It needs ReconciliateResources of
// the source entity type and the right to read the accounts, for more than one account MassReconciliateResources too. Each account stands for itself.
// With a filter the server goes through all that it finds now, and the payload has the bulk change to follow.
func (s *Service) ResetRecognition(ctx context.Context, in ResetRecognitionInput) (*ResetRecognitionPayload, error) {
	if err := s.MayList(ctx); err != nil {
		return nil, err
	}
	items := make([]ReconciliationItemInput, len(in.Accounts))
	seen := map[int64]string{}
	for i, a := range in.Accounts {
		items[i].ID = a.ID
		if a.Version != nil {
			seen[a.ID] = *a.Version
		}
	}
	if err := checkNamed(items, in.Filter != nil, text(in.Comment)); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	if err := s.catchUpFor(ctx, m, in, items); err != nil {
		return nil, err
	}
	if in.Filter != nil {
		id, err := s.Begin(ctx, Asked{Decision: resetDecision, Recognized: in.Filter, Comment: text(in.Comment)})
		if err != nil {
			return nil, err
		}
		return &ResetRecognitionPayload{Results: []RecognitionResult{}, BulkChangeID: &id}, nil
	}
	if m, err = s.Assignments.Model(ctx, s.DB); err != nil {
		return nil, err
	}
	may, err := recognized(ctx, m, len(items) > 1)
	if err != nil {
		return nil, err
	}
	failed, err := s.decideAll(ctx, accounts{s: s, m: m, may: may, seen: seen, comment: text(in.Comment)}, items)
	if errors.Is(err, assignment.ErrOvertaken) {
		return nil, errs.New(errs.Conflict, "An order was sent at this moment. Try again.")
	}
	if err != nil {
		return nil, err
	}
	list := make([]int64, len(items))
	p := &ResetRecognitionPayload{Results: make([]RecognitionResult, len(items))}
	for i, x := range items {
		list[i] = x.ID
	}
	visible, err := recognized(ctx, m, false)
	if err != nil {
		return nil, err
	}
	rows, err := s.readRecognized(ctx, s.DB, db.AllOf(bun.SafeQuery("x.id = any (?)", ids(list)), visible), len(list))
	if err != nil {
		return nil, err
	}
	if err := s.bringRules(ctx, m, rows); err != nil {
		return nil, err
	}
	if err := s.bringOwner(ctx, rows); err != nil {
		return nil, err
	}
	for i, x := range items {
		r := &p.Results[i]
		r.ID = x.ID
		if e := failed[x.ID]; e != nil {
			r.Error = &order.ItemError{Code: string(e.Kind), Message: e.Message}
		}
		if at := slices.IndexFunc(rows, func(row *RecognizedAccount) bool { return row.ID == x.ID }); at >= 0 {
			r.Account = rows[at]
		}
	}
	return p, nil
}

// catchUpFor makes the keys what they are now, so that whoever came just now is found too: for whoever may take back one of the accounts that are meant.
// What is refused writes nothing.
func (s *Service) catchUpFor(ctx context.Context, m *assignment.Model, in ResetRecognitionInput, items []ReconciliationItemInput) error {
	may, err := recognized(ctx, m, in.Filter != nil || len(items) > 1)
	if err != nil {
		return err
	}
	list := make([]int64, len(items))
	for i, x := range items {
		list[i] = x.ID
	}
	meant := bun.SafeQuery("x.id = any (?)", ids(list))
	if in.Filter != nil {
		if meant, err = in.Filter.condition(ctx, m); err != nil {
			return err
		}
	}
	rows, err := s.readRecognized(ctx, s.DB, db.AllOf(meant, may), 1)
	if err != nil || len(rows) == 0 {
		return err
	}
	return s.Assignments.CatchUp(ctx)
}

// refuseReset tells why the recognition of an account cannot be taken back; nil: it can.
func refuseReset(x *assignment.Recognized, own bool) *errs.Error {
	switch {
	case own:
		return errs.New(errs.Forbidden, "This is about you. Somebody else has to decide on it.").Of(x.TargetID)
	case x.HasOrder:
		return errs.New(errs.Conflict, "An order about this account is under way. Let it end, or decide about it, first.").Of(x.TargetID)
	case x.WorkflowState == evaluation.Cancellation || x.WorkflowState.Over():
		return errs.New(errs.InvalidTransition, "This account is to go: somebody decided so.").Of(x.TargetID)
	case x.OwnerID != nil && x.Asked():
		return errs.New(errs.InvalidTransition, "Its owner asked for this account, and got it. Whose it is was not said by rules.").Of(x.TargetID)
	default:
		return nil
	}
}

// accounts takes back the recognition of accounts. Ids are those of accounts.
type accounts struct {
	s       *Service
	m       *assignment.Model
	may     condition
	seen    map[int64]string // what the caller saw, where he says it
	comment string
}

func (d accounts) lock(ctx context.Context, tx bun.Tx, list []int64) error {
	_, _, err := d.s.Assignments.LockRecognized(ctx, tx, d.m, list)
	return err
}

func (d accounts) decide(ctx context.Context, tx bun.Tx, part []ReconciliationItemInput) (map[int64]*errs.Error, error) {
	list := make([]int64, len(part))
	failed := make(map[int64]*errs.Error, len(part))
	for i, x := range part {
		list[i] = x.ID
		failed[x.ID] = errs.Missing("There is no account %d, or it is not yours to decide about.", x.ID).Of(x.ID)
	}
	locked, found, err := d.s.Assignments.LockRecognized(ctx, tx, d.m, list)
	if err != nil {
		return nil, err
	}
	var mine []struct {
		ID     int64
		Seal   string
		IsSelf bool
	}
	caller := permit.From(ctx)
	if err := tx.NewRaw("select x.id, "+assignment.SeenAs+" as seal, not ?0 and a.owner_id is not null and not t.allow_own_decisions and is_same_person(?1, a.owner_id) as is_self from "+sqlRecognized+
		" where x.id = any (?2) and ?3", caller == nil || caller.System, permit.Name(ctx), ids(list), d.may).Scan(ctx, &mine); err != nil {
		return nil, fmt.Errorf("check the scope of accounts: %w", err)
	}
	var good []*assignment.Recognized
	for _, x := range locked {
		at := slices.IndexFunc(mine, func(k struct {
			ID     int64
			Seal   string
			IsSelf bool
		}) bool {
			return k.ID == x.TargetID
		})
		if at < 0 {
			continue
		}
		if seen, ok := d.seen[x.TargetID]; ok && seen != mine[at].Seal {
			failed[x.TargetID] = errs.New(errs.StaleItem, "This changed since you looked at it. Look again, then decide.").Of(x.TargetID)
			continue
		}
		if e := refuseReset(x, mine[at].IsSelf); e != nil {
			failed[x.TargetID] = e
			continue
		}
		delete(failed, x.TargetID)
		good = append(good, x)
	}
	if len(good) == 0 {
		return failed, nil
	}
	said := assignment.Decided{At: d.s.Clock.Now(), Actor: permit.Name(ctx), Decision: resetDecision, Comment: d.comment}
	if err := event.Publish(ctx, tx, said.At, d.told(said, good)...); err != nil {
		return nil, err
	}
	return failed, d.s.Assignments.Recognize(ctx, tx, d.m, said, good, found)
}

// told are the events: one per account, of whom it was.
func (d accounts) told(said assignment.Decided, list []*assignment.Recognized) []event.Event {
	out := make([]event.Event, len(list))
	for i, x := range list {
		data := map[string]any{"comment": said.Comment, "wasFrozen": x.IsFrozen}
		e := event.Event{Kind: EventReset, SubjectType: "resource", SubjectID: x.TargetID, Data: data}
		if t := d.m.ResourceType(x.ResourceTypeID); t != nil {
			data["resourceType"] = t.Identifier
			if source := d.m.Shape.EntityTypes[t.SourceEntityTypeID]; source != nil {
				e.SourceEntityType = source.Identifier
			}
		}
		if x.OwnerID != nil {
			e.OwnerID = *x.OwnerID
		}
		out[i] = e
	}
	return out
}

// ManyRecognized takes back the recognition of many accounts, one by one (server/bulk goes through them).
type ManyRecognized struct {
	accounts
	where condition
}

// ManyRecognized prepares it for the caller, with the rights that he has now.
func (s *Service) ManyRecognized(ctx context.Context, b bun.IDB, f *RecognizedAccountFilter, comment string) (*ManyRecognized, error) {
	m, err := s.Assignments.Model(ctx, b)
	if err != nil {
		return nil, err
	}
	may, err := recognized(ctx, m, true)
	if err != nil {
		return nil, err
	}
	narrowed, err := f.condition(ctx, m)
	if err != nil {
		return nil, err
	}
	return &ManyRecognized{accounts{s: s, m: m, may: may, comment: comment}, db.AllOf(may, narrowed)}, nil
}

// Select chooses the accounts: whose they are, which they are, and what they must still be taken for.
func (w *ManyRecognized) Select() schema.QueryWithArgs {
	return bun.SafeQuery("select x.id as id, coalesce(w.display_name, x.display_name) as name, coalesce(t.display_name || ': ', '') || x.display_name as about, "+assignment.SeenAs+" as seal from "+sqlRecognized+" where ?", w.where)
}

// Explained never refuses: a comment may be given.
func (w *ManyRecognized) Explained(context.Context, bun.Tx) error { return nil }

// One takes back the recognition of one account in the caller's transaction. refused: why not; STALE_ITEM when it is taken for something else by now.
func (w *ManyRecognized) One(ctx context.Context, tx bun.Tx, id int64, seal string) (before, after string, refused *errs.Error, err error) {
	is := func() (string, error) {
		rows, err := w.s.readRecognized(ctx, tx, db.AllOf(bun.SafeQuery("x.id = ?", id), w.may), 1)
		if err != nil || len(rows) == 0 {
			return "", err
		}
		return rows[0].words(), nil
	}
	if before, err = is(); err != nil {
		return "", "", nil, err
	}
	d := w.accounts
	d.seen = map[int64]string{id: seal}
	failed, err := w.s.decideApart(ctx, tx, d, []ReconciliationItemInput{{ID: id}})
	if err != nil || failed[id] != nil {
		return before, "", failed[id], err
	}
	after, err = is()
	return before, after, nil, err
}

// words say shortly what an account is taken for.
func (a *RecognizedAccount) words() string {
	who := map[RecognitionState]string{Nobodys: "nobody's", Undecided: "of one of several", Unrecognized: "not recognized"}[a.State]
	if a.Owner != nil {
		who = a.Owner.DisplayName
	}
	if a.State == Guessed {
		who += "?"
	}
	if a.ResourceTypeName != nil {
		who = *a.ResourceTypeName + ", " + who
	}
	if a.IsFrozen {
		who += ", decided by hand"
	}
	return who
}
