package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/queue"
)

// startLock is the advisory lock under which tasks are started, so that two runs do not both find a scope free ("jobs" in ASCII).
const startLock = 0x6a6f6273

func selectJobs(ctx context.Context, db bun.IDB) ([]*Job, error) {
	jobs := []*Job{}
	return jobs, wrap("list jobs", db.NewSelect().Model(&jobs).Order("display_name", "id").Scan(ctx))
}

func selectJobsByID(ctx context.Context, db bun.IDB, ids []int64) ([]*Job, error) {
	jobs := []*Job{}
	return jobs, wrap("read jobs", db.NewSelect().Model(&jobs).Where("id IN (?)", bun.List(ids)).Scan(ctx))
}

func findJob(ctx context.Context, db bun.IDB, identifier string) (*Job, error) {
	j := new(Job)
	return found(j, "read job", db.NewSelect().Model(j).Where("identifier = ?", identifier).Scan(ctx))
}

// nextDueJob locks a job whose time has come; nil = none, or others have them.
func nextDueJob(ctx context.Context, tx bun.Tx, now time.Time) (*Job, error) {
	j := new(Job)
	return found(j, "find a due job", tx.NewSelect().Model(j).Where("schedule_enabled AND cron IS NOT NULL AND next_run_at <= ?", now).
		Order("next_run_at", "id").Limit(1).For("UPDATE SKIP LOCKED").Scan(ctx))
}

// selectUnplanned locks jobs with a schedule whose next run nobody has computed: they were just configured.
func selectUnplanned(ctx context.Context, tx bun.Tx) ([]*Job, error) {
	jobs := []*Job{}
	return jobs, wrap("find unplanned jobs", tx.NewSelect().Model(&jobs).Where("schedule_enabled AND cron IS NOT NULL AND next_run_at IS NULL").
		Order("id").For("UPDATE SKIP LOCKED").Scan(ctx))
}

func updateSchedule(ctx context.Context, tx bun.Tx, j *Job) error {
	_, err := tx.NewUpdate().Model(j).Column("schedule_enabled", "next_run_at").WherePK().Exec(ctx)
	return wrap("schedule a job", err)
}

func selectSteps(ctx context.Context, db bun.IDB, jobIDs []int64) ([]*JobStep, error) {
	steps := []*JobStep{}
	return steps, wrap("read job steps",
		db.NewSelect().Model(&steps).Where("job_id IN (?)", bun.List(jobIDs)).Order("job_id", "level", "position", "id").Scan(ctx))
}

// insertInstance gives false when the job runs already.
func insertInstance(ctx context.Context, tx bun.Tx, i *JobInstance) (bool, error) {
	err := tx.NewRaw(`INSERT INTO job_instance (job_id, state, launched_by, parent_id, progress, created_at, needs_second_person) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (job_id) WHERE state IN ('QUEUED', 'IN_PROGRESS') DO NOTHING RETURNING id`,
		i.JobID, i.State, i.LaunchedBy, i.ParentID, i.Progress, i.CreatedAt, i.NeedsSecondPerson).Scan(ctx, &i.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return true, wrap("insert a job instance", err)
}

func insertTasks(ctx context.Context, tx bun.Tx, tasks []*TaskInstance) error {
	if len(tasks) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&tasks).Exec(ctx)
	return wrap("insert tasks", err)
}

func findInstance(ctx context.Context, db bun.IDB, id int64) (*JobInstance, error) {
	i := new(JobInstance)
	return found(i, "read a job instance", db.NewSelect().Model(i).Where("id = ?", id).Scan(ctx))
}

// lockInstance gives the run, locked until the transaction ends; nil = there is none.
func lockInstance(ctx context.Context, tx bun.Tx, id int64) (*JobInstance, error) {
	i := new(JobInstance)
	return found(i, "lock a job instance", tx.NewSelect().Model(i).Where("id = ?", id).For("UPDATE").Scan(ctx))
}

func selectLastInstances(ctx context.Context, db bun.IDB, jobIDs []int64) ([]*JobInstance, error) {
	rows := []*JobInstance{}
	return rows, wrap("read last runs", db.NewSelect().Model(&rows).
		Where("i.id IN (SELECT (SELECT max(l.id) FROM job_instance AS l WHERE l.job_id = j.id) FROM job AS j WHERE j.id IN (?))", bun.List(jobIDs)).Scan(ctx))
}

func selectOlderBlocked(ctx context.Context, tx bun.Tx, newer *JobInstance, steps []string) ([]int64, error) {
	var ids []int64
	q := tx.NewSelect().Model((*JobInstance)(nil)).Column("id").Where("job_id = ? AND id < ? AND state = ?", newer.JobID, newer.ID, Blocked)
	if steps != nil {
		q.Where("EXISTS (SELECT FROM task_instance AS t WHERE t.job_instance_id = i.id AND t.state = ? AND t.identifier IN (?))", TaskBlocked, bun.List(steps))
	}
	return ids, wrap("find older blocked runs", q.Order("id").For("UPDATE").Scan(ctx, &ids))
}

