package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// Edits are several changes by hand: what is made, then what is changed, then what is ended.
type Edits struct {
	Create []CreateResourceInput
	Update []UpdateResourceInput
	Delete []DeleteResourceInput
}

// Len is how many there are.
func (e *Edits) Len() int { return len(e.Create) + len(e.Update) + len(e.Delete) }

// Edited is what edits came to.
type Edited struct {
	Touched []int64 // resources whose values or links are others now, and those made or ended; sorted
	IsRead  bool    // something of it is read from a managed system: only a look ahead may change that
	Changes []EditedResource
}

// EditedResource is one resource that was made, changed or ended, in the order of the edits.
type EditedResource struct {
	Command      Command
	ID           int64
	EntityTypeID int64
	Key          string
	DisplayName  string
	Values       []EditedValue
}

// EditedValue is a value of it, in normal form; of a navigation the keys. nil: none.
type EditedValue struct {
	Property      string // identifier
	Before, After *string
}

// Edit carries edits out in the caller's transaction. Needs what Create, Update and Delete need, for each; the field of an error says which it is
// about. ahead: the transaction is taken back in the end, so that what is read from a managed system may be changed, too.
func (s *Service) Edit(ctx context.Context, tx bun.Tx, in Edits, ahead bool) (out Edited, err error) {
	if ahead {
		c := *s
		c.ahead = &out.IsRead
		s = &c
	}
	for i, c := range in.Create {
		if err := s.edit(ctx, tx, &out, Insert, 0, c.Values, at("createResources", i), func() (*Resource, error) { return s.create(ctx, tx, c) }); err != nil {
			return out, err
		}
	}
	for i, c := range in.Update {
		if err := s.edit(ctx, tx, &out, Update, c.ID, c.Values, at("updateResources", i), func() (*Resource, error) { return s.update(ctx, tx, c) }); err != nil {
			return out, err
		}
	}
	for i, c := range in.Delete {
		if err := s.edit(ctx, tx, &out, Delete, c.ID, nil, at("deleteResources", i), func() (*Resource, error) { return s.end(ctx, tx, c) }); err != nil {
			return out, err
		}
	}
	slices.Sort(out.Touched)
	out.Touched = slices.Compact(out.Touched)
	return out, nil
}

func at(list string, i int) string { return fmt.Sprintf("input.%s[%d]", list, i) }

// edit carries one out and notes what it came to.
func (s *Service) edit(ctx context.Context, tx bun.Tx, out *Edited, command Command, id int64, values []PropertyValueInput, field string, change func() (*Resource, error)) error {
	var before []*Resource
	if err := tx.NewSelect().TableExpr("resource as r").ColumnExpr(columns).Where("r.id = ?", id).Scan(ctx, &before); err != nil {
		return fmt.Errorf("read what is edited: %w", err)
	}
	r, err := change()
	if e := errs.As(err); e != nil {
		located := *e
		return located.At(field + strings.TrimPrefix(e.Field, "input"))
	} else if err != nil {
		return err
	}
	var touched []int64
	if err := tx.NewRaw("select resource_id from directory_touched union select source_id from directory_link_change").Scan(ctx, &touched); err != nil {
		return fmt.Errorf("look what an edit touched: %w", err)
	}
	out.Touched = append(out.Touched, touched...)
	one := EditedResource{Command: command, ID: r.ID, EntityTypeID: r.EntityTypeID, Key: r.Key, DisplayName: r.DisplayName}
	for _, v := range values {
		value := EditedValue{Property: v.Property, After: r.shown(v.Property)}
		if len(before) > 0 {
			value.Before = before[0].shown(v.Property)
		}
		one.Values = append(one.Values, value)
	}
	out.Changes = append(out.Changes, one)
	return nil
}

// shown is a value in words; nil: none.
func (r *Resource) shown(property string) *string {
	value := r.Scalars[property]
	switch ref := r.Refs[property].(type) {
	case string:
		value = ref
	case []any:
		keys := make([]string, len(ref))
		for i, k := range ref {
			keys[i] = fmt.Sprint(k)
		}
		value = strings.Join(keys, ", ")
	}
	if value == "" {
		return nil
	}
	return &value
}

// mayChange reports whether people may change what is read from a managed system: in a look ahead only, which notes it.
func (s *Service) mayChange() bool {
	if s.ahead == nil {
		return false
	}
	*s.ahead = true
	return true
}
