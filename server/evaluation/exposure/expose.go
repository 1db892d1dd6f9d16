package exposure

import (
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// Of tells which risks somebody has by what he holds, by risk: once each, by the rule that holds first, with everything that makes it hold. What is
// over does not count, what is to come does.
func Of(risks []*model.Risk, held []Holding, now int64) []evaluation.Exposure {
	var out []evaluation.Exposure
	for _, r := range risks {
		best, when, found := 0, interval.Interval{}, false
		for n := range r.Of {
			over, ok := together(r.Of[n], held).CurrentOrNext(now)
			if ok && (!found || over.From < when.From && when.From > now) {
				best, when, found = n, over, true
			}
		}
		if found {
			out = append(out, exposure(r, r.Of[best], when, held, now))
		}
	}
	return out
}

// together is when every item of a rule holds.
func together(rule model.RiskRule, held []Holding) interval.Set {
	over := interval.Ever
	for _, i := range rule.Items {
		var one interval.Set
		for n := range held {
			if fits(i, &held[n]) {
				one = one.Union(held[n].Over)
			}
		}
		if over = over.Intersect(one); len(over) == 0 {
			return nil
		}
	}
	return over
}

// fits reports whether a value makes an item hold, at some time.
func fits(i model.RiskItem, h *Holding) bool {
	return h.ResourceTypeID == i.ResourceTypeID && h.Property == i.Property && !i.Never && (i.Value == 0 || h.ValueID == i.Value)
}

// Parts are the values that make some item of a risk hold, whether the others do or not.
func Parts(r *model.Risk, held []Holding) []Holding {
	return slices.DeleteFunc(slices.Clone(held), func(h Holding) bool {
		return !slices.ContainsFunc(r.Of, func(rule model.RiskRule) bool {
			return slices.ContainsFunc(rule.Items, func(i model.RiskItem) bool { return fits(i, &h) })
		})
	})
}

func exposure(r *model.Risk, rule model.RiskRule, when interval.Interval, held []Holding, now int64) evaluation.Exposure {
	x := evaluation.Exposure{RiskID: r.ID, Rule: rule.Identifier, From: interval.Moment(when.From)}
	if when.To > now+1 { // else it lasts until what is taken away is gone, and nobody knows when that is
		x.To = interval.Moment(when.To)
	}
	for n, i := range rule.Items {
		for k := range held {
			h := &held[k]
			if fits(i, h) && len(h.Over.Intersect(interval.Set{when})) > 0 {
				x.Contributors = append(x.Contributors, evaluation.Contributor{Item: n, ResourceTypeID: h.ResourceTypeID, TargetID: h.TargetID, Property: h.Property,
					ValueID: h.ValueID, Exists: h.Exists, Expected: h.Expected, Rules: h.Rules})
			}
		}
	}
	return x
}
