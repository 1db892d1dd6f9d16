package computation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// legal are the moves of order lines that the database allows (migrations, provisioning_transition).
var legal = map[evaluation.State][]evaluation.State{
	evaluation.None: {0, 1, 4, 5, 6, 7}, evaluation.Pending: {0, 1, 2, 3, 4, 5, 6, 7, 8}, evaluation.Transmitted: {0, 1, 2, 3, 4, 5, 6, 8}, evaluation.Errored: {0, 1, 3, 4, 5, 6, 7}, evaluation.Verified: {0, 1, 4, 5, 6, 7},
	evaluation.AwaitingApproval: {0, 1, 4, 5, 6, 7}, evaluation.Inactive: {1, 4, 5, 6}, evaluation.Error: {0, 1, 4, 5, 6, 7}, evaluation.Executed: {0, 1, 3, 4, 5, 8},
}

// play is a random organisation in which everybody does what they can in any order.
type play struct {
	*organisation
	rt     *rapid.T
	people []*evaluation.Owner
	depts  []int64
	groups []int64
	titles []int64
	rules  []*rolemodel.RoleRule // of the beginning
}

func newPlay(t *testing.T, rt *rapid.T) *play {
	o := newOrganisation(t)
	p := &play{organisation: o, rt: rt}
	hq := o.thing(department, "HQ", 0)
	p.depts = []int64{hq, o.thing(department, "IT", hq), o.thing(department, "HR", hq), 0}
	p.titles = []int64{o.thing(title, "Boss", 0), o.thing(title, "Clerk", 0), 0}
	p.groups = []int64{o.thing(group, "G0", 0), o.thing(group, "G1", 0), o.thing(group, "G2", 0)}
	flag := func(name string) bool { return rapid.Bool().Draw(rt, name) }
	typ := o.accounts(func(x *rolemodel.ResourceType) {
		x.BlockProvisioning, x.DiscardManualAssignments, x.AllowRemove, x.AllowAdd = flag("block"), flag("discard"), flag("remove"), rapid.IntRange(0, 4).Draw(rt, "add") > 0
		x.CorrelateMultipleResources, x.SuggestAllCorrelations = flag("multiple"), rapid.IntRange(0, 4).Draw(rt, "suggest") == 0
		x.FulfillHoursAheadOfTime = rapid.SampledFrom([]int{0, 24}).Draw(rt, "ahead")
		x.RemoveOrphans = x.AllowRemove && flag("orphans")
		x.TicketSynchroIsNotAvailable = rapid.IntRange(0, 5).Draw(rt, "blind") == 0
	})
	criteria := func() rolemodel.Criteria {
		c := rolemodel.Criteria{}
		if flag("by department") {
			c["Department"] = rolemodel.Criterion{Key: rapid.SampledFrom([]string{"HQ", "IT", "HR"}).Draw(rt, "department"), Inherit: flag("inherit")}
		}
		if rapid.IntRange(0, 3).Draw(rt, "by title") == 0 {
			c["Title"] = rolemodel.Criterion{Key: rapid.SampledFrom([]string{"Boss", "Clerk"}).Draw(rt, "title")}
		}
		return c
	}
	pack := o.role(rolemodel.Composite, "Pack")
	o.roleRule(rolemodel.RoleRule{RoleID: pack, Dimensions: criteria()})
	for i := range 3 {
		role := o.role(rolemodel.Single, fmt.Sprint("R", i))
		r := rolemodel.RoleRule{RoleID: role, Dimensions: criteria()}
		if flag("packaged") {
			r.CompositeRoleID = &pack
		}
		o.roleRule(r)
		if rapid.IntRange(0, 3).Draw(rt, "denied") == 0 {
			o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: criteria(), IsDenied: true, Priority: rapid.IntRange(-1, 1).Draw(rt, "priority")})
		}
		o.member(typ, fmt.Sprint("G", i), role)
		if flag("parametrised") {
			o.member(typ, fmt.Sprint("G", (i+1)%3), role).Dimensions = criteria()
			if flag("required") {
				o.m.Roles[len(o.m.Roles)-1].RequiredParameters = []string{rapid.SampledFrom([]string{"Department", "Title"}).Draw(rt, "parameter")}
			}
			if flag("imposes") {
				o.m.Roles[len(o.m.Roles)-1].ImposedDimensions = map[string]string{"Title": "Boss"}
			}
		}
	}
	if flag("type rule") {
		r := o.typeRule(typ)
		r.Dimensions = criteria()
		if flag("type offset") {
			r.OffsetReference, r.OffsetBefore, r.OffsetAfter = rolemodel.OffsetAround, -1440, 2880
		}
	}
	o.scalar(typ, "Phone", "Phone", "")
	o.scalar(typ, "DisplayName", "", "source.FirstName + ' ' + source.LastName")
	o.scalar(typ, "Login", "record.Office", "ToUpper").ComparisonType = formula.IgnoreCase
	if flag("failing rule") {
		o.scalar(typ, "Enabled", "", "source.Floor > 2 ? 'high' : 'low'")
	} else {
		o.scalar(typ, "Enabled", "", "Literal:true")
		r := o.scalar(typ, "Enabled", "", "Literal:false")
		r.OffsetReference, r.OffsetBefore, r.OffsetAfter = rolemodel.OffsetAfter, 0, 4320
	}
	if flag("risky") {
		p.risks(typ)
	}
	o.correlation(typ, 100)
	o.m.Policies[0].GracePeriod = rapid.SampledFrom([]int{0, 60, 2880}).Draw(rt, "grace")
	if flag("fuzzy") {
		o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.CorrelationRule, SourceBinding: ptr("LastName"), TargetBinding: ptr("DisplayName"), Confidence: 60})
	}
	o.compile()
	o.correlate()
	for range rapid.IntRange(1, 3).Draw(rt, "people") {
		x := o.hire(p.word(), p.word())
		p.record(x)
		p.people = append(p.people, x)
	}
	return p
}

