package expectation

import (
	"slices"
	"time"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// SourceKeys makes side S of the correlation and query rules for an owner. res must hold what the SourceKeyPath of its entity type
// reaches. A null or empty key is left out: it never matches. One that nothing can be
// compared with comes with its Fault, and so does a rule that fails for this owner.
func SourceKeys(c *model.Compiled, now time.Time, o *evaluation.Resource, res map[int64]*evaluation.Resource) []evaluation.Key {
	s := c.Sources[o.EntityTypeID]
	if s == nil || o.Gone {
		return nil
	}
	w := &formula.World{Resources: res, Now: interval.Instant(now), Zone: c.Shape.Zone()}
	w.Vars[formula.SourceRoot] = o
	free := []Context{{wide: interval.Always, Record: o}}
	contexts := make([][]Context, len(s.Contexts))
	for i, r := range s.Contexts {
		if found, err := (chooser{r}).choose(w, w.Now, func(int64) {}); err == nil {
			contexts[i] = found
		}
	}
	return sourceKeys(s, w, o, func(r *model.Rule) []Context {
		if r.Context < 0 {
			return free
		}
		return contexts[r.Context]
	})
}

// sourceKeys makes a key for every rule; for a rule that looks up by the record, one for every record that is not past.
func sourceKeys(s *model.Source, w *formula.World, o *evaluation.Resource, contexts func(*model.Rule) []Context) []evaluation.Key {
	var out []evaluation.Key
	for _, r := range s.Keys {
		begin := len(out)
		for _, record := range records(r, contexts(r), w.Now) {
			w.Vars = [3]*evaluation.Resource{formula.SourceRoot: o, formula.RecordRoot: record}
			made := r.Key(nil, r.Value, w, o)
			for _, k := range made {
				if !slices.ContainsFunc(out[begin:], func(x evaluation.Key) bool { return x == k || x.Fault != "" && k.Fault != "" }) {
					out = append(out, k)
				}
			}
		}
	}
	return out
}

// records are those whose values the rule may be asked for from now on, the best ranked first.
func records(x *model.Rule, contexts []Context, now int64) []*evaluation.Resource {
	if !x.Kind.ByRecord || !x.Value.ByRecord() || len(contexts) == 0 {
		if c := ContextAt(contexts, now); c != nil {
			return []*evaluation.Resource{c.Record}
		}
		return []*evaluation.Resource{nil}
	}
	var out []*evaluation.Resource
	for i := range contexts {
		if contexts[i].wide.To > now {
			out = append(out, contexts[i].Record)
		}
	}
	return out
}

// keys gives side S of the owner.
func (r *Run) keys() {
	if r.Owner.Resource.Gone {
		return
	}
	r.World.From, r.World.To = interval.Min, interval.Max
	r.Result.SourceKeys = sourceKeys(r.Source, r.World, r.Owner.Resource, r.ContextsOf)
}

// Unmatched is why it is not known whether the owner has a target of a type already; empty: all its rules could look.
func (r *Run) Unmatched(typeID int64) string {
	for _, k := range r.Result.SourceKeys {
		if x := r.Model.Rules[k.RuleID]; k.Fault != "" && x != nil && x.Type != nil && x.Type.ID == typeID && x.Kind.Owns {
			return k.Fault
		}
	}
	return ""
}
