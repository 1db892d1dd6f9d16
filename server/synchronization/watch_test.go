package synchronization_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/synchronization"
)

// watched is a bundle whose connector was synchronized once and moves on its own.
func watched(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	b.fake.watches = true
	b.fake.set("person", people(8)...)
	b.run(t)
	return b
}

// jobs gives the connectors of the enqueued jobs and empties the queue.
func (b *bundle) jobs(t *testing.T) (ids []int64) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw("delete from river_job where kind = 'synchronize' returning (args ->> 'connectorId')::bigint").Scan(t.Context(), &ids))
	return ids
}

func (b *bundle) poll(t *testing.T) {
	t.Helper()
	require.NoError(t, b.Poll(b.ctx))
}

// later moves the clock of the product on.
func (b *bundle) later(d time.Duration) { b.Clock.SetOffset(b.Clock.Offset() + d) }

func TestPoll(t *testing.T) {
	t.Parallel()

	t.Run("ReactsToAChangedToken", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.poll(t)
		require.Empty(t, b.jobs(t), "what was just read is known")
		b.fake.set("person", people(7)...)
		b.later(time.Second)
		b.poll(t)
		require.Equal(t, []int64{b.connector}, b.jobs(t))
		b.later(time.Second)
		b.poll(t)
		require.Empty(t, b.jobs(t), "asked for once")
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 7)
		b.later(time.Second)
		b.poll(t)
		require.Empty(t, b.jobs(t))
		require.Equal(t, 1, b.count(t, "select count(*) from connection where last_token is not null and pending_token is null and retry_at is null"))
	})

	t.Run("NothingNewCountsAsRead", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		lastRead := func() (at time.Time) {
			require.NoError(t, b.DB.NewRaw("select last_synchronized_at from connector").Scan(t.Context(), &at))
			return at
		}
		first := lastRead()
		b.later(time.Minute)
		b.poll(t)
		require.Empty(t, b.jobs(t))
		second := lastRead()
		require.Greater(t, second.Sub(first), 59*time.Second, "the data is the same, and we know it")
		b.later(2 * time.Second)
		b.poll(t)
		require.Equal(t, second, lastRead(), "written now and then, not with every look")

		b.fake.set("person", people(7)...)
		b.later(time.Minute)
		b.poll(t)
		require.Equal(t, second, lastRead(), "there is something new, not read yet")
		require.NoError(t, b.Drain(t.Context(), b.connector))
		third := lastRead()
		require.Greater(t, third.Sub(second), 59*time.Second)

		b.fake.set("person")
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Equal(t, 1, b.count(t, "select count(*) from delivery where state = 'BLOCKED'"))
		b.later(time.Minute)
		b.poll(t)
		require.Equal(t, third, lastRead(), "a blocked delivery was looked at, but the directory is not as the system is")
	})

	t.Run("NothingNewNeedsEveryConnection", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		other := b.insert(t, "insert into connection (connector_id, identifier, display_name, package, poll_seconds) values (?, 'second', 'Second', 'fake', 3600)", b.connector)
		b.exec(t, "update entity_mapping set connection_id = ? where entity_type_id = ?", other, b.department)
		b.run(t)
		before := b.count(t, "select extract(epoch from last_synchronized_at)::int from connector")
		b.exec(t, "update connection set failures = 1, last_check_error = 'away', retry_at = 'infinity' where id = ?", other)
		b.later(time.Minute)
		b.poll(t)
		require.Equal(t, before, b.count(t, "select extract(epoch from last_synchronized_at)::int from connector"))
	})

	t.Run("AsksAgainWhenNobodyDidIt", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(7)...)
		b.poll(t)
		require.Len(t, b.jobs(t), 1)
		b.later(time.Minute)
		b.poll(t)
		require.Len(t, b.jobs(t), 1)
	})

	t.Run("EachConnectionOnceAtATime", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(7)...)
		failures := make(chan error, 4)
		for range 4 {
			go func() { failures <- b.Poll(b.ctx) }()
		}
		for range 4 {
			require.NoError(t, <-failures)
		}
		require.Len(t, b.jobs(t), 1)
	})

	for name, change := range map[string]string{
		"Scheduled":         "update connector set mode = 'scheduled'",
		"Deactivated":       "update connector set is_deactivated = true",
		"ExportSwitchedOff": "update connection set deactivated = 'EXPORT'",
		"NeverSynchronized": "update connector set last_synchronized_at = null",
		"NothingMapped":     "delete from entity_mapping",
	} {
		t.Run("LeavesAlone"+name, func(t *testing.T) {
			t.Parallel()
			b := watched(t)
			b.fake.set("person", people(7)...)
			b.exec(t, change)
			b.poll(t)
			require.Empty(t, b.jobs(t))
		})
	}

	t.Run("WaitsForTheJob", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		paused := true
		b.Paused = func(context.Context, bun.IDB) (bool, error) { return paused, nil }
		b.fake.set("person", people(7)...)
		b.poll(t)
		require.Empty(t, b.jobs(t))
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 8)
		paused = false
		b.poll(t)
		require.Len(t, b.jobs(t), 1)
	})

	t.Run("SystemIsAway", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.down = errors.New("no route")
		b.poll(t)
		require.Equal(t, 1, b.count(t, "select count(*) from connection where last_check_error = 'no route' and failures = 1"))
		b.later(500 * time.Millisecond)
		b.poll(t)
		require.Equal(t, 1, b.count(t, "select failures from connection"), "not asked before its time")
		b.fake.down = nil
		b.fake.set("person", people(7)...)
		b.later(2 * time.Second)
		b.poll(t)
		require.Len(t, b.jobs(t), 1)
		require.Zero(t, b.count(t, "select count(*) from connection where last_check_error is not null"))
	})
}

