// Package job says when: ordered sets of tasks that people, the schedule or an API client launch (spec 9).
//
//	job.go       Job, JobStep, Service; the hooks that app fills in
//	instance.go  JobInstance and TaskInstance: one run and its tasks; lists
//	save.go      SaveJobs, DeleteJobs, Load: jobs as configuration declares them
//	check.go     what SaveJobs refuses: cycles, schedules, options, names of objects that are not there
//	run.go       the verbs: run, relaunch from the failed task, resume, cancel
//	cron.go      pure: when an expression comes next, also when the clocks change
//	schedule.go  ScheduleJob; launching what is due
//	state.go     the two machines below, and the only functions that move a row
//	decide.go    pure: what has to happen next to a run
//	conduct.go   the River job that does what decide says
//	task.go      TaskFunc, Task, Result: what app implements per type of task; scopes
//	worker.go    the River job that runs one task under a lease
//	columns.go   Page: the list of jobs
//	options.go   the options that each type of task reads
//	counter.go   TaskCounter: what tasks count, by name
//	reporter.go  Reporter: log, progress and counters in small batches
//	log.go       the log of a task, paged back and filtered
//	progress.go  JobProgress: a run, live
//	sweep.go     Sweep: lost processes, stalled runs, due schedules
//	store.go     every query
//
// # A run
//
// RunJob copies the steps into task instances and inserts ConductArgs. Each conduct locks the run, asks decide and does it; started tasks are River
// jobs of their own (TaskArgs, queue "task"). The end of a task is written and the run moved on in one transaction, so a run never waits for a
// poll. Ended is called when it comes to rest.
//
// # A lost process
//
// A worker holds a lease on its task and renews it; the row's fence counts the starts, and whatever an earlier start still writes is dropped. When a
// lease runs out, the sweep of any process starts the task again, three times at most, then the run is ABORTED. A worker that cannot
// renew cancels its task's context before the lease is over. A process that stops in good order hands its tasks over at once.
//
// A scope (type of task and what it works on) is in progress once at a time, whatever the job; a unique index keeps it so. The task of a second job
// waits for it.
//
// # States of a run
//
//	QUEUED      -> IN_PROGRESS  start
//	            -> CANCELLED    cancel
//	IN_PROGRESS -> COMPLETED    complete
//	            -> WARNING      warn
//	            -> ERRORED      fail
//	            -> BLOCKED      block
//	            -> CANCELLED    cancel
//	            -> ABORTED      abort
//	BLOCKED     -> IN_PROGRESS  resume
//	            -> CANCELLED    give_up
//
// # States of a task
//
//	WAITING             -> IN_PROGRESS          start
//	                    -> SKIPPED              skip
//	                    -> CANCELLED            cancel
//	IN_PROGRESS         -> COMPLETED            complete
//	                    -> COMPLETED_NO_OUTPUT  complete_without_output
//	                    -> WARNING              warn
//	                    -> ERRORED              fail
//	                    -> BLOCKED              block
//	                    -> ABORTED              abort
//	BLOCKED             -> WAITING              resume
//	                    -> CANCELLED            cancel
package job
