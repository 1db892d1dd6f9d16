package assignment

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/uptrace/bun"

	store "writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// Model is everything that is the same for all owners: the compiled role model, its source and the shape of the data.
type Model struct {
	*model.Compiled
	Source   *rolemodel.Model
	Shape    *directory.Shape
	Hops     hops
	Width    int        // values that an owner of the widest source entity type has at least, when everything is due
	keys     model.Keys // names of what rules name by key
	stamp    string
	keyRules string // hash of the rules that find resources by a key
}

type modelCache struct {
	mu      sync.Mutex
	model   *Model
	queried *queriedCache
}

// Model gives the compiled model in force. It is compiled again when the configuration, the shape, or the data that rules name by key
// (dimension values and their tree, resources of navigation rules) changed: that is what the stamp hashes.
func (s *Service) Model(ctx context.Context, db bun.IDB) (*Model, error) {
	stamp, err := selectStamp(ctx, db)
	if err != nil {
		return nil, err
	}
	s.models.mu.Lock()
	defer s.models.mu.Unlock()
	if m := s.models.model; m != nil && m.stamp == stamp {
		return m, nil
	}
	m, err := s.compile(ctx, db)
	if err != nil {
		return nil, err
	}
	m.stamp = stamp
	s.models.model = m
	return m, nil
}

// referenceKey is the setting that keeps the hash of what rules name in the directory: another one makes another model.
const referenceKey = "reference_data"

func selectStamp(ctx context.Context, db bun.IDB) (stamp string, err error) {
	err = db.NewRaw(`select coalesce((select max(version) from model_version), 0) || '/'
		|| coalesce((select value #>> '{}' from setting where key = 'shape_version'), '0') || '/'
		|| coalesce((select value #>> '{}' from setting where key = ?), '')`, referenceKey).Scan(ctx, &stamp)
	return stamp, err
}

func (s *Service) compile(ctx context.Context, db bun.IDB) (*Model, error) {
	source, err := rolemodel.Load(ctx, db)
	if err != nil {
		return nil, err
	}
	shape, err := s.Shapes.Load(ctx, db)
	if err != nil {
		return nil, err
	}
	keys, err := referenceData(ctx, db, source, shape)
	if err != nil {
		return nil, err
	}
	if keys.Tables, err = tables(model.Queried(source, shape), tablesNow(ctx, db, shape)); err != nil {
		return nil, err
	}
	m, problems := compiled(source, shape, keys)
	if m == nil {
		return nil, fmt.Errorf("the role model does not compile: %v", problems)
	}
	for _, p := range problems {
		s.Log.DebugContext(ctx, "warning of the role model", "kind", p.Kind, "identifier", p.Identifier, "field", p.Field, "problem", p.Message)
	}
	if len(problems) > 0 { // one line: before the first synchronization every rule that names a resource has one
		s.Log.InfoContext(ctx, "the role model has warnings; writ plan shows them", "count", len(problems), "first", problems[0].Identifier+": "+problems[0].Message)
	}
	return m, nil
}

// compiled makes a model ready to compute with; nil with the problems when it cannot be.
func compiled(source *rolemodel.Model, shape *directory.Shape, keys model.Keys) (*Model, []rolemodel.Problem) {
	c, problems := model.Compile(source, shape, keys)
	if c == nil {
		return nil, problems
	}
	return &Model{Compiled: c, Source: source, Shape: shape, Hops: hopsOf(c.Paths()), Width: widthOf(source, shape), keys: keys, keyRules: findsBy(source)}, problems
}

