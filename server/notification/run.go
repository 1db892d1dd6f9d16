package notification

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/event"
	"writ/server/permit"
)

// ends are the states of a run that are told, with the last part of the permission's path (spec 10.3). Cancelled is not: a person did it.
var ends = map[string]string{"COMPLETED": "Completed", "WARNING": "Warning", "ERRORED": "Errored", "BLOCKED": "Blocked", "ABORTED": "Aborted"}

// ended is the part of the event job.changed that is read here.
type ended struct {
	To string `json:"to"`
}

// RunSummary is what the template of the mail about a run gets.
type RunSummary struct {
	Name       string // recipient
	Job        string
	RunID      int64
	State      string // Completed, Warning, Errored, Blocked or Aborted
	LaunchedBy string
	Started    string // UTC
	Took       string
	Tasks      []RunTask // those that did not end well
	Link       string
}

// RunTask is one task of a run that did not end well.
type RunTask struct {
	Name  string
	State string
	Error string
}

// runs mails the end of runs: a launched one to the holders of /Jobs/RunJob/Launch/{state}, one that was relaunched, or resumed after a
// block, to those of /Jobs/RunJob/Repair/{state} (spec 8.3, 10.3). It gives when the newest run came to rest; zero: none did.
func (s *Service) runs(ctx context.Context, tx bun.Tx, rows []event.Row) (newest time.Time, err error) {
	for _, r := range rows {
		if r.Kind != kindJobChanged {
			continue
		}
		var e ended
		if err := json.Unmarshal(r.Data, &e); err != nil {
			s.Log.ErrorContext(ctx, "an event is no news", "event", r.Cursor.String(), "error", err)
			continue
		}
		if ends[e.To] == "" {
			continue
		}
		newest = r.At.UTC()
		if err := s.runMails(ctx, tx, r, e.To); err != nil {
			return newest, err
		}
	}
	return newest, nil
}

func (s *Service) runMails(ctx context.Context, tx bun.Tx, r event.Row, state string) error {
	var found []struct {
		Job, LaunchedBy string
		IsRepair        bool
		StartedAt       *time.Time
	}
	// resumed after it came to this very block: then the block belongs to the launch still
	if err := tx.NewRaw(`select j.display_name as job, coalesce(nullif(u.display_name, ''),
				case i.launched_by when 'clock' then 'the schedule' when 'command' then 'the command line' else i.launched_by end) as launched_by,
			i.parent_id is not null or i.is_repair and exists (select from event e join event_chain c on c.event_id = e.id where e.kind = 'job.changed' and e.subject_type = 'job_instance' and e.subject_id = i.id
				and e.data ->> 'from' = 'BLOCKED' and c.position < ?) as is_repair,
			coalesce(i.started_at, i.created_at) as started_at
		from job_instance i join job j on j.id = i.job_id left join local_user u on u.username = i.launched_by where i.id = ?`,
		r.Cursor.Position, r.SubjectID).Scan(ctx, &found); err != nil {
		return fmt.Errorf("read the run %d: %w", r.SubjectID, err)
	}
	if len(found) == 0 {
		return nil // the job was removed with its runs
	}
	run, path := found[0], permit.JobLaunched
	if run.IsRepair {
		path = permit.JobRepaired
	}
	holders, err := access.Holders(ctx, tx, permit.For(path, ends[state]), s.Clock.Now())
	if err != nil || len(holders) == 0 {
		return err
	}
	m := RunSummary{Job: run.Job, RunID: r.SubjectID, State: ends[state], LaunchedBy: run.LaunchedBy, Link: fmt.Sprintf("%s/runs/%d", s.PublicURL, r.SubjectID)}
	if run.StartedAt != nil {
		m.Started, m.Took = run.StartedAt.UTC().Format("2 Jan 2006 15:04 UTC"), r.At.Sub(*run.StartedAt).Round(time.Second).String()
	}
	if err := tx.NewRaw(`select display_name as name, state, coalesce(error, blocked ->> 'message', '') as error from task_instance
		where job_instance_id = ? and state = any (?) order by level, position limit ?`, r.SubjectID, pgdialect.Array([]string{"WARNING", "ERRORED", "BLOCKED", "ABORTED"}), shownOrders).
		Scan(ctx, &m.Tasks); err != nil {
		return fmt.Errorf("read the tasks of run %d: %w", r.SubjectID, err)
	}
	for i := range m.Tasks {
		m.Tasks[i].State = strings.ToLower(m.Tasks[i].State)
	}
	for _, h := range holders {
		if h.Email == "" {
			s.Log.WarnContext(ctx, "no address for a recipient of mails about jobs", "user", h.Username)
			continue
		}
		m.Name = h.DisplayName
		if err := s.queueMail(ctx, tx, "RunJobNotification", h.Email, "RunJobNotification/"+r.Cursor.String()+"/"+h.Email, m); err != nil {
			return err
		}
	}
	return nil
}
