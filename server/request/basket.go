package request

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// The limits of a basket (requests 7.5).
const (
	maxObjects       = 100
	maxBeneficiaries = 200
	maxPairs         = 500
	maxJustification = 4000
)

// RequestAssignmentsInput is a basket.
type RequestAssignmentsInput struct {
	ClientKey           *string
	Justification       *string
	Items               []RequestItemInput
	AcknowledgeFindings []FindingCode
	BasketDigest        *string
}

// RequestItemInput is one object of a basket, for one or more people.
type RequestItemInput struct {
	Action     *RequestAction
	Role       string
	RoleKind   *rolemodel.RoleKind
	OwnerIDs   []int64
	Parameters []RequestParameterInput
	StartDate  *time.Time
	EndDate    *time.Time
}

// RequestParameterInput is a value that a role is asked for with.
type RequestParameterInput struct {
	Dimension string
	Key       string
}

// RequestCheck is what the server says about a basket.
type RequestCheck struct {
	Digest      string
	Submittable bool
	Items       []*CheckedItem
}

// CheckedItem is what would become of one object for one person.
type CheckedItem struct {
	Position  int // in the input
	Owner     directory.ResourceRef
	Role      string
	RoleKind  rolemodel.RoleKind
	Object    string
	Action    RequestAction
	StartDate *time.Time
	EndDate   *time.Time
	Clamps    []RequestClamp
	Levels    []*ApprovalLevel
	Systems   []*RequestedSystem
	Findings  []*RequestFinding

	role       *rolemodel.Role
	owner      *beneficiary
	parameters map[string]int64
	requested  [2]*time.Time
	rowID      int64                // what is to end, or to end later; 0: nothing
	held       *assignment.HeldRole // that is to end later; nil: nothing
	riskIDs    []int64
}

// blocks reports whether it cannot be submitted.
func (c *CheckedItem) blocks() bool {
	return slices.ContainsFunc(c.Findings, func(f *RequestFinding) bool { return f.Severity == Blocks })
}

// ordinary is how many levels it has beside that of a risk.
func (c *CheckedItem) ordinary() int {
	n := len(c.Levels)
	if c.atRisk() {
		n--
	}
	return n
}

// atRisk reports whether a risk has to be approved first.
func (c *CheckedItem) atRisk() bool { return len(c.Levels) > 0 && c.Levels[0].Level == 0 }

// ApprovalLevel is who would be asked at a level.
type ApprovalLevel struct {
	Level          int      // 0: that of a risk
	Rule           *string  // name of the approver rule that says who; nil: whoever reviews the roles of the person
	Approvers      []string // display names, the first twenty
	More           int      // further ones
	SkippedBecause *string  // implicit, give_back; nil: it is asked
}

// RequestedSystem is where something would be written.
type RequestedSystem struct {
	ResourceType string // identifier
	Name         string
	IsReviewed   bool // its orders are reviewed before they are carried out
}

// beneficiary is somebody for whom something is asked, with what that depends on.
type beneficiary struct {
	ID           int64
	EntityTypeID int64
	Key          string
	DisplayName  string
	IsGone       bool
	LeftAt       *time.Time
	IsOwn        bool // it is the caller himself
	contexts     []assignment.ContextAt
	roles        []*assignment.HeldRole
	waiting      []waiting
}

// waiting is an open item of somebody.
type waiting struct {
	Number        string
	BeneficiaryID int64
	RoleID        int64
	Action        RequestAction
	Parameters    map[string]int64 `bun:"type:jsonb"`
}

// basket looks at what would be asked. It reads for all its people at once.
type basket struct {
	ctx       context.Context
	b         bun.IDB
	s         *Service
	m         *assignment.Model
	now       time.Time
	people    map[int64]*beneficiary
	approvers *approvers
	me        *permit.Actor
	myReview  map[int64]bool // beneficiaries whose roles the caller may review
}

// Check says what would become of a basket: dates, approvals, and what stands in the way. It writes nothing. It needs permit.Request of the entity types of
// those it is for: Forbidden without any. Validation, TooLarge and NotFound for what cannot be meant.
func (s *Service) Check(ctx context.Context, in RequestAssignmentsInput) (*RequestCheck, error) {
	m, err := s.mayRequest(ctx)
	if err != nil {
		return nil, err
	}
	return s.check(ctx, s.DB, m, in)
}