// risks adds some, of which several may share a group, with any exemption policy.
func (p *play) risks(typ *rolemodel.ResourceType) {
	if rapid.Bool().Draw(p.rt, "a group for everybody") {
		p.member(typ, "G2", 0)
	}
	for n := range rapid.IntRange(1, 3).Draw(p.rt, "risks") {
		var rules []rolemodel.RiskRule
		for k := range rapid.IntRange(1, 2).Draw(p.rt, "rules") {
			of := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"G0", "G1", "G2"}), 1, 3, rapid.ID[string]).Draw(p.rt, "items")
			r := rolemodel.RiskRule{Identifier: fmt.Sprint("K", n, "-", k)}
			for _, g := range of {
				r.Items = append(r.Items, rolemodel.RiskItem{ResourceType: typ.Identifier, Property: "MemberOf", Resource: g})
			}
			if rapid.IntRange(0, 3).Draw(p.rt, "scalar") == 0 {
				r.Items = append(r.Items, rolemodel.RiskItem{ResourceType: typ.Identifier, Property: "Phone"})
			}
			rules = append(rules, r)
		}
		p.risk(fmt.Sprint("K", n), rolemodel.Exemption(rapid.SampledFrom([]int{0, 1, 1, 2, 3, 4}).Draw(p.rt, "exemption")), rules...)
	}
}

func (p *play) word() string { return rapid.SampledFrom([]string{"a", "b", "C"}).Draw(p.rt, "word") }

func (p *play) record(x *evaluation.Owner) {
	from := rapid.SampledFrom([]float64{-9, -1, 2}).Draw(p.rt, "from")
	to := rapid.SampledFrom([]float64{-1, 3, 9}).Draw(p.rt, "to")
	r := p.position(x, at(from), at(to), rapid.SampledFrom(p.depts).Draw(p.rt, "dept"), rapid.SampledFrom(p.titles).Draw(p.rt, "title"))
	r.Scalars["Office"] = p.word()
}

