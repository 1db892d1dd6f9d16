package manifest

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/permit"
)

// Whoever may read configurations may ask for thirty plans at once: one of them is read at a time.
func TestOnePlanAtATime(t *testing.T) {
	t.Parallel()
	var gate turn
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			leave, err := gate.take(t.Context())
			if err != nil {
				return
			}
			defer leave()
			n := inside.Add(1)
			for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
			}
			inside.Add(-1)
		})
	}
	all.Wait()
	require.EqualValues(t, 1, most.Load())

	s := &Service{}
	leave, err := s.looking.take(t.Context())
	require.NoError(t, err)
	defer leave()
	ended, end := context.WithCancel(permit.With(t.Context(), permit.System("test")))
	end()
	_, err = s.Plan(ended, PlanInput{YAML: "policies:\n" + strings.Repeat("- {identifier: A}\n", 10)})
	require.Equal(t, errs.Unavailable, errs.As(err).Kind)
	_, err = s.change(ended, &Manifest{}, nil, true)
	require.Equal(t, errs.Unavailable, errs.As(err).Kind)
}