func TestDrain(t *testing.T) {
	t.Parallel()

	t.Run("NothingToDo", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		before := b.fake.readings()
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.NoError(t, b.Drain(t.Context(), 999))
		require.Equal(t, before, b.fake.readings())
	})

	t.Run("ChangeWhileReadingIsReadToo", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(7)...)
		b.fake.during = func() { b.fake.set("person", people(6)...) }
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 6)
	})

	t.Run("BlockedIsNotReadAgain", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person")
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Equal(t, 1, b.count(t, "select count(*) from delivery where state = 'BLOCKED'"))
		reads := b.fake.readings()
		b.later(time.Minute)
		b.poll(t)
		require.Empty(t, b.jobs(t))
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Equal(t, reads, b.fake.readings())
		b.fake.set("person", people(8)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Equal(t, 1, b.count(t, "select count(*) from delivery where state = 'DROPPED'"))
		require.Len(t, b.people(t), 8)
	})

	t.Run("BlockedIsResumedWithAReason", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(1)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		c := b.condition(t)
		in := synchronization.DeliveryInput{DeliveryID: c.Blocked.ID}
		_, err := b.ResumeDelivery(b.ctx, in)
		requireKind(t, err, errs.Validation, "Say why")
		require.Len(t, b.people(t), 8)
		in.Reason = new("they left with the branch")
		p, err := b.ResumeDelivery(b.ctx, in)
		require.NoError(t, err)
		require.Equal(t, synchronization.Applied, p.Delivery.State)
		require.Len(t, b.people(t), 1)
		require.Equal(t, 1, b.count(t, "select count(*) from event where kind = 'synchronization.decided' and data ->> 'reason' = 'they left with the branch'"))
		_, err = b.ResumeDelivery(b.ctx, in)
		requireKind(t, err, errs.InvalidTransition, "any more")
	})

	t.Run("BlockedIsGivenUp", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(1)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		c := b.condition(t)
		p, err := b.DropDelivery(b.ctx, synchronization.DeliveryInput{DeliveryID: c.Blocked.ID})
		require.NoError(t, err)
		require.Equal(t, synchronization.Dropped, p.Delivery.State)
		require.Len(t, b.people(t), 8)
	})

	t.Run("BlockedOfARunIsLeftToThatRun", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(1)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		c := b.condition(t)
		b.exec(t, `insert into job (identifier, display_name) values ('j', 'j')`)
		b.exec(t, `insert into job_instance (job_id, state, launched_by, created_at) select id, 'BLOCKED', 'x', now() from job`)
		b.exec(t, `insert into task_instance (job_instance_id, identifier, display_name, task_type, level, position, state, options, scope)
			select id, 't', 't', 'Synchronize', 0, 0, 'BLOCKED', '{}', '{}' from job_instance`)
		b.exec(t, `update delivery set task_instance_id = (select id from task_instance)`)
		_, err := b.ResumeDelivery(b.ctx, synchronization.DeliveryInput{DeliveryID: c.Blocked.ID, Reason: new("why not")})
		requireKind(t, err, errs.Conflict, "run of a job")
	})

	t.Run("BrokenReadingIsTriedAgainLater", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(7)...)
		b.fake.breaks = errors.New("half a file")
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 8)
		b.poll(t)
		require.Empty(t, b.jobs(t))
		b.later(2 * time.Second)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Equal(t, 1, b.count(t, "select count(*) from delivery where state = 'FAILED'"), "the same failure leaves one record")
		require.Equal(t, 2, b.count(t, "select count(*) from event where kind = 'synchronization.ended' and data ->> 'error' like '%half a file'"))
		b.fake.breaks = nil
		b.later(3 * time.Second)
		b.poll(t)
		require.Len(t, b.jobs(t), 1)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 7)
		require.Zero(t, b.count(t, "select failures from connection"))
	})

	t.Run("MendedDataIsReadAtOnce", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(7)...)
		b.fake.breaks = errors.New("half a file")
		for range 8 { // broken for minutes: the pause has grown
			require.NoError(t, b.Drain(t.Context(), b.connector))
			b.later(time.Minute)
		}
		require.NoError(t, b.Drain(t.Context(), b.connector))
		b.jobs(t)
		b.later(2 * time.Second)
		b.poll(t)
		require.Empty(t, b.jobs(t), "the same broken data waits for its pause")
		b.fake.breaks = nil
		b.fake.set("person", people(6)...)
		b.later(2 * time.Second)
		b.poll(t)
		require.Len(t, b.jobs(t), 1, "somebody mended it: no reason to wait")
		b.later(time.Second)
		b.poll(t)
		require.Empty(t, b.jobs(t), "asked for once")
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 6)
	})

	t.Run("ThresholdCountsOverTheLastHour", func(t *testing.T) {
		t.Parallel()
		b := watched(t) // 8 people and 2 departments; 50 % may go
		for n := 7; n >= 5; n-- {
			b.fake.set("person", people(n)...)
			require.NoError(t, b.Drain(t.Context(), b.connector))
			require.Len(t, b.people(t), n)
			b.later(10 * time.Minute)
		}
		b.fake.set("person", people(4)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 5, "the fourth within the hour is more than half of the seven that are left")
		b.later(45 * time.Minute)
		b.fake.set("person", people(4)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 4)
	})

	t.Run("IdleReadingsLeaveOneRecord", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		events := b.count(t, "select count(*) from event")
		for range 3 {
			b.fake.set("person", people(8)...)
			require.NoError(t, b.Drain(t.Context(), b.connector))
		}
		require.Equal(t, 2, b.count(t, "select count(*) from delivery"), "the first load and the newest idle one")
		require.Equal(t, events, b.count(t, "select count(*) from event"))
		require.Len(t, b.applied, 4)
	})
}

