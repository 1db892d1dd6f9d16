package assignment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// EntitlementKind is what a line of View Permissions is about.
type EntitlementKind string

const (
	CompositeRole EntitlementKind = "COMPOSITE_ROLE"
	SingleRole    EntitlementKind = "SINGLE_ROLE"
	ResourceType  EntitlementKind = "RESOURCE_TYPE"
	Property      EntitlementKind = "PROPERTY"
)

// Entitlement is one line of View Permissions (provisioning spec 12.2). Rows come in tree order; ParentID links a value to its resource
// type and an inferred role to its composite.
type Entitlement struct {
	ID                     string
	ParentID               *string
	Kind                   EntitlementKind
	Name                   string
	Identifier             string
	Value                  *string
	CurrentValue           *string
	WorkflowState          int
	State                  *evaluation.State // nil for roles
	StartDate, EndDate     *time.Time
	Reasons                []string
	WaitReason             *evaluation.WaitReason
	Error                  *string
	HiddenInSimplifiedView bool
	Category               *string
	TargetID               int64            // 0: not found yet
	Order                  int64            // open order, else the last one; 0: none
	DifferenceID           *int64           // the difference that waits for a decision; nil: none
	FoundRoleID            *int64           // the found role that a person can decide about; nil: none
	ProlongedRoleID        *int64           // the role in its grace period that a person can decide about; nil: none
	Values                 map[string]int64 // of a role: its parameters, by dimension the id of the value
	InForce                bool             // it holds at the instant; false: it is yet to come, or over and not gone yet
	Warnings               []AssignmentWarning
	Indirect               *IndirectPath // it is had through others (role-model 6); nil: it is not

	valueID int64 // of a value that points to something
}

// IndirectPath is how something is had through others.
type IndirectPath struct {
	Rule    string   // identifier of the indirect resource rule; empty: of a composite role
	Path    []string // names, from what the account has itself to what is had; of a long way the first and the last half
	Steps   int      // how many the way has
	LeftOut int      // how many of them Path leaves out, in its middle
	Singles []string // of a composite role the identifiers of the single roles that it was read from
	FoundAt time.Time
}

// Workflow is the workflow state by its name.
func (e *Entitlement) Workflow() WorkflowState { return NameOf(evaluation.Workflow(e.WorkflowState)) }

// AssignmentWarningCode says what a warning is about.
type AssignmentWarningCode string

// GroupConflict: a value gives way to another one of its group (role-model 1.4).
const GroupConflict AssignmentWarningCode = "GROUP_CONFLICT"

// AssignmentWarning is something that rules want of a resource type and that cannot be.
type AssignmentWarning struct {
	Code     AssignmentWarningCode
	Property string // its name to show
	Text     string
}

// PermissionsView is everything an owner has, should have or will have, at an instant.
type PermissionsView struct {
	OwnerID      int64
	AsOf         time.Time // when it holds
	KnownAt      time.Time // by what was known then
	Entitlements []*Entitlement
}

// View gives the entitlements of a resource. The union of what is expected, order lines, gaps and kept values (design 4) is built here and
// nowhere else. NotFound when there is no such resource in the caller's scope of assignments and of resources; Invalid when the past is asked
// for as far back as its versions are not kept.
func (s *Service) View(ctx context.Context, in ViewInput) (*PermissionsView, error) {
	if err := s.MayView(ctx, in.ResourceID); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	a, err := in.axes(now)
	if err != nil {
		return nil, err
	}
	field := "knownAt"
	if in.AsOf != nil {
		field = "asOf"
	}
	if err := s.mustRemember(ctx, a.known, field); err != nil {
		return nil, err
	}
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	v := &viewer{ctx: ctx, db: s.DB, m: m, axes: a, past: a.done().Before(now), out: &PermissionsView{OwnerID: in.ResourceID, AsOf: a.at, KnownAt: a.known}}
	if err := v.read(in.ResourceID); err != nil {
		return nil, fmt.Errorf("view permissions of %d: %w", in.ResourceID, err)
	}
	v.build()
	return v.out, nil
}

