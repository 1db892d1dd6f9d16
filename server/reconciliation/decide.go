package reconciliation

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Kinds of the events that this room publishes.
const (
	EventDecided = "gap.decided"
	EventAdopted = "account.adopted"
	EventRole    = "found_role.decided"
	// EventReviewed tells of a decision about a prolonged role.
	EventReviewed = "prolonged_role.decided"
)

// rule is one row of the table of decisions: what a decision is about, and whether it has to be explained.
type rule struct {
	decision Decision
	value    bool  // about a value
	account  bool  // about an account
	role     bool  // about a found role
	owned    bool  // only where the owner is known and there, or is named with the decision
	comment  about // which setting of the policy says whether it takes a comment (role-model 2.2)
	done     string
}

// about is which setting of a policy says whether a decision takes a comment.
type about int

const (
	nothing  about = iota // a comment may always be given
	keeping               // of what was found: it stays
	refusing              // it goes, or gives way to what is computed
)

// of gives the setting of a policy.
func (a about) of(c rolemodel.Comments) rolemodel.CommentMode {
	switch a {
	case keeping:
		return c.CommentActivationOnKeepGapInReconciliation
	case refusing:
		return c.CommentActivationOnDeleteGapInReconciliation
	default:
		return rolemodel.CommentOptional
	}
}

// rules is THE table of what may be decided about what (role-model 13.1 to 13.3, 13.5). What is not in it is refused.
var rules = []rule{
	{decision: UseProposed, value: true, comment: refusing, done: "the proposed value is used"},
	{decision: KeepCurrent, value: true, comment: keeping, done: "the current value is kept"},
	{decision: Authorize, account: true, owned: true, comment: keeping, done: "the account is authorized"},
	{decision: AuthorizeWithoutOwner, account: true, comment: keeping, done: "the account is authorized without an owner"},
	{decision: DeleteAccount, account: true, comment: refusing, done: "the account is to be deleted"},
	{decision: Postpone, value: true, account: true, role: true, done: "it is postponed"},
	{decision: TakeUpAgain, value: true, account: true, role: true, done: "it waits for a decision again"},
	{decision: KeepRole, role: true, comment: keeping, done: "the role is kept"},
	{decision: RemoveRole, role: true, comment: refusing, done: "the role is to be removed"},
}

// may reports whether the decision can be made about a value or an account, of an owner who is there, that is postponed or not.
func (r rule) may(value, owned, postponed bool) bool {
	switch {
	case r.decision == TakeUpAgain:
		return postponed
	case r.decision == Postpone && postponed:
		return false
	case value:
		return r.value
	default:
		return r.account && (owned || !r.owned)
	}
}

// mayRole reports whether the decision can be made about a found role in a state, that is postponed or not: an open one, or against an older decision.
func (r rule) mayRole(state evaluation.Workflow, postponed bool) bool {
	open := state == evaluation.NonConforming || state == evaluation.PreExisting
	switch r.decision {
	case TakeUpAgain:
		return open && postponed
	case Postpone:
		return open && !postponed
	case KeepRole:
		return open || state == evaluation.Cancellation
	case RemoveRole:
		return open || state == evaluation.Approved
	default:
		return false
	}
}

func ruleOf(d Decision) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.decision == d })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

// DecideReconciliationInput names differences and what is decided about all of them.
type DecideReconciliationInput struct {
	Items    []ReconciliationItemInput
	Filter   *ReconciliationFilter
	Decision Decision
	OwnerID  *int64
	Comment  *string
}

// ReconciliationItemInput is one difference, as the caller saw it.
type ReconciliationItemInput struct {
	ID      int64
	Version *int // nil: whatever it is by now
}

// DecideReconciliationPayload has one result per difference, in the order given; for a filter the bulk change that carries it out.
type DecideReconciliationPayload struct {
	Results      []ReconciliationResult
	BulkChangeID *int64
}

// ReconciliationResult is what became of one difference; Error is nil when it was decided.
type ReconciliationResult struct {
	ID    int64
	Item  *Item
	Error *order.ItemError
}

// batch is how many differences one transaction decides: each batch stands for itself.
const batch = 100

// maxItems bounds the differences named one by one; maxComment a comment, in characters.
const maxItems, maxComment = 500, 2000