func TestReadBack(t *testing.T) {
	t.Parallel()
	request := func(t *testing.T, b *bundle) {
		require.NoError(t, db.InTx(b.ctx, b.DB, func(ctx context.Context, tx bun.Tx) error {
			return b.EnqueueReadBack(ctx, tx, []synchronization.Written{{ConnectorID: b.connector}})
		}))
	}

	t.Run("ManyRequestsOneReading", func(t *testing.T) {
		t.Parallel()
		b := setup(t) // no tokens, like a database
		b.fake.set("person", people(8)...)
		b.run(t)
		reads := b.fake.readings()
		for range 5 {
			request(t, b)
		}
		require.Len(t, b.jobs(t), 5)
		b.fake.set("person", append(people(8), person("9", "Created"))...)
		for range 5 {
			require.NoError(t, b.Drain(t.Context(), b.connector))
		}
		require.Equal(t, reads+2, b.fake.readings(), "one reading of two tables")
		require.Len(t, b.people(t), 9)
	})

	t.Run("RequestWhileReadingIsNotLost", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", people(8)...)
		b.run(t)
		request(t, b)
		b.fake.during = func() {
			b.fake.set("person", append(people(8), person("9", "Created"))...)
			request(t, b)
			require.NoError(t, b.Drain(t.Context(), b.connector), "somebody else has the connector: it returns at once")
		}
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 9)
		require.Zero(t, b.count(t, "select count(*) from read_back_request"))
	})

	t.Run("ForgottenIsAskedForAgain", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		request(t, b)
		b.jobs(t)
		b.poll(t)
		require.Empty(t, b.jobs(t))
		b.later(6 * time.Second)
		b.poll(t)
		require.Len(t, b.jobs(t), 1)
	})

	t.Run("BrokenReadingKeepsTheRequest", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", people(8)...)
		b.run(t)
		b.fake.breaks = errors.New("lost")
		request(t, b)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Equal(t, 1, b.count(t, "select count(*) from read_back_request"))
	})

	t.Run("DatabaseErrorKeepsTheRequest", func(t *testing.T) { // at any step of the reading
		t.Parallel()
		for name, fault := range map[string]string{
			"Begin": "before insert on delivery", "Stage": "before insert on delivery_row", "Prepare": "before insert on delivery_change",
			"Apply": "before insert or update on resource",
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.fake.set("person", people(8)...)
				b.run(t)
				b.fake.set("person", append(people(8), person("9", "Created"))...)
				b.exec(t, `create function broken() returns trigger language plpgsql as $$ begin raise exception 'out of shared memory' using errcode = '53200'; end $$`)
				b.exec(t, "create trigger broken "+fault+" for each row execute function broken()")
				request(t, b)
				_ = b.Drain(t.Context(), b.connector)
				require.Equal(t, 1, b.count(t, "select count(*) from read_back_request"))
				b.exec(t, "drop function broken cascade")
				b.jobs(t)
				b.later(10 * time.Second)
				b.poll(t)
				require.Len(t, b.jobs(t), 1, "taken up within seconds")
				require.NoError(t, b.Drain(t.Context(), b.connector))
				require.Len(t, b.people(t), 9)
				require.Zero(t, b.count(t, "select count(*) from read_back_request"))
			})
		}
	})

	t.Run("StoppedReadingKeepsTheRequest", func(t *testing.T) { // as a killed process does
		t.Parallel()
		b := setup(t)
		b.fake.set("person", people(8)...)
		b.run(t)
		request(t, b)
		ctx, stop := context.WithCancel(t.Context())
		b.fake.during = stop
		require.ErrorIs(t, b.Drain(ctx, b.connector), context.Canceled)
		require.Equal(t, 1, b.count(t, "select count(*) from read_back_request"))
	})

	t.Run("ReadByTime", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fake.set("person", people(8)...)
		b.run(t)
		b.poll(t)
		require.Empty(t, b.jobs(t), "one second is the default and means: only after executions")
		b.exec(t, "update connection set poll_seconds = 60")
		b.later(time.Minute)
		b.poll(t)
		require.Len(t, b.jobs(t), 1)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		b.later(30 * time.Second)
		b.poll(t)
		require.Empty(t, b.jobs(t))
	})

	t.Run("LeftToJobs", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.exec(t, "update connector set mode = 'scheduled'")
		request(t, b)
		require.Empty(t, b.jobs(t))
		require.Zero(t, b.count(t, "select count(*) from read_back_request"))
	})
}

