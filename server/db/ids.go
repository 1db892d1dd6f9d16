package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// NextIDs takes n ids of a table's identity column, so that rows that refer to each other can be copied (CopyIn).
func NextIDs(ctx context.Context, tx bun.IDB, table string, n int) (ids []int64, err error) {
	if n == 0 {
		return nil, nil
	}
	// the sequence is looked up once, not for each id
	err = tx.NewRaw(`select nextval(s.name) from (select pg_get_serial_sequence(?, 'id')::regclass as name offset 0) s cross join generate_series(1, ?)`,
		table, n).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("take ids of %s: %w", table, err)
	}
	return ids, nil
}
