package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// InPortions repeats a statement that changes a limited number of rows, each time in a transaction of its own, until it finds none, and tells how
// many there were.
func InPortions(ctx context.Context, b *bun.DB, sql string, args ...any) (int64, error) {
	total := int64(0)
	for {
		res, err := b.NewRaw(sql, args...).Exec(ctx)
		if err != nil {
			return total, Explain(err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return total, fmt.Errorf("count the rows of a portion: %w", err)
		}
		if n == 0 {
			return total, nil
		}
		total += n
	}
}
