package computation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// history is a random organisation with one kind of account, in which everything may happen to an order but nobody is left without an
// answer in the end. foreign: people also write into the system by hand.
type history struct {
	*play
	typ     *rolemodel.ResourceType
	foreign bool
	late    []func() // what the system did although its answer was lost: shows with the next synchronization
}

func newHistory(t *testing.T, rt *rapid.T) *history {
	o := newOrganisation(t)
	h := &history{play: &play{organisation: o, rt: rt}, foreign: rapid.Bool().Draw(rt, "foreign")}
	flag := func(name string) bool { return rapid.Bool().Draw(rt, name) }
	h.depts = []int64{o.thing(department, "HQ", 0), o.thing(department, "IT", 0), 0}
	h.titles = []int64{o.thing(title, "Boss", 0), 0}
	h.groups = []int64{o.thing(group, "G0", 0), o.thing(group, "G1", 0), o.thing(group, "G2", 0)}
	typ := o.accounts(func(x *rolemodel.ResourceType) {
		x.BlockProvisioning, x.AllowRemove = flag("block"), rapid.IntRange(0, 3).Draw(rt, "remove") > 0
		x.FulfillHoursAheadOfTime = rapid.SampledFrom([]int{0, 0, 24}).Draw(rt, "ahead")
	})
	h.typ = typ
	o.already = func(x *evaluation.Owner) *evaluation.Resource {
		if list := h.accountsOf(x); len(list) > 0 {
			return list[0]
		}
		return nil
	}
	in := func(name string) rolemodel.Criteria { return rolemodel.Criteria{"Department": {Key: name}} }
	switch rapid.IntRange(0, 2).Draw(rt, "given to") {
	case 0:
		o.typeRule(typ)
	case 1:
		o.typeRule(typ).Dimensions = in("HQ")
	}
	role := func(i int) int64 {
		id := o.role(rolemodel.Single, fmt.Sprint("R", i))
		o.roleRule(rolemodel.RoleRule{RoleID: id, Dimensions: rapid.SampledFrom([]rolemodel.Criteria{in("HQ"), in("IT"), {"Title": {Key: "Boss"}}}).Draw(rt, "criteria")})
		return id
	}
	for i := range 3 {
		o.member(typ, fmt.Sprint("G", i), role(i))
	}
	home := func(place string, id int64) {
		o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.NavigationRule, PropertyID: o.property("Home"), ValueKey: &place, SingleRoleID: &id})
	}
	home("HQ", role(3))
	home("IT", role(4))
	o.scalar(typ, "Phone", "Phone", "")
	o.scalar(typ, "DisplayName", "LastName", "").ComparisonType = formula.IgnoreCase
	given := role(5)
	o.scalar(typ, "Enabled", "FirstName", "").SingleRoleID = &given
	if flag("failing rule") {
		o.scalar(typ, "Login", "", "source.Floor > 2 ? 'high' : 'low'")
	}
	o.correlation(typ, 100)
	o.m.Policies[0].GracePeriod = rapid.SampledFrom([]int{0, 60, 2880}).Draw(rt, "grace")
	o.compile()
	o.correlate()
	for range rapid.IntRange(1, 2).Draw(rt, "people") {
		x := o.hire(h.word(), h.word())
		x.Resource.Scalars["Phone"], x.Resource.Scalars["Floor"] = h.word(), "1"
		h.record(x)
		h.people = append(h.people, x)
	}
	return h
}

// step is one random thing that happens.
func (h *history) step() {
	rt := h.rt
	x := rapid.SampledFrom(h.people).Draw(rt, "who")
	things := []string{"source", "source", "move", "move", "record", "leave", "time", "rule", "approve", "fulfil", "fulfil", "sync", "sync", "sync", "fail", "lose", "ticket", "fly", "land",
		"mode", "request", "silent", "role rule", "review"}
	if h.foreign {
		things = append(things, "drift", "group", "vanish")
	}
	switch what := rapid.SampledFrom(things).Draw(rt, "what"); what {
	case "source":
		x.Resource.Scalars[rapid.SampledFrom([]string{"Phone", "FirstName", "LastName"}).Draw(rt, "property")] = rapid.SampledFrom([]string{"a", "b", "C", "d", ""}).Draw(rt, "value")
		x.Resource.Scalars["Floor"] = rapid.SampledFrom([]string{"1", "3", "x"}).Draw(rt, "floor")
	case "move":
		for _, id := range x.Resource.Links["Records"] {
			r := h.res[id]
			delete(r.Links, "Department")
			delete(r.Links, "Title")
			if d := rapid.SampledFrom(h.depts).Draw(rt, "dept"); d != 0 {
				r.Links["Department"] = []int64{d}
			}
			if d := rapid.SampledFrom(h.titles).Draw(rt, "title"); d != 0 {
				r.Links["Title"] = []int64{d}
			}
		}
	case "leave":
		x.Resource.Links["Records"] = nil
	case "rule":
		if i := rapid.IntRange(0, 4*len(h.m.Rules)).Draw(rt, "rule"); i < len(h.m.Rules) {
			if k := h.m.Rules[i].Kind; k == rolemodel.NavigationRule || k == rolemodel.ScalarRule {
				h.m.Rules = slices.Delete(slices.Clone(h.m.Rules), i, i+1)
				h.compile()
			}
		}
	case "role rule":
		h.changeRule()
	case "review":
		h.review(x)
	case "fail", "lose", "fly", "land", "silent", "ticket":
		h.send(x, what)
	case "drift":
		for _, r := range h.accountsOf(x) {
			r.Scalars[rapid.SampledFrom([]string{"Phone", "DisplayName", "Enabled"}).Draw(rt, "property")] = rapid.SampledFrom([]string{"a", "by hand"}).Draw(rt, "value")
			if rapid.Bool().Draw(rt, "home too") {
				r.Links["Home"] = []int64{h.depts[0]}
			}
		}
	case "group":
		for _, r := range h.accountsOf(x) {
			r.Links["MemberOf"] = sorted(rapid.SliceOfNDistinct(rapid.SampledFrom(h.groups), 0, 3, rapid.ID[int64]).Draw(rt, "groups"))
		}
	case "sync":
		h.synchronize(x)
	default:
		h.do(what, x)
	}
}

