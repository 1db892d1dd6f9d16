package directory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/permit"
)

// Rows is the SQL condition that leaves the resources a scope opens (provisioning 10.2): the rows of an entity type under the table
// alias given, e.g. "r" or "owner". Filters of one grant are joined by AND, grants by OR. Rights are those of now, so the links of now
// count whatever instant is looked at. A filter on a property that does not exist opens nothing.
func Rows(shape *Shape, entityTypeID int64, alias string, scope permit.Scope) schema.QueryWithArgs {
	name := ""
	if t := shape.EntityTypes[entityTypeID]; t != nil {
		name = t.Identifier
	}
	if scope.All(name) {
		return bun.SafeQuery("true")
	}
	c := &condition{shape: shape}
	c.text.WriteString("(false")
	for _, g := range scope.Grants(name) {
		c.text.WriteString(" or (true")
		for _, f := range g.Filters {
			c.text.WriteString(" and ")
			c.filter(alias, entityTypeID, f, scope.Actor())
		}
		c.text.WriteString(")")
	}
	c.text.WriteString(")")
	if len(c.args) == 0 {
		return bun.SafeQuery("false")
	}
	return bun.SafeQuery(c.text.String(), c.args...)
}

// Readable is the SQL condition that leaves the resources, of any entity type, that the caller may see beside what was asked for: the ends
// of links, the departments of a context, what a filter passes through, the owner of an order. Those are the resources he may read, and
// those that a rule of his makes readable in the course of reading others, or of the further permissions given.
func Readable(ctx context.Context, shape *Shape, alias string, further ...string) schema.QueryWithArgs {
	scope := readable(ctx, shape, further...)
	if scope.Everything() {
		return bun.SafeQuery("true")
	}
	c := &condition{shape: shape}
	c.write("(false")
	for _, id := range slices.Sorted(maps.Keys(shape.EntityTypes)) {
		if may := scope.On(shape.EntityTypes[id].Identifier); may.Allowed() {
			c.write(" or (?.entity_type_id = ? and ?)", bun.Ident(alias), id, Rows(shape, id, alias, may))
		}
	}
	c.write(")")
	if len(c.args) == 0 {
		return bun.SafeQuery("false")
	}
	return bun.SafeQuery(c.text.String(), c.args...)
}

func readable(ctx context.Context, shape *Shape, further ...string) permit.Scope {
	courses := further
	for name := range shape.ByIdentifier {
		courses = append(courses, permit.Resource(name, "Query"), permit.Resource(name, "View"))
	}
	return permit.InCourse(ctx, courses)
}

// InOrders are the permissions in the course of which the owners and targets of orders are read.
func InOrders(shape *Shape) []string {
	courses := []string{permit.OrderQuery}
	for name := range shape.ByIdentifier {
		courses = append(courses, permit.For(permit.ReviewProvisioning, name), permit.For(permit.ManualProvisioning, name))
	}
	return courses
}

// rowsAt is Rows on the resources of an instant under the alias r: rights are those of now, so that what somebody was then opens nothing.
func rowsAt(shape *Shape, entityTypeID int64, scope permit.Scope, at *time.Time) schema.QueryWithArgs {
	if at == nil {
		return Rows(shape, entityTypeID, "r", scope)
	}
	return bun.SafeQuery("exists (select from resource as today where today.id = r.id and ?)", Rows(shape, entityTypeID, "today", scope))
}

// condition writes SQL about resources along property paths.
type condition struct {
	shape *Shape
	at    *time.Time                                                  // links of that instant; nil: of now
	hop   func(alias string, entityTypeID int64) schema.QueryWithArgs // what may be passed through; nil: everything
	text  strings.Builder
	args  []any
	depth int
}

func (c *condition) write(text string, args ...any) {
	c.text.WriteString(text)
	c.args = append(c.args, args...)
}

func (c *condition) filter(alias string, entityTypeID int64, f permit.Filter, actor *permit.Actor) {
	var path []string
	if f.Binding != "" && !strings.EqualFold(f.Binding, "Id") {
		path = strings.Split(f.Binding, ".")
	}
	self := int64(0)
	if actor != nil {
		self = actor.ResourceID
	}
	if f.Person != 0 {
		self = f.Person
	}
	c.path(alias, entityTypeID, path, func(alias string, entityTypeID int64) {
		switch {
		case f.Self:
			c.write("(? <> 0 and ?.id = ?)", self, bun.Ident(alias), self)
		case f.Below:
			c.below(alias, entityTypeID, f.Value)
		default:
			c.write("?.key = ?", bun.Ident(alias), f.Value)
		}
	}, f.Value)
}

// path follows a binding and calls end at the resource it leads to; a scalar at its end is compared with value.
func (c *condition) path(alias string, entityTypeID int64, path []string, end func(alias string, entityTypeID int64), value string) {
	if len(path) == 0 {
		end(alias, entityTypeID)
		return
	}
	near, far := "source_id", "target_id"
	p := c.shape.Property(entityTypeID, path[0])
	var to int64
	if p == nil {
		p = c.shape.Reverse(entityTypeID, path[0])
		if p == nil {
			c.write("false")
			return
		}
		near, far, to = far, near, p.EntityTypeID
	} else if !p.IsNavigation() {
		if len(path) > 1 {
			c.write("false")
			return
		}
		c.write("?.scalars ->> ? = ?", bun.Ident(alias), p.Identifier, value)
		return
	} else {
		to = *p.TargetEntityTypeID
	}
	c.depth++
	link, other := "l"+strings.Repeat("_", c.depth), "t"+strings.Repeat("_", c.depth)
	c.write("exists (select 1 from resource_link ? join resource ? on ?.id = ?.? where ?.? = ?.id and ?.property_id = ? and ",
		bun.Ident(link), bun.Ident(other), bun.Ident(other), bun.Ident(link), bun.Ident(far), bun.Ident(link), bun.Ident(near), bun.Ident(alias),
		bun.Ident(link), p.ID)
	if c.at == nil {
		c.write("?.valid_to = 'infinity' and ", bun.Ident(link))
	} else {
		c.write("?.valid_from <= ? and ?.valid_to > ? and ", bun.Ident(link), *c.at, bun.Ident(link), *c.at)
	}
	if c.hop != nil {
		c.write("? and ", c.hop(other, to))
	}
	c.path(other, to, path[1:], end, value)
	c.write(")")
	c.depth--
}

// below: the resource with that key, or one under it in a hierarchical dimension over its entity type.
func (c *condition) below(alias string, entityTypeID int64, key string) {
	dimensions := []int64{}
	for _, d := range c.shape.hierarchies(entityTypeID) {
		dimensions = append(dimensions, d.ID)
	}
	slices.Sort(dimensions)
	c.write(`(?.key = ? or exists (select 1 from dimension_closure dc join resource top on top.id = dc.ancestor_id
		where dc.dimension_id = any (?) and dc.descendant_id = ?.id and top.entity_type_id = ? and top.key = ?`,
		bun.Ident(alias), key, array(dimensions), bun.Ident(alias), entityTypeID, key)
	if c.hop != nil {
		c.write(" and ?", c.hop("top", entityTypeID))
	}
	c.write("))")
}