// Decide decides about differences. It needs ReconciliateResources of the source entity type and the right to read the accounts, for more than one
// difference MassReconciliateResources too. Each difference stands for itself: its result says what went wrong with it. With a filter the server
// goes through all that it finds now, and the payload has the bulk change to follow.
func (s *Service) Decide(ctx context.Context, in DecideReconciliationInput) (*DecideReconciliationPayload, error) {
	if err := s.MayList(ctx); err != nil {
		return nil, err
	}
	r, err := in.check()
	if err != nil {
		return nil, err
	}
	if in.Filter != nil {
		filter := *in.Filter
		switch {
		case r.decision == TakeUpAgain:
			filter.Postponed = new(true)
		case r.decision == Postpone:
			filter.Postponed = new(false)
		}
		id, err := s.Begin(ctx, Asked{Decision: r.decision, Differences: &filter, Comment: text(in.Comment)})
		return &DecideReconciliationPayload{Results: []ReconciliationResult{}, BulkChangeID: &id}, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := rights(ctx, m, len(in.Items) > 1)
	if err != nil {
		return nil, err
	}
	if r.isAlwaysExplained(m) {
		if _, e := rolemodel.CommentRequired.Take(text(in.Comment)); e != nil {
			return nil, e
		}
	}
	failures, err := s.decideAll(ctx, differences{s: s, m: m, may: may, rule: r, comment: text(in.Comment), chosen: chosenOf(in.OwnerID)}, in.Items)
	if err != nil {
		return nil, err
	}
	return s.results(ctx, in.Items, failures)
}

func chosenOf(ownerID *int64) int64 {
	if ownerID == nil {
		return 0
	}
	return *ownerID
}

// decider decides about subjects of one kind that are named: differences, or found roles.
type decider interface {
	// decide decides about some in the caller's transaction, under the locks that computations of their owners take, so that none of them goes by what
	// was so before. It gives what went wrong, by id.
	decide(ctx context.Context, tx bun.Tx, part []ReconciliationItemInput) (map[int64]*errs.Error, error)
	// lock takes all their locks at once, in the order in which computations take them.
	lock(ctx context.Context, tx bun.Tx, list []int64) error
}

// decideAll decides about those that are named, in batches that stand for themselves.
func (s *Service) decideAll(ctx context.Context, d decider, items []ReconciliationItemInput) (map[int64]*errs.Error, error) {
	failures := map[int64]*errs.Error{}
	for part := range slices.Chunk(items, batch) {
		if err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			failed, err := s.decideApart(ctx, tx, d, part)
			maps.Copy(failures, failed)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return failures, nil
}

// rights is the condition of what the caller may decide about; many: more than one at once.
func rights(ctx context.Context, m *assignment.Model, many bool) (condition, error) {
	may, err := need(ctx, m, "g.resource_type_id", single)
	if err != nil || !many {
		return may, err
	}
	more, err := need(ctx, m, "g.resource_type_id", mass)
	return db.AllOf(may, more), err
}

func (in DecideReconciliationInput) check() (rule, error) {
	r, err := checkAsked(in.Decision, in.Items, in.Filter != nil, text(in.Comment))
	switch {
	case err != nil:
		return r, err
	case !r.value && !r.account:
		return r, errs.Invalid("input.decision", "%s is about roles.", in.Decision)
	case in.Filter != nil && len(in.Filter.IDs) > 0:
		return r, errs.Invalid("input.filter.ids", "Name differences as items, not in a filter.")
	case in.OwnerID != nil && in.Decision != Authorize:
		return r, errs.Invalid("input.ownerId", "An owner is chosen with AUTHORIZE only.")
	case in.OwnerID != nil && in.Filter != nil:
		return r, errs.Invalid("input.ownerId", "An owner is chosen for accounts that are named one by one, not for all of a filter.")
	}
	return r, nil
}

// checkAsked checks what decisions about differences and about roles have in common.
func checkAsked(decision Decision, items []ReconciliationItemInput, byFilter bool, comment string) (rule, error) {
	r, ok := ruleOf(decision)
	if !ok {
		return r, errs.Invalid("input.decision", "There is no decision %s.", decision)
	}
	return r, checkNamed(items, byFilter, comment)
}

// decideApart is decide for a part of which some may be impossible to decide: when the database refuses what one of them brings, that one fails with the
// reason, and the others are decided.
func (s *Service) decideApart(ctx context.Context, tx bun.Tx, d decider, part []ReconciliationItemInput) (map[int64]*errs.Error, error) {
	failed := make(map[int64]*errs.Error, len(part))
	work := func(tx bun.Tx, some []ReconciliationItemInput) error {
		list, err := d.decide(ctx, tx, some)
		if err == nil {
			maps.Copy(failed, list)
		}
		return err
	}
	err := db.Inside(ctx, tx, func(_ context.Context, tx bun.Tx) error { return work(tx, part) })
	if err == nil || !db.IsOfData(err) {
		return failed, err
	}
	list := make([]int64, len(part))
	for i, x := range part {
		list[i] = x.ID
	}
	// all locks at once, in the order in which computations take them: the parts would take them in another one
	if err := d.lock(ctx, tx, list); err != nil {
		return nil, err
	}
	return failed, db.ApartIn(ctx, tx, part, work, func(_ bun.Tx, one ReconciliationItemInput, cause error) error {
		s.Log.ErrorContext(ctx, "cannot be decided", "id", one.ID, "error", cause)
		failed[one.ID] = errs.Invalid("", "The database cannot store this decision: %s", db.Clip(errs.Text(db.Explain(cause)), 500)).Of(one.ID)
		return nil
	})
}

// differences decides about gaps.
type differences struct {
	s       *Service
	m       *assignment.Model
	may     condition
	rule    rule
	comment string
	chosen  int64 // the owner that accounts get; 0: they keep the one they have
	byRule  bool  // an automation rule decides: its name is the comment, whatever the settings ask of people
}

func (d differences) lock(ctx context.Context, tx bun.Tx, list []int64) error {
	_, err := assignment.LockDifferences(ctx, tx, list, d.chosen)
	return err
}

func (d differences) decide(ctx context.Context, tx bun.Tx, part []ReconciliationItemInput) (map[int64]*errs.Error, error) {
	wanted, list := map[int64]*int{}, make([]int64, len(part))
	failed := make(map[int64]*errs.Error, len(part))
	for i, x := range part {
		wanted[x.ID], list[i] = x.Version, x.ID
		failed[x.ID] = errs.Missing("There is no difference %d, or it is not yours to decide about.", x.ID).Of(x.ID)
	}
	found, err := assignment.LockDifferences(ctx, tx, list, d.chosen)
	if err != nil {
		return nil, err
	}
	o, err := look(ctx, tx, d.may, list, d.chosen)
	if err != nil {
		return nil, err
	}
	good := map[string][]*assignment.Difference{}
	for _, x := range found {
		if !o.mine[x.ID] {
			continue
		}
		err := o.refuse(d.rule, x, wanted[x.ID])
		said := ""
		if d.byRule {
			said = d.comment
		} else if err == nil {
			if said, err = d.rule.comment.of(commentsOf(d.m, x.ResourceTypeID)).Take(d.comment); err != nil {
				err = err.Of(x.ID)
			}
		}
		if failed[x.ID] = err; err == nil {
			delete(failed, x.ID)
			good[said] = append(good[said], x)
		}
	}
	for _, said := range slices.Sorted(maps.Keys(good)) { // the comment, and none where the policy keeps none
		decided := assignment.Decided{At: d.s.Clock.Now(), Actor: permit.Name(ctx), Decision: string(d.rule.decision), Comment: said}
		if err := d.carryOut(ctx, tx, decided, good[said]); err != nil {
			return nil, err
		}
	}
	return failed, nil
}

// commentsOf gives the settings about comments of a resource type: those of its policy.
func commentsOf(m *assignment.Model, resourceTypeID int64) rolemodel.Comments {
	if t := m.ResourceType(resourceTypeID); t != nil {
		if p := m.Policy(t.PolicyID); p != nil {
			return p.Comments
		}
	}
	return rolemodel.Comments{CommentActivationOnDeleteGapInReconciliation: rolemodel.CommentOptional, CommentActivationOnKeepGapInReconciliation: rolemodel.CommentRequired}
}

// isAlwaysExplained reports whether the decision needs a comment whatever it is about: then it is refused as a whole without one.
func (r rule) isAlwaysExplained(m *assignment.Model) bool {
	for _, t := range m.Source.ResourceTypes {
		if r.comment.of(commentsOf(m, t.ID)) != rolemodel.CommentRequired {
			return false
		}
	}
	return len(m.Source.ResourceTypes) > 0
}

// outlook is what the caller may do about differences, and about himself.
type outlook struct {
	mine, own map[int64]bool
	chosen    int64
	fits      map[int64]bool // the chosen owner may have the account
	isChooser map[int64]bool // the chosen owner is the caller himself
}

func look(ctx context.Context, tx bun.Tx, may condition, list []int64, chosen int64) (*outlook, error) {
	d := &outlook{mine: map[int64]bool{}, fits: map[int64]bool{}, isChooser: map[int64]bool{}, chosen: chosen}
	named := db.AllOf(bun.SafeQuery("g.id = any (?)", ids(list)), may)
	var mine []int64
	if err := tx.NewRaw("select g.id from "+items.Tables(named)+" where ?", named).Scan(ctx, &mine); err != nil {
		return nil, fmt.Errorf("check the scope of differences: %w", err)
	}
	for _, id := range mine {
		d.mine[id] = true
	}
	var err error
	if d.own, err = selectOwn(ctx, tx, mine); err != nil || chosen == 0 {
		return d, err
	}
	var fits []struct {
		ID     int64
		IsSelf bool
	}
	caller := permit.From(ctx)
	err = tx.NewRaw(`select g.id, not ?0 and not t.allow_own_decisions and is_same_person(?1, w.id) as is_self
		from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id join resource_type t on t.id = g.resource_type_id
			join resource w on w.id = ?2 and w.valid_to = 'infinity' and w.entity_type_id = t.source_entity_type_id left join resource x on x.id = a.resource_id
		where g.id = any (?3) and ?4`, caller == nil || caller.System, permit.Name(ctx), chosen, ids(mine), may).Scan(ctx, &fits)
	if err != nil {
		return nil, fmt.Errorf("check the chosen owner: %w", err)
	}
	for _, f := range fits {
		d.fits[f.ID], d.isChooser[f.ID] = true, f.IsSelf
	}
	return d, nil
}

// refuse tells why a decision cannot be made about a difference; nil: it can.
func (d *outlook) refuse(r rule, x *assignment.Difference, version *int) *errs.Error {
	known := x.OwnerID != nil && !x.IsOwnerGone
	switch {
	case x.ClosedAt != nil && x.DecidedBy != nil:
		done, _ := ruleOf(Decision(text(x.Decision)))
		return errs.New(errs.StaleItem, "%s decided about this meanwhile: %s.", *x.DecidedBy, done.done).Of(x.ID)
	case x.ClosedAt != nil:
		return errs.New(errs.StaleItem, "This difference is gone: it was mended, or something else takes its place.").Of(x.ID)
	case version != nil && *version != x.Version:
		return errs.New(errs.StaleItem, "This changed since you looked at it. Look again, then decide.").Of(x.ID)
	case d.own[x.ID]:
		return errs.New(errs.Forbidden, "This is about you. Somebody else has to decide on it.").Of(x.ID)
	case !r.may(x.Property != nil, known || d.chosen != 0, x.PostponedAt != nil):
		return errs.New(errs.InvalidTransition, "%s", r.unfit(x, known)).Of(x.ID)
	case d.chosen != 0 && !d.fits[x.ID]:
		return errs.Invalid("input.ownerId", "There is no such owner for this account, or he is not yours to decide about.").Of(x.ID)
	case d.isChooser[x.ID]:
		return errs.New(errs.Forbidden, "You cannot make an account your own. Somebody else has to decide on it.").Of(x.ID)
	case x.HasOrder && x.Property == nil && r.account && r.decision != Postpone && r.decision != TakeUpAgain:
		return errs.New(errs.Conflict, "An order about this account is still under way. Decide when it has ended.").Of(x.ID)
	}
	return nil
}

// unfit says why a decision is none for a difference.
func (r rule) unfit(x *assignment.Difference, known bool) string {
	switch {
	case r.decision == TakeUpAgain:
		return "This is not postponed."
	case r.decision == Postpone:
		return "This is postponed already."
	case x.Property != nil:
		return "This is about a value: use the proposed one, keep the current one, or postpone it."
	case r.value:
		return "This is about an account: authorize it, delete it, or postpone it."
	case !known:
		return "This account has no owner. Choose one, authorize it without an owner, or delete it."
	default:
		return "This cannot be decided so."
	}
}

// carryOut does what a decision means, tells of it, and asks for the computation of whom it concerns.
func (d differences) carryOut(ctx context.Context, tx bun.Tx, said assignment.Decided, list []*assignment.Difference) error {
	var err error
	var events []event.Event
	switch d.rule.decision {
	case UseProposed, KeepCurrent:
		events, err = d.settleValues(ctx, tx, said, list)
	case Postpone, TakeUpAgain:
		err = assignment.Postpone(ctx, tx, said, d.rule.decision == Postpone, list)
	case DeleteAccount:
		err = d.s.Assignments.RefuseAccounts(ctx, tx, said, list)
	case Authorize:
		err = d.s.authorize(ctx, tx, said, d.chosen, list)
	case AuthorizeWithoutOwner:
		err = d.s.release(ctx, tx, said, list)
	}
	if err != nil {
		return err
	}
	if err := event.Publish(ctx, tx, said.At, append(d.s.told(d.m, said, d.chosen, list), events...)...); err != nil {
		return err
	}
	owners := []int64{}
	for _, x := range list {
		if x.OwnerID != nil {
			owners = append(owners, *x.OwnerID)
		}
	}
	if d.chosen != 0 {
		owners = append(owners, d.chosen)
	}
	slices.Sort(owners)
	return assignment.MarkDirty(ctx, tx, "reconciled", slices.Compact(owners)...)
}

// settleValues decides about values, and in the same way about the roles that were read from them (13.2): all of them follow. It gives the events of
// the roles.
func (d differences) settleValues(ctx context.Context, tx bun.Tx, said assignment.Decided, list []*assignment.Difference) ([]event.Event, error) {
	gaps := make([]int64, len(list))
	for i, x := range list {
		gaps[i] = x.ID
	}
	byGap, err := assignment.FoundRolesOf(ctx, tx, gaps)
	if err != nil {
		return nil, err
	}
	keep := d.rule.decision == KeepCurrent
	if keep {
		err = assignment.KeepValues(ctx, tx, said, list)
	} else {
		err = assignment.TakeProposed(ctx, tx, said, list)
	}
	if err != nil || len(byGap) == 0 {
		return nil, err
	}
	var found []int64
	for _, rows := range byGap {
		found = append(found, rows...)
	}
	slices.Sort(found)
	roles, err := assignment.LockFoundRoles(ctx, tx, slices.Compact(found))
	if err != nil {
		return nil, err
	}
	roles, err = assignment.SettleRoles(ctx, tx, said, keep, roles)
	if err != nil {
		return nil, err
	}
	if said.Decision = string(RemoveRole); keep {
		said.Decision = string(KeepRole)
	}
	return toldOfRoles(d.m, said, roles), nil
}

// authorize keeps accounts with their owner; those that get another one are handed over.
func (s *Service) authorize(ctx context.Context, tx bun.Tx, d assignment.Decided, chosen int64, list []*assignment.Difference) error {
	var stay, move []*assignment.Difference
	for _, x := range list {
		if chosen == 0 || x.OwnerID != nil && *x.OwnerID == chosen {
			stay = append(stay, x)
		} else {
			move = append(move, x)
		}
	}
	if err := assignment.Authorize(ctx, tx, d, stay); err != nil {
		return err
	}
	return assignment.HandOver(ctx, tx, d, chosen, move)
}

// release keeps accounts as nobody's.
func (s *Service) release(ctx context.Context, tx bun.Tx, d assignment.Decided, list []*assignment.Difference) error {
	var stay, move []*assignment.Difference
	for _, x := range list {
		if x.OwnerID == nil {
			stay = append(stay, x)
		} else {
			move = append(move, x)
		}
	}
	if err := assignment.Authorize(ctx, tx, d, stay); err != nil {
		return err
	}
	return assignment.HandOver(ctx, tx, d, 0, move)
}

// told are the events of a decision: one per difference.
func (s *Service) told(m *assignment.Model, d assignment.Decided, chosen int64, list []*assignment.Difference) []event.Event {
	out := make([]event.Event, len(list))
	for i, x := range list {
		data := map[string]any{"decision": d.Decision, "comment": d.Comment}
		e := event.Event{Kind: EventDecided, SubjectType: "gap", SubjectID: x.ID, Data: data}
		if t := m.ResourceType(x.ResourceTypeID); t != nil {
			data["resourceType"] = t.Identifier
			if source := m.Shape.EntityTypes[t.SourceEntityTypeID]; source != nil {
				e.SourceEntityType = source.Identifier
			}
		}
		if x.Property != nil {
			data["property"] = *x.Property
		}
		if x.OwnerID != nil {
			e.OwnerID = *x.OwnerID
		}
		if chosen != 0 {
			e.OwnerID = chosen
		}
		out[i] = e
	}
	return out
}

// results reads the differences as they are now, and puts them beside their errors.
func (s *Service) results(ctx context.Context, asked []ReconciliationItemInput, failures map[int64]*errs.Error) (*DecideReconciliationPayload, error) {
	p := &DecideReconciliationPayload{Results: make([]ReconciliationResult, len(asked))}
	list := make([]int64, len(asked))
	for i, x := range asked {
		list[i] = x.ID
	}
	rows, err := s.byIDs(ctx, list)
	if err != nil {
		return nil, err
	}
	for i, x := range asked {
		r := &p.Results[i]
		r.ID = x.ID
		if e := failures[x.ID]; e != nil {
			r.Error = &order.ItemError{Code: string(e.Kind), Message: e.Message}
			if e.Kind == errs.NotFound {
				continue
			}
		}
		if at := slices.IndexFunc(rows, func(row *Item) bool { return row.ID == x.ID }); at >= 0 {
			r.Item = rows[at]
		}
	}
	return p, nil
}
