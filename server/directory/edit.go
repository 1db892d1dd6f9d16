package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
	"golang.org/x/text/unicode/norm"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// PropertyValueInput is a value as a person gives it: of a scalar (a file in base 64), or the keys of what a navigation points to. Neither clears it.
type PropertyValueInput struct {
	Property string
	Value    *string
	Keys     []string
}

// CreateResourceInput adds a resource by hand.
type CreateResourceInput struct {
	EntityType string
	Key        string
	Values     []PropertyValueInput
}

// UpdateResourceInput changes the values it names. Version is the one the caller read.
type UpdateResourceInput struct {
	ID      int64
	Version int
	Values  []PropertyValueInput
}

// DeleteResourceInput ends a resource.
type DeleteResourceInput struct {
	ID      int64
	Version int
}

// ResourcePayload is the resource afterwards.
type ResourcePayload struct{ Resource *Resource }

// DeleteResourcePayload names what is gone.
type DeleteResourcePayload struct{ ID int64 }

// Create adds a resource by hand. It stays when its entity type is synchronized, and is taken over as soon as its key is read. Needs
// Create on the entity type, and the new row must be in the scope of that right. Conflict when the key or a unique key is taken.
func (s *Service) Create(ctx context.Context, in CreateResourceInput) (*ResourcePayload, error) {
	return inTx(ctx, s, in, s.create)
}