// do is what every play knows.
func (h *history) do(what string, x *evaluation.Owner) {
	switch what {
	case "record":
		h.record(x)
	case "time":
		h.now = h.now.Add(rapid.SampledFrom([]time.Duration{time.Hour, 25 * time.Hour, 72 * time.Hour}).Draw(h.rt, "later"))
	case "vanish":
		for _, r := range h.accountsOf(x) {
			r.Gone = true
		}
	case "approve":
		h.approve(x)
		for _, t := range x.Types {
			if t.Order == nil || t.Order.InFlight {
				continue
			}
			for _, l := range t.Order.Lines { // approved early: it waits for its day
				if l.State == evaluation.Pending && l.Start != nil && l.Start.After(h.now.Add(time.Duration(h.typ.FulfillHoursAheadOfTime)*time.Hour)) {
					l.State, l.WaitReason = evaluation.None, string(evaluation.WaitNotDue)
				}
			}
		}
	case "fulfil":
		for _, t := range x.Types {
			if t.Order != nil && !t.Order.InFlight && !t.Order.IsManual {
				one := *x
				one.Types = []*evaluation.ExistingType{t}
				h.fulfil(&one)
			}
		}
	case "mode":
		h.noReview = rapid.Bool().Draw(h.rt, "no review")
	case "request":
		role := rapid.SampledFrom(h.m.Roles).Draw(h.rt, "role")
		x.Roles = append(x.Roles, &evaluation.AssignedRole{ID: h.id(), RoleID: role.ID, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: ptr(h.now), End: ptr(h.now.Add(50 * time.Hour))})
	}
}

// send is what becomes of an order on its way: refused, done without an answer, on a ticket, in the hands of a worker, silent.
func (h *history) send(x *evaluation.Owner, what string) {
	for _, t := range x.Types {
		o := t.Order
		if o == nil {
			continue
		}
		flies := o.InFlight
		for _, l := range o.Lines {
			switch {
			case what == "fly" && l.State == evaluation.Pending && !o.IsManual:
				o.InFlight = true
			case what == "land" && flies && l.State == evaluation.Pending, what == "land" && l.State == evaluation.Transmitted:
				l.State, l.IsSent, o.ExecutedAt = evaluation.Executed, true, ptr(h.now)
			case flies:
			case what == "fail" && l.State == evaluation.Pending:
				l.State, l.IsSent = evaluation.Errored, true
			case what == "lose" && l.State == evaluation.Pending:
				l.State, l.IsSent = evaluation.Errored, true
				h.late = append(h.late, h.effect(x, t, *l))
			case what == "silent" && l.State == evaluation.Executed:
				l.State = evaluation.Errored // no synchronization came in time
			case what == "ticket" && l.State == evaluation.Pending:
				l.State, l.IsSent, o.IsManual = evaluation.Transmitted, true, true
			}
		}
		if what == "land" {
			o.InFlight = false
		}
	}
}

// effect is what a line does to the system, later.
func (h *history) effect(x *evaluation.Owner, t *evaluation.ExistingType, l evaluation.ExistingLine) func() {
	return func() {
		target := h.res[t.TargetID]
		switch {
		case l.Action == evaluation.LineCreate && target == nil:
			if len(h.accountsOf(x)) == 0 {
				h.account(x)
			}
			return
		case target == nil:
			if list := h.accountsOf(x); len(list) > 0 {
				target = list[0]
			}
		}
		switch {
		case target == nil:
		case l.Action == evaluation.LineDelete:
			target.Gone = true
		default:
			h.write(target, &l)
		}
	}
}

func (h *history) synchronize(x *evaluation.Owner) {
	for _, f := range h.late {
		f()
	}
	h.late = nil
	h.sync(x)
}