func (s *Service) check(ctx context.Context, b bun.IDB, m *assignment.Model, in RequestAssignmentsInput) (*RequestCheck, error) {
	if err := in.bounded(); err != nil {
		return nil, err
	}
	k := &basket{ctx: ctx, b: b, s: s, m: m, now: s.Clock.Now(), people: map[int64]*beneficiary{}, approvers: s.approvers(m), me: permit.From(ctx), myReview: map[int64]bool{}}
	if err := k.read(in); err != nil {
		return nil, err
	}
	c := &RequestCheck{Submittable: true, Items: []*CheckedItem{}}
	for i := range in.Items {
		list, err := k.items(i, &in.Items[i])
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			if same := slices.IndexFunc(c.Items, x.sameAs); same >= 0 {
				c.Items[same].Findings = append(c.Items[same].Findings, finding(DuplicateInBasket, "", "It is in the basket twice for %s, and is asked for once.", x.Owner.DisplayName))
				continue
			}
			if other := slices.IndexFunc(c.Items, x.contradicts); other >= 0 {
				x.Findings = append(x.Findings, finding(Contradiction, "", "Of the same role two things are asked for %s that do not go together. Remove one of both.", x.Owner.DisplayName))
			}
			c.Items = append(c.Items, x)
		}
	}
	if err := k.risks(c); err != nil {
		return nil, err
	}
	for _, x := range c.Items {
		if x.blocks() {
			c.Submittable = false
		}
	}
	c.Digest = c.digest()
	return c, nil
}

func (c *CheckedItem) sameAs(o *CheckedItem) bool {
	return o.role == c.role && o.Owner.ID == c.Owner.ID && o.Action == c.Action && (&evaluation.AssignedRole{Parameters: c.parameters}).HasParameters(o.parameters)
}

func (c *CheckedItem) contradicts(o *CheckedItem) bool {
	return o.role == c.role && o.Owner.ID == c.Owner.ID && (o.Action.gives() != c.Action.gives() || (o.Action == Extend) != (c.Action == Extend))
}

// digest is what was shown, without names and times that change by themselves (requests 7.6).
func (c *RequestCheck) digest() string {
	h := sha256.New()
	for _, x := range c.Items {
		fmt.Fprintln(h, x.Owner.ID, x.role.ID, x.Action, x.parameters, instant(x.requested[0]), instant(x.requested[1]), x.StartDate != nil, x.EndDate != nil, len(x.Levels))
		for _, c := range x.Clamps {
			fmt.Fprintln(h, c.Field, c.Because)
			if c.Because == "contract_end" || c.Because == "not_before_contract" {
				fmt.Fprintln(h, instant(c.Effective))
			}
		}
		for _, l := range x.Levels {
			fmt.Fprintln(h, l.Level, l.SkippedBecause != nil)
		}
		for _, f := range x.Findings {
			if f.Severity != Informs {
				fmt.Fprintln(h, f.Code, f.Severity)
			}
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:12])
}

