package scalar_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"writ/graph/scalar"
	"writ/server/evaluation"
	"writ/server/job"
	"writ/server/order"
)

// TestWords: what the door writes of a word it reads as the same word.
func TestWords(t *testing.T) {
	t.Parallel()
	again := func(m graphql.Marshaler) (v any) {
		var out bytes.Buffer
		m.MarshalGQL(&out)
		require.NoError(t, json.Unmarshal(out.Bytes(), &v))
		return v
	}
	for _, r := range []evaluation.WaitReason{"none", "not_due", "threshold", "target_key"} {
		got, err := scalar.UnmarshalWaitReason(again(scalar.MarshalWaitReason(r)))
		require.NoError(t, err)
		require.Equal(t, r, got)
	}
	for _, a := range []order.Action{order.Refresh, order.TimeOut, order.ReleaseForReview, order.ConfirmUnsynced} {
		got, err := scalar.UnmarshalOrderAction(again(scalar.MarshalOrderAction(a)))
		require.NoError(t, err)
		require.Equal(t, a, got)
	}
	for _, k := range []job.TaskType{"ComputeRoleModel", "Fulfill", "Synchronize"} {
		got, err := scalar.UnmarshalTaskType(again(scalar.MarshalTaskType(k)))
		require.NoError(t, err)
		require.Equal(t, k, got)
	}
	for _, c := range []job.TaskCounter{job.CountRead, job.CountNullKeys, job.CountLinksInserted} {
		got, err := scalar.UnmarshalTaskCounter(again(scalar.MarshalTaskCounter(c)))
		require.NoError(t, err)
		require.Equal(t, c, got)
	}
	require.Equal(t, "TIME_OUT", again(scalar.MarshalOrderAction(order.TimeOut)))
}