// findsBy is a hash of the rules of a model that find resources by a key: with others, keys are stored that nobody asks for, and others are missing.
func findsBy(source *rolemodel.Model) string {
	h := sha256.New()
	for _, r := range source.Rules {
		if hasKeys(r) {
			fmt.Fprintln(h, ruleText(r))
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// Check compiles a model that is being saved and tells what is wrong with it (server/manifest asks before it commits).
func Check(ctx context.Context, tx bun.Tx, m *rolemodel.Model, shape *directory.Shape) ([]rolemodel.Problem, error) {
	keys, err := referenceData(ctx, tx, m, shape)
	if err != nil {
		return nil, err
	}
	problems := rolemodel.Validate(m, shape)
	_, found := model.Compile(m, shape, keys)
	return append(problems, found...), nil
}

// referenceData reads what rules name by key, and the dimension trees.
func referenceData(ctx context.Context, db bun.IDB, m *rolemodel.Model, shape *directory.Shape) (model.Keys, error) {
	keys := model.Keys{IDs: map[int64]map[string]int64{}, Labels: map[int64]string{}, Ancestors: map[string]map[int64][]int64{}}
	types, names := required(m, shape)
	var found []resourceName
	if err := db.NewRaw(`select r.id, r.entity_type_id, r.key, r.display_name from unnest(?::bigint[], ?::text[]) k (type, key)
		join resource r on r.entity_type_id = k.type and r.key = k.key and r.valid_to = 'infinity'`, ids(types), texts(names)).Scan(ctx, &found); err != nil {
		return keys, fmt.Errorf("read keys of the role model: %w", err)
	}
	name(keys, found)
	if err := groupValues(&keys, m, shape, func(list []int64) (map[int64]*directory.Loaded, error) {
		return directory.LoadMany(ctx, db, shape, list)
	}); err != nil {
		return keys, fmt.Errorf("read groups of the role model: %w", err)
	}
	var closure []struct {
		Identifier               string
		DescendantID, AncestorID int64
	}
	if err := db.NewRaw(`select d.identifier, c.descendant_id, c.ancestor_id from dimension_closure c join dimension d on d.id = c.dimension_id
		order by d.identifier, c.descendant_id, c.depth`).Scan(ctx, &closure); err != nil {
		return keys, fmt.Errorf("read dimension trees: %w", err)
	}
	for _, c := range closure {
		if keys.Ancestors[c.Identifier] == nil {
			keys.Ancestors[c.Identifier] = map[int64][]int64{}
		}
		keys.Ancestors[c.Identifier][c.DescendantID] = append(keys.Ancestors[c.Identifier][c.DescendantID], c.AncestorID)
	}
	return keys, nil
}

// required are the resources that a model names, as two columns.
func required(m *rolemodel.Model, shape *directory.Shape) (types []int64, names []string) {
	for typeID, list := range model.RequiredKeys(m, shape) {
		for _, k := range list {
			types, names = append(types, typeID), append(names, k)
		}
	}
	return types, names
}

// groupValues reads by what the resources that navigation rules name are grouped (role-model 1.4).
func groupValues(keys *model.Keys, m *rolemodel.Model, shape *directory.Shape, load func(list []int64) (map[int64]*directory.Loaded, error)) error {
	want := model.RequiredValues(m, shape)
	var list []int64
	for typeID := range want {
		list = slices.AppendSeq(list, maps.Values(keys.IDs[typeID]))
	}
	if len(list) == 0 {
		return nil
	}
	loaded, err := load(list)
	if err != nil {
		return err
	}
	for id, r := range loaded {
		for _, property := range want[r.EntityTypeID] {
			if v := r.Scalars[property]; v != "" {
				if keys.Values == nil {
					keys.Values = map[int64]map[string]string{}
				}
				if keys.Values[id] == nil {
					keys.Values[id] = map[string]string{}
				}
				keys.Values[id][property] = v
			}
		}
	}
	return nil
}

// name adds resources that the model names.
func name(keys model.Keys, found []resourceName) {
	for _, f := range found {
		if keys.IDs[f.EntityTypeID] == nil {
			keys.IDs[f.EntityTypeID] = map[string]int64{}
		}
		keys.IDs[f.EntityTypeID][f.Key], keys.Labels[f.ID] = f.ID, f.DisplayName
	}
}

// refreshReferenceData hashes what rules name by key and what they look through; when it changed, the model is another one and every owner must be
// looked at again. resources are those that changed since the last time; nil: any.
func (s *Service) refreshReferenceData(ctx context.Context, tx bun.Tx, resources []int64) (changed bool, err error) {
	m, err := rolemodel.Load(ctx, tx)
	if err != nil {
		return false, err
	}
	shape, err := s.Shapes.Load(ctx, tx)
	if err != nil {
		return false, err
	}
	keys, err := referenceData(ctx, tx, m, shape)
	if err != nil {
		return false, err
	}
	if keys.Tables, err = s.tablesSince(ctx, tx, m, shape, resources); err != nil {
		return false, err
	}
	hash := referenceHash(keys)
	var before string
	if _, err := store.Setting(ctx, tx, referenceKey, &before); err != nil || before == hash {
		return false, err
	}
	return true, store.WriteSetting(ctx, tx, referenceKey, hash)
}

// referenceHash names what rules name in the directory.
func referenceHash(keys model.Keys) string {
	return fmt.Sprintf("%x", sha256.Sum256(jsonb(keys))) // maps marshal in key order
}

// Computes reports whether resources of an entity type are owners: there are roles or resource types for them.
func (m *Model) Computes(entityTypeID int64) bool {
	for _, t := range m.Source.ResourceTypes {
		if t.SourceEntityTypeID == entityTypeID {
			return true
		}
	}
	for _, r := range m.Source.Roles {
		if r.EntityTypeID == entityTypeID {
			return true
		}
	}
	return false
}

// widthOf counts, for the widest source entity type, its properties and twice those of its targets: what is there and what is expected.
func widthOf(m *rolemodel.Model, shape *directory.Shape) (n int) {
	of := map[int64]int{}
	for _, t := range m.ResourceTypes {
		if of[t.SourceEntityTypeID] == 0 {
			of[t.SourceEntityTypeID] = len(shape.PropertiesOf[t.SourceEntityTypeID])
		}
		of[t.SourceEntityTypeID] += 2 * len(shape.PropertiesOf[t.TargetEntityTypeID])
		n = max(n, of[t.SourceEntityTypeID])
	}
	return n
}

// hops are the navigations a batch follows, level by level, by what it starts from.
type hops struct {
	owner, target, sourceKey, targetKey, stored []directory.Follow
	// backward are the properties that some path follows from the pointed side: a new resource there concerns what it points to.
	backward []int64
}

func hopsOf(paths []model.Path) hops {
	var h hops
	seen := map[int64]bool{}
	for _, p := range paths {
		switch p.Role {
		case model.OwnerPath:
			h.owner = merge(h.owner, p.Hops, 0)
		case model.TargetPath:
			h.target = merge(h.target, p.Hops, 0)
		case model.SourceKeyPath:
			h.sourceKey = merge(h.sourceKey, p.Hops, 0)
		case model.TargetKeyPath:
			h.targetKey = merge(h.targetKey, p.Hops, 0)
		case model.StoredPath:
			h.stored = merge(h.stored, p.Hops, 0)
		}
		collectBackward(p.Hops, seen, &h.backward)
	}
	return h
}

func merge(levels []directory.Follow, list []model.Hop, depth int) []directory.Follow {
	if len(list) == 0 {
		return levels
	}
	for len(levels) <= depth {
		levels = append(levels, directory.Follow{})
	}
	for _, hop := range list {
		if hop.Reverse {
			levels[depth].Reverse = appendNew(levels[depth].Reverse, hop.PropertyID)
		} else {
			levels[depth].Forward = appendNew(levels[depth].Forward, hop.PropertyID)
		}
	}
	for _, hop := range list {
		levels = merge(levels, hop.Next, depth+1)
	}
	return levels
}

func collectBackward(list []model.Hop, seen map[int64]bool, out *[]int64) {
	for _, hop := range list {
		if hop.Reverse && !seen[hop.PropertyID] {
			seen[hop.PropertyID] = true
			*out = append(*out, hop.PropertyID)
		}
		collectBackward(hop.Next, seen, out)
	}
}

func appendNew(list []int64, id int64) []int64 {
	for _, have := range list {
		if have == id {
			return list
		}
	}
	return append(list, id)
}