// inTx carries out one change by a person in a transaction of its own.
func inTx[In any](ctx context.Context, s *Service, in In, change func(ctx context.Context, tx bun.Tx, in In) (*Resource, error)) (*ResourcePayload, error) {
	var r *Resource
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
		r, err = change(ctx, tx, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &ResourcePayload{Resource: r}, nil
}

func (s *Service) create(ctx context.Context, tx bun.Tx, in CreateResourceInput) (*Resource, error) {
	shape, err := s.Shapes.Load(ctx, tx)
	if err != nil {
		return nil, err
	}
	scope, err := permit.RequireOn(ctx, in.EntityType, permit.Resource(in.EntityType, "Create"))
	if err != nil {
		return nil, err
	}
	t := shape.ByIdentifier[in.EntityType]
	if t == nil {
		return nil, errs.Missing("There is no entity type %s.", in.EntityType).At("input.entityType")
	}
	in.Key = CleanKey(in.Key)
	if in.Key == "" {
		return nil, errs.Invalid("input.key", "A %s needs a key.", t.DisplayName)
	}
	c := Change{EntityTypeID: t.ID, Command: Insert, Key: in.Key}
	if err := s.values(ctx, tx, shape, &c, in.Values, nil); err != nil {
		return nil, err
	}
	if p := shape.KeyProperty(t.ID); p != nil {
		key, err := Normalise(p.Type, in.Key, shape.Zone())
		if err != nil {
			return nil, errs.Invalid("input.key", "%s", errs.As(err).Message)
		}
		if given, ok := c.Scalars[p.Identifier]; ok && given != key {
			return nil, errs.Invalid("input.key", "%s is the key, so it must be %q like it.", p.DisplayName, key)
		}
		c.Key, c.Scalars[p.Identifier] = key, key
	}
	if err := CheckKey(c.Key); err != nil {
		return nil, errs.As(err).At("input.key")
	}
	taken, err := tx.NewSelect().Table("resource").Where("entity_type_id = ? and key = ? and valid_to = 'infinity'", t.ID, c.Key).Exists(ctx)
	if err != nil {
		return nil, err
	}
	conflict := errs.New(errs.Conflict, "There is already a %s with the key %s.", t.DisplayName, c.Key).At("input.key")
	if taken {
		return nil, conflict
	}
	counts, err := s.write(ctx, tx, shape, c)
	if err != nil {
		return nil, err
	}
	if counts.Inserted != 1 { // somebody was faster
		return nil, conflict
	}
	r, err := s.selectByKey(ctx, tx, t.ID, c.Key)
	if err != nil {
		return nil, err
	}
	return r, staysIn(ctx, tx, shape, r, scope)
}

// Update changes values of a resource. What is read from a managed system cannot be changed here: the next synchronization would undo
// it. Needs Update on the entity type; the row must be in its scope before and after. StaleItem when somebody changed it since.
func (s *Service) Update(ctx context.Context, in UpdateResourceInput) (*ResourcePayload, error) {
	return inTx(ctx, s, in, s.update)
}

func (s *Service) update(ctx context.Context, tx bun.Tx, in UpdateResourceInput) (*Resource, error) {
	shape, r, scope, err := s.lockFor(ctx, tx, in.ID, in.Version, "Update")
	if err != nil {
		return nil, err
	}
	c := Change{EntityTypeID: r.EntityTypeID, Command: Update, Key: r.Key}
	if err := s.values(ctx, tx, shape, &c, in.Values, r); err != nil {
		return nil, err
	}
	if _, err := s.write(ctx, tx, shape, c); err != nil {
		return nil, err
	}
	if r, err = s.selectByKey(ctx, tx, r.EntityTypeID, r.Key); err != nil {
		return nil, err
	}
	return r, staysIn(ctx, tx, shape, r, scope)
}

// Delete ends a resource that was added by hand; history keeps it. Conflict for one that is read from a managed system: it has to be
// deleted there. Needs Delete on the entity type. StaleItem when somebody changed it since.
func (s *Service) Delete(ctx context.Context, in DeleteResourceInput) (*DeleteResourcePayload, error) {
	if _, err := inTx(ctx, s, in, s.end); err != nil {
		return nil, err
	}
	return &DeleteResourcePayload{ID: in.ID}, nil
}

func (s *Service) end(ctx context.Context, tx bun.Tx, in DeleteResourceInput) (*Resource, error) {
	shape, r, _, err := s.lockFor(ctx, tx, in.ID, in.Version, "Delete")
	if err != nil {
		return nil, err
	}
	if !shape.IsManual(r) && !s.mayChange() {
		return nil, errs.New(errs.Conflict, "%s is read from a managed system. Delete it there; it disappears here with the next synchronization.", r.DisplayName).Of(r.ID)
	}
	_, err = s.write(ctx, tx, shape, Change{EntityTypeID: r.EntityTypeID, Command: Delete, Key: r.Key})
	return r, err
}

// lockFor locks a living resource for a change by a person and checks the right and the version.
func (s *Service) lockFor(ctx context.Context, tx bun.Tx, id int64, version int, verb string) (*Shape, *Resource, permit.Scope, error) {
	fail := func(err error) (*Shape, *Resource, permit.Scope, error) { return nil, nil, permit.Scope{}, err }
	if err := permit.SignedIn(ctx); err != nil {
		return fail(err)
	}
	shape, err := s.Shapes.Load(ctx, tx)
	if err != nil {
		return fail(err)
	}
	var rows []*Resource
	err = tx.NewSelect().TableExpr("resource as r").ColumnExpr(columns).Where("r.id = ? and r.valid_to = 'infinity'", id).For("no key update").Scan(ctx, &rows)
	if err != nil {
		return fail(fmt.Errorf("lock resource %d: %w", id, err))
	}
	if len(rows) == 0 || shape.EntityTypes[rows[0].EntityTypeID] == nil {
		return fail(missing(id))
	}
	r := rows[0]
	name := shape.EntityTypes[r.EntityTypeID].Identifier
	var scope permit.Scope
	err = s.mayTouch(ctx, tx, shape, r, func() (permit.Scope, error) {
		scope, err = permit.RequireOn(ctx, name, permit.Resource(name, verb))
		return scope, err
	})
	if err != nil {
		return fail(err)
	}
	if r.Version != version {
		return fail(errs.New(errs.StaleItem, "%s was changed since you opened it. Read it again.", r.DisplayName).Of(id))
	}
	return shape, r, scope, nil
}

// staysIn: the row as it is after a change must be one that the right opens (provisioning 10.2.6).
func staysIn(ctx context.Context, tx bun.Tx, shape *Shape, r *Resource, scope permit.Scope) error {
	in, err := inScope(ctx, tx, shape, r, scope)
	if err == nil && !in {
		return errs.New(errs.Forbidden, "Your rights do not reach %s.", r.DisplayName).Of(r.ID)
	}
	return err
}

func (s *Service) write(ctx context.Context, tx bun.Tx, shape *Shape, c Change) (Counts, error) {
	opts := s.Writes
	opts.Origin = Manual
	return Write(ctx, tx, s.Clock.Now(), shape, opts, []Change{c})
}

func (s *Service) selectByKey(ctx context.Context, tx bun.Tx, entityTypeID int64, key string) (*Resource, error) {
	r := new(Resource)
	err := tx.NewSelect().TableExpr("resource as r").ColumnExpr(columns).Where("r.entity_type_id = ? and r.key = ?", entityTypeID, key).
		Order("r.valid_to desc", "r.id desc").Limit(1).Scan(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return r, nil
}

// computed are the properties whose values are computed, with the expressions that do.
func (s *Service) computed(ctx context.Context, tx bun.Tx) (map[int64]string, error) {
	if s.Computed == nil {
		return nil, nil
	}
	return s.Computed(ctx, tx)
}

// values checks what a person gave and puts it into the change, in normal form. old is the resource as it is; nil for a new one.
func (s *Service) values(ctx context.Context, tx bun.Tx, shape *Shape, c *Change, in []PropertyValueInput, old *Resource) error {
	c.Scalars, c.Refs = map[string]string{}, map[string]any{}
	t := shape.EntityTypes[c.EntityTypeID]
	key := shape.KeyProperty(c.EntityTypeID)
	files := Files{}
	computed, err := s.computed(ctx, tx)
	if err != nil {
		return err
	}
	pointed := map[int64]map[string]string{} // target entity type -> key -> field that names it
	for i, v := range in {
		field := fmt.Sprintf("input.values[%d]", i)
		p := shape.Property(c.EntityTypeID, v.Property)
		switch {
		case p == nil:
			return errs.Invalid(field+".property", "There is no property %s of %s.", v.Property, t.DisplayName)
		case computed[p.ID] != "":
			return errs.Invalid(field, "%s is computed by the property expression %s. Change what it is computed from, or the expression.", p.DisplayName, computed[p.ID])
		case given(c, v.Property):
			return errs.Invalid(field+".property", "%s is given twice.", p.DisplayName)
		case v.Value != nil && v.Keys != nil:
			return errs.Invalid(field, "Give %s either a value or keys.", p.DisplayName)
		case old != nil && !shape.IsManual(old) && shape.PropertyMappings[p.ID] != nil && !s.mayChange():
			return errs.Invalid(field, "%s is read from a managed system. Change it there.", p.DisplayName)
		case old != nil && p == key:
			return errs.Invalid(field, "%s is the key and cannot be changed.", p.DisplayName)
		}
		if !p.IsNavigation() {
			if len(v.Keys) > 0 {
				return errs.Invalid(field+".keys", "%s is no link.", p.DisplayName)
			}
			text := ""
			if v.Value != nil {
				text = *v.Value
			}
			value, err := normalGiven(shape, p, text, old, files)
			if err != nil {
				return errs.Invalid(field+".value", "%s: %s", p.DisplayName, errs.As(err).Message)
			}
			c.Scalars[p.Identifier] = value
			continue
		}
		keys := v.Keys
		if v.Value != nil && *v.Value != "" {
			keys = []string{*v.Value}
		}
		if len(keys) > 1 && !p.IsCollection {
			return errs.Invalid(field+".keys", "%s points to one resource only.", p.DisplayName)
		}
		keys = slices.Clone(keys)
		for i := range keys {
			keys[i] = CleanKey(keys[i])
			k := keys[i]
			if pointed[*p.TargetEntityTypeID] == nil {
				pointed[*p.TargetEntityTypeID] = map[string]string{}
			}
			pointed[*p.TargetEntityTypeID][k] = field
		}
		switch {
		case p.IsCollection:
			c.Refs[p.Identifier] = keys
		case len(keys) == 1:
			c.Refs[p.Identifier] = keys[0]
		default:
			c.Refs[p.Identifier] = ""
		}
	}
	if err := exist(ctx, tx, shape, pointed, c); err != nil {
		return err
	}
	if err := KeepFiles(ctx, tx, s.Clock.Now(), files); err != nil {
		return err
	}
	return unique(ctx, tx, shape, c, in, old)
}

// normalGiven is the normal form of what a person gave for a scalar; a file comes in base 64, or stays what it is.
func normalGiven(shape *Shape, p *Property, text string, old *Resource, files Files) (string, error) {
	if p.Type == Binary && (old == nil || text != old.Scalars[p.Identifier]) {
		return files.PutText(text)
	}
	return Normalise(p.Type, norm.NFC.String(text), shape.Zone())
}

func given(c *Change, property string) bool {
	_, scalar := c.Scalars[property]
	_, ref := c.Refs[property]
	return scalar || ref
}

// exist: a person may only point to what is there, and what he may see. A resource may point to itself.
func exist(ctx context.Context, tx bun.Tx, shape *Shape, pointed map[int64]map[string]string, c *Change) error {
	var types []int64
	var keys []string
	for t, fields := range pointed {
		for k := range fields {
			types, keys = append(types, t), append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	may := Readable(ctx, shape, "r")
	var missing []struct {
		Type int64
		Key  string
	}
	err := tx.NewRaw(`select v.type, v.key from unnest(?::bigint[], ?::text[]) v (type, key)
		where not exists (select 1 from resource r where r.entity_type_id = v.type and r.key = v.key and r.valid_to = 'infinity' and ?)
		and not exists (select 1 from resource_unique_key u join resource r on r.id = u.resource_id and ? where u.entity_type_id = v.type and u.value = v.key)
		order by 1, 2`, array(types), array(keys), may, may).Scan(ctx, &missing)
	if err != nil {
		return fmt.Errorf("look for what is pointed to: %w", err)
	}
	for _, m := range missing {
		if m.Type != c.EntityTypeID || m.Key != c.Key {
			return errs.Invalid(pointed[m.Type][m.Key], "There is no %s with the key %s.", shape.EntityTypes[m.Type].DisplayName, m.Key)
		}
	}
	return nil
}

// unique: a value of a unique key designates one resource. The synchronization takes what it reads; people are asked to mind.
func unique(ctx context.Context, tx bun.Tx, shape *Shape, c *Change, in []PropertyValueInput, old *Resource) error {
	id := int64(0)
	if old != nil {
		id = old.ID
	}
	for _, p := range shape.UniqueKeys(c.EntityTypeID) {
		value := c.Scalars[p.Identifier]
		if value == "" {
			continue
		}
		taken, err := tx.NewSelect().Table("resource_unique_key").Where("property_id = ? and value = ? and resource_id <> ?", p.ID, value, id).Exists(ctx)
		if err != nil {
			return fmt.Errorf("check %s: %w", p.Identifier, err)
		}
		if taken {
			field := "input.values"
			for i, v := range in {
				if v.Property == p.Identifier {
					field = fmt.Sprintf("input.values[%d].value", i)
				}
			}
			return errs.New(errs.Conflict, "Another %s has the %s %s already.", shape.EntityTypes[c.EntityTypeID].DisplayName, p.DisplayName, value).At(field)
		}
	}
	return nil
}
