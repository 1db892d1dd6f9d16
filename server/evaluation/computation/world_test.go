package computation

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// Entity types of the test organisation.
const (
	person     = int64(1)
	account    = int64(2)
	department = int64(3)
	group      = int64(4)
	record     = int64(5)
	title      = int64(6)
)

var day = time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC)

func at(days float64) time.Time { return day.Add(time.Duration(days * 24 * float64(time.Hour))) }

// organisation is a shape, a model and a store in memory, in which a test plays people, systems and time.
type organisation struct {
	t        testing.TB
	shape    *directory.Shape
	m        *rolemodel.Model
	keys     model.Keys
	c        *model.Compiled
	now      time.Time
	next     int64
	res      map[int64]*evaluation.Resource
	owners   map[int64]*evaluation.Owner
	synced   map[int64]time.Time
	offer    func(*evaluation.Owner)                      // fills candidates and lookups before an evaluation
	already  func(*evaluation.Owner) *evaluation.Resource // what a creation finds in the system, made by an attempt whose answer was lost
	initial  bool
	blockAll bool
	noReview bool
}

func newOrganisation(t testing.TB) *organisation {
	o := &organisation{t: t, now: day, next: 1000, res: map[int64]*evaluation.Resource{}, owners: map[int64]*evaluation.Owner{}, synced: map[int64]time.Time{}}
	s := &directory.Shape{EntityTypes: map[int64]*directory.EntityType{}, ByIdentifier: map[string]*directory.EntityType{}, Properties: map[int64]*directory.Property{},
		PropertiesOf: map[int64][]*directory.Property{}, Dimensions: map[string]*directory.Dimension{}, DimensionByID: map[int64]*directory.Dimension{}}
	for id, name := range map[int64]string{person: "Person", account: "Account", department: "Department", group: "Group", record: "Record", title: "Title"} {
		s.EntityTypes[id] = &directory.EntityType{ID: id, Identifier: name}
		s.ByIdentifier[name] = s.EntityTypes[id]
	}
	prop := func(id, of int64, name string, typ directory.PropertyType, to int64, many bool, reverse string) {
		p := &directory.Property{ID: id, EntityTypeID: of, Identifier: name, Type: typ, IsCollection: many, Position: len(s.PropertiesOf[of]), IsKey: len(s.PropertiesOf[of]) == 0}
		if to != 0 {
			p.TargetEntityTypeID = &to
		}
		if reverse != "" {
			p.ReverseIdentifier = &reverse
		}
		s.Properties[id] = p
		s.PropertiesOf[of] = append(s.PropertiesOf[of], p)
	}
	for i, name := range []string{"EmployeeId", "FirstName", "LastName", "Phone"} {
		prop(int64(11+i), person, name, directory.String, 0, false, "")
	}
	prop(15, person, "Hired", directory.DateTime, 0, false, "")
	prop(16, person, "Floor", directory.Int32, 0, false, "")
	prop(17, person, "Department", directory.ForeignKey, department, false, "Members")
	for i, name := range []string{"Login", "DisplayName", "Phone", "Enabled", "EmployeeId"} {
		prop(int64(21+i), account, name, directory.String, 0, false, "")
	}
	prop(26, account, "MemberOf", directory.ForeignKey, group, true, "Members")
	prop(27, account, "Home", directory.ForeignKey, department, false, "Accounts")
	prop(31, department, "Code", directory.String, 0, false, "")
	prop(32, department, "Name", directory.String, 0, false, "")
	prop(33, department, "Parent", directory.ForeignKey, department, false, "Children")
	prop(41, group, "Cn", directory.String, 0, false, "")
	prop(51, record, "Number", directory.String, 0, false, "")
	prop(52, record, "Start", directory.DateTime, 0, false, "")
	prop(53, record, "End", directory.DateTime, 0, false, "")
	prop(54, record, "Office", directory.String, 0, false, "")
	prop(55, record, "Person", directory.ForeignKey, person, false, "Records")
	prop(56, record, "Department", directory.ForeignKey, department, false, "")
	prop(57, record, "Title", directory.ForeignKey, title, false, "")
	prop(71, record, "Contract", directory.String, 0, false, "")
	prop(72, record, "Hired", directory.DateTime, 0, false, "")
	prop(73, record, "Left", directory.DateTime, 0, false, "")
	prop(74, record, "Rank", directory.String, 0, false, "")
	prop(75, record, "Place", directory.String, 0, false, "")
	prop(61, title, "Code", directory.String, 0, false, "")
	parent := "Parent"
	s.Dimensions["Department"] = &directory.Dimension{ID: 1, Identifier: "Department", EntityTypeID: department, IsHierarchical: true, ParentProperty: &parent}
	s.Dimensions["Title"] = &directory.Dimension{ID: 2, Identifier: "Title", EntityTypeID: title, ColumnMapping: 1}
	o.shape = s
	o.m = &rolemodel.Model{Version: 1, Policies: []*rolemodel.Policy{{ID: 1, Identifier: "Default", IsProvisioningEnabled: true}}}
	o.m.ContextRules = []*rolemodel.ContextRule{{ID: 1, Identifier: "Person", PolicyID: 1, EntityTypeID: person, ResourcesBinding: ptr("Records"),
		ResourcesStartBinding: ptr("Start"), ResourcesEndBinding: ptr("End"), Dimensions: map[string]string{"Department": "Department", "Title": "Title"}}}
	o.keys = model.Keys{IDs: map[int64]map[string]int64{department: {}, title: {}, group: {}}, Labels: map[int64]string{},
		Ancestors: map[string]map[int64][]int64{"Department": {}, "Title": {}}}
	return o
}

