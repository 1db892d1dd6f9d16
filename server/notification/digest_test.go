package notification

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/event"
	"writ/server/permit"
)

// reviewers: rita reviews all people, sven those of Sales, nora without mails, para has the parent path, all have an address.
const reviewers = `
insert into profile (identifier, display_name) values ('Review', 'Review'), ('SalesReview', 'Sales'), ('QuietReview', 'Quiet'), ('ParentReview', 'Parent');
insert into access_rule (identifier, display_name, profile_id, entity_type) select 'r-' || identifier, identifier, id, 'Directory_User' from profile where identifier like '%Review' order by id;
insert into access_entry (rule_id, permission, can_execute, notify) select id, '/Custom/ProvisioningPolicy/ReviewProvisioning' || case display_name when 'ParentReview' then '' else '/Directory_User' end, true, display_name <> 'QuietReview'
	from access_rule where identifier like 'r-%';
insert into access_filter (rule_id, binding, value) select id, 'Department', 'SAL' from access_rule where identifier = 'r-SalesReview';
insert into local_user (username, display_name, password_hash, email) values ('rita', 'Rita', '', 'rita@x.example'), ('sven', 'Sven', '', 'sven@x.example'), ('nora', 'Nora', '', 'nora@x.example'), ('para', 'Para', '', 'para@x.example');
insert into assigned_profile (user_id, profile_id) select u.id, p.id from local_user u join profile p on (u.username, p.identifier) in (('rita', 'Review'), ('sven', 'SalesReview'), ('nora', 'QuietReview'), ('para', 'ParentReview'));
`

func setupDigest(t *testing.T) bundle {
	t.Helper()
	b := setup(t)
	_, err := b.DB.ExecContext(b.ctx, reviewers)
	require.NoError(t, err)
	return b
}

// mustMove writes what an order's move leaves: its state and the event.
func (b bundle) mustMove(t *testing.T, from any, to int, action string, ids ...int64) {
	t.Helper()
	var events []event.Event
	for _, id := range ids {
		_, err := b.DB.ExecContext(b.ctx, `update provisioning_order set state = ?0, states = array[?0]::smallint[], error_message = case when ?0 = 3 then 'disk full' end where id = ?1`, to, id)
		require.NoError(t, err)
		events = append(events, event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: id, SourceEntityType: "Directory_User",
			Data: map[string]any{"from": from, "to": to, "action": action}})
	}
	require.NoError(t, event.Publish(b.ctx, b.DB, b.Clock.Now(), events...))
}

func (b bundle) later(d time.Duration) { b.Clock.SetOffset(b.Clock.Offset() + d) }

func (b bundle) subjects(t *testing.T, recipient string) (list []string) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw(`select subject from mail where recipient = ? order by id`, recipient).Scan(b.ctx, &list))
	return list
}

func TestReviewDigest(t *testing.T) {
	t.Parallel()
	b := setupDigest(t)
	b.mustMove(t, nil, 5, "review", 1, 26)
	b.mustPump(t)
	require.Empty(t, b.recipients(t), "more may come")
	b.later(3 * time.Second)
	b.mustMove(t, 1, 5, "review", 2)
	b.mustPump(t)
	b.later(9 * time.Second)
	b.pumpOnce(t)
	require.Empty(t, b.recipients(t), "the newest is nine seconds old")
	b.later(time.Second)
	b.pumpOnce(t)

	// full path with its filter; not: Notify false, parent path, holders of other permissions
	require.Equal(t, map[string]string{"rita@x.example": "3 orders to review (Person)", "sven@x.example": "2 orders to review (Person)"}, b.recipients(t))
	var text, html string
	require.NoError(t, b.DB.NewRaw(`select text_body, html_body from mail where recipient = 'rita@x.example'`).Scan(b.ctx, &text, &html))
	require.Contains(t, text, "- Bert: Badge card, create")
	require.Contains(t, text, "https://writ.example/review?of=Directory_User")
	require.Contains(t, html, "3 orders to review")
	b.later(time.Hour)
	b.pumpOnce(t)
	require.Len(t, b.recipients(t), 2, "told once")
}

func TestScopeIsThatOfThePage(t *testing.T) {
	t.Parallel()
	b := setupDigest(t)
	_, err := b.DB.ExecContext(b.ctx, `update access_rule set entity_type = 'AssignedResourceType' where identifier in ('r-Review', 'r-SalesReview');
		update access_filter set binding = 'owner.Department' where rule_id = (select id from access_rule where identifier = 'r-SalesReview')`)
	require.NoError(t, err)
	b.mustMove(t, nil, 5, "review", 1, 26)
	b.mustPump(t)
	b.later(digestQuiet)
	b.pumpOnce(t)
	require.Equal(t, map[string]string{"rita@x.example": "2 orders to review (Person)", "sven@x.example": "1 order to review (Person)"}, b.recipients(t))
}

