package assignment

import (
	"encoding/json"

	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
)

// ids makes a bigint[] argument.
func ids(list []int64) any {
	if list == nil {
		list = []int64{}
	}
	return pgdialect.Array(list)
}

// jsonb makes a jsonb value of plain structs of ours.
func jsonb(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of ours: cannot fail
	}
	return db.JSON(raw)
}

func nullID(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func orZero(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// texts makes a text[] argument.
func texts(list []string) any {
	if list == nil {
		list = []string{}
	}
	return pgdialect.Array(list)
}
