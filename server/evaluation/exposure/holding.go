package exposure

import (
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// Holding is a value that an account of somebody has, or is to have.
type Holding struct {
	ResourceTypeID int64
	TargetID       int64 // 0: there is no account yet
	Property       string
	ValueID        int64 // of a navigation; 0: a scalar, which is not empty
	Over           interval.Set
	Exists         bool    // the account shows it
	Expected       bool    // it is computed
	Rules          []int64 // what it is computed by, by id
}

// place is a property of a resource type that some risk asks about.
type place struct {
	resourceTypeID int64
	property       string
}

// Holdings tells what the accounts of an owner have of what risks ask about. What an account shows is there since ever, for all anybody knows: until
// now when something takes it away, for ever otherwise. What is computed is there as long as it is computed.
func Holdings(risks []*model.Risk, rows []*evaluation.ExistingType, resources map[int64]*evaluation.Resource, now int64) []Holding {
	asked := map[place]bool{} // whether it is a navigation
	for _, r := range risks {
		for _, rule := range r.Of {
			for _, i := range rule.Items {
				asked[place{i.ResourceTypeID, i.Property}] = i.IsNavigation
			}
		}
	}
	var out []Holding
	for at, isNavigation := range asked {
		for _, x := range rows {
			if x.ResourceTypeID == at.resourceTypeID {
				out = append(out, of(x, at.property, isNavigation, resources[x.TargetID], now)...)
			}
		}
	}
	slices.SortStableFunc(out, compare)
	return out
}

// of tells what one account has in one property.
func of(x *evaluation.ExistingType, property string, isNavigation bool, target *evaluation.Resource, now int64) []Holding {
	held := map[int64]*Holding{}
	at := func(value int64) *Holding {
		if held[value] == nil {
			held[value] = &Holding{ResourceTypeID: x.ResourceTypeID, TargetID: x.TargetID, Property: property, ValueID: value}
		}
		return held[value]
	}
	for _, s := range x.Expected.Properties[property] {
		if s.Error != "" || isNavigation && s.ID == 0 || !isNavigation && s.Value == "" || s.Interval().To <= now {
			continue
		}
		h := at(s.ID)
		h.Expected, h.Over = true, h.Over.Union(interval.Of(s.Interval()))
		for _, id := range s.Rules {
			if i, found := slices.BinarySearch(h.Rules, id); !found {
				h.Rules = slices.Insert(h.Rules, i, id)
			}
		}
	}
	if target != nil && !target.Gone {
		for _, value := range shown(target, property, isNavigation) {
			h := at(value)
			h.Exists = true
			until := interval.Max
			if _, wanted := h.Over.At(now); wanted || going(x, property, value) {
				until = now + 1
			}
			h.Over = h.Over.Union(interval.Of(interval.Interval{From: interval.Min, To: until}))
		}
	}
	out := make([]Holding, 0, len(held))
	for _, h := range held {
		out = append(out, *h)
	}
	return out
}

// shown are the values that an account has; a scalar that has one stands as 0.
func shown(target *evaluation.Resource, property string, isNavigation bool) []int64 {
	if isNavigation {
		return target.Links[property]
	}
	if target.Scalars[property] != "" {
		return []int64{0}
	}
	return nil
}

// going reports whether the order of an account takes a value away, with or without its account.
func going(x *evaluation.ExistingType, property string, value int64) bool {
	return x.Order != nil && slices.ContainsFunc(x.Order.Lines, func(l *evaluation.ExistingLine) bool {
		switch {
		case l.State == evaluation.Inactive:
			return false
		case l.Action == evaluation.LineDelete:
			return true
		case l.Property != property:
			return false
		case l.Action == evaluation.LineRemove:
			return l.ValueID == value
		case l.Action == evaluation.LineSet && value != 0:
			return l.ValueID != value
		case l.Action == evaluation.LineSet:
			return l.Proposed == ""
		}
		return false
	})
}

func compare(a, b Holding) int {
	for _, c := range []int64{a.ResourceTypeID - b.ResourceTypeID, a.TargetID - b.TargetID} {
		if c != 0 {
			return sign(c)
		}
	}
	switch {
	case a.Property < b.Property:
		return -1
	case a.Property > b.Property:
		return 1
	}
	return sign(a.ValueID - b.ValueID)
}

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
