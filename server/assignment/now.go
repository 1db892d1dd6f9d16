package assignment

import (
	"context"
	"fmt"
)

// ComputeNow computes owners at once, whatever else waits and also while a job is at work (requests 12.8). Who belongs to an entity type that was never
// computed completely is left to its first run.
func (s *Service) ComputeNow(ctx context.Context, owners ...int64) error {
	var ready []int64
	if err := s.DB.NewRaw(`select r.id from resource r join entity_type e on e.id = r.entity_type_id and e.initialized_at is not null where r.id = any (?) order by r.id`, ids(owners)).Scan(ctx, &ready); err != nil {
		return fmt.Errorf("look at who is to be computed: %w", err)
	}
	if len(ready) == 0 {
		return nil
	}
	_, err := s.computeApart(ctx, ready, false, Options{})
	return err
}
