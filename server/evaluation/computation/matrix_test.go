package computation

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

var update = flag.Bool("update", false, "write the golden files")

// TestDiffMatrix writes what becomes of one property in every situation of provisioning 1.4 and 1.5 and role-model 12.7: how it stood, what
// the rules compute now, and what the managed system shows. Review its golden file like code.
func TestDiffMatrix(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	matrixOfScalars(t, &b)
	matrixOfMembers(t, &b)
	matrixOfTargets(t, &b)
	golden(t, "diff_matrix.golden", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "what evaluation decides changed; if that is meant: go test -run %s -update", t.Name())
}

// outcome is a result in one line.
func outcome(r evaluation.Result) string {
	var out []string
	for _, d := range r.Types {
		if d.CloseRow {
			out = append(out, "row closed")
		}
		if e := d.Existing; e != nil && e.Workflow != d.Workflow {
			out = append(out, fmt.Sprintf("workflow %d", d.Workflow))
		}
		if o := d.Order; o != nil {
			switch {
			case o.Supersede:
				out = append(out, "supersede")
			case o.Withdraw:
				out = append(out, "order withdrawn")
			case o.Close:
				out = append(out, "order closed")
			}
			for _, l := range o.Lines {
				s := fmt.Sprintf("%s %d", l.Verb, l.To)
				if l.LineID == 0 {
					s = fmt.Sprintf("new %s %d", l.Action, l.To)
				}
				if l.WaitReason != "" && l.WaitReason != "none" {
					s += " " + l.WaitReason
				}
				if l.Close {
					s += " closed"
				}
				if l.Unverified {
					s += " unverified"
				}
				out = append(out, s)
			}
		}
		for _, g := range d.Gaps {
			switch {
			case g.Close:
				out = append(out, "gap closed")
			case g.ID == 0:
				out = append(out, fmt.Sprintf("gap %d", g.Workflow))
			default:
				out = append(out, "gap refreshed")
			}
		}
		for _, k := range d.Kept {
			if k.Close {
				out = append(out, "kept closed")
			} else {
				out = append(out, fmt.Sprintf("kept %d", k.Workflow))
			}
		}
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, ", ")
}

// situation is how a property or an order stood before.
type situation struct {
	name     string
	state    evaluation.State
	manual   bool
	inFlight bool
	synced   bool
	workflow evaluation.Workflow // of the line
}

var situations = []situation{
	{name: "0 not due", state: evaluation.None},
	{name: "1", state: evaluation.Pending},
	{name: "2 ticket", state: evaluation.Transmitted, manual: true},
	{name: "2 automated", state: evaluation.Transmitted},
	{name: "in flight", state: evaluation.Pending, inFlight: true},
	{name: "3", state: evaluation.Errored},
	{name: "5", state: evaluation.AwaitingApproval},
	{name: "6 declined", state: evaluation.Inactive, workflow: evaluation.Declined},
	{name: "7", state: evaluation.Error},
	{name: "8 not synced", state: evaluation.Executed},
	{name: "8 synced", state: evaluation.Executed, synced: true},
}

func (s situation) order(o *organisation, lines ...*evaluation.ExistingLine) *evaluation.ExistingOrder {
	order := &evaluation.ExistingOrder{ID: 1, Kind: evaluation.Update, IsManual: s.manual, InFlight: s.inFlight}
	for i, l := range lines {
		l.ID, l.State, l.WaitReason, l.Workflow = int64(i+1), s.state, "none", evaluation.Calculated
		if s.workflow != 0 {
			l.Workflow = s.workflow
		}
		switch s.state {
		case evaluation.AwaitingApproval:
			l.ReviewRequired = true
		case evaluation.Error:
			l.Error = "failed"
		case evaluation.Executed:
			l.IsSent = true
			order.ExecutedAt = ptr(o.now.Add(-1))
		case evaluation.Transmitted, evaluation.Errored:
			l.IsSent = true
		}
		order.Lines = append(order.Lines, l)
	}
	delete(o.synced, account)
	if s.synced {
		o.synced[account] = o.now
	}
	return order
}