// accountsOf are the living accounts with the number of a person.
func (h *history) accountsOf(x *evaluation.Owner) []*evaluation.Resource {
	var out []*evaluation.Resource
	for _, r := range h.res {
		if r.EntityTypeID == account && !r.Gone && r.Scalars["EmployeeId"] == x.Resource.Scalars["EmployeeId"] {
			out = append(out, r)
		}
	}
	return out
}

// ownWork: without people who write by hand there is nothing that nobody asked for.
func (h *history) ownWork() {
	if h.foreign {
		return
	}
	for _, x := range h.people {
		for _, t := range x.Types {
			for _, g := range t.Gaps {
				require.Empty(h.rt, g.Property, "what Writ wrote is taken for somebody else's: %v", gaps(t))
			}
		}
	}
}

// quiet lets everybody answer: workers, operators, reviewers, and who reconciles says what the rules say.
func (h *history) quiet() {
	h.noReview, h.blockAll = false, false
	for _, x := range h.people {
		x.Resource.Scalars["Floor"] = "3"
	}
	for range 8 {
		for _, x := range h.people {
			h.send(x, "land")
			for _, t := range x.Types {
				for _, g := range t.Gaps {
					target := h.res[t.TargetID]
					switch q := h.shape.Property(account, g.Property); {
					case target == nil:
					case g.Property == "":
						t.Workflow = evaluation.Cancellation
					case q.IsNavigation() && q.IsCollection:
						h.write(target, &evaluation.ExistingLine{Property: g.Property, Action: evaluation.LineRemove, ValueID: g.ValueID})
					case q.IsNavigation():
						delete(target.Links, g.Property)
						if s := evaluation.InForce(t.Expected.Properties[g.Property]); s != nil && s.ID != 0 {
							target.Links[g.Property] = []int64{s.ID}
						}
					default:
						target.Scalars[g.Property] = g.Proposed
					}
				}
				if t.Order != nil {
					t.Order.IsManual = false
					for _, l := range t.Order.Lines {
						if l.State == evaluation.Errored {
							l.State = evaluation.Pending
						}
					}
				}
			}
			h.do("approve", x)
			h.do("fulfil", x)
			h.synchronize(x)
		}
		h.check()
		h.ownWork()
	}
}

// conforms compares what the system shows with what a computation that knows no history wants.
func (h *history) conforms() {
	for _, x := range h.people {
		require.Empty(h.rt, ordersOf(x), "something is under way still: %v", ordersOf(x))
		twin := &evaluation.Owner{Resource: x.Resource, Roles: x.Roles, Lookups: map[evaluation.Key][]int64{}, Denied: map[int64]bool{}}
		res := Evaluate(h.c, &evaluation.Batch{Now: h.now, Owners: []*evaluation.Owner{twin}, Resources: h.res, SyncedAt: h.synced})[0]
		require.NoError(h.rt, res.Err)
		accounts := h.accountsOf(x)
		want := evaluation.Expected{}
		switch begins := h.now.Add(time.Duration(h.typ.FulfillHoursAheadOfTime) * time.Hour); {
		case len(res.Types) == 0:
			require.Empty(h.rt, accounts, "nothing gives an account")
		case res.Types[0].Start != nil && res.Types[0].Start.After(begins):
			want = res.Types[0].Expected
			require.LessOrEqual(h.rt, len(accounts), 1)
		default:
			want = res.Types[0].Expected
			require.Len(h.rt, accounts, 1, "an account is due")
		}
		for _, a := range accounts {
			for _, c := range h.m.Computed {
				q := &model.Property{Field: formula.Field{Property: h.shape.Properties[c.PropertyID]}}
				var ids []int64
				var value string
				for _, s := range want.Properties[q.Identifier] {
					if s.InForce {
						value = s.Value
						if s.ID != 0 {
							ids = append(ids, s.ID)
						}
					}
				}
				switch {
				case q.IsNavigation():
					if got := a.Links[q.Identifier]; len(got)+len(ids) > 0 {
						require.Equal(h.rt, sorted(ids), got, q.Identifier)
					}
				case value == "" && (q.IsKey || h.foreign): // nobody can live without a key, and a scalar that no rule computes is nobody's business
				default:
					require.True(h.rt, formula.Same(formula.IgnoreCase, value, a.Scalars[q.Identifier]), "%s is %q, must be %q", q.Identifier, a.Scalars[q.Identifier], value)
				}
			}
		}
	}
}

// orders lists what is under way but for what has to wait for its day.
func ordersOf(o *evaluation.Owner) (out []string) {
	for _, t := range o.Types {
		for _, l := range open(t) {
			if !strings.HasSuffix(l, string(evaluation.WaitNotDue)) {
				out = append(out, l)
			}
		}
	}
	return out
}

// TestHistoriesConverge: after whatever happened, when all have answered the target is what the policy says, for every managed value, and a
// second computation makes nothing. On the way nothing that Writ wrote was ever taken for somebody else's.
func TestHistoriesConverge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t, rt)
		h.check()
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			h.step()
			if rapid.IntRange(0, 3).Draw(rt, "evaluate") > 0 {
				h.check()
				h.ownWork()
			}
		}
		h.check()
		h.quiet()
		h.conforms()
	})
}