// MayView refuses what View would: Forbidden without permit.AssignmentQuery, NotFound for a resource outside its scope, or outside of what the
// caller may read in the directory (Visible).
func (s *Service) MayView(ctx context.Context, resourceID int64) error {
	scope, err := permit.Require(ctx, permit.AssignmentQuery)
	if err != nil {
		return err
	}
	missing := errs.Missing("There is no resource %d, or it is not in your scope.", resourceID).Of(resourceID)
	if err := s.Visible(ctx, resourceID); err != nil {
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
			return missing
		}
		return err
	}
	if scope = scope.OfOwners(); scope.Everything() {
		return nil
	}
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return err
	}
	var entityTypeID int64
	if err := s.DB.NewRaw("select coalesce((select entity_type_id from resource where id = ?), 0)", resourceID).Scan(ctx, &entityTypeID); err != nil {
		return fmt.Errorf("find resource %d: %w", resourceID, err)
	}
	in, err := s.DB.NewSelect().TableExpr("resource as w").Where("w.id = ? and w.entity_type_id = ?", resourceID, entityTypeID).
		Where("?", directory.Rows(m.Shape, entityTypeID, "w", scope)).Exists(ctx)
	if err != nil {
		return fmt.Errorf("check the scope of assignments: %w", err)
	}
	if !in {
		return missing
	}
	return nil
}

type viewer struct {
	ctx context.Context
	db  bun.IDB
	m   *Model
	at  time.Time
	axes
	past bool // what was done is looked at as of an instant before now
	out  *PermissionsView

	roles      []viewRole
	parameters map[int64]string // names of the values of roles
	types      []viewType
	lines      map[int64][]viewLine // by assigned resource type
	gaps       map[int64][]viewGap
	// Kept values for which something else is computed by now: they stand as kept, and can be decided again.
	questions map[int64][]viewGap
	kept      map[int64][]viewKept
	contexts  []viewContext // the best ranked first
	blocks    []viewBlock   // what risks keep back
	parts     *wording      // names what they are about; nil: nothing is kept back
	labels    map[int64]string
	indirect  []viewIndirect
}

type viewRole struct {
	ID, RoleID         int64
	WorkflowState      int
	Origin             string
	IsDenied           bool
	StartDate, EndDate *time.Time
	InferredByID       *int64
	RuleIDs            []int64          `bun:"rule_ids,array"`
	Parameters         map[string]int64 `bun:"type:jsonb"`
	IsOver             bool             // it had ended when that was known, and the dates say when it was held
	FoundBy            []int64          `bun:"found_by,array"`
	Ground             json.RawMessage
	IsCurrent          bool // it is so still
}

type viewType struct {
	ID, ResourceTypeID int64
	ResourceID         *int64
	WorkflowState      int
	IsExpected         bool
	IsDenied, IsFrozen bool
	Confidence         int
	StartDate, EndDate *time.Time
	Expected           json.RawMessage
	Error              *string
	CreatedKey         *string
	VerifiedAt         *time.Time
	IsOver             bool
	expected           evaluation.Expected
}

type viewContext struct {
	StartDate, EndDate *time.Time
	Dimensions         map[string]int64 `bun:"type:jsonb"`
	Says               string
}

type viewLine struct {
	OrderID, AssignedResourceTypeID int64
	Property                        *string
	Action                          evaluation.LineAction
	ValueID                         *int64
	CurrentValue, ProposedValue     *string
	State                           evaluation.State
	WorkflowState                   int
	WaitReason                      string
	Error                           *string
	IsOpen                          bool
	StartDate, EndDate              *time.Time
	RuleIDs                         []int64 `bun:"rule_ids,array"`
}

type viewGap struct {
	ID                          int64
	AssignedResourceTypeID      int64
	Property                    *string
	ValueID                     *int64
	WorkflowState               int
	CurrentValue, ProposedValue *string
	IsOpen                      bool
}

// is reports whether it is about a value of a property; 0: the only one.
func (g viewGap) is(property string, value int64) bool {
	return g.Property != nil && *g.Property == property && (value == 0 || g.ValueID != nil && *g.ValueID == value)
}

// waiting is the id of a difference that can still be decided.
func (g viewGap) waiting() *int64 {
	if !g.IsOpen {
		return nil
	}
	return &g.ID
}

type viewKept struct {
	AssignedResourceTypeID int64
	Property               string
	ValueID                *int64
	WorkflowState          int
	KeptValue              *string
	Actor                  string
}