func TestReviewDigestIsNoMailPerOrder(t *testing.T) {
	t.Parallel()
	b := setupDigest(t)
	b.mustMove(t, nil, 5, "review", 1)
	b.mustPump(t)
	b.later(digestQuiet)
	b.pumpOnce(t)
	require.Len(t, b.subjects(t, "rita@x.example"), 1, "the first comes soon")
	for id := int64(2); id <= 10; id++ { // one every twenty seconds
		b.later(20 * time.Second)
		b.mustMove(t, nil, 5, "review", id)
		b.mustPump(t)
	}
	require.Len(t, b.subjects(t, "rita@x.example"), 1, "the next waits")
	b.later(digestPause)
	b.pumpOnce(t)
	require.Equal(t, []string{"1 order to review (Person)", "9 orders to review (Person)"}, b.subjects(t, "rita@x.example"))
}

func TestReviewDigestThatDoesNotStop(t *testing.T) {
	t.Parallel()
	b := setupDigest(t)
	for id := int64(1); id <= 13; id++ {
		b.mustMove(t, nil, 5, "review", id)
		b.mustPump(t)
		b.later(5 * time.Second)
	}
	b.pumpOnce(t)
	require.Len(t, b.subjects(t, "rita@x.example"), 1, "after a minute, though it goes on")
}

func TestReviewDigestAtTheEndOfAJob(t *testing.T) {
	t.Parallel()
	b := setupDigest(t)
	_, err := b.DB.ExecContext(b.ctx, `insert into job (identifier, display_name) values ('complete', 'Complete job'); insert into job_instance (job_id, state, launched_by, created_at, ended_at) values (1, 'COMPLETED', 'rita', now(), now())`)
	require.NoError(t, err)
	end := func() {
		require.NoError(t, event.Publish(b.ctx, b.DB, b.Clock.Now(), event.Event{Kind: "job.changed", SubjectType: "job_instance", SubjectID: 1, Data: map[string]any{"to": "COMPLETED"}}))
		b.mustPump(t)
	}
	b.mustMove(t, nil, 5, "review", 1)
	end()
	b.later(digestQuiet)
	b.pumpOnce(t)
	require.Equal(t, []string{"1 order to review (Person)"}, b.subjects(t, "rita@x.example"))
	b.mustMove(t, nil, 5, "review", 2)
	end()
	b.later(digestQuiet)
	b.pumpOnce(t)
	require.Len(t, b.subjects(t, "rita@x.example"), 2, "a run is a moment of its own")
}

func TestReviewDigestLeavesOut(t *testing.T) {
	t.Parallel()
	b := setupDigest(t)
	b.mustMove(t, nil, 5, "review", 1)              // decided before it is told
	b.mustMove(t, 5, 1, "approve", 1)               //
	b.mustMove(t, 6, 5, "reconsider_for_review", 2) // a person put it there
	b.mustMove(t, 5, 5, "postpone", 3)              // it was there
	b.mustMove(t, 1, 3, "refuse", 4)                // an error, not switched on
	b.mustMove(t, 1, 8, "execute", 5)               //
	b.mustPump(t)
	b.later(time.Hour)
	b.pumpOnce(t)
	require.Empty(t, b.recipients(t))
}

func TestErrorDigest(t *testing.T) {
	t.Parallel()
	b := setupDigest(t)
	b.ProvisioningErrors = true
	b.mustMove(t, 1, 3, "refuse", 1, 2, 26)
	b.mustMove(t, 3, 1, "unblock", 2)
	b.mustPump(t)
	b.later(digestQuiet)
	b.pumpOnce(t)
	require.Equal(t, map[string]string{"rita@x.example": "2 orders ended with an error (Person)", "sven@x.example": "1 order ended with an error (Person)"}, b.recipients(t))
	var text string
	require.NoError(t, b.DB.NewRaw(`select text_body from mail where recipient = 'sven@x.example'`).Scan(b.ctx, &text))
	require.Contains(t, text, "- Anna: Badge card, create: disk full")
	require.Contains(t, text, "https://writ.example/errors?of=Directory_User")
}

