package expectation

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
)

// TestCorrelationTable is role-model 5.3, line by line: offered two sure and two unsure targets, or only unsure ones.
func TestCorrelationTable(t *testing.T) {
	t.Parallel()
	target := func(id int64) *evaluation.Resource { return &evaluation.Resource{ID: id} }
	sure := []Match{{Target: target(1), Confidence: 120}, {Target: target(2), Confidence: 100}}
	unsure := []Match{{Target: target(3), Confidence: 90}, {Target: target(4), Confidence: 80}}
	both := append(append([]Match{}, sure...), unsure...)
	for _, c := range []struct {
		multiple, all, has bool
		offered            []Match
		linked, suggested  string
	}{
		{false, false, false, both, "1", ""},
		{false, false, false, unsure, "", "3"},
		{false, false, true, both, "", ""},
		{false, false, true, unsure, "", ""},
		{false, true, false, both, "", "1234"},
		{false, true, false, unsure, "", "34"},
		{false, true, true, both, "", "12"},
		{false, true, true, unsure, "", ""},
		{true, false, false, both, "12", ""},
		{true, false, false, unsure, "", "34"},
		{true, false, true, both, "12", ""},
		{true, false, true, unsure, "", ""},
		{true, true, false, both, "12", "34"},
		{true, true, false, unsure, "", "34"},
		{true, true, true, unsure, "", "34"},
		{true, true, true, both, "12", "34"},
		{true, true, true, nil, "", ""},
	} {
		t.Run(fmt.Sprintf("Multiple=%v/SuggestAll=%v/Has=%v/%d", c.multiple, c.all, c.has, len(c.offered)), func(t *testing.T) {
			t.Parallel()
			linked, suggested := correlate(c.multiple, c.all, c.has, c.offered)
			require.Equal(t, c.linked, numbers(linked))
			require.Equal(t, c.suggested, numbers(suggested))
		})
	}
}

func numbers(list []Match) string {
	s := ""
	for _, m := range list {
		s += fmt.Sprint(m.Target.ID)
	}
	return s
}