func (v *viewer) read(owner int64) error {
	var exists bool
	if err := v.db.NewRaw(`select exists (select from resource where id = ?)`, owner).Scan(v.ctx, &exists); err != nil {
		return err
	}
	if !exists {
		return errs.Missing("There is no resource %d.", owner).Of(owner)
	}
	var err error
	if v.roles, err = v.axes.roles(v.ctx, v.db, owner); err != nil {
		return err
	}
	if v.types, err = v.axes.types(v.ctx, v.db, owner); err != nil {
		return err
	}
	arts := make([]int64, len(v.types))
	for i := range v.types {
		arts[i] = v.types[i].ID
	}
	if v.indirect, err = v.readIndirect(owner); err != nil {
		return err
	}
	return v.readHanging(owner, arts)
}

// readHanging reads what hangs on the assignments: lines as of the instant, gaps, kept values, contexts.
func (v *viewer) readHanging(owner int64, arts []int64) error {
	var lines []viewLine
	if err := v.db.NewRaw(`select l.order_id, o.assigned_resource_type_id, l.property, l.action, l.value_id, l.current_value, l.proposed_value,
			coalesce(h.to_state, l.state) as state, l.workflow_state, coalesce(nullif(l.wait_reason, 'none'), o.wait_reason) as wait_reason, l.error,
			(o.closed_at is null or o.closed_at > ?1) as is_open, l.start_date, l.end_date, l.rule_ids
		from provisioning_order o join order_line l on l.order_id = o.id
		left join lateral (select h.to_state from order_line_history h where ?2 and h.order_id = o.id and h.line_ids @> array[l.id] and h.at <= ?1 order by h.id desc limit 1) h on true
		where o.assigned_resource_type_id = any (?0) and l.created_at <= ?1
			and (l.closed_at is null or l.closed_at > ?1 or l.state in (`+evaluation.SQLVerified+`, `+evaluation.SQLInactive+`))
			and (o.closed_at is null or o.closed_at > ?1 or o.id = (select max(p.id) from provisioning_order p where p.assigned_resource_type_id = o.assigned_resource_type_id and p.created_at <= ?1))
		order by o.id desc, l.id`, ids(arts), v.done(), v.past).Scan(v.ctx, &lines); err != nil {
		return err
	}
	v.lines = map[int64][]viewLine{}
	for _, l := range lines {
		v.lines[l.AssignedResourceTypeID] = append(v.lines[l.AssignedResourceTypeID], l)
	}
	var gaps []viewGap
	if err := v.db.NewRaw(`select id, assigned_resource_type_id, property, value_id, workflow_state, current_value, proposed_value, closed_at is null as is_open from gap
		where assigned_resource_type_id = any (?0) and found_at <= ?1 and (closed_at is null or closed_at > ?1) order by id`, ids(arts), v.done()).Scan(v.ctx, &gaps); err != nil {
		return err
	}
	v.gaps, v.questions = map[int64][]viewGap{}, map[int64][]viewGap{}
	for _, g := range gaps {
		if evaluation.Workflow(g.WorkflowState) == evaluation.Questioned {
			v.questions[g.AssignedResourceTypeID] = append(v.questions[g.AssignedResourceTypeID], g)
			continue
		}
		v.gaps[g.AssignedResourceTypeID] = append(v.gaps[g.AssignedResourceTypeID], g)
	}
	var kept []viewKept
	if err := v.db.NewRaw(`select assigned_resource_type_id, property, value_id, workflow_state, kept_value, actor from kept_value
		where assigned_resource_type_id = any (?0) and at <= ?1 and (closed_at is null or closed_at > ?1) order by id`, ids(arts), v.done()).Scan(v.ctx, &kept); err != nil {
		return err
	}
	v.kept = map[int64][]viewKept{}
	for _, k := range kept {
		v.kept[k.AssignedResourceTypeID] = append(v.kept[k.AssignedResourceTypeID], k)
	}
	if err := v.db.NewRaw(`select c.start_date, c.end_date, c.dimensions, string_agg(d.display_name || ' is ' || r.display_name, ', ' order by d.column_mapping) as says from context c
		cross join lateral jsonb_each_text(c.dimensions) e join dimension d on d.identifier = e.key join resource r on r.id = e.value::bigint and ?
		where c.owner_id = ? group by c.id order by c.rank, c.id`, directory.Readable(v.ctx, v.m.Shape, "r"), owner).Scan(v.ctx, &v.contexts); err != nil {
		return err
	}
	if err := v.readBlocks(owner); err != nil {
		return err
	}
	return v.readLabels()
}

