package computation

import (
	"fmt"
	"testing"

	"writ/server/evaluation"

	"github.com/stretchr/testify/require"
)

// TestCorrelationTable is role-model 5.3, line by line: offered two sure and two unsure targets, or only unsure ones.
func TestCorrelationTable(t *testing.T) {
	t.Parallel()
	target := func(id int64) *evaluation.Resource { return &evaluation.Resource{ID: id} }
	sure := []match{{target: target(1), confidence: 120}, {target: target(2), confidence: 100}}
	unsure := []match{{target: target(3), confidence: 90}, {target: target(4), confidence: 80}}
	both := append(append([]match{}, sure...), unsure...)
	for _, c := range []struct {
		multiple, all, has bool
		offered            []match
		linked, suggested  string
	}{
		{false, false, false, both, "1", ""},
		{false, false, false, unsure, "", "3"},
		{false, false, true, both, "", ""},
		{false, true, false, both, "", "1234"},
		{false, true, false, unsure, "", "34"},
		{false, true, true, both, "", "1234"},
		{true, false, false, both, "12", ""},
		{true, false, false, unsure, "", "34"},
		{true, false, true, both, "12", ""},
		{true, false, true, unsure, "", ""},
		{true, true, false, both, "12", "34"},
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

func numbers(list []match) string {
	s := ""
	for _, m := range list {
		s += fmt.Sprint(m.target.ID)
	}
	return s
}
