package expectation

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"writ/server/evaluation"
	"writ/server/evaluation/model"
)

// maxSpellings is how many spellings of a value are tried (iteration 0 to 9).
const maxSpellings = 10

// spelled computes the value of a scalar rule. A rule that uses iteration has several spellings: the owner keeps the one he has, whatever
// its number; otherwise he gets the first that is free. A spelling that the managed system refused as taken is not tried again, nor is one
// before it, so that two refusals never alternate.
func (r *Run) spelled(p *Plan, q *model.Property, x *model.Rule) (string, error) {
	if !x.Value.Again() {
		return x.Value.Text(r.World)
	}
	defer func() { r.World.Iteration = 0 }()
	mine, refused := r.spellings(p, q)
	var list []string
	from := 0
	for n := range maxSpellings {
		r.World.Iteration = int64(n)
		v, err := x.Value.Text(r.World)
		if err != nil || v == "" {
			return "", err
		}
		list = append(list, v)
		if refused[v] {
			from = n + 1
		}
		if len(refused) == 0 && (mine[v] || len(mine) == 0 && r.claim(p, q, v)) {
			return v, nil
		}
	}
	for _, v := range list[from:] {
		if mine[v] {
			return v, nil
		}
	}
	for _, v := range list[from:] {
		if r.claim(p, q, v) {
			return v, nil
		}
	}
	return "", fmt.Errorf("all %d spellings from %s to %s belong to somebody else", len(list), list[0], list[len(list)-1])
}

// claim notes that the owner would get a value; false when somebody else has it.
func (r *Run) claim(p *Plan, q *model.Property, value string) bool {
	c := evaluation.Claim{OwnerID: r.Owner.Resource.ID, EntityTypeID: p.TargetEntityTypeID, Property: q.Identifier, Value: value}
	if r.Batch.Taken[c] {
		return false
	}
	r.Result.Claims = append(r.Result.Claims, c)
	return true
}

// spellings gives the values of a property that are the owner's already: what his targets show, what is expected of them, what is ordered;
// and those that a managed system refused since somebody else has them.
func (r *Run) spellings(p *Plan, q *model.Property) (mine, refused map[string]bool) {
	mine, refused = map[string]bool{}, map[string]bool{}
	has := func(id int64) {
		if x := r.Batch.Resources[id]; x != nil && x.EntityTypeID == p.TargetEntityTypeID {
			mine[x.Scalars[q.Identifier]] = true
			if q.IsKey {
				mine[x.Key] = true
			}
		}
	}
	for _, t := range r.Owner.Types {
		if t.ResourceTypeID != p.ID {
			continue
		}
		has(t.TargetID)
		for _, s := range t.Expected.Properties[q.Identifier] {
			mine[s.Value] = true
		}
		if q.IsKey {
			mine[t.CreatedKey] = true
		}
		if t.Order == nil {
			continue
		}
		for _, l := range t.Order.Lines {
			switch {
			case l.Property != q.Identifier || l.Action != evaluation.LineSet:
			case l.State == evaluation.Errored && l.ErrorClass == "CONFLICT" && blames(t.Order.Lines, l):
				refused[l.Proposed] = true
			default:
				mine[l.Proposed] = true
			}
		}
	}
	for _, c := range r.Owner.Candidates {
		has(c.TargetID)
	}
	delete(mine, "")
	for v := range refused {
		delete(mine, v)
	}
	return mine, refused
}

// blames reports whether a conflict is about the value of a line: the message names it, or none of the values of the order.
func blames(lines []*evaluation.ExistingLine, l *evaluation.ExistingLine) bool {
	if names(l.Error, l.Proposed) {
		return true
	}
	for _, other := range lines {
		if other != l && other.Action == evaluation.LineSet && names(l.Error, other.Proposed) {
			return false
		}
	}
	return true
}

// names reports whether a text holds a value as a word of its own: not as a part of a longer name or address.
func names(text, value string) bool {
	inside := func(c rune) bool {
		return unicode.IsLetter(c) || unicode.IsDigit(c) || c == '@' || c == '_' || c == '-'
	}
	for at := 0; value != ""; {
		i := strings.Index(text[at:], value)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at+i])
		after, _ := utf8.DecodeRuneInString(text[at+i+len(value):])
		if (at+i == 0 || !inside(before)) && (at+i+len(value) == len(text) || !inside(after)) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[at+i:])
		at += i + size
	}
	return false
}