func ptr[T any](v T) *T { return &v }

func (o *organisation) id() int64 { o.next++; return o.next }

// thing adds a reference resource: a department below a parent, a title or a group.
func (o *organisation) thing(entityType int64, key string, parent int64) int64 {
	id := o.id()
	r := &evaluation.Resource{ID: id, EntityTypeID: entityType, Key: key, DisplayName: key, Scalars: map[string]string{"Code": key, "Cn": key, "Name": key}, Links: map[string][]int64{}}
	o.res[id] = r
	o.keys.IDs[entityType][key] = id
	o.keys.Labels[id] = key
	if entityType == department {
		o.keys.Ancestors["Department"][id] = append([]int64{id}, o.keys.Ancestors["Department"][parent]...)
		if parent != 0 {
			r.Links["Parent"] = []int64{parent}
		}
	}
	return id
}

// hire adds a person without records.
func (o *organisation) hire(first, last string) *evaluation.Owner {
	id := o.id()
	r := &evaluation.Resource{ID: id, EntityTypeID: person, Key: fmt.Sprint("E", id), DisplayName: first + " " + last,
		Scalars: map[string]string{"EmployeeId": fmt.Sprint("E", id), "FirstName": first, "LastName": last}, Links: map[string][]int64{}}
	o.res[id] = r
	o.owners[id] = &evaluation.Owner{Resource: r, Lookups: map[evaluation.Key][]int64{}, Denied: map[int64]bool{}}
	return o.owners[id]
}

// position gives a person a record over a period; zero times are open.
func (o *organisation) position(p *evaluation.Owner, from, to time.Time, department, title int64) *evaluation.Resource {
	id := o.id()
	r := &evaluation.Resource{ID: id, EntityTypeID: record, Key: fmt.Sprint("R", id), Scalars: map[string]string{"Number": fmt.Sprint(id)}, Links: map[string][]int64{"Person": {p.Resource.ID}}}
	if !from.IsZero() {
		r.Scalars["Start"] = directory.FormatTime(from)
	}
	if !to.IsZero() {
		r.Scalars["End"] = directory.FormatTime(to)
	}
	if department != 0 {
		r.Links["Department"] = []int64{department}
	}
	if title != 0 {
		r.Links["Title"] = []int64{title}
	}
	o.res[id] = r
	p.Resource.Links["Records"] = append(p.Resource.Links["Records"], id)
	return r
}

// employ hires somebody for good.
func (o *organisation) employ(first, last string, department int64) *evaluation.Owner {
	p := o.hire(first, last)
	o.position(p, at(-100), time.Time{}, department, 0)
	return p
}

func (o *organisation) role(kind rolemodel.RoleKind, identifier string) int64 {
	id := o.id()
	o.m.Roles = append(o.m.Roles, &rolemodel.Role{ID: id, Kind: kind, Identifier: identifier, DisplayName: identifier, PolicyID: 1, EntityTypeID: person})
	return id
}

func (o *organisation) roleRule(r rolemodel.RoleRule) int64 {
	r.ID, r.PolicyID = o.id(), 1
	r.Identifier = fmt.Sprint("role-rule-", r.ID)
	o.m.RoleRules = append(o.m.RoleRules, &r)
	return r.ID
}