// readParameters names the values that roles are held with, as far as the caller may read them.
func (v *viewer) readParameters() error {
	var list []int64
	for _, r := range v.roles {
		list = slices.AppendSeq(list, maps.Values(r.Parameters))
	}
	if len(list) == 0 {
		return nil
	}
	v.parameters = map[int64]string{}
	var rows []struct {
		ID          int64
		DisplayName string
	}
	if err := v.db.NewRaw(`select r.id, r.display_name from resource r where r.id = any (?) and ?`, ids(list), directory.Readable(v.ctx, v.m.Shape, "r")).Scan(v.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		v.parameters[r.ID] = r.DisplayName
	}
	return nil
}

// readLabels names the resources that values point to.
func (v *viewer) readLabels() error {
	var list []int64
	for _, t := range v.types {
		for _, spans := range t.expected.Properties {
			for _, s := range spans {
				if s.ID != 0 {
					list = append(list, s.ID)
				}
			}
		}
		for _, c := range t.expected.Conflicts {
			list = append(list, c.ID, c.With)
		}
	}
	for _, x := range v.indirect {
		list = append(append(list, x.Value), x.Path...)
	}
	for _, lines := range v.lines {
		for _, l := range lines {
			if l.ValueID != nil {
				list = append(list, *l.ValueID)
			}
		}
	}
	slices.Sort(list)
	var rows []struct {
		ID          int64
		DisplayName string
	}
	v.labels = map[int64]string{}
	if err := v.readParameters(); err != nil {
		return err
	}
	if err := v.db.NewRaw(`select id, display_name from resource where id = any (?)`, ids(slices.Compact(list))).Scan(v.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		v.labels[r.ID] = r.DisplayName
	}
	return nil
}

func (v *viewer) add(e *Entitlement) { v.out.Entitlements = append(v.out.Entitlements, e) }

func (v *viewer) build() {
	v.buildRoles(rolemodel.Composite, CompositeRole)
	v.buildRoles(rolemodel.Single, SingleRole)
	for i := range v.types {
		v.buildType(&v.types[i])
	}
	v.buildIndirect()
}

func (v *viewer) buildRoles(kind rolemodel.RoleKind, as EntitlementKind) {
	for _, r := range v.roles {
		role := v.m.Role(r.RoleID)
		if role == nil || role.Kind != kind {
			continue
		}
		isBlocked := evaluation.Workflow(r.WorkflowState) == evaluation.Blocked // never shown in ordinary views (role-model 12.6)
		e := &Entitlement{ID: fmt.Sprintf("role-%d", r.ID), Kind: as, Name: role.DisplayName, Identifier: role.Identifier, WorkflowState: r.WorkflowState,
			StartDate: r.StartDate, EndDate: r.EndDate, HiddenInSimplifiedView: role.HideOnSimplifiedView && r.Origin == "RULE" || isBlocked, Category: v.m.CategoryName(role.CategoryID),
			InForce: v.inForce(r.StartDate, r.EndDate) && !r.IsDenied && !isBlocked, Values: r.Parameters}
		e.Reasons = append(e.Reasons, v.blockedBecause(&r)...)
		for _, rule := range r.RuleIDs {
			e.Reasons = append(e.Reasons, v.m.RoleRuleReason(rule))
		}
		if r.Origin == evaluation.OriginFound {
			for _, rule := range r.FoundBy {
				e.Reasons = append(e.Reasons, v.m.FoundReason(rule))
			}
			if r.IsCurrent {
				e.FoundRoleID = &r.ID
			}
		}
		if evaluation.Workflow(r.WorkflowState) == evaluation.Prolonged {
			var g *evaluation.Ground
			if r.IsCurrent && json.Unmarshal(r.Ground, &g) != nil {
				g = nil
			}
			text := prolongedText(g, r.EndDate)
			e.Reasons = []string{strings.ToUpper(text[:1]) + text[1:] + "."} // what the rules say now says nothing of why it is held
			if r.IsCurrent && !r.IsOver {
				e.ProlongedRoleID = &r.ID
			}
		}
		if r.InferredByID != nil {
			for _, c := range v.roles {
				if c.RoleID == *r.InferredByID && (e.ParentID == nil || maps.Equal(c.Parameters, r.Parameters)) {
					parent := fmt.Sprintf("role-%d", c.ID)
					e.ParentID = &parent
					e.Reasons = append(e.Reasons, "Part of the composite role "+v.m.Role(c.RoleID).DisplayName+".")
				}
			}
		}
		e.Reasons = append(e.Reasons, v.contextsBehind(&r)...)
		e.Reasons = append(e.Reasons, v.parametersOf(&r, role)...)
		v.add(e)
	}
}

