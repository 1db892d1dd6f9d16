package graph

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"writ/server/errs"
)

// What a client sees for an error.
func TestPresent(t *testing.T) {
	t.Parallel()
	cause := errors.New("pq: password authentication failed for user postgres")
	path := ast.Path{ast.PathName("order"), ast.PathName("input"), ast.PathName("lines"), ast.PathIndex(2)}
	for name, c := range map[string]struct {
		err        error
		message    string
		extensions map[string]any
		logged     bool
	}{
		"Expected":  {errs.New(errs.Forbidden, "No."), "No.", map[string]any{"code": "FORBIDDEN"}, false},
		"WithID":    {errs.Missing("Gone.").Of(7), "Gone.", map[string]any{"code": "NOT_FOUND", "id": "7"}, false},
		"WithField": {errs.Invalid("input.key", "Empty."), "Empty.", map[string]any{"code": "VALIDATION", "field": "input.key"}, false},
		"FieldByPath": {gqlerror.WrapPath(path, errs.Invalid("", "No id.")), "No id.",
			map[string]any{"code": "VALIDATION", "field": "input.lines[2]"}, false},
		"Wrapped":   {fmt.Errorf("save: %w", errs.New(errs.StaleItem, "Changed.").Because(cause)), "Changed.", map[string]any{"code": "STALE_ITEM"}, false},
		"Document":  {&gqlerror.Error{Message: "Unknown field.", Extensions: map[string]any{"code": "GRAPHQL_VALIDATION_FAILED"}}, "Unknown field.", map[string]any{"code": "VALIDATION"}, false},
		"Number":    {gqlerror.Wrap(&graphql.IntegerError{Message: "too big"}), "too big", map[string]any{"code": "VALIDATION"}, false},
		"Cancelled": {fmt.Errorf("read: %w", context.Canceled), "The answer took too long. Please try again.", map[string]any{"code": "UNAVAILABLE"}, false},
		"Away": {fmt.Errorf("read: %w", driver.ErrBadConn), "The database does not answer at this moment. Please try again.",
			map[string]any{"code": "UNAVAILABLE"}, true},
		"Unexpected": {fmt.Errorf("read: %w", cause), "", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			got := present(slog.New(slog.NewTextHandler(&log, nil)))(t.Context(), c.err)
			if !c.logged {
				require.Equal(t, c.message, got.Message)
				require.Equal(t, c.extensions, got.Extensions)
				require.Empty(t, log.String())
				return
			}
			if c.message != "" {
				require.Equal(t, c.message, got.Message)
				require.Equal(t, c.extensions, got.Extensions)
				require.Contains(t, log.String(), "level=WARN")
				return
			}
			require.Equal(t, "INTERNAL", got.Extensions["code"])
			require.NotContains(t, got.Message, "pq:")
			require.Contains(t, log.String(), got.Extensions["id"], "found in the log by its id")
			require.Contains(t, log.String(), "password authentication failed")
		})
	}
}

func TestLoader(t *testing.T) {
	t.Parallel()
	calls := make(chan []int, 10)
	l := newLoader(func(_ context.Context, keys []int) (map[int]string, error) {
		calls <- keys
		if keys[0] == 99 {
			panic("broken")
		}
		found := map[int]string{}
		for _, k := range keys {
			if k < 5 {
				found[k] = fmt.Sprint(k)
			}
		}
		return found, nil
	})
	answers := make(chan string, 20)
	for i := range 20 {
		go func() {
			v, err := l.Load(t.Context(), i%10)
			if err != nil {
				v = err.Error()
			}
			answers <- v
		}()
	}
	empty := 0
	for range 20 {
		if <-answers == "" {
			empty++
		}
	}
	require.Equal(t, 10, empty, "keys that are not found give the zero value")
	asked := 0
	for n := len(calls); n > 0; n-- {
		asked += len(<-calls)
	}
	require.LessOrEqual(t, asked, 20)
	_, err := l.Load(t.Context(), 99)
	require.ErrorContains(t, err, "panic in a loader")
}
