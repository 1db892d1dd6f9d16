package job

import (
	"context"

	"writ/server/event"
	"writ/server/permit"
)

// JobProgress gives a run as it is now, and again whenever it or one of its tasks changes; the channel ends with ctx, or after the
// run has reached a final state. NOT_FOUND if there is none. Needs /Jobs/JobInstance/Query or /Jobs/Job/Query.
func (s *Service) JobProgress(ctx context.Context, jobInstanceID int64) (<-chan *JobInstance, error) {
	if _, err := permit.RequireAny(ctx, permit.JobInstanceQuery, permit.JobQuery); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	// Subscribed before the first look, so nothing falls between the two.
	changes, err := s.Follow(ctx, nil, func(r event.Row) bool { return isAbout(r, jobInstanceID) })
	if err != nil {
		cancel()
		return nil, err
	}
	i, err := getInstance(ctx, s.DB, jobInstanceID)
	if err != nil {
		cancel()
		return nil, err
	}
	out := make(chan *JobInstance)
	go func() {
		defer close(out)
		defer cancel()
		for {
			select {
			case out <- i:
			case <-ctx.Done():
				return
			}
			if i.State.IsFinal() {
				return
			}
			if _, open := <-changes; !open {
				return
			}
			if i, err = getInstance(ctx, s.DB, jobInstanceID); err != nil {
				return
			}
		}
	}()
	return out, nil
}

func isAbout(r event.Row, instanceID int64) bool {
	return r.Kind == EventChanged && r.SubjectType == "job_instance" && r.SubjectID == instanceID
}
