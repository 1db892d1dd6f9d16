package assignment

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// ComputationFault is somebody who cannot be computed, or a record that cannot be matched.
type ComputationFault struct {
	ID         string
	ResourceID int64
	Message    string
	Since      time.Time
	Failures   int // in a row; 0: a record of which a rule can make no key
}

// ComputationFaultConnection is a page of faults.
type ComputationFaultConnection = page.Connection[*ComputationFault]

// Faults lists who cannot be computed and what cannot be matched, the newest first, among the resources that the caller may read and whose
// permissions he may see (MayView): messages repeat values. Needs AssignmentQuery.
func (s *Service) Faults(ctx context.Context, args page.Args) (*ComputationFaultConnection, error) {
	mine, err := permit.Require(ctx, permit.AssignmentQuery)
	if err != nil {
		return nil, err
	}
	mine = mine.OfOwners()
	if err := args.Check(); err != nil {
		return nil, err
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	after := struct {
		Since time.Time
		ID    string
	}{}
	continued, err := args.Decode(&after)
	if err != nil {
		return nil, err
	}
	may := []any{}
	for _, t := range shape.EntityTypes {
		if scope, err := directory.MayRead(ctx, t.Identifier); err == nil {
			may = append(may, bun.SafeQuery("(r.entity_type_id = ? and ? and ?)", t.ID, directory.Rows(shape, t.ID, "r", scope), directory.Rows(shape, t.ID, "r", mine)))
		}
	}
	where := bun.SafeQuery("(false"+strings.Repeat(" or ?", len(may))+")", may...)
	list := bun.SafeQuery(`(select f.id, f.resource_id, f.message, f.since, f.failures from (
			select 'o' || owner_id as id, owner_id as resource_id, coalesce(error, '') as message, since, failures from dirty_owner where failures > 0
			union all
			select 'k' || id, resource_id, message, found_at, 0 from key_fault) f
		join resource r on r.id = f.resource_id where ?)`, where)
	var total int
	if err := s.DB.NewRaw("select count(*) from ? f", list).Scan(ctx, &total); err != nil {
		return nil, fmt.Errorf("count faults: %w", err)
	}
	var rows []*ComputationFault
	if err := s.DB.NewRaw("select * from ?0 f where not ?1 or (since, id) < (?2, ?3) order by since desc, id desc limit ?4", list, continued, after.Since, after.ID, args.First+1).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("list faults: %w", err)
	}
	return page.Make(rows, args, total, func(f *ComputationFault) any { after.Since, after.ID = f.Since, f.ID; return after }), nil
}