func (o *organisation) look(p *evaluation.Owner) string {
	for _, x := range p.Types { // lines have the dates of what they bring; taking away has none
		if x.Order == nil {
			continue
		}
		for _, l := range x.Order.Lines {
			if l.Action != evaluation.LineDelete && l.Action != evaluation.LineRemove {
				l.Start, l.End = x.Start, x.End
			}
		}
	}
	b := o.batch(p)
	b.Force = true
	res := Evaluate(o.c, b)[0]
	require.NoError(o.t, res.Err)
	// whatever was decided, saying it once is enough
	q := *p
	o.save(&q, &res)
	if order := q.Types; len(order) == 1 && order[0].Order != nil && order[0].Order.InFlight {
		return outcome(res)
	}
	b = o.batch(&q)
	b.Force = true
	again := Evaluate(o.c, b)[0]
	require.Equal(o.t, "-", outcome(again), "second run after %s", outcome(res))
	return outcome(res)
}

func matrixOfScalars(t *testing.T, b *strings.Builder) {
	for _, block := range []bool{false, true} {
		for _, discard := range []bool{false, true} {
			fmt.Fprintf(b, "SCALAR, review required %v, discard manual assignments %v\n", block, discard)
			fmt.Fprintf(b, "%-16s %-10s %-10s %s\n", "before", "computed", "current", "outcome")
			o, p := settled(t, func(t *rolemodel.ResourceType) {
				t.BlockProvisioning, t.DiscardManualAssignments = block, discard
			})
			clean := *o.one(p)
			target := o.res[clean.TargetID]
			row := func(before, computed, current string, change func(*evaluation.ExistingType)) {
				x := clean
				change(&x)
				p.Types = []*evaluation.ExistingType{&x}
				p.Resource.Scalars["Phone"] = map[string]string{"same": "100", "changed": "200"}[computed]
				target.Scalars["Phone"] = map[string]string{"as computed": p.Resource.Scalars["Phone"], "as before": "old", "was computed": "100", "third": "third"}[current]
				fmt.Fprintf(b, "%-16s %-10s %-14s %s\n", before, computed, current, o.look(p))
			}
			for _, s := range situations {
				for _, computed := range []string{"same", "changed"} {
					for _, current := range []string{"as computed", "as before", "third"} {
						row(s.name, computed, current, func(x *evaluation.ExistingType) {
							x.Order = s.order(o, &evaluation.ExistingLine{Property: "Phone", Action: evaluation.LineSet, Current: "old", Proposed: "100"})
						})
					}
				}
			}
			for _, computed := range []string{"same", "changed"} {
				row("no row", computed, "as computed", func(x *evaluation.ExistingType) { x.Expected = evaluation.Expected{} })
				row("no row", computed, "as before", func(x *evaluation.ExistingType) { x.Expected = evaluation.Expected{} })
				row("4", computed, "as computed", func(*evaluation.ExistingType) {})
				row("4", computed, "was computed", func(*evaluation.ExistingType) {})
				row("4", computed, "third", func(*evaluation.ExistingType) {})
				for _, current := range []string{"as computed", "as before", "third"} {
					for _, w := range []evaluation.Workflow{evaluation.NonConforming, evaluation.PreExisting} {
						row(fmt.Sprintf("gap %d", w), computed, current, func(x *evaluation.ExistingType) {
							x.Gaps = []*evaluation.Gap{{ID: 1, Property: "Phone", Workflow: w, Current: "old", Proposed: "100"}}
						})
					}
					row("gap postponed", computed, current, func(x *evaluation.ExistingType) {
						x.Gaps = []*evaluation.Gap{{ID: 1, Property: "Phone", Workflow: evaluation.NonConforming, Current: "old", Proposed: "100", IsPostponed: true}}
					})
					row("kept 24, asked", computed, current, func(x *evaluation.ExistingType) {
						x.Kept = []*evaluation.Kept{{ID: 1, Property: "Phone", Workflow: evaluation.Questioned, Value: "old", KeptAgainst: "100"}}
						x.Gaps = []*evaluation.Gap{{ID: 1, Property: "Phone", Workflow: evaluation.Questioned, Current: "old", Proposed: "100"}}
					})
					for _, w := range []evaluation.Workflow{evaluation.Approved, evaluation.Questioned, evaluation.Declined, evaluation.Calculated} {
						row(fmt.Sprintf("kept %d", w), computed, current, func(x *evaluation.ExistingType) {
							x.Kept = []*evaluation.Kept{{ID: 1, Property: "Phone", Workflow: w, Value: "old", KeptAgainst: "100"}}
						})
					}
				}
			}
			b.WriteByte('\n')
		}
	}
}