// act is one random thing that happens.
func (p *play) act() {
	rt := p.rt
	x := rapid.SampledFrom(p.people).Draw(rt, "who")
	targets := func() []*evaluation.Resource {
		var out []*evaluation.Resource
		for _, t := range x.Types {
			if r := p.res[t.TargetID]; r != nil && !r.Gone {
				out = append(out, r)
			}
		}
		return out
	}
	switch rapid.SampledFrom([]string{"source", "source", "move", "record", "time", "drift", "group", "vanish", "appear", "approve", "fulfil", "fulfil", "sync", "sync", "fail", "ticket",
		"decline", "fly", "land", "keep", "gone", "mode", "request", "expire", "rule", "rule", "grace", "review"}).Draw(rt, "what") {
	case "source":
		x.Resource.Scalars[rapid.SampledFrom([]string{"Phone", "FirstName", "LastName"}).Draw(rt, "property")] = p.word()
		x.Resource.Scalars["Floor"] = rapid.SampledFrom([]string{"1", "3", "x"}).Draw(rt, "floor")
	case "move":
		for _, id := range x.Resource.Links["Records"] {
			p.res[id].Links["Department"] = nil
			if d := rapid.SampledFrom(p.depts).Draw(rt, "dept"); d != 0 {
				p.res[id].Links["Department"] = []int64{d}
			}
		}
	case "record":
		p.record(x)
	case "time":
		p.now = p.now.Add(rapid.SampledFrom([]time.Duration{time.Hour, 25 * time.Hour, 72 * time.Hour}).Draw(rt, "later"))
	case "drift":
		for _, r := range targets() {
			r.Scalars[rapid.SampledFrom([]string{"Phone", "DisplayName", "Enabled"}).Draw(rt, "property")] = p.word()
		}
	case "group":
		for _, r := range targets() {
			r.Links["MemberOf"] = rapid.SliceOfNDistinct(rapid.SampledFrom(p.groups), 0, 3, rapid.ID[int64]).Draw(rt, "groups")
			slices.Sort(r.Links["MemberOf"])
		}
	case "vanish":
		for _, r := range targets() {
			r.Gone = true
		}
	case "appear":
		r := p.account(x)
		r.Scalars["DisplayName"] = x.Resource.Scalars["LastName"]
		if rapid.Bool().Draw(rt, "fuzzy") {
			r.Scalars["EmployeeId"] = ""
		}
	case "approve":
		p.approve(x)
	case "fulfil":
		for _, t := range x.Types {
			if t.Order != nil && !t.Order.InFlight && !t.Order.IsManual {
				one := *x
				one.Types = []*evaluation.ExistingType{t}
				p.fulfil(&one)
			}
		}
	case "sync":
		p.sync(x)
	case "fail":
		p.lines(x, evaluation.Pending, func(o *evaluation.ExistingOrder, l *evaluation.ExistingLine) {
			l.State, l.IsSent = evaluation.Errored, true
		})
	case "ticket":
		p.lines(x, evaluation.Pending, func(o *evaluation.ExistingOrder, l *evaluation.ExistingLine) {
			l.State, l.IsSent, o.IsManual = evaluation.Transmitted, true, true
		})
	case "decline":
		p.lines(x, evaluation.AwaitingApproval, func(_ *evaluation.ExistingOrder, l *evaluation.ExistingLine) {
			if rapid.Bool().Draw(rt, "this one") {
				l.State, l.Workflow = evaluation.Inactive, evaluation.Declined
			}
		})
	case "expire":
		p.expire(x)
	case "fly":
		p.lines(x, evaluation.Pending, func(o *evaluation.ExistingOrder, _ *evaluation.ExistingLine) { o.InFlight = true })
	case "land":
		for _, t := range x.Types {
			if t.Order != nil {
				t.Order.InFlight = false
				for _, l := range t.Order.Lines {
					if l.State == evaluation.Transmitted {
						l.State, t.Order.ExecutedAt = evaluation.Executed, ptr(p.now)
					}
				}
			}
		}
	case "keep":
		for _, t := range x.Types {
			for _, g := range t.Gaps {
				if g.Property != "" && rapid.Bool().Draw(rt, "kept") {
					t.Kept = slices.DeleteFunc(t.Kept, func(k *evaluation.Kept) bool { return k.Property == g.Property && k.ValueID == g.ValueID })
					t.Kept = append(t.Kept, &evaluation.Kept{ID: p.id(), Property: g.Property, ValueID: g.ValueID, Workflow: evaluation.Approved, Value: g.Current, KeptAgainst: g.Proposed})
				}
			}
			t.Gaps = slices.DeleteFunc(t.Gaps, func(g *evaluation.Gap) bool {
				return slices.ContainsFunc(t.Kept, func(k *evaluation.Kept) bool { return k.Property == g.Property && k.ValueID == g.ValueID })
			})
		}
	case "gone":
		x.Resource.Gone = rapid.IntRange(0, 2).Draw(rt, "gone") == 0
	case "mode":
		p.noReview, p.blockAll = rapid.Bool().Draw(rt, "no review"), rapid.IntRange(0, 3).Draw(rt, "block all") == 0
	case "rule":
		p.changeRule()
	case "grace":
		p.m.Policies[0].GracePeriod = rapid.SampledFrom([]int{0, 60, 2880}).Draw(rt, "grace")
		p.compile()
	case "review":
		p.review(x)
	case "request":
		role := rapid.SampledFrom(p.m.Roles).Draw(rt, "role")
		x.Roles = append(x.Roles, &evaluation.AssignedRole{ID: p.id(), RoleID: role.ID, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: ptr(p.now), End: ptr(p.now.Add(100 * time.Hour)),
			IsDenied: rapid.IntRange(0, 4).Draw(rt, "refused") == 0})
	}
}

