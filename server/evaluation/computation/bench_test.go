package computation

import (
	"fmt"
	"testing"
	"time"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// company is a population with a realistic model: 40 departments, 10 packages of 10 roles, 5 attributes, everybody with an account at rest.
func company(b *testing.B, people int) (*organisation, []*evaluation.Owner) {
	o := newOrganisation(b)
	hq := o.thing(department, "HQ", 0)
	var depts []int64
	for i := range 40 {
		depts = append(depts, o.thing(department, fmt.Sprint("D", i), hq))
	}
	typ := o.accounts()
	o.typeRule(typ)
	for i := range 10 {
		pack := o.role(rolemodel.Composite, fmt.Sprint("Pack", i))
		for j := range 4 {
			o.roleRule(rolemodel.RoleRule{RoleID: pack, Dimensions: rolemodel.Criteria{"Department": {Key: fmt.Sprint("D", i*4+j), Inherit: true}}})
		}
		for j := range 10 {
			name := fmt.Sprintf("G%d-%d", i, j)
			o.thing(group, name, 0)
			role := o.role(rolemodel.Single, name)
			o.roleRule(rolemodel.RoleRule{RoleID: role, CompositeRoleID: &pack})
			o.member(typ, name, role)
		}
	}
	o.scalar(typ, "Phone", "Phone", "")
	o.scalar(typ, "Login", "LastName", "ToLower")
	o.scalar(typ, "DisplayName", "", "source.FirstName + ' ' + source.LastName")
	o.scalar(typ, "Enabled", "", "Literal:true")
	o.scalar(typ, "EmployeeId", "EmployeeId", "")
	o.correlation(typ, 100)
	o.compile()
	owners := make([]*evaluation.Owner, people)
	for i := range owners {
		p := o.employ(fmt.Sprint("First", i), fmt.Sprint("Last", i), depts[i%len(depts)])
		a := o.account(p)
		p.Candidates = []evaluation.Candidate{{TargetID: a.ID, RuleID: o.m.Rules[len(o.m.Rules)-1].ID, Owners: 1}}
		owners[i] = p
	}
	return o, owners
}

const batchSize = 500

// run evaluates everybody in batches and gives how many were computed; save keeps the results.
func (o *organisation) run(owners []*evaluation.Owner, save bool) (computed int) {
	for from := 0; from < len(owners); from += batchSize {
		b := &evaluation.Batch{Now: o.now, Owners: owners[from:min(from+batchSize, len(owners))], Resources: o.res, SyncedAt: o.synced}
		for i, r := range Evaluate(o.c, b) {
			if !r.Unchanged {
				computed++
			}
			if save {
				o.save(b.Owners[i], &r)
			}
		}
	}
	return computed
}

func benchmark(b *testing.B, people int) {
	o, owners := company(b, people)
	measure := func(name string, prepare func(), want int) {
		b.Run(name, func(b *testing.B) {
			var spent time.Duration
			for b.Loop() {
				prepare()
				start := time.Now()
				if got := o.run(owners, false); got != want {
					b.Fatalf("%d owners were computed instead of %d", got, want)
				}
				spent += time.Since(start)
			}
			b.ReportMetric(float64(b.N)*float64(people)/spent.Seconds(), "owners/s")
		})
	}
	measure("FromScratch", func() {}, people)
	o.run(owners, true)
	o.run(owners, true)
	measure("Unchanged", func() {}, 0)
	round := 0
	measure("OnePercentChanged", func() {
		round++
		for i := 0; i < people; i += 100 {
			owners[i].Resource.Scalars["Phone"] = fmt.Sprint(round)
		}
	}, people/100)
}

func BenchmarkEvaluate10k(b *testing.B)  { benchmark(b, 10_000) }
func BenchmarkEvaluate100k(b *testing.B) { benchmark(b, 100_000) }
