package wired_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/wired"
)

func TestNeed(t *testing.T) {
	t.Parallel()
	type hooks struct {
		Done func()
		Name string
	}
	require.NotPanics(t, func() { wired.Need("x.New", hooks{Done: func() {}, Name: "x"}) })
	require.PanicsWithValue(t, "x.New: Done is needed", func() { wired.Need("x.New", hooks{Name: "x"}) })
	require.PanicsWithValue(t, "x.New: Name is needed", func() { wired.Need("x.New", hooks{Done: func() {}}) })
}
