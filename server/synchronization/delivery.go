package synchronization

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/errs"
)

// Mode is how a delivery was read (provisioning 7.2).
type Mode string

const (
	Initial     Mode = "INITIAL"     // the connector had no data: no thresholds
	Complete    Mode = "COMPLETE"    // the tables are the whole truth
	Incremental Mode = "INCREMENTAL" // only changes, each with a command
)

// Delivery is one synchronization of one connector.
type Delivery struct {
	bun.BaseModel  `bun:"table:delivery,alias:y"`
	ID             int64 `bun:",pk,autoincrement"`
	GUID           uuid.UUID
	ConnectorID    int64
	Mode           Mode
	State          State
	StartedAt      time.Time // before the export began
	EndedAt        *time.Time
	TaskInstanceID *int64
	Counters       Counters   `bun:"type:jsonb"`
	Blocked        []Exceeded `bun:"type:jsonb,nullzero"`
	Error          *string

	changed *changedRows // what was left out while it was read; nil: nothing, or nobody knows any more
}

// Counter is something that is counted while a task reads or writes.
type Counter string

// What a task that synchronizes counts.
const (
	CountRead          Counter = "read"
	CountNullKeys      Counter = "nullKeys"
	CountRejected      Counter = "rejected"
	CountDuplicates    Counter = "duplicates"
	CountInserted      Counter = "inserted"
	CountUpdated       Counter = "updated"
	CountDeleted       Counter = "deleted"
	CountLinksInserted Counter = "linksInserted"
	CountLinksDeleted  Counter = "linksDeleted"
	CountUnresolved    Counter = "unresolved"
)

// Counters say what a delivery found. The lists hold the first twenty.
type Counters struct {
	Read          int `json:"read"`
	Inserted      int `json:"inserted"`
	Updated       int `json:"updated"`
	Deleted       int `json:"deleted"`
	LinksInserted int `json:"linksInserted"`
	LinksDeleted  int `json:"linksDeleted"`
	NullKeys      int `json:"nullKeys"`   // rows without a primary key, set aside
	Duplicates    int `json:"duplicates"` // further rows of a key, set aside
	Rejected      int `json:"rejected"`   // rows that cannot be read, set aside: RowsToMend lists them
	Kept          int `json:"kept"`       // stored resources that rows set aside stand for: missing in the table, and not deleted
	Missing       int `json:"missing"`    // commands to update what is not there
	Unresolved    int `json:"unresolved"` // links that point to nothing, of the rows written

	NullKeyRows   []string               `json:"nullKeyRows,omitempty"`   // table and number of the row
	RejectedRows  []string               `json:"rejectedRows,omitempty"`  // file, line and why
	DuplicateKeys []string               `json:"duplicateKeys,omitempty"` // entity type and key
	MissingKeys   []string               `json:"missingKeys,omitempty"`
	Unlinked      []directory.Unresolved `json:"unlinked,omitempty"`
	Cycles        []string               `json:"cycles,omitempty"` // keys cut out of their hierarchy
	EntityTypes   map[string]TypeCounts  `json:"entityTypes,omitempty"`

	Tokens     map[int64]string `json:"tokens,omitempty"` // by connection: what the data was when it was read
	Staged     int              `json:"staged"`           // rows in delivery_row
	Unchanged  int              `json:"unchanged"`        // rows that are what they were in the last reading, and were not compared
	Partly     bool             `json:"partly,omitempty"` // rows that did not change were left out
	Continuous bool             `json:"continuous,omitempty"`
	Forced     bool             `json:"forced,omitempty"` // applied in spite of a threshold, by a person's decision
	Warnings   []string         `json:"warnings,omitempty"`
}

func newCounters(continuous bool) Counters {
	return Counters{Continuous: continuous, EntityTypes: map[string]TypeCounts{}, Tokens: map[int64]string{}}
}

// TypeCounts are the counts of one entity type.
type TypeCounts struct {
	Read          int    `json:"read"`
	Inserted      int    `json:"inserted"`
	Updated       int    `json:"updated"`
	Deleted       int    `json:"deleted"`
	LinksInserted int    `json:"linksInserted"`
	LinksDeleted  int    `json:"linksDeleted"`
	Stored        int    `json:"stored"`            // rows before: base of the percentages
	StoredLinks   int    `json:"storedLinks"`       // links before
	Initial       bool   `json:"initial,omitempty"` // nothing was stored: no thresholds
	NullKeys      int    `json:"nullKeys,omitempty"`
	Rejected      int    `json:"rejected,omitempty"`
	Kept          int    `json:"kept,omitempty"`
	Table         string `json:"table,omitempty"`
	Place         string `json:"place,omitempty"`    // file or table of the rows
	Whole         bool   `json:"whole"`              // the table is the whole truth: what is missing in it is deleted
	Followed      int    `json:"followed,omitempty"` // renamed or replaced by our own orders
	Unchanged     int    `json:"unchanged,omitempty"`
	Same          bool   `json:"same,omitempty"` // its content is what it was in the last reading: it was not read
	Own           Own    `json:"own,omitzero"`   // the part that our own orders asked for: thresholds leave it out
}

// Own is the part of a delivery that open orders of ours explain: it was asked for, reviewed and counted when the orders were generated.
type Own struct {
	Inserted      int `json:"inserted,omitempty"`
	Updated       int `json:"updated,omitempty"`
	Deleted       int `json:"deleted,omitempty"`
	LinksInserted int `json:"linksInserted,omitempty"`
	LinksDeleted  int `json:"linksDeleted,omitempty"`
}

// foreign are the counts without our own part: what thresholds look at.
func (t TypeCounts) foreign() TypeCounts {
	t.Inserted -= t.Own.Inserted
	t.Updated -= t.Own.Updated
	t.Deleted -= t.Own.Deleted
	t.LinksInserted -= t.Own.LinksInserted
	t.LinksDeleted -= t.Own.LinksDeleted
	return t
}

// examples is how many keys a report lists.
const examples = 20

func (d *Delivery) changes() int {
	return d.Counters.Inserted + d.Counters.Updated + d.Counters.Deleted + d.Counters.LinksInserted + d.Counters.LinksDeleted
}

// find gives a delivery; NotFound if there is none.
func find(ctx context.Context, db bun.IDB, id int64) (*Delivery, error) {
	return findWhere(ctx, db, errs.Missing("There is no such delivery.").Of(id), func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("y.id = ?", id) })
}

func findWhere(ctx context.Context, db bun.IDB, missing error, where func(*bun.SelectQuery) *bun.SelectQuery) (*Delivery, error) {
	var list []*Delivery
	if err := db.NewSelect().Model(&list).Apply(where).Order("y.id").Limit(1).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read a delivery: %w", err)
	}
	if len(list) == 0 {
		return nil, missing
	}
	return list[0], nil
}

// IsOfJob reports whether the delivery belongs to a run of a job: that run is resumed or given up, not the delivery itself.
func (d *Delivery) IsOfJob() bool { return d.TaskInstanceID != nil }
