package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/uptrace/bun"

	"writ/server/db"
)

// insertTopic is what River's producers listen to, after the schema's name.
const insertTopic = "river_insert"

// perStatement bounds the size of one INSERT.
const perStatement = 1000

// row is a job as River's client inserts it. Columns that are not here keep their defaults, as there.
type row struct {
	bun.BaseModel `bun:"table:river_job"`

	Args        json.RawMessage `bun:"type:jsonb"`
	Kind        string
	MaxAttempts int
	Metadata    json.RawMessage `bun:"type:jsonb"`
	Priority    int
	Queue       string
	ScheduledAt time.Time `bun:",nullzero,default:now()"`
	State       rivertype.JobState
	Tags        []string `bun:",array"`
}

// Insert adds a job to the caller's transaction: it is worked exactly if that commits, within milliseconds. opts may be nil; they win
// over those of the args (river.JobArgsWithInsertOpts). Unique jobs are not supported and refused.
func Insert(ctx context.Context, tx bun.IDB, args river.JobArgs, opts *river.InsertOpts) error {
	return InsertMany(ctx, tx, []river.InsertManyParams{{Args: args, InsertOpts: opts}})
}

// InsertMany is Insert for many jobs: one statement per thousand. Without jobs it does nothing.
func InsertMany(ctx context.Context, tx bun.IDB, jobs []river.InsertManyParams) error {
	rows := make([]row, len(jobs))
	for i, j := range jobs {
		var err error
		if rows[i], err = rowOf(j.Args, j.InsertOpts); err != nil {
			return fmt.Errorf("insert job %s: %w", j.Args.Kind(), err)
		}
	}
	for chunk := range slices.Chunk(rows, perStatement) {
		insert := tx.NewInsert().Model(&chunk).Returning("queue, state")
		// As in River: only what can be worked now wakes producers up. PostgreSQL collapses equal notifications of a transaction.
		_, err := tx.NewRaw(`WITH inserted AS (?)
			SELECT pg_notify(concat(current_schema(), '.', ?), payload) FROM (
				SELECT DISTINCT format('{"queue": "%s"}', queue) AS payload FROM inserted WHERE state = 'available') AS q`,
			insert, insertTopic).Exec(ctx)
		if err != nil {
			return db.Explain(fmt.Errorf("insert %d jobs: %w", len(jobs), err))
		}
	}
	return nil
}

func rowOf(args river.JobArgs, opts *river.InsertOpts) (row, error) {
	encoded, err := json.Marshal(args)
	if err != nil {
		return row{}, err
	}
	var given, own river.InsertOpts
	if opts != nil {
		given = *opts
	}
	if a, ok := args.(river.JobArgsWithInsertOpts); ok {
		own = a.InsertOpts()
	}
	r := row{
		Args: encoded, Kind: args.Kind(), State: rivertype.JobStateAvailable,
		MaxAttempts: cmp.Or(given.MaxAttempts, own.MaxAttempts, MaxAttempts),
		Priority:    cmp.Or(given.Priority, own.Priority, river.PriorityDefault),
		Queue:       cmp.Or(given.Queue, own.Queue, river.QueueDefault),
		Metadata:    json.RawMessage("{}"), Tags: given.Tags, ScheduledAt: given.ScheduledAt,
	}
	if len(given.Metadata) > 0 {
		r.Metadata = given.Metadata
	}
	if r.Tags == nil {
		r.Tags = own.Tags
	}
	if r.Tags == nil {
		r.Tags = []string{}
	}
	if r.ScheduledAt.IsZero() {
		r.ScheduledAt = own.ScheduledAt
	}
	if !r.ScheduledAt.IsZero() {
		r.State = rivertype.JobStateScheduled
	}
	if given.Pending {
		r.State = rivertype.JobStatePending
	}
	return r, validate(r, isUnique(given.UniqueOpts) || isUnique(own.UniqueOpts))
}

func isUnique(u river.UniqueOpts) bool {
	return u.ByArgs || u.ByPeriod != 0 || u.ByQueue || len(u.ByState) > 0 || u.ExcludeKind
}

// River's rules for names; its client checks them before it inserts.
var (
	queueName = regexp.MustCompile(`^(?:[a-z0-9])+(?:[_|\-]?[a-z0-9]+)*$`)
	tagName   = regexp.MustCompile(`\A[\w][\w\-]+[\w]\z`)
)

func validate(r row, unique bool) error {
	switch {
	case unique:
		return errors.New("unique jobs are not supported: make the worker harmless instead")
	case r.Priority < 1 || r.Priority > 4:
		return fmt.Errorf("priority %d is not between 1 and 4", r.Priority)
	case len(r.Queue) > 64 || !queueName.MatchString(r.Queue):
		return fmt.Errorf("%q is no name for a queue", r.Queue)
	}
	for _, tag := range r.Tags {
		if len(tag) > 255 || !tagName.MatchString(tag) {
			return fmt.Errorf("%q is no tag", tag)
		}
	}
	return nil
}