// changeRule changes a role rule, or deletes it, or brings it back.
func (p *play) changeRule() {
	if p.rules == nil {
		p.rules = slices.Clone(p.m.RoleRules)
	}
	of := rapid.SampledFrom(p.rules).Draw(p.rt, "rule")
	p.m.RoleRules = slices.DeleteFunc(slices.Clone(p.m.RoleRules), func(r *rolemodel.RoleRule) bool { return r.ID == of.ID })
	r := *of
	switch rapid.IntRange(0, 5).Draw(p.rt, "change") {
	case 0:
		r.IsDenied = !r.IsDenied
	case 1:
		r.Dimensions = rolemodel.Criteria{"Title": {Key: "Boss"}}
	case 2:
		r.Type = rolemodel.Suggested
	case 3:
	default:
		p.compile()
		return
	}
	p.m.RoleRules = append(p.m.RoleRules, &r)
	p.compile()
}

// review decides about prolonged roles.
func (p *play) review(x *evaluation.Owner) {
	for i, row := range x.Roles {
		if row.Workflow != evaluation.Prolonged {
			continue
		}
		decided := *row
		if rapid.Bool().Draw(p.rt, "approved") {
			decided.Workflow, decided.Origin, decided.End = evaluation.Approved, evaluation.OriginManual, nil
		} else {
			decided.Workflow = evaluation.Declined
		}
		x.Roles = slices.Clone(x.Roles)
		x.Roles[i] = &decided
	}
}

func (p *play) lines(x *evaluation.Owner, from evaluation.State, f func(*evaluation.ExistingOrder, *evaluation.ExistingLine)) {
	for _, t := range x.Types {
		if t.Order == nil || t.Order.InFlight {
			continue
		}
		for _, l := range t.Order.Lines {
			if l.State == from {
				f(t.Order, l)
			}
		}
	}
}