func existsRunning(ctx context.Context, db bun.IDB) (bool, error) {
	var yes bool
	err := db.NewRaw("SELECT EXISTS (SELECT FROM job_instance WHERE state IN ('QUEUED', 'IN_PROGRESS'))").Scan(ctx, &yes)
	return yes, wrap("look for running jobs", err)
}

// selectStalled gives runs that nobody works on: just launched, waiting for a scope, or left alone.
func selectStalled(ctx context.Context, db bun.IDB) ([]int64, error) {
	var ids []int64
	return ids, wrap("find stalled runs", db.NewSelect().Model((*JobInstance)(nil)).Column("id").
		Where("state IN ('QUEUED', 'IN_PROGRESS')").
		Where("NOT EXISTS (SELECT FROM task_instance AS t WHERE t.job_instance_id = i.id AND t.state = 'IN_PROGRESS')").
		Order("id").Scan(ctx, &ids))
}

func updateCancelRequested(ctx context.Context, tx bun.Tx, id int64) error {
	_, err := tx.NewUpdate().Model((*JobInstance)(nil)).Set("cancel_requested = true").Where("id = ?", id).Exec(ctx)
	return wrap("request the stop of a run", err)
}

// updateProgress sets a run's progress from its tasks: each weighs the same, those that need not run any more count as done.
func updateProgress(ctx context.Context, tx bun.Tx, id int64) error {
	_, err := tx.NewUpdate().Model((*JobInstance)(nil)).Set(`progress = coalesce((
		SELECT avg(CASE WHEN t.state IN ('COMPLETED', 'COMPLETED_NO_OUTPUT', 'WARNING', 'SKIPPED') THEN 1 ELSE t.progress END)
		FROM task_instance AS t WHERE t.job_instance_id = i.id), 1)`).Where("id = ?", id).Exec(ctx)
	return wrap("write the progress of a run", err)
}

func selectTasks(ctx context.Context, db bun.IDB, instanceIDs []int64) ([]*TaskInstance, error) {
	tasks := []*TaskInstance{}
	return tasks, wrap("read tasks", db.NewSelect().Model(&tasks).Where("job_instance_id IN (?)", bun.List(instanceIDs)).
		Order("job_instance_id", "level", "position", "id").Scan(ctx))
}

func findTask(ctx context.Context, db bun.IDB, id int64) (*TaskInstance, error) {
	t := new(TaskInstance)
	return found(t, "read a task", db.NewSelect().Model(t).Where("id = ?", id).Scan(ctx))
}

// claimTask takes a started task for this process; nil = it is taken, over, or was started anew. Leases run on the database's own time,
// the only one all processes share.
func claimTask(ctx context.Context, db bun.IDB, args TaskArgs, owner string, lease time.Duration) (*TaskInstance, error) {
	t := new(TaskInstance)
	return found(t, "claim a task", db.NewUpdate().Model(t).Set("lease_owner = ?, lease_until = clock_timestamp() + ?::interval", owner, seconds(lease)).
		Where("id = ? AND fence = ? AND state = ? AND lease_owner IS NULL", args.TaskInstanceID, args.Fence, TaskInProgress).
		Returning("*").Scan(ctx))
}