// contextsBehind tells what a person was while a role was held: of several contexts those that one of its rules asks for.
func (v *viewer) contextsBehind(r *viewRole) []string {
	var out []string
	for _, c := range v.contexts {
		if r.StartDate != nil && c.EndDate != nil && !c.EndDate.After(*r.StartDate) || r.EndDate != nil && c.StartDate != nil && !c.StartDate.Before(*r.EndDate) {
			continue
		}
		text := "Context: " + c.Says + "."
		if !slices.Contains(out, text) && (len(v.contexts) == 1 || v.m.asks(r.RuleIDs, c.Dimensions)) {
			out = append(out, text)
		}
	}
	return out
}

// parametersOf tells with which values a role is held, and where each came from; also which one is missing (role-model 3.4).
func (v *viewer) parametersOf(r *viewRole, role *rolemodel.Role) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(r.Parameters)) {
		if label := v.parameters[r.Parameters[name]]; label != "" {
			out = append(out, fmt.Sprintf("%s is %s: %s.", v.m.dimension(name), label, v.origin(r, role, name)))
		}
	}
	for _, name := range role.RequiredParameters {
		if r.Parameters[name] == 0 {
			out = append(out, fmt.Sprintf("%s is required and has no value, so the role gives nothing.", v.m.dimension(name)))
		}
	}
	return out
}

// origin says where a parameter comes from, in the order in which a computation looks for it.
func (v *viewer) origin(r *viewRole, role *rolemodel.Role, name string) string {
	if len(r.RuleIDs) == 0 {
		return "given with the assignment"
	}
	for _, x := range v.m.Source.RoleRules {
		if c, asks := x.Dimensions[name]; asks && !c.Inherit && slices.Contains(r.RuleIDs, x.ID) {
			return "the rule asks for it"
		}
	}
	if role.ImposedDimensions[name] != "" {
		return "the role brings it along"
	}
	for _, o := range v.roles {
		if r.InferredByID != nil && o.RoleID == *r.InferredByID && o.Parameters[name] == r.Parameters[name] {
			return "passed on by the composite role"
		}
	}
	for _, o := range v.roles {
		if other := v.m.Role(o.RoleID); other != nil && other.ID != role.ID && other.ImposedDimensions[name] != "" && v.inForce(o.StartDate, o.EndDate) {
			return "the role " + other.DisplayName + " brings it along"
		}
	}
	return "taken from the context"
}

func (v *viewer) buildType(t *viewType) {
	rt := v.m.ResourceType(t.ResourceTypeID)
	if rt == nil {
		return
	}
	id := fmt.Sprintf("type-%d", t.ID)
	e := &Entitlement{ID: id, Kind: ResourceType, Name: rt.DisplayName, Identifier: rt.Identifier, WorkflowState: t.WorkflowState, StartDate: t.StartDate, EndDate: t.EndDate,
		HiddenInSimplifiedView: rt.HideOnSimplifiedView, Category: v.m.CategoryName(rt.CategoryID), Error: t.Error, InForce: v.inForce(t.StartDate, t.EndDate)}
	if t.ResourceID != nil {
		e.TargetID = *t.ResourceID
	}
	for _, rule := range t.expected.TypeRules {
		e.Reasons = append(e.Reasons, v.m.TypeRuleReason(rule))
	}
	for _, role := range t.expected.Roles {
		if r := v.m.Role(role); r != nil {
			e.Reasons = append(e.Reasons, "Given by the role "+r.DisplayName+".")
		}
	}
	state, isOpen := v.atRest(t), false
	for _, l := range v.lines[t.ID] {
		e.Order = max(e.Order, l.OrderID)
		isOpen = isOpen || l.IsOpen
		if l.Property == nil && l.IsOpen {
			state = l.State
			wait(e, l)
		}
	}
	if len(v.lines[t.ID]) > 0 && state == evaluation.None {
		if last := v.lines[t.ID][0]; !last.IsOpen && last.Property == nil {
			state = last.State // declined or past: the last order says what became of it
		}
	}
	for _, g := range v.gaps[t.ID] {
		if g.Property == nil {
			state, e.DifferenceID = evaluation.None, g.waiting()
		}
	}
	if !t.IsExpected && t.ResourceID == nil && t.Error == nil && state == evaluation.None && !isOpen {
		// Nothing asks for it and nothing is known of it: it was withdrawn while somebody may have made it by hand.
		e.WaitReason = new(evaluation.WaitReading)
		e.Reasons = append(e.Reasons, "Nothing gives it any more. It was withdrawn before it was seen in its system, and stays here until that is read again: it may have been made meanwhile.")
	}
	e.State, e.Warnings = &state, v.warnings(t, rt)
	v.add(e)
	v.buildProperties(t, e)
	v.buildBlocked(t, e)
}