// check evaluates everybody the four ways that must agree, and saves.
func (p *play) check() {
	rt := p.rt
	for _, x := range p.people {
		lazy := Evaluate(p.c, p.batch(x))[0]
		b := p.batch(x)
		b.Force = true
		full, twin := Evaluate(p.c, b)[0], Evaluate(p.c, b)[0]
		require.NoError(rt, full.Err)
		require.Equal(rt, full, twin, "evaluation is deterministic")
		if lazy.Unchanged {
			require.Empty(rt, full.Roles, "an unchanged fingerprint means that nothing changed")
			require.Empty(rt, full.Types, "an unchanged fingerprint means that nothing changed:\n%s", describe(full))
			if full.NextAt != nil {
				require.NotNil(rt, x.NextAt)
				require.False(rt, x.NextAt.After(*full.NextAt), "it is looked at in time")
			}
		} else {
			require.Equal(rt, full, lazy, "incremental equals complete")
		}
		p.legal(x, full)
		p.save(x, &full)
		again := Evaluate(p.c, p.batch(x))[0]
		require.True(rt, again.Unchanged, "what is saved is what was promised")
		b = p.batch(x)
		b.Force = true
		again = Evaluate(p.c, b)[0]
		require.Empty(rt, again.Roles, "a second run writes no role")
		require.Empty(rt, again.Types, "a second run writes no type:\nfirst\n%s\nsecond\n%s", describe(full), describe(again))
		require.Equal(rt, full.Withheld, again.Withheld, "what is kept back stays so while nothing changes")
		require.Equal(rt, full.Exposures, again.Exposures)
		p.mindful(x, full)
	}
}

// mindful: nothing that is kept back is held, and what is kept back would raise a risk that blocks and that nobody has.
func (p *play) mindful(x *evaluation.Owner, r evaluation.Result) {
	has := map[int64]bool{}
	for _, e := range r.Exposures {
		has[e.RiskID] = true
	}
	blocked := map[int64]bool{}
	for _, k := range r.Withheld {
		i := slices.IndexFunc(p.c.Risks[person], func(x *model.Risk) bool { return x.ID == k.RiskID })
		require.True(p.rt, p.c.Risks[person][i].Blocks())
		require.False(p.rt, has[k.RiskID], "a risk that somebody has keeps nothing back")
		require.NotEmpty(p.rt, k.Contributors)
		blocked[k.RoleID] = true
	}
	for _, row := range x.Roles {
		require.True(p.rt, row.Workflow != evaluation.Blocked || blocked[row.RoleID], "a role that is blocked says why")
	}
}

func (p *play) legal(x *evaluation.Owner, r evaluation.Result) {
	taken := map[int64]bool{}
	for _, d := range r.Types {
		if d.TargetID != 0 && !d.CloseRow {
			require.False(p.rt, taken[d.TargetID], "a target has one row")
			taken[d.TargetID] = true
		}
		if d.Order == nil {
			continue
		}
		if d.Existing == nil || d.Existing.Order == nil {
			require.Zero(p.rt, d.Order.OrderID)
			require.NotEmpty(p.rt, d.Order.Lines, "no order without lines")
		} else {
			require.Equal(p.rt, d.Existing.Order.ID, d.Order.OrderID)
			if d.Existing.Order.InFlight {
				require.Empty(p.rt, d.Order.Lines, "what is in flight is not touched")
				require.True(p.rt, d.Order.Supersede)
			}
		}
		seen := map[string]bool{}
		for _, l := range d.Order.Lines {
			if l.LineID == 0 {
				require.Contains(p.rt, []evaluation.State{evaluation.None, evaluation.Pending, evaluation.AwaitingApproval, evaluation.Error}, l.To)
				key := fmt.Sprint(l.Property, l.Action, l.ValueID)
				require.False(p.rt, seen[key], "the same line twice")
				seen[key] = true
				continue
			}
			i := slices.IndexFunc(d.Existing.Order.Lines, func(y *evaluation.ExistingLine) bool { return y.ID == l.LineID })
			require.GreaterOrEqual(p.rt, i, 0)
			require.Contains(p.rt, legal[d.Existing.Order.Lines[i].State], l.To, "%s", describe(r))
		}
	}
}

// TestEvaluationIsSound lets a random organisation live: whatever happens in whatever order, evaluation is deterministic, idempotent, equal to
// itself by fingerprint, and moves lines only as the state machine allows.
func TestEvaluationIsSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlay(t, rt)
		p.check()
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			p.act()
			if rapid.IntRange(0, 3).Draw(rt, "evaluate") > 0 {
				p.check()
			}
		}
		p.check()
	})
}