// accounts adds the resource type: people own accounts, orders need no review, both directions are allowed.
func (o *organisation) accounts(change ...func(*rolemodel.ResourceType)) *rolemodel.ResourceType {
	t := &rolemodel.ResourceType{ID: o.id(), Identifier: "Accounts", PolicyID: 1, SourceEntityTypeID: person, TargetEntityTypeID: account, ConnectionID: ptr(int64(1)),
		AllowAdd: true, AllowRemove: true}
	for _, f := range change {
		f(t)
	}
	o.m.ResourceTypes = append(o.m.ResourceTypes, t)
	return t
}

func (o *organisation) rule(t *rolemodel.ResourceType, r rolemodel.ResourceTypeRule) *rolemodel.ResourceTypeRule {
	r.ID, r.PolicyID, r.ResourceTypeID = o.id(), 1, t.ID
	r.Identifier = fmt.Sprint("rule-", r.ID)
	if r.Kind == rolemodel.ScalarRule && r.PropertyID != nil && !r.IsMapped {
		r.IsMapped = true
	}
	o.m.Rules = append(o.m.Rules, &r)
	return &r
}

func (o *organisation) property(name string) *int64 {
	return &o.shape.Property(account, name).ID
}

func (o *organisation) typeRule(t *rolemodel.ResourceType) *rolemodel.ResourceTypeRule {
	return o.rule(t, rolemodel.ResourceTypeRule{Kind: rolemodel.TypeRule})
}

func (o *organisation) scalar(t *rolemodel.ResourceType, property, binding, expression string) *rolemodel.ResourceTypeRule {
	r := rolemodel.ResourceTypeRule{Kind: rolemodel.ScalarRule, PropertyID: o.property(property)}
	if binding != "" {
		r.SourceBinding = &binding
	}
	if expression != "" {
		r.SourceExpression = &expression
	}
	return o.rule(t, r)
}

func (o *organisation) member(t *rolemodel.ResourceType, groupKey string, role int64) *rolemodel.ResourceTypeRule {
	r := rolemodel.ResourceTypeRule{Kind: rolemodel.NavigationRule, PropertyID: o.property("MemberOf"), ValueKey: &groupKey}
	if role != 0 {
		r.SingleRoleID = &role
	}
	return o.rule(t, r)
}

func (o *organisation) correlation(t *rolemodel.ResourceType, confidence int) *rolemodel.ResourceTypeRule {
	return o.rule(t, rolemodel.ResourceTypeRule{Kind: rolemodel.CorrelationRule, SourceBinding: ptr("EmployeeId"), TargetBinding: ptr("EmployeeId"), Confidence: confidence})
}

// compile makes the model of now; no problems are expected.
func (o *organisation) compile() {
	o.t.Helper()
	o.m.Version++
	for _, r := range o.m.Rules { // what the database notes with every rule
		if r.PropertyID != nil && !slices.ContainsFunc(o.m.Computed, func(x *rolemodel.ComputedProperty) bool {
			return x.ResourceTypeID == r.ResourceTypeID && x.PropertyID == *r.PropertyID
		}) {
			o.m.Computed = append(o.m.Computed, &rolemodel.ComputedProperty{ResourceTypeID: r.ResourceTypeID, PropertyID: *r.PropertyID})
		}
	}
	c, problems := model.Compile(o.m, o.shape, o.keys)
	require.Empty(o.t, problems)
	o.c = c
}

func (o *organisation) batch(owners ...*evaluation.Owner) *evaluation.Batch {
	if len(owners) == 0 {
		for _, id := range slices.Sorted(maps.Keys(o.owners)) {
			owners = append(owners, o.owners[id])
		}
	}
	for _, x := range owners {
		if o.offer != nil {
			o.offer(x)
		}
	}
	return &evaluation.Batch{Now: o.now, Initial: o.initial, BlockAll: o.blockAll, NoReview: o.noReview, Owners: owners, Resources: o.res, SyncedAt: maps.Clone(o.synced)}
}

// evaluate computes and saves one owner, and checks that a second run has nothing more to say (role-model 12.15, scenario 25).
func (o *organisation) evaluate(p *evaluation.Owner) evaluation.Result {
	o.t.Helper()
	if o.c == nil {
		o.compile()
	}
	first := Evaluate(o.c, o.batch(p))[0]
	require.NoError(o.t, first.Err)
	o.save(p, &first)
	again := Evaluate(o.c, o.batch(p))[0]
	require.True(o.t, again.Unchanged, "the fingerprint of what was saved is the one that was promised")
	b := o.batch(p)
	b.Force = true
	forced := Evaluate(o.c, b)[0]
	require.Empty(o.t, forced.Roles, "a second run writes no role")
	require.Empty(o.t, forced.Types, "a second run writes no type: %s", describe(forced))
	return first
}