func matrixOfMembers(t *testing.T, b *strings.Builder) {
	fmt.Fprintf(b, "NAVIGATION VALUE\n%-18s %-10s %-10s %s\n", "before", "expected", "present", "outcome")
	o := newOrganisation(t)
	it := o.thing(department, "IT", 0)
	id := o.thing(group, "G", 0)
	typ := o.accounts()
	o.typeRule(typ)
	r := o.member(typ, "G", 0)
	r.Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
	o.compile()
	p := o.hire("Ann", "Lee")
	rec := o.position(p, at(-10), at(1000), 0, 0)
	target := o.account(p)
	rest := func(with bool) evaluation.ExistingType {
		rec.Links["Department"], target.Links["MemberOf"] = nil, nil
		if with {
			rec.Links["Department"], target.Links["MemberOf"] = []int64{it}, []int64{id}
		}
		p.Types = []*evaluation.ExistingType{{ID: 1, ResourceTypeID: typ.ID, TargetID: target.ID, Workflow: evaluation.Calculated, IsExpected: true}}
		res := o.evaluate(p)
		require.NoError(t, res.Err)
		x := *o.one(p)
		x.Order, x.Gaps = nil, nil
		return x
	}
	had, hadNot := rest(true), rest(false)
	row := func(before string, clean evaluation.ExistingType, expected, present bool, change func(*evaluation.ExistingType)) {
		change(&clean)
		p.Types = []*evaluation.ExistingType{&clean}
		rec.Links["Department"], target.Links["MemberOf"] = nil, nil
		if expected {
			rec.Links["Department"] = []int64{it}
		}
		if present {
			target.Links["MemberOf"] = []int64{id}
		}
		fmt.Fprintf(b, "%-18s %-10v %-10v %s\n", before, expected, present, o.look(p))
	}
	both := func(f func(expected, present bool)) {
		for _, expected := range []bool{true, false} {
			for _, present := range []bool{true, false} {
				f(expected, present)
			}
		}
	}
	both(func(e, x bool) {
		row("none", hadNot, e, x, func(*evaluation.ExistingType) {})
		row("4", had, e, x, func(*evaluation.ExistingType) {})
		row("gap 1", hadNot, e, x, func(y *evaluation.ExistingType) {
			y.Gaps = []*evaluation.Gap{{ID: 1, Property: "MemberOf", ValueID: id, Workflow: evaluation.NonConforming, Current: "G"}}
		})
		row("kept 16", hadNot, e, x, func(y *evaluation.ExistingType) {
			y.Kept = []*evaluation.Kept{{ID: 1, Property: "MemberOf", ValueID: id, Workflow: evaluation.Approved, Value: "G"}}
		})
		row("given up 18", hadNot, e, x, func(y *evaluation.ExistingType) {
			y.Kept = []*evaluation.Kept{{ID: 1, Property: "MemberOf", ValueID: id, Workflow: evaluation.Calculated, Value: "G"}}
		})
		row("refused 17", hadNot, e, x, func(y *evaluation.ExistingType) {
			y.Kept = []*evaluation.Kept{{ID: 1, Property: "MemberOf", ValueID: id, Workflow: evaluation.Declined, KeptAgainst: "G"}}
		})
	})
	for _, s := range situations {
		both(func(e, x bool) {
			row("ADD "+s.name, had, e, x, func(y *evaluation.ExistingType) {
				y.Order = s.order(o, &evaluation.ExistingLine{Property: "MemberOf", Action: evaluation.LineAdd, ValueID: id, Proposed: "G"})
			})
		})
		both(func(e, x bool) {
			row("REMOVE "+s.name, hadNot, e, x, func(y *evaluation.ExistingType) {
				y.Order = s.order(o, &evaluation.ExistingLine{Property: "MemberOf", Action: evaluation.LineRemove, ValueID: id, Current: "G"})
			})
		})
	}
	b.WriteByte('\n')
}

