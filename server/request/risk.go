package request

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"writ/server/risk"
	"writ/server/rolemodel"
)

// risks tells which risks the basket raises for each of its people, and what that means (requests 7.4).
func (k *basket) risks(c *RequestCheck) error {
	if len(k.m.Source.Risks) == 0 {
		return nil
	}
	var baskets []risk.Basket
	var of [][]*CheckedItem // the items behind the grants of each basket
	at := map[int64]int{}
	for _, x := range c.Items {
		if x.blocks() {
			continue
		}
		n, ok := at[x.Owner.ID]
		if !ok {
			n = len(baskets)
			at[x.Owner.ID] = n
			baskets, of = append(baskets, risk.Basket{OwnerID: x.Owner.ID}), append(of, nil)
		}
		if x.Action.gives() {
			if x.Action == Extend { // decided anew, as if it were not had
				baskets[n].Without = append(baskets[n].Without, x.rowID)
			}
			baskets[n].Grant, of[n] = append(baskets[n].Grant, granting(x.Role, x.parameters, x.StartDate, x.EndDate)), append(of[n], x)
		} else {
			baskets[n].Take = append(baskets[n].Take, risk.RiskTakeInput{Role: x.Role})
		}
	}
	var some []risk.Basket
	var items [][]*CheckedItem
	for n, b := range baskets {
		if len(b.Grant) > 0 {
			some, items = append(some, b), append(items, of[n])
		}
	}
	if len(some) == 0 {
		return nil
	}
	found, err := k.s.Risks.Check(k.ctx, k.b, some)
	if err != nil {
		return err
	}
	for n, r := range found {
		for _, raised := range r.Risks {
			for _, i := range raised.Items {
				if err := k.raise(items[n][i], raised); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// granting is a role as the check of risks wants it.
func granting(role string, params map[string]int64, start, end *time.Time) risk.RiskGrantInput {
	g := risk.RiskGrantInput{Role: role, StartDate: start, EndDate: end}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		g.Parameters = append(g.Parameters, risk.RiskParameterInput{Dimension: name, Value: params[name]})
	}
	return g
}

// raise notes a risk that an item raises.
func (k *basket) raise(x *CheckedItem, raised *risk.RaisedRisk) error {
	r := k.m.Source.Risks[slices.IndexFunc(k.m.Source.Risks, func(r *rolemodel.Risk) bool { return r.Identifier == raised.Risk.Identifier })]
	x.riskIDs = append(x.riskIDs, r.ID)
	words := fmt.Sprintf("With it %s has the risk %s.", x.Owner.DisplayName, raised.Risk.DisplayName)
	if r.Remediation != "" {
		words += " " + r.Remediation
	}
	switch raised.Effect {
	case risk.EffectBlock:
		x.Findings = append(x.Findings, finding(RiskBlocked, "", "%s It cannot be asked for.", words))
	case risk.EffectApproval:
		x.Findings = append(x.Findings, finding(RiskApproval, "", "%s It has to be approved apart.", words))
		if x.atRisk() {
			return nil
		}
		a, err := k.approvers.ask(k.ctx, k.b, k.approval(x, rolemodel.RiskLevel))
		if err != nil {
			return err
		}
		l := &ApprovalLevel{}
		if a.rule != nil {
			l.Rule = &a.rule.DisplayName
		}
		l.Approvers, l.More = a.shown()
		x.Levels = append([]*ApprovalLevel{l}, x.Levels...)
		if !a.anybody() {
			x.Findings = append(x.Findings, nobody(a, "the risk", x.Owner.DisplayName))
		}
	default:
		x.Findings = append(x.Findings, finding(RiskWarning, "", "%s", words))
	}
	return nil
}
