package manifest

import (
	"context"
	"slices"
	"strings"

	"writ/server/permit"
)

// rights are what reading and writing the objects of a kind needs.
type rights struct{ query, update string }

var (
	ofModel     = rights{permit.RoleModelQuery, permit.RoleModelUpdate}
	ofConnector = rights{permit.ConnectorQuery, permit.ConnectorUpdate}
	ofMetadata  = rights{permit.MetadataQuery, permit.MetadataUpdate}
	ofJob       = rights{permit.JobQuery, permit.JobUpdate}
	ofAccess    = rights{permit.AccessQuery, permit.AccessUpdate}
	allRights   = []rights{ofModel, ofConnector, ofMetadata, ofJob, ofAccess}
)

// rightsOf a kind of objects; what stands inside objects of the role model, and what a problem calls by its table, belongs to the role model.
func rightsOf(kind string) rights {
	if k := kindNamed(kind); k != nil {
		return k.about().rights
	}
	if kind == "accessRule" {
		return ofAccess
	}
	return ofModel
}

// mayBegin refuses those who hold the right on no kind at all, before anything is read.
func mayBegin(ctx context.Context, of func(rights) string) error {
	paths := make([]string, len(allRights))
	for i, r := range allRights {
		paths[i] = of(r)
	}
	_, err := permit.RequireAny(ctx, paths...)
	return err
}

// may asks for the right on every kind of object that a configuration names, changed or not: that nothing would change tells a value, too.
func (m *Manifest) may(ctx context.Context, of func(rights) string) error {
	var named []string
	for _, o := range m.objects() {
		named = append(named, o.kind)
	}
	for list, gone := range m.Delete {
		if k := kindListed(list); k != nil && len(gone) > 0 {
			named = append(named, k.about().name)
		}
	}
	slices.Sort(named)
	for _, kind := range slices.Compact(named) {
		if _, err := permit.Require(ctx, of(rightsOf(kind))); err != nil {
			return err
		}
	}
	return nil
}

// NamesAny reports whether it names any object, to write or to delete.
func (m *Manifest) NamesAny() bool {
	for _, gone := range m.Delete {
		if len(gone) > 0 {
			return true
		}
	}
	return len(m.objects()) > 0
}

// MayPlan refuses whoever may not read objects of every kind that a configuration names.
func MayPlan(ctx context.Context, m *Manifest) error {
	if err := mayBegin(ctx, query); err != nil {
		return err
	}
	return m.may(ctx, query)
}

// MayApply refuses whoever may not write objects of every kind that a configuration names.
func MayApply(ctx context.Context, m *Manifest) error {
	if err := mayBegin(ctx, update); err != nil {
		return err
	}
	return m.may(ctx, update)
}

// MayReadKind reports whether the caller may read objects of a kind.
func MayReadKind(ctx context.Context, kind string) bool {
	return permit.Find(ctx, rightsOf(kind).query).Allowed()
}

func query(r rights) string  { return r.query }
func update(r rights) string { return r.update }

// willBeWritten stands for a secret in a plan: whether it is the one in force is nobody's to know.
const willBeWritten = "will be written"

// blind makes the changes those that somebody sees who must not learn secrets: each plain one that the configuration names shows as to be
// written, whether it differs or not, and nothing tells of those in force. named are the secrets as the configuration has them.
func blind(changes []Change, asked *Manifest) []Change {
	secrets := map[string][]Field{}
	var touched []object
	for _, o := range asked.objects() {
		for path, value := range flatten(o.content) {
			if isSecret(path, o.content) && value != "" && !isReference(value) {
				secrets[o.key()] = append(secrets[o.key()], Field{Path: path, After: new(willBeWritten)})
			}
		}
		if len(secrets[o.key()]) > 0 {
			touched = append(touched, o)
		}
	}
	seen := map[string]bool{}
	out := make([]Change, 0, len(changes))
	for _, c := range changes {
		key := kindNamed(c.Kind).about().named(c.Identifier).key()
		seen[key] = true
		c.Fields = slices.DeleteFunc(slices.Clone(c.Fields), func(f Field) bool {
			return slices.ContainsFunc(secrets[key], func(s Field) bool { return s.Path == f.Path })
		})
		out = append(out, withSecrets(c, secrets[key]))
	}
	for _, o := range touched {
		if !seen[o.key()] {
			out = append(out, withSecrets(Change{Action: Update, Kind: o.kind, Identifier: o.identifier}, secrets[o.key()]))
		}
	}
	return out
}

func withSecrets(c Change, secrets []Field) Change {
	c.Fields = append(c.Fields, secrets...)
	slices.SortFunc(c.Fields, func(a, b Field) int { return strings.Compare(a.Path, b.Path) })
	return c
}

// isReference reports whether a secret only says where the value lies.
func isReference(value string) bool {
	return strings.HasPrefix(value, "env:") || strings.HasPrefix(value, "file:")
}