func TestQuiescent(t *testing.T) {
	t.Parallel()
	b := watched(t)
	quiet := func() bool {
		t.Helper()
		q, err := b.Quiescent(b.ctx)
		require.NoError(t, err)
		return q
	}
	require.True(t, quiet())
	b.poll(t)
	b.fake.set("person", people(7)...)
	require.False(t, quiet(), "seen at once, whenever the last poll was")
	require.NoError(t, b.Drain(t.Context(), b.connector))
	require.True(t, quiet())
	require.NoError(t, b.EnqueueReadBack(b.ctx, b.DB, []synchronization.Written{{ConnectorID: b.connector}}))
	require.False(t, quiet())
	require.NoError(t, b.Drain(t.Context(), b.connector))
	require.True(t, quiet())
	b.fake.breaks = errors.New("half a file")
	b.fake.set("person", people(6)...)
	require.NoError(t, b.Drain(t.Context(), b.connector))
	require.True(t, quiet(), "only time can help now")
	b.later(time.Minute)
	require.False(t, quiet())
}

// TestFileToDirectory watches a real file.
func TestFileToDirectory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dir := b.useCSV(t)
	write(t, dir, "department.csv", "code,title,parent\nIT,Technology,\n")
	write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1,Petra,,,IT,\n2,Ann,,,IT,\n")
	b.run(t)
	write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1,Petra Lang,,,IT,\n2,Ann,,,IT,\n")
	require.Eventually(t, func() bool {
		b.poll(t)
		return len(b.jobs(t)) == 1
	}, 10*time.Second, 20*time.Millisecond)
	require.NoError(t, b.Drain(t.Context(), b.connector))
	require.Equal(t, []string{"1:Petra Lang:", "2:Ann:"}, b.people(t))
}

var (
	_ fulfil.Watcher           = watching{}
	_ synchronization.Reporter = reporter{}
)

// reporter is what a job hands in.
type reporter struct{}

func (reporter) Logf(string, string, ...any)        {}
func (reporter) Progress(int, int)                  {}
func (reporter) Count(synchronization.Counter, int) {}
