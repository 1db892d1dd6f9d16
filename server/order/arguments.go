package order

import (
	"sync"
	"time"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/fulfil"
)

// argumentsCache keeps compiled argumentsExpressions as long as the metadata they were checked against is in force.
type argumentsCache struct {
	mu    sync.Mutex
	shape *directory.Shape
	known map[argumentsKey]compiledArguments
}

type argumentsKey struct {
	source, target int64
	text           string
}

type compiledArguments struct {
	*formula.Arguments
	err error
}

func (c *argumentsCache) get(shape *directory.Shape, r *route) (*formula.Arguments, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shape != shape {
		c.shape, c.known = shape, map[argumentsKey]compiledArguments{}
	}
	key := argumentsKey{r.SourceEntityTypeID, r.TargetEntityTypeID, *r.ArgumentsExpression}
	found, ok := c.known[key]
	if !ok {
		found.Arguments, found.err = formula.CompileArguments(shape, key.source, key.target, key.text)
		c.known[key] = found
	}
	return found.Arguments, found.err
}

// argue computes the arguments that go with an order (spec 2.2). When that fails the order is refused before anything is called: half an
// order may start the wrong workflow.
func (s *Service) argue(now time.Time, shape *directory.Shape, o *orderRow, r *route, e *errand) {
	if text(r.ArgumentsExpression) == "" {
		return
	}
	d := e.Document.order()
	keys := func(links map[string][]documentLink) map[string][]string {
		m := make(map[string][]string, len(links))
		for p, list := range links {
			for _, l := range list {
				m[p] = append(m[p], l.Key)
			}
		}
		return m
	}
	change := formula.OrderChange{Type: string(d.ChangeType), Changes: d.Changes, Added: keys(d.ChangesAdded), Removed: keys(d.ChangesRemoved)}
	if o.OwnerID != nil {
		change.Source = &evaluation.Resource{ID: *o.OwnerID, EntityTypeID: r.SourceEntityTypeID, DisplayName: o.OwnerName, Scalars: o.OwnerScalars}
	}
	if o.TargetID != nil {
		change.Target = &evaluation.Resource{ID: *o.TargetID, EntityTypeID: r.TargetEntityTypeID, Key: text(o.TargetKey), DisplayName: o.TargetName, Scalars: o.TargetScalars}
	}
	a, err := s.arguments.get(shape, r)
	if err == nil {
		d.Arguments, err = a.Of(now, change)
	}
	if err != nil {
		e.refusal = &fulfil.Receipt{Outcome: fulfil.Refused, Message: "The arguments of the order cannot be computed: " + err.Error(),
			Hint: "Correct the arguments expression of the resource type, then send it again."}
		return
	}
	e.Change.Arguments = d.Arguments
}