func renewLease(ctx context.Context, db bun.IDB, args TaskArgs, owner string, lease time.Duration) (bool, error) {
	res, err := db.NewUpdate().Model((*TaskInstance)(nil)).Set("lease_until = clock_timestamp() + ?::interval", seconds(lease)).
		Where("id = ? AND fence = ? AND state = ? AND lease_owner = ?", args.TaskInstanceID, args.Fence, TaskInProgress, owner).Exec(ctx)
	if err != nil {
		return false, wrap("renew a lease", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%f seconds", d.Seconds()) }

// lockTask locks the run and then the task, and tells whether the task still runs under this fence.
func lockTask(ctx context.Context, tx bun.Tx, instanceID, id, fence int64) (bool, error) {
	if _, err := lockInstance(ctx, tx, instanceID); err != nil {
		return false, err
	}
	var ids []int64
	err := tx.NewSelect().Model((*TaskInstance)(nil)).Column("id").Where("id = ? AND fence = ? AND state = ?", id, fence, TaskInProgress).
		For("UPDATE").Scan(ctx, &ids)
	return len(ids) == 1, wrap("lock a task", err)
}

// lockScopes takes startLock and gives the scopes in which a task is in progress.
func lockScopes(ctx context.Context, tx bun.Tx) (map[string]bool, error) {
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", startLock); err != nil {
		return nil, wrap("lock the start of tasks", err)
	}
	var scopes []string
	err := tx.NewSelect().Model((*TaskInstance)(nil)).Column("scope").Where("state = ?", TaskInProgress).Scan(ctx, &scopes)
	busy := make(map[string]bool, len(scopes))
	for _, s := range scopes {
		busy[s] = true
	}
	return busy, wrap("read the scopes in progress", err)
}

// selectWaitingFor gives the other runs in which a task of this scope waits.
func selectWaitingFor(ctx context.Context, tx bun.Tx, scope string, except int64) ([]int64, error) {
	var ids []int64
	err := tx.NewRaw(`SELECT DISTINCT t.job_instance_id FROM task_instance AS t JOIN job_instance AS i ON i.id = t.job_instance_id
		WHERE t.scope = ? AND t.state = 'WAITING' AND i.state = 'IN_PROGRESS' AND i.id <> ?`, scope, except).Scan(ctx, &ids)
	return ids, wrap("find runs that wait for a scope", err)
}

type expired struct{ ID, JobInstanceID int64 }

func selectExpired(ctx context.Context, db bun.IDB) ([]expired, error) {
	var rows []expired
	return rows, wrap("find expired leases", db.NewSelect().Model((*TaskInstance)(nil)).Column("id", "job_instance_id").
		Where("state = 'IN_PROGRESS' AND lease_until < clock_timestamp()").Order("id").Limit(100).Scan(ctx, &rows))
}

// claimPatience is how long a process may take from fetching a job to claiming its task; it takes milliseconds.
const claimPatience = 5 * time.Second

// lockUnclaimed gives tasks that were started, that no process holds, and that no process will find in the queue or is about to claim.
func lockUnclaimed(ctx context.Context, tx bun.Tx) ([]*TaskInstance, error) {
	var tasks []*TaskInstance
	err := tx.NewSelect().Model(&tasks).
		Where("t.state = ? AND t.lease_owner IS NULL", TaskInProgress).
		Where(`NOT EXISTS (SELECT FROM river_job AS r WHERE r.kind = ? AND r.args @> jsonb_build_object('taskInstanceId', t.id, 'fence', t.fence)
			AND (r.state IN ('available', 'scheduled', 'retryable') OR r.state = 'running' AND r.attempted_at > clock_timestamp() - ?::interval))`,
			TaskArgs{}.Kind(), seconds(claimPatience)).
		Order("t.id").Limit(100).For("UPDATE SKIP LOCKED").Scan(ctx)
	return tasks, wrap("find tasks nobody claimed", err)
}

// lockExpired locks the run and then the task, and gives it if its lease is over still.
func lockExpired(ctx context.Context, tx bun.Tx, e expired) (*TaskInstance, error) {
	if _, err := lockInstance(ctx, tx, e.JobInstanceID); err != nil {
		return nil, err
	}
	t := new(TaskInstance)
	return found(t, "lock an expired task", tx.NewSelect().Model(t).
		Where("id = ? AND state = 'IN_PROGRESS' AND lease_until < clock_timestamp()", e.ID).For("UPDATE").Scan(ctx))
}

func updateTaskProgress(ctx context.Context, tx bun.Tx, id int64, progress float64, counters map[string]int64) error {
	raw, err := json.Marshal(counters)
	if err != nil {
		return err
	}
	_, err = tx.NewUpdate().Model((*TaskInstance)(nil)).Set("progress = ?, counters = ?::jsonb", progress, string(raw)).Where("id = ?", id).Exec(ctx)
	return wrap("write the progress of a task", err)
}

func updateOutcome(ctx context.Context, tx bun.Tx, id int64, blocked json.RawMessage, message string, action Action) error {
	q := tx.NewUpdate().Model((*TaskInstance)(nil)).Where("id = ?", id).Set("error = ?", bun.NullZero(db.Clip(message, 8000)))
	if blocked != nil {
		q.Set("blocked = ?::jsonb", string(db.JSON(blocked)))
	} else {
		q.Set("blocked = NULL")
	}
	if action == Complete || action == CompleteEmptyHanded || action == Warn {
		q.Set("progress = 1")
	}
	_, err := q.Exec(ctx)
	return wrap("write the outcome of a task", err)
}

func enqueueConduct(ctx context.Context, tx bun.Tx, instanceIDs ...int64) error {
	jobs := make([]river.InsertManyParams, len(instanceIDs))
	for i, id := range instanceIDs {
		jobs[i] = river.InsertManyParams{Args: ConductArgs{JobInstanceID: id}}
	}
	return queue.InsertMany(ctx, tx, jobs)
}

// found turns "no rows" into nil.
func found[T any](row *T, doing string, err error) (*T, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(doing, err)
	}
	return row, nil
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return db.Explain(fmt.Errorf("%s: %w", doing, err))
}

// updateResumedBy notes who lets a run go on.
func updateResumedBy(ctx context.Context, tx bun.IDB, id int64, who string) error {
	if _, err := tx.NewRaw("UPDATE job_instance SET resumed_by = ? WHERE id = ?", who, id).Exec(ctx); err != nil {
		return fmt.Errorf("note who resumes a run: %w", err)
	}
	return nil
}

// areOnePerson reports whether two accounts belong to the same person.
func areOnePerson(ctx context.Context, tx bun.IDB, one, other string) (same bool, err error) {
	if err := tx.NewRaw("SELECT are_one_person(?, ?)", one, other).Scan(ctx, &same); err != nil {
		return false, fmt.Errorf("compare two accounts: %w", err)
	}
	return same, nil
}