func TestRunMails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.DB.ExecContext(b.ctx, `
		insert into profile (identifier, display_name) values ('LaunchErrored', ''), ('RepairCompleted', ''), ('LaunchBlocked', ''), ('AllJobs', '');
		insert into access_rule (identifier, display_name, profile_id, entity_type) select 'j-' || identifier, '', id, '*' from profile where identifier in ('LaunchErrored', 'RepairCompleted', 'LaunchBlocked', 'AllJobs');
		insert into access_entry (rule_id, permission, can_execute) select id, case identifier when 'j-LaunchErrored' then '/Jobs/RunJob/Launch/Errored' when 'j-RepairCompleted' then '/Jobs/RunJob/Repair/Completed'
			when 'j-LaunchBlocked' then '/Jobs/RunJob/Launch/Blocked' else '/Jobs' end, true from access_rule where identifier like 'j-%';
		insert into local_user (username, display_name, password_hash, email) select lower(identifier), identifier, '', lower(identifier) || '@x.example' from profile where identifier in ('LaunchErrored', 'RepairCompleted', 'LaunchBlocked', 'AllJobs');
		insert into assigned_profile (user_id, profile_id) select u.id, p.id from local_user u join profile p on lower(p.identifier) = u.username where p.identifier in ('LaunchErrored', 'RepairCompleted', 'LaunchBlocked', 'AllJobs');
		insert into job (identifier, display_name) values ('complete', 'Complete job');
		insert into job_instance (job_id, state, launched_by, created_at, started_at, ended_at, parent_id, is_repair) values
			(1, 'ERRORED', 'operator', '2026-01-01 10:00Z', '2026-01-01 10:00Z', '2026-01-01 10:02Z', null, false),
			(1, 'COMPLETED', 'operator', '2026-01-01 11:00Z', '2026-01-01 11:00Z', '2026-01-01 11:02Z', 1, false),
			(1, 'COMPLETED', 'clock', '2026-01-01 12:00Z', '2026-01-01 12:00Z', '2026-01-01 12:02Z', null, true),
			(1, 'COMPLETED', 'clock', '2026-01-01 13:00Z', '2026-01-01 13:00Z', '2026-01-01 13:02Z', null, false),
			(1, 'CANCELLED', 'clock', '2026-01-01 13:00Z', '2026-01-01 13:00Z', '2026-01-01 13:02Z', null, false);
		insert into task_instance (job_instance_id, identifier, display_name, task_type, level, position, scope, state, error) values
			(1, 'read', 'Read HR', 'Export', 0, 0, 'a', 'COMPLETED', null), (1, 'sync', 'Synchronize HR', 'Synchronize', 1, 1, 'b', 'ERRORED', 'Table "people" lacks the column "id".')`)
	require.NoError(t, err)
	move := func(id int64, from, to string) {
		require.NoError(t, event.Publish(permit.With(b.ctx, permit.System("job")), b.DB, b.Clock.Now(), event.Event{Kind: "job.changed", SubjectType: "job_instance", SubjectID: id,
			Data: map[string]any{"from": from, "to": to}}))
	}
	move(1, "IN_PROGRESS", "ERRORED")
	move(2, "IN_PROGRESS", "COMPLETED") // relaunched
	move(3, "IN_PROGRESS", "BLOCKED")   // belongs to the launch, though it was resumed meanwhile
	move(3, "BLOCKED", "IN_PROGRESS")
	move(3, "IN_PROGRESS", "COMPLETED") // resumed
	move(4, "IN_PROGRESS", "COMPLETED") // launched: nobody holds that path
	move(5, "IN_PROGRESS", "CANCELLED")
	b.mustPump(t)

	require.Equal(t, []string{"Complete job: Errored"}, b.subjects(t, "launcherrored@x.example"))
	require.Equal(t, []string{"Complete job: Completed", "Complete job: Completed"}, b.subjects(t, "repaircompleted@x.example"))
	require.Equal(t, []string{"Complete job: Blocked"}, b.subjects(t, "launchblocked@x.example"))
	require.Empty(t, b.subjects(t, "alljobs@x.example"), "a parent path gives the right and no mail")
	var text string
	require.NoError(t, b.DB.NewRaw(`select text_body from mail where recipient = 'launcherrored@x.example'`).Scan(b.ctx, &text))
	require.Contains(t, text, "Launched by Otto, started 1 Jan 2026 10:00 UTC")
	require.Contains(t, text, `- Synchronize HR: errored: Table "people" lacks the column "id".`)
	require.NotContains(t, text, "Read HR")
	require.Contains(t, text, "https://writ.example/runs/1")
}