// instant writes a time; nil: none.
func instant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// digest is what a basket says itself, of which a key of a program is the name.
func (in *RequestAssignmentsInput) digest() string {
	h := sha256.New()
	if in.Justification != nil {
		fmt.Fprintf(h, "%q\n", *in.Justification)
	}
	for _, x := range in.Items {
		action := Add
		if x.Action != nil {
			action = *x.Action
		}
		fmt.Fprintf(h, "%s %q %d %q %s %s\n", action, x.Role, x.OwnerIDs, x.Parameters, instant(x.StartDate), instant(x.EndDate))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// bounded checks what can be checked without reading anything.
func (in *RequestAssignmentsInput) bounded() error {
	switch {
	case len(in.Items) == 0:
		return errs.Invalid("input.items", "Ask for something: the basket is empty.")
	case len(in.Items) > maxObjects:
		return errs.New(errs.TooLarge, "At most %d are asked for at once; these are %d.", maxObjects, len(in.Items)).At("input.items")
	case in.Justification != nil && utf8.RuneCountInString(*in.Justification) > maxJustification:
		return errs.Invalid("input.justification", "A reason has at most %d characters.", maxJustification)
	case in.ClientKey != nil && (*in.ClientKey == "" || len(*in.ClientKey) > 200):
		return errs.Invalid("input.clientKey", "A key has 1 to 200 characters.")
	}
	pairs := 0
	for i, x := range in.Items {
		field := fmt.Sprintf("input.items[%d]", i)
		switch {
		case len(x.OwnerIDs) == 0:
			return errs.Invalid(field+".ownerIds", "Say for whom.")
		case len(x.OwnerIDs) > maxBeneficiaries:
			return errs.New(errs.TooLarge, "It is asked for %d people at most; these are %d.", maxBeneficiaries, len(x.OwnerIDs)).At(field + ".ownerIds")
		}
		for _, d := range []*time.Time{x.StartDate, x.EndDate} {
			if d != nil && (d.Year() < 1 || d.Year() > 9999) {
				return errs.Invalid(field, "Dates have a year between 1 and 9999.")
			}
		}
		if x.Action != nil && !slices.Contains([]RequestAction{Add, Extend, Remove, Deny, Allow}, *x.Action) {
			return errs.Invalid(field+".action", "There is no action %s.", *x.Action)
		}
		pairs += len(x.OwnerIDs)
	}
	if pairs > maxPairs {
		return errs.New(errs.TooLarge, "At most %d things are asked for at once, people times roles; these are %d.", maxPairs, pairs).At("input.items")
	}
	return nil
}

// clean takes out of a text what only confuses readers: controls, and what turns the direction of writing (requests 19.1).
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069') {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}

// read finds the people of a basket and everything about them. NotFound for whoever the caller may not see or does not ask for.
func (k *basket) read(in RequestAssignmentsInput) error {
	var all []int64
	for _, x := range in.Items {
		all = append(all, x.OwnerIDs...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	var rows []*beneficiary
	if err := k.b.NewRaw(`select w.id, w.entity_type_id, w.key, w.display_name, w.valid_to <> 'infinity' as is_gone, o.left_at, is_same_person(?1, w.id) as is_own
		from resource w left join owner_state o on o.owner_id = w.id where w.id = any (?0) and ?2`, ids(all), k.me.Username, targets(k.ctx, k.m)).Scan(k.ctx, &rows); err != nil {
		return fmt.Errorf("read for whom something is asked: %w", db.Explain(err))
	}
	for _, r := range rows {
		k.people[r.ID] = r
	}
	for i, x := range in.Items {
		for n, id := range x.OwnerIDs {
			if k.people[id] == nil {
				return errs.Missing("There is no resource %d, or you do not ask for it.", id).At(fmt.Sprintf("input.items[%d].ownerIds[%d]", i, n)).Of(id)
			}
		}
	}
	contexts, err := assignment.ContextsOf(k.ctx, k.b, all)
	if err != nil {
		return err
	}
	held, err := assignment.RolesOf(k.ctx, k.b, all, 0)
	if err != nil {
		return err
	}
	for id, list := range contexts {
		k.people[id].contexts = list
	}
	for _, h := range held {
		k.people[h.OwnerID].roles = append(k.people[h.OwnerID].roles, h)
	}
	var open []waiting
	if err := k.b.NewRaw(`select q.number, i.beneficiary_id, i.role_id, i.action, i.parameters from request_item i join request q on q.id = i.request_id
		where i.beneficiary_id = any (?) and i.closed_at is null and i.state in ('SUBMITTED', 'IN_APPROVAL') order by i.id`, ids(all)).Scan(k.ctx, &open); err != nil {
		return fmt.Errorf("read what is asked for already: %w", err)
	}
	for _, o := range open {
		k.people[o.BeneficiaryID].waiting = append(k.people[o.BeneficiaryID].waiting, o)
	}
	return nil
}

// targets is the condition on w of those for whom the caller may ask.
func targets(ctx context.Context, m *assignment.Model) db.Condition {
	var list []db.Condition
	for _, id := range requestable(m) {
		t := m.Shape.EntityTypes[id]
		scope := permit.Find(ctx, permit.Request(t.Identifier)).OfOwners()
		if scope.On(t.Identifier).Allowed() {
			list = append(list, bun.SafeQuery("w.entity_type_id = ? and ?", id, directory.Rows(m.Shape, id, "w", scope)))
		}
	}
	return db.AnyOf(list...)
}

// requestable are the entity types that have roles, by id.
func requestable(m *assignment.Model) []int64 {
	var list []int64
	for _, r := range m.Source.Roles {
		if m.Shape.EntityTypes[r.EntityTypeID] != nil {
			list = append(list, r.EntityTypeID)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// role finds the role that an item names, of the entity type of its people. The same words for one that is not there and one of others.
func (k *basket) role(at int, in *RequestItemInput) (*rolemodel.Role, error) {
	var found []*rolemodel.Role
	for _, r := range k.m.Source.Roles {
		if r.Identifier == in.Role && (in.RoleKind == nil || r.Kind == *in.RoleKind) {
			found = append(found, r)
		}
	}
	field := fmt.Sprintf("input.items[%d].role", at)
	switch len(found) {
	case 0:
		return nil, errs.Missing("There is no role %s.", in.Role).At(field).Of(in.Role)
	case 1:
		return found[0], nil
	default:
		return nil, errs.Invalid(fmt.Sprintf("input.items[%d].roleKind", at), "There is a single and a composite role %s. Say which is meant.", in.Role)
	}
}

// parameters finds the values that an item names, by dimension.
func (k *basket) parameters(at int, in *RequestItemInput, r *rolemodel.Role) (map[string]int64, []*RequestFinding, error) {
	params := map[string]int64{}
	var findings []*RequestFinding
	known := k.m.Compiled.Source(r.EntityTypeID).Roles[r.ID]
	for n, p := range in.Parameters {
		field := fmt.Sprintf("input.items[%d].parameters[%d]", at, n)
		d := k.m.Shape.Dimensions[p.Dimension]
		if d == nil || known == nil || !slices.Contains(k.m.Compiled.Source(r.EntityTypeID).Parameters(known), p.Dimension) {
			return nil, nil, errs.Invalid(field+".dimension", "%s is no parameter of the role %s.", p.Dimension, r.DisplayName)
		}
		var id []int64
		if err := k.b.NewRaw(`select r.id from resource r where r.entity_type_id = ? and r.key = ? and r.valid_to = 'infinity' and ?`, d.EntityTypeID, p.Key,
			directory.Readable(k.ctx, k.m.Shape, "r")).Scan(k.ctx, &id); err != nil {
			return nil, nil, fmt.Errorf("read the value of a parameter: %w", db.Explain(err))
		}
		if len(id) == 0 {
			return nil, nil, errs.Missing("There is no %s with the key %s.", d.Identifier, p.Key).At(field + ".key").Of(p.Key)
		}
		params[p.Dimension] = id[0]
	}
	if known != nil {
		for name, value := range known.Imposes {
			if given := params[name]; given != 0 && given != value {
				findings = append(findings, finding(ParameterInvalid, "parameters", "The role says %s itself; leave it out.", name))
			} else if value != 0 && given == 0 && slices.Contains(r.RequiredParameters, name) {
				params[name] = value
			}
		}
	}
	for _, name := range r.RequiredParameters {
		if params[name] == 0 {
			findings = append(findings, finding(MissingParameter, "parameters", "The role needs a value of %s. Choose one.", name))
		}
	}
	return params, findings, nil
}

// items looks at one object for each of its people.
func (k *basket) items(at int, in *RequestItemInput) ([]*CheckedItem, error) {
	r, err := k.role(at, in)
	if err != nil {
		return nil, err
	}
	action := Add
	if in.Action != nil {
		action = *in.Action
	}
	params, findings := map[string]int64{}, []*RequestFinding(nil)
	if action == Add || len(in.Parameters) > 0 {
		if params, findings, err = k.parameters(at, in, r); err != nil {
			return nil, err
		}
	}
	var list []*CheckedItem
	for _, id := range in.OwnerIDs {
		p := k.people[id]
		x := &CheckedItem{Position: at, Owner: directory.ResourceRef{ID: id, EntityType: names(k.m)(p.EntityTypeID), Key: p.Key, DisplayName: p.DisplayName}, Role: r.Identifier, RoleKind: r.Kind, Object: r.DisplayName,
			Action: action, Clamps: []RequestClamp{}, Levels: []*ApprovalLevel{}, Systems: []*RequestedSystem{}, Findings: slices.Clone(findings), role: r, owner: p, parameters: params,
			requested: [2]*time.Time{in.StartDate, in.EndDate}}
		if err := k.look(x); err != nil {
			return nil, err
		}
		if x.Findings == nil {
			x.Findings = []*RequestFinding{}
		}
		list = append(list, x)
	}
	return list, nil
}

// look fills in what would become of an item.
func (k *basket) look(x *CheckedItem) error {
	set := k.m.Policy(x.role.PolicyID).OfRole(x.role)
	if why := notRequestable(k.m, x.role, x.owner, set, k.now, x.Action.gives()); why != nil {
		x.Findings = append(x.Findings, why)
		return nil
	}
	switch x.Action {
	case Add:
		k.lookAtAddition(x, set)
	case Extend:
		k.lookAtExtension(x, set)
	default:
		k.lookAtTaking(x)
	}
	if x.blocks() {
		return nil
	}
	if i := slices.IndexFunc(x.owner.waiting, func(o waiting) bool {
		return o.RoleID == x.role.ID && o.Action.stands(x.Action) && (&evaluation.AssignedRole{Parameters: o.Parameters}).HasParameters(x.parameters)
	}); i >= 0 {
		x.Findings = append(x.Findings, finding(AlreadyRequested, "", "This is asked for already: %s.", x.owner.waiting[i].Number))
		return nil
	}
	x.Systems = systemsOf(k.m, x.role.ID)
	return k.levels(x, set)
}

// notRequestable tells why nobody asks for a role for somebody; nil: it can be asked for (requests 7.2).
func notRequestable(m *assignment.Model, r *rolemodel.Role, p *beneficiary, set rolemodel.Settings, now time.Time, gives bool) *RequestFinding {
	policy := m.Policy(r.PolicyID)
	switch {
	case p.EntityTypeID != r.EntityTypeID:
		return finding(NotRequestable, "role", "The role %s is for %s.", r.DisplayName, names(m)(r.EntityTypeID))
	case set.ApprovalWorkflowType > 3:
		return finding(NotRequestable, "role", "The role %s cannot be asked for: rules alone give it.", r.DisplayName)
	case !policy.IsProvisioningEnabled:
		return finding(NotRequestable, "role", "The role %s cannot be asked for: its policy is switched off.", r.DisplayName)
	case policy.IsExternal:
		return finding(NotRequestable, "role", "The role %s cannot be asked for here: another tool keeps it.", r.DisplayName)
	case p.IsGone || p.LeftAt != nil && !p.LeftAt.After(now):
		return finding(BeneficiaryLeft, "ownerIds", "%s has left.", p.DisplayName)
	case gives && !inPolicy(m, policy, p.contexts, now):
		return finding(OutOfPolicy, "ownerIds", "The role %s is not for people like %s: they are outside of its policy.", r.DisplayName, p.DisplayName)
	}
	return nil
}

// inPolicy reports whether somebody is, or is going to be, one of those whom the filter of a policy takes.
func inPolicy(m *assignment.Model, policy *rolemodel.Policy, contexts []assignment.ContextAt, now time.Time) bool {
	return len(policy.Dimensions) == 0 || slices.ContainsFunc(contexts, func(c assignment.ContextAt) bool {
		return (c.EndDate == nil || c.EndDate.After(now)) && m.Fits(policy.ID, c.Dimensions)
	})
}

// lookAtAddition looks at a role that is to be had.
func (k *basket) lookAtAddition(x *CheckedItem, set rolemodel.Settings) {
	now := k.now
	var from *time.Time
	for _, h := range x.owner.roles {
		if h.RoleID != x.role.ID || h.WorkflowState.Pending() || h.EndDate != nil && !h.EndDate.After(now) {
			continue
		}
		if h.IsDenied && !h.WorkflowState.Over() {
			x.Action, x.rowID = Allow, h.ID
			x.Findings = append(x.Findings, finding(DeniedByHand, "", "The role was forbidden to %s. This asks to allow it again.", x.Owner.DisplayName))
			continue
		}
		if !h.WorkflowState.Holds() || !h.SameParameters(x.parameters) {
			continue
		}
		if h.WorkflowState.Found() {
			x.Findings = append(x.Findings, finding(HeldFound, "", "%s has it already, as somebody gave it in a system. Approved, it is right.", x.Owner.DisplayName))
			continue
		}
		if h.StartDate != nil && h.StartDate.After(now) && (x.requested[0] == nil || x.requested[0].Before(*h.StartDate)) {
			continue // later, and what is asked for begins before
		}
		covers := h.EndDate == nil || x.requested[1] != nil && !x.requested[1].After(*h.EndDate)
		code, by := AlreadyHeld, "by hand"
		if !h.WorkflowState.ByPerson() {
			code, by = GivenByRule, "through a rule"
		}
		if covers {
			until := ""
			if h.EndDate != nil {
				until = " until " + day(*h.EndDate)
			}
			x.Findings = append(x.Findings, finding(code, "", "%s has it %s%s.", x.Owner.DisplayName, by, until))
		} else if from == nil || h.EndDate.After(*from) {
			from = h.EndDate
		}
	}
	p := limit(now, x.requested[0], x.requested[1], set, x.owner.contexts, from, "after_what_is_had")
	x.StartDate, x.EndDate, x.Clamps = p.start, p.end, append(x.Clamps, p.clamps...)
	x.Findings = append(x.Findings, p.findings...)
	if rule, _ := forbidding(k.m, x.role.ID, x.owner.roles, x.owner.contexts, span(now, x.StartDate, x.EndDate)); rule != nil {
		x.Findings = append(x.Findings, finding(DeniedByRule, "", "A rule forbids the role to people like %s: %s", x.Owner.DisplayName, k.m.RoleRuleSentence(rule)))
	}
}

// had sorts what somebody has of a role: by a person (several: more than once, with other values), a denial, by a rule, and found in a system.
func (k *basket) had(x *CheckedItem) (manual, denied, rule, found *assignment.HeldRole, several bool) {
	for _, h := range x.owner.roles {
		if h.RoleID != x.role.ID || h.WorkflowState.Pending() || h.WorkflowState.Over() || h.EndDate != nil && !h.EndDate.After(k.now) {
			continue
		}
		switch {
		case h.IsDenied:
			denied = h
		case h.WorkflowState.Found():
			found = h
		case h.WorkflowState.ByPerson():
			if len(x.parameters) == 0 || h.SameParameters(x.parameters) {
				several = several || manual != nil
				manual = h
			}
		case h.WorkflowState.Holds() || h.WorkflowState == evaluation.RuleMissingParameters:
			rule = h
		}
	}
	return manual, denied, rule, found, several
}

// lookAtExtension looks at a role that a person gave, and that is to end later (requests 6.5).
func (k *basket) lookAtExtension(x *CheckedItem, set rolemodel.Settings) {
	manual, denied, rule, _, _ := k.had(x)
	manual, differ := k.lasting(x, manual)
	refuse := func(code FindingCode, field, format string, args ...any) {
		x.Findings = append(x.Findings, finding(code, field, format, args...))
	}
	switch {
	case differ:
		refuse(ParameterInvalid, "parameters", "%s has the role more than once, each time with other values. Say which one.", x.Owner.DisplayName)
	case denied != nil:
		refuse(NotHeld, "", "The role is forbidden to %s. Ask to allow it again.", x.Owner.DisplayName)
	case manual == nil && rule != nil:
		refuse(GivenByRule, "", "%s has it through a rule, for as long as that gives it. Ask for it by hand, beyond the end of that.", x.Owner.DisplayName)
	case manual == nil:
		refuse(NotHeld, "", "%s does not have the role from a person, so there is no end to put off. Ask for the role.", x.Owner.DisplayName)
	case manual.EndDate == nil:
		refuse(AlreadyHeld, "", "%s has it without an end.", x.Owner.DisplayName)
	case x.requested[0] != nil:
		refuse(ParameterInvalid, "startDate", "What is had goes on without a gap. Leave the start out.")
	default:
		x.rowID, x.parameters, x.held = manual.ID, manual.Parameters, manual
		p := limit(k.now, nil, x.requested[1], set, x.owner.contexts, nil, "")
		x.EndDate, x.Clamps = p.end, append(x.Clamps, p.clamps...)
		x.Findings = append(x.Findings, p.findings...)
		if !x.blocks() && p.end != nil && !p.end.After(*manual.EndDate) {
			refuse(EmptyPeriod, "endDate", "%s has it until %s already. Choose a later day; where none can be chosen, it lasts no longer.", x.Owner.DisplayName, day(*manual.EndDate))
		}
		if against, _ := forbidding(k.m, x.role.ID, x.owner.roles, x.owner.contexts, span(k.now, manual.EndDate, x.EndDate)); against != nil {
			x.Findings = append(x.Findings, finding(DeniedByRule, "", "A rule forbids the role to people like %s: %s", x.Owner.DisplayName, k.m.RoleRuleSentence(against)))
		}
	}
}

// lasting is the row that ends last of those that a person gave with the same values; differ: there are such with other values.
func (k *basket) lasting(x *CheckedItem, one *assignment.HeldRole) (last *assignment.HeldRole, differ bool) {
	if one == nil {
		return nil, false
	}
	last = one
	for _, h := range x.owner.roles {
		if h.RoleID != x.role.ID || h.IsDenied || !h.WorkflowState.ByPerson() || h.WorkflowState.Pending() || isPast(h.EndDate, k.now) || len(x.parameters) > 0 && !h.SameParameters(x.parameters) {
			continue
		}
		differ = differ || !h.SameParameters(one.Parameters)
		if last.EndDate != nil && (h.EndDate == nil || h.EndDate.After(*last.EndDate)) {
			last = h
		}
	}
	return last, differ
}

// prolongsFreely reports whether an extension needs nobody: its role says so, a person gave what is had, and it stays within the longest time that the role may be had (requests 6.5).
func (x *CheckedItem) prolongsFreely(set rolemodel.Settings) bool {
	if x.Action != Extend || !set.ProlongationWithoutApproval || x.held.WorkflowState == evaluation.Prolonged {
		return false // what the rules took away is approved by somebody (role-model 12.9)
	}
	longest := time.Duration(set.MaxDuration) * time.Minute
	return longest == 0 || x.held.StartDate != nil && x.EndDate != nil && !x.EndDate.After(x.held.StartDate.Add(longest))
}

// lookAtTaking looks at a role that is to end, to be withheld, or to be allowed again (requests 8).
func (k *basket) lookAtTaking(x *CheckedItem) {
	manual, denied, rule, found, several := k.had(x)
	refuse := func(code FindingCode, format string, args ...any) {
		x.Findings = append(x.Findings, finding(code, "", format, args...))
	}
	x.EndDate = x.requested[1]
	switch {
	case x.Action == Remove && rule == nil && (x.requested[0] != nil || x.requested[1] != nil):
		refuse(EndNotAllowed, "What is taken away ends with the approval. Leave the dates out.")
	case x.Action == Remove && several:
		refuse(ParameterInvalid, "%s has the role more than once, each time with other values. Say which one.", x.Owner.DisplayName)
	case x.Action == Allow && denied == nil:
		refuse(NotHeld, "The role is not forbidden to %s.", x.Owner.DisplayName)
	case x.Action == Allow:
		x.rowID = denied.ID
		p := limit(k.now, x.requested[0], x.requested[1], k.m.Policy(x.role.PolicyID).OfRole(x.role), x.owner.contexts, nil, "")
		x.StartDate, x.EndDate, x.Clamps = p.start, p.end, append(x.Clamps, p.clamps...)
		x.Findings = append(x.Findings, p.findings...)
	case denied != nil:
		refuse(NotHeld, "The role is forbidden to %s already.", x.Owner.DisplayName)
	case x.Action == Remove && manual != nil:
		x.rowID, x.parameters, x.EndDate = manual.ID, manual.Parameters, nil
	case x.Action == Deny && manual != nil && rule == nil:
		refuse(NotHeld, "%s has the role by hand. Ask for its removal.", x.Owner.DisplayName)
	case rule != nil && x.Action == Remove && rule.InferredByID != nil:
		refuse(InferredByRole, "%s has it through the role %s. Ask for the removal of that one, or forbid this one.", x.Owner.DisplayName, roleName(k.m, *rule.InferredByID))
	case rule != nil:
		if x.Action == Remove {
			x.Findings = append(x.Findings, finding(BecomesDenial, "", "A rule gives the role to %s. Taken away it is forbidden, until somebody allows it again.", x.Owner.DisplayName))
		}
		x.Action, x.parameters = Deny, map[string]int64{}
		if f := refusedDates(k.now, x.requested[0], x.requested[1], rolemodel.EndFree); f != nil {
			x.Findings = append(x.Findings, f)
		}
		if x.requested[0] != nil && x.requested[0].After(k.now) {
			x.StartDate = x.requested[0]
		}
	case found != nil:
		refuse(NotHeld, "The role was only found in a system. Decide about it under Role reconciliation.")
	default:
		refuse(NotHeld, "%s does not have the role.", x.Owner.DisplayName)
	}
}

func roleName(m *assignment.Model, id int64) string {
	if r := m.Role(id); r != nil {
		return r.DisplayName
	}
	return "that was deleted"
}

// levels fills in who would be asked. What is given back by whom it belongs to needs nobody; with implicit approval neither does what the caller could
// approve, if it is not for himself (requests 5.6, 8.2).
func (k *basket) levels(x *CheckedItem, set rolemodel.Settings) error {
	var p rolemodel.PolicyRequests
	if of := k.m.Policy(x.role.PolicyID); of != nil {
		p = of.PolicyRequests
	}
	giveBack := x.Action == Remove && x.owner.IsOwn && p.GiveBackWithoutApproval
	isImplicit := set.HasImplicitApproval && (!x.owner.IsOwn || p.ImplicitApprovalForSelf)
	known := false
	if isImplicit {
		var ok bool
		if known, ok = k.myReview[x.owner.ID]; !ok {
			var err error
			if known, err = mayReview(k.ctx, k.b, k.m, x.owner.EntityTypeID, x.owner.ID); err != nil {
				return err
			}
			k.myReview[x.owner.ID] = known
		}
	}
	var everybody asked
	var empty []*asked
	var emptyAt []int
	needed := 0
	for level := 1; level <= set.ApprovalWorkflowType; level++ {
		l := &ApprovalLevel{Level: level, Approvers: []string{}}
		x.Levels = append(x.Levels, l)
		if giveBack {
			l.SkippedBecause = new("give_back")
			continue
		}
		if x.prolongsFreely(set) {
			l.SkippedBecause = new("prolongation")
			continue
		}
		a, err := k.approvers.ask(k.ctx, k.b, k.approval(x, level))
		if err != nil {
			return err
		}
		if a.rule != nil {
			l.Rule = &a.rule.DisplayName
		}
		if isImplicit && a.wouldAsk(known) {
			l.SkippedBecause = new("implicit")
			continue
		}
		needed++
		l.Approvers, l.More = a.shown()
		for i, who := range a.known {
			everybody.named(who[0], who[1], a.names[i])
		}
		everybody.more += a.more
		if !a.anybody() {
			empty = append(empty, a)
			emptyAt = append(emptyAt, level)
		}
	}
	for i, a := range empty {
		what := "this"
		if len(empty) < needed {
			what = fmt.Sprintf("level %d of this", emptyAt[i])
		}
		if f := nobody(a, what, x.Owner.DisplayName); i == 0 || f.Message != x.Findings[len(x.Findings)-1].Message {
			x.Findings = append(x.Findings, f)
		}
	}
	if len(empty) == 0 && needed > len(everybody.names)+everybody.more {
		x.Findings = append(x.Findings, finding(NoApprover, "", "%d approvals are needed, each by somebody else, and only %d can approve this for %s.", needed, len(everybody.names), x.Owner.DisplayName))
	}
	return nil
}

// approval is that of a level of something in the basket.
func (k *basket) approval(x *CheckedItem, level int) approval {
	return approval{party: k.ofCaller(x.owner.ID), EntityTypeID: x.owner.EntityTypeID, RoleID: x.role.ID, Action: x.Action, Level: level, RiskIDs: x.riskIDs, Parameters: x.parameters}
}

// nobody says that nobody can approve something.
func nobody(a *asked, what, person string) *RequestFinding {
	if a.rule != nil {
		return finding(NoApprover, "", "Nobody can approve %s for %s yet: the rule %s finds nobody. It waits until somebody is found.", what, person, a.rule.DisplayName)
	}
	return finding(NoApprover, "", "Nobody can approve %s for %s yet. It waits until an administrator gives somebody the right to review roles.", what, person)
}