// warnings tells what gives way in the groups of the type's navigations.
func (v *viewer) warnings(t *viewType, rt *rolemodel.ResourceType) []AssignmentWarning {
	var out []AssignmentWarning
	says := names{m: v.m}
	for _, c := range t.expected.Conflicts {
		if c.To != nil && !c.To.After(v.axes.at) {
			continue
		}
		name, by := c.Property, "group"
		if p := v.m.Shape.Property(rt.TargetEntityTypeID, c.Property); p != nil {
			name = p.DisplayName
			if p.TargetEntityTypeID != nil {
				if g := v.m.Shape.Property(*p.TargetEntityTypeID, p.GroupBy); g != nil {
					by = g.DisplayName
				}
			}
		}
		text := fmt.Sprintf("%s would hold %s%s, but %s has the same %s and is held by a stronger rule: only one of them can be held at a time.",
			name, cmp.Or(v.labels[c.ID], c.Value), says.period(c.From, c.To, v.axes.at), cmp.Or(v.labels[c.With], c.Other), by)
		out = append(out, AssignmentWarning{GroupConflict, name, text})
	}
	return out
}

func (v *viewer) atRest(t *viewType) evaluation.State {
	if t.Error != nil {
		return evaluation.Error
	}
	if t.ResourceID != nil {
		return evaluation.Verified
	}
	return evaluation.None
}

func wait(e *Entitlement, l viewLine) {
	if l.WaitReason != "" && l.WaitReason != "none" {
		e.WaitReason = new(evaluation.WaitReason(l.WaitReason))
	}
	if l.Error != nil {
		e.Error = l.Error
	}
	if l.WorkflowState != 0 {
		e.WorkflowState = l.WorkflowState
	}
}

// buildProperties lists the values of one target: what is expected, then what only lines or gaps know.
func (v *viewer) buildProperties(t *viewType, parent *Entitlement) {
	rt := v.m.ResourceType(t.ResourceTypeID)
	seen := map[string]bool{}
	key := func(property string, value int64) string { return fmt.Sprintf("%s/%d", property, value) }
	for _, p := range v.m.Shape.PropertiesOf[rt.TargetEntityTypeID] {
		for _, span := range t.expected.Properties[p.Identifier] {
			if !v.inForce(span.From, span.To) && !v.upcoming(span, t) {
				continue
			}
			valueID := int64(0)
			if p.IsCollection {
				valueID = span.ID
			}
			if seen[key(p.Identifier, valueID)] {
				continue
			}
			seen[key(p.Identifier, valueID)] = true
			v.add(v.property(t, parent, p.Identifier, p.DisplayName, valueID, &span))
		}
	}
	for _, l := range v.lines[t.ID] {
		if l.Property == nil || !l.IsOpen {
			continue
		}
		valueID := int64(0)
		if l.Action != evaluation.LineSet && l.ValueID != nil {
			valueID = *l.ValueID
		}
		if !seen[key(*l.Property, valueID)] {
			seen[key(*l.Property, valueID)] = true
			v.add(v.property(t, parent, *l.Property, v.label(rt, *l.Property), valueID, nil))
		}
	}
	for _, g := range v.gaps[t.ID] {
		if g.Property == nil {
			continue
		}
		valueID := int64(0)
		if g.ValueID != nil {
			valueID = *g.ValueID
		}
		if !seen[key(*g.Property, valueID)] {
			seen[key(*g.Property, valueID)] = true
			v.add(v.property(t, parent, *g.Property, v.label(rt, *g.Property), valueID, nil))
		}
	}
}