// save applies a result to the store and gives new rows their ids. What is expected goes through what is kept, as it does for the server.
func (o *organisation) save(p *evaluation.Owner, r *evaluation.Result) {
	if r.Unchanged {
		return
	}
	x := p.After(r)
	p.Roles, p.Types, p.Fingerprint, p.ModelVersion, p.NextAt = x.Roles, x.Types, r.Fingerprint, o.c.Version, r.NextAt
	number := func(id *int64) {
		if *id == 0 {
			*id = o.id()
		}
	}
	for _, row := range p.Roles {
		number(&row.ID)
	}
	var stored evaluation.Stored
	for _, t := range p.Types {
		number(&t.ID)
		var err error
		t.Expected, err = stored.Read(t.Expected.Append(nil))
		require.NoError(o.t, err)
		for _, g := range t.Gaps {
			number(&g.ID)
		}
		if t.Order != nil {
			number(&t.Order.ID)
			for _, l := range t.Order.Lines {
				number(&l.ID)
			}
		}
	}
}

// approve is a reviewer who agrees with everything that waits.
func (o *organisation) approve(p *evaluation.Owner) {
	for _, t := range p.Types {
		if t.Order == nil {
			continue
		}
		t.Order.ReviewedAt = ptr(o.now)
		for _, l := range t.Order.Lines {
			if l.State == evaluation.AwaitingApproval {
				l.State, l.ReviewRequired = evaluation.Pending, false
			}
		}
	}
}

// expire is the clock: what waits beyond its end is past.
func (o *organisation) expire(p *evaluation.Owner) {
	for _, t := range p.Types {
		if t.Order == nil || t.Order.InFlight {
			continue
		}
		for _, l := range t.Order.Lines {
			waits := l.State == evaluation.None || l.State == evaluation.Pending || l.State == evaluation.Errored || l.State == evaluation.AwaitingApproval || l.State == evaluation.Transmitted && t.Order.IsManual
			if waits && l.Action != evaluation.LineDelete && l.Action != evaluation.LineRemove && l.End != nil && !l.End.After(o.now) {
				l.State = evaluation.Inactive
			}
		}
	}
}

// fulfil carries out every pending line; it shows in the target only after sync.
func (o *organisation) fulfil(p *evaluation.Owner) {
	for _, t := range p.Types {
		if t.Order == nil {
			continue
		}
		for _, l := range t.Order.Lines {
			if l.State == evaluation.Pending {
				l.State, l.IsSent, t.Order.ExecutedAt = evaluation.Executed, true, ptr(o.now)
			}
		}
	}
}

// sync makes the managed system show what was carried out, and reads it: the clock moves a minute.
func (o *organisation) sync(p *evaluation.Owner) {
	for _, t := range p.Types {
		if t.Order == nil {
			continue
		}
		target := o.res[t.TargetID]
		for _, l := range t.Order.Lines {
			if l.State != evaluation.Executed {
				continue
			}
			switch l.Action {
			case evaluation.LineCreate:
				if o.already != nil {
					target = o.already(p)
				}
				if target == nil || target.Gone {
					target = o.account(p)
				}
			case evaluation.LineDelete:
				if target != nil { // else somebody was quicker
					target.Gone = true
				}
			}
		}
		if target == nil {
			continue
		}
		for _, l := range t.Order.Lines {
			if l.State == evaluation.Executed {
				o.write(target, l)
			}
		}
	}
	o.now = o.now.Add(time.Minute)
	o.synced[account] = o.now
}

func (o *organisation) write(target *evaluation.Resource, l *evaluation.ExistingLine) {
	switch {
	case l.Property == "":
	case l.Action == evaluation.LineAdd:
		target.Links[l.Property] = sorted(append(target.Links[l.Property], l.ValueID))
	case l.Action == evaluation.LineRemove:
		target.Links[l.Property] = slices.DeleteFunc(target.Links[l.Property], func(id int64) bool { return id == l.ValueID })
	case l.ValueID != 0:
		target.Links[l.Property] = []int64{l.ValueID}
	case l.Proposed == "":
		delete(target.Scalars, l.Property)
	default:
		target.Scalars[l.Property] = l.Proposed
	}
}