func matrixOfTargets(t *testing.T, b *strings.Builder) {
	for _, remove := range []bool{true, false} {
		fmt.Fprintf(b, "TARGET, removal allowed %v\n%-18s %-10s %-10s %s\n", remove, "before", "expected", "target", "outcome")
		o := newOrganisation(t)
		typ := o.accounts(func(t *rolemodel.ResourceType) { t.AllowRemove = remove })
		r := o.typeRule(typ)
		it := o.thing(department, "IT", 0)
		r.Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
		o.compile()
		p := o.hire("Ann", "Lee")
		rec := o.position(p, at(-10), at(1000), 0, 0)
		row := func(before string, expected bool, target string, x evaluation.ExistingType) {
			rec.Links["Department"] = nil
			if expected {
				rec.Links["Department"] = []int64{it}
			}
			x.ID, x.ResourceTypeID = 1, typ.ID
			a := o.account(p)
			switch target {
			case "linked":
				x.TargetID = a.ID
			case "vanished":
				x.TargetID, a.Gone = a.ID, true
			}
			p.Types = []*evaluation.ExistingType{&x}
			fmt.Fprintf(b, "%-18s %-10v %-10s %s\n", before, expected, target, o.look(p))
		}
		for _, expected := range []bool{true, false} {
			for _, target := range []string{"linked", "vanished", "none"} {
				row("expected 18", expected, target, evaluation.ExistingType{Workflow: evaluation.Calculated, IsExpected: true, WasVerified: target != "none"})
				row("unauthorized 1", expected, target, evaluation.ExistingType{Workflow: evaluation.NonConforming, Gaps: []*evaluation.Gap{{ID: 1, Workflow: evaluation.NonConforming}}})
				row("kept 16", expected, target, evaluation.ExistingType{Workflow: evaluation.Approved, IsExpected: true, WasVerified: target != "none"})
				row("to delete 20", expected, target, evaluation.ExistingType{Workflow: evaluation.Cancellation})
			}
		}
		for _, s := range situations {
			for _, expected := range []bool{true, false} {
				for _, target := range []string{"linked", "none"} {
					x := evaluation.ExistingType{Workflow: evaluation.Calculated, IsExpected: true, Start: ptr(at(-10)), End: ptr(at(1000))}
					x.Order = s.order(o, &evaluation.ExistingLine{Action: evaluation.LineCreate})
					x.Order.Kind = evaluation.Create
					row("CREATE "+s.name, expected, target, x)
				}
				for _, target := range []string{"linked", "vanished"} {
					x := evaluation.ExistingType{Workflow: evaluation.Calculated, WasVerified: true}
					x.Order = s.order(o, &evaluation.ExistingLine{Action: evaluation.LineDelete})
					x.Order.Kind = evaluation.Delete
					row("DELETE "+s.name, expected, target, x)
				}
			}
		}
		b.WriteByte('\n')
	}
}
