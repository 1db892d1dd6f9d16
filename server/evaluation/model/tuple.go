package model

// Satisfied gives the ids of those rules of roles whose own criteria and those of their policies hold in a context with these values of dimensions, made
// by a context rule (0: owners of the entity type have none). Whether the roles that rules ask for are held is not looked at.
func (c *Compiled) Satisfied(sourceEntityTypeID, contextRuleID int64, values map[string]int64) []int64 {
	src := c.Sources[sourceEntityTypeID]
	if src == nil {
		return nil
	}
	tuple := make([]int64, len(src.Matcher.Dimensions))
	for i, d := range src.Matcher.Dimensions {
		tuple[i] = values[d.name]
	}
	found := src.Matcher.Match(tuple)
	var ids []int64
	for _, r := range src.Matcher.Rules {
		made := int64(0)
		if r.Context >= 0 {
			made = src.Contexts[r.Context].ID
		}
		if r.Gives != 0 && made == contextRuleID && found.Has(r) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