func (v *viewer) label(rt *rolemodel.ResourceType, property string) string {
	if p := v.m.Shape.Property(rt.TargetEntityTypeID, property); p != nil {
		return p.DisplayName
	}
	return property
}

// upcoming: nothing is in force now and the assignment as a whole is yet to come.
func (v *viewer) upcoming(s evaluation.Span, t *viewType) bool {
	return t.StartDate != nil && t.StartDate.After(v.at) && s.From != nil && !s.From.After(*t.StartDate)
}

// decided tells what somebody decided about a value; the state that follows, nil: the one it has anyway.
func (v *viewer) decided(t *viewType, e *Entitlement, name string, valueID int64) (state *evaluation.State) {
	inactive, pending := evaluation.Inactive, evaluation.Pending
	for _, k := range v.kept[t.ID] {
		if k.Property == name && (valueID == 0 || k.ValueID != nil && *k.ValueID == valueID) {
			e.WorkflowState = k.WorkflowState
			switch evaluation.Workflow(k.WorkflowState) {
			case evaluation.Declined:
				state = &inactive
				e.Reasons = append(e.Reasons, "Not provisioned: declined by "+k.Actor+".")
			case evaluation.Calculated:
				state = &pending
				e.Reasons = append(e.Reasons, "Set to what the rules say by "+k.Actor+".")
			default:
				e.Value = k.KeptValue
				e.Reasons = append(e.Reasons, "Kept by "+k.Actor+".")
			}
		}
	}
	return state
}

// property decides the state of one value: an open line wins, then a gap, then a kept value; else it is at rest.
func (v *viewer) property(t *viewType, parent *Entitlement, name, label string, valueID int64, span *evaluation.Span) *Entitlement {
	state := v.atRest(t)
	e := &Entitlement{ID: fmt.Sprintf("%s-%s-%d", parent.ID, name, valueID), ParentID: &parent.ID, Kind: Property, Name: label, Identifier: name,
		WorkflowState: t.WorkflowState, HiddenInSimplifiedView: parent.HiddenInSimplifiedView, Order: parent.Order, InForce: parent.InForce}
	e.valueID = valueID
	if span != nil {
		e.valueID = span.ID
		value := span.Value
		if span.ID != 0 {
			value = v.labels[span.ID]
		}
		e.Value, e.StartDate, e.EndDate, e.InForce = &value, span.From, span.To, parent.InForce && v.inForce(span.From, span.To)
		for _, rule := range span.Rules {
			e.Reasons = append(e.Reasons, v.m.TypeRuleReason(rule))
		}
		if span.Error != "" {
			state, e.Error = evaluation.Error, &span.Error
		}
		if parent.State != nil && *parent.State == evaluation.Inactive {
			state = evaluation.Inactive
		}
	}
	if decided := v.decided(t, e, name, valueID); decided != nil {
		state = *decided
	}
	for _, g := range v.questions[t.ID] {
		if g.is(name, valueID) {
			e.DifferenceID = g.waiting()
		}
	}
	for _, g := range v.gaps[t.ID] {
		if g.is(name, valueID) {
			state, e.WorkflowState, e.CurrentValue, e.DifferenceID = evaluation.None, g.WorkflowState, g.CurrentValue, g.waiting()
			if e.Value == nil {
				e.Value = g.ProposedValue
			}
		}
	}
	for _, l := range v.lines[t.ID] {
		if l.IsOpen && l.Property != nil && *l.Property == name && (valueID == 0 || l.ValueID != nil && *l.ValueID == valueID) {
			state = l.State
			if text(l.CurrentValue) != "" {
				e.CurrentValue = l.CurrentValue
			}
			if e.Value == nil {
				e.Value = l.ProposedValue
			}
			if len(e.Reasons) == 0 {
				for _, rule := range l.RuleIDs {
					e.Reasons = append(e.Reasons, v.m.TypeRuleReason(rule))
				}
			}
			wait(e, l)
			break
		}
	}
	e.State = &state
	return e
}