func sorted(ids []int64) []int64 { slices.Sort(ids); return slices.Compact(ids) }

// account adds an account with the employee id of a person, as their system would.
func (o *organisation) account(p *evaluation.Owner) *evaluation.Resource {
	id := o.id()
	r := &evaluation.Resource{ID: id, EntityTypeID: account, Key: fmt.Sprint("A", id), DisplayName: fmt.Sprint("A", id),
		Scalars: map[string]string{"EmployeeId": p.Resource.Scalars["EmployeeId"]}, Links: map[string][]int64{}}
	o.res[id] = r
	return r
}

// correlate offers every unowned account by the correlation rules, as server/assignment does from the stored keys.
func (o *organisation) correlate() {
	o.offer = func(p *evaluation.Owner) {
		p.Candidates = nil
		taken := map[int64]bool{}
		for _, x := range o.owners {
			if x == p {
				continue
			}
			for _, t := range x.Types {
				taken[t.TargetID] = true
			}
		}
		for _, k := range expectation.SourceKeys(o.c, o.now, p.Resource, o.res) {
			for _, id := range slices.Sorted(maps.Keys(o.res)) {
				r := o.res[id]
				if r.EntityTypeID != account || r.Gone || taken[id] {
					continue
				}
				for _, t := range o.c.TargetKeys(r, o.res) {
					if t == k {
						p.Candidates = append(p.Candidates, evaluation.Candidate{TargetID: id, RuleID: k.RuleID, Owners: 1})
					}
				}
			}
		}
	}
}

// provision runs the whole circle once: evaluate, approve, fulfil, synchronize, evaluate.
func (o *organisation) provision(p *evaluation.Owner) {
	o.t.Helper()
	o.evaluate(p)
	o.approve(p)
	o.fulfil(p)
	o.sync(p)
	o.evaluate(p)
}

// the one row of a person who has one.
func (o *organisation) one(p *evaluation.Owner) *evaluation.ExistingType {
	o.t.Helper()
	require.Len(o.t, p.Types, 1)
	return p.Types[0]
}

// describe writes what a row has under way, one line each, for expectations and messages.
func describe(r evaluation.Result) string {
	out := ""
	for _, d := range r.Types {
		out += fmt.Sprintf("type %d target %d workflow %d expected %v close %v changed %v\n", d.ResourceTypeID, d.TargetID, d.Workflow, d.IsExpected, d.CloseRow, d.RowChanged)
		if d.Order != nil {
			out += fmt.Sprintf("  order %s withdraw %v close %v supersede %v\n", d.Order.Kind, d.Order.Withdraw, d.Order.Close, d.Order.Supersede)
			for _, l := range d.Order.Lines {
				out += fmt.Sprintf("    %s %s %d %q -> %q to %d %s %s close %v unverified %v %s\n", l.Action, l.Property, l.ValueID, l.Current, l.Proposed, l.To, l.Verb, l.WaitReason, l.Close, l.Unverified, l.Error)
			}
		}
		for _, g := range d.Gaps {
			out += fmt.Sprintf("  gap %s %d %q -> %q workflow %d close %v\n", g.Property, g.ValueID, g.Current, g.Proposed, g.Workflow, g.Close)
		}
		for _, k := range d.Kept {
			out += fmt.Sprintf("  kept %d workflow %d close %v\n", k.ID, k.Workflow, k.Close)
		}
	}
	return out
}

// open lists the open lines of a row as "ACTION Property value state wait".
func open(t *evaluation.ExistingType) []string {
	var out []string
	if t.Order == nil {
		return nil
	}
	for _, l := range t.Order.Lines {
		s := fmt.Sprintf("%s %s %s %d", l.Action, l.Property, l.Proposed, l.State)
		if l.Action == evaluation.LineRemove {
			s = fmt.Sprintf("%s %s %s %d", l.Action, l.Property, l.Current, l.State)
		}
		if l.WaitReason != "" && l.WaitReason != "none" {
			s += " " + l.WaitReason
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// gaps lists the gaps of a row as "Property current -> proposed workflow".
func gaps(t *evaluation.ExistingType) []string {
	var out []string
	for _, g := range t.Gaps {
		out = append(out, fmt.Sprintf("%s %s -> %s %d", g.Property, g.Current, g.Proposed, g.Workflow))
	}
	slices.Sort(out)
	return out
}
