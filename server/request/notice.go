package request

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/db"
)

// The templates of mails about requests (requests 15.1).
const (
	mailReminder  = "RequestReminder"
	mailEscalated = "RequestEscalated"
	mailExpiring  = "RequestExpiring"
	mailExpired   = "RequestExpired"
	mailQuestion  = "RequestQuestion"
	mailAnswer    = "RequestAnswer"
	mailStuck     = "RequestStuck"
	mailHanded    = "StepReassigned"
	mailDecided   = "RequestDecided"
	mailAssigned  = "StepAssigned"
	mailTaken     = "StepTaken"
)

const (
	// together is how long lines of one mail are collected.
	together = time.Minute
	// mostLines is how many lines of a mail are shown.
	mostLines = 20
)

// aboutSteps are the templates whose lines mean nothing once their step is over.
var aboutSteps = []string{mailReminder, mailEscalated, mailQuestion, mailAnswer, mailStuck, mailHanded, mailAssigned}

// Letter is one mail about requests. Whoever sends it knows the texts.
type Letter struct {
	Template, Name, Email string
	Key                   string // the same key is the same mail
	Lines                 []LetterLine
	Total                 int
	Page                  string // of the pages, where it goes on
}

// LetterLine is one line of a mail about requests.
type LetterLine struct {
	Number    string
	Action    RequestAction
	Object    string
	Person    string
	Requester string
	Since     time.Time
	Due       *time.Time // of a step
	Expires   *time.Time // of the item
	Text      string
}

// notice is a line of a mail that is not made yet.
type notice struct {
	Template  string    `json:"template"`
	UserID    int64     `json:"user_id"`
	Email     string    `json:"email"`
	ItemID    int64     `json:"item_id"`
	StepID    *int64    `json:"step_id"`
	Text      string    `json:"text"`
	SendAfter time.Time `json:"send_after"`
}

// notify has people told, each once, after a while in which more may come. Nobody is told of what he did himself.
func (t *turn) notify(people []access.Holder, n notice, wait time.Duration) {
	for _, h := range people {
		n.UserID, n.Email, n.SendAfter = h.UserID, h.Email, t.now.Add(wait)
		if h.Email == "" || h.Username == t.actor || slices.ContainsFunc(t.notices, func(o notice) bool { return o.UserID == n.UserID && o.ItemID == n.ItemID && o.Template == n.Template }) {
			continue
		}
		t.notices = append(t.notices, n)
	}
}

// tell writes the lines of mails that the turn collected.
func (t *turn) tell() error {
	if len(t.notices) == 0 {
		return nil
	}
	if _, err := t.tx.NewRaw(`insert into request_notice (template, user_id, email, item_id, step_id, text, send_after) select template, user_id, email, item_id, step_id, text, send_after
		from jsonb_to_recordset(?::jsonb) r (template text, user_id bigint, email text, item_id bigint, step_id bigint, text text, send_after timestamptz)`, encoded(t.notices)).Exec(t.ctx); err != nil {
		return fmt.Errorf("write whom to tell of requests: %w", err)
	}
	return nil
}

// requesters gives the account that asked for an item, if it can sign in.
func requesters(ctx context.Context, b bun.IDB, x *item) ([]access.Holder, error) {
	if x.RequesterUserID == nil {
		return nil, nil
	}
	return accounts(ctx, b, "u.id = ?", *x.RequesterUserID)
}

// parties gives who asked for an item, and who may decide it now.
func (s *Service) parties(ctx context.Context, t *turn, m *assignment.Model, x *item) ([]access.Holder, error) {
	list, err := requesters(ctx, t.tx, x)
	if err != nil {
		return nil, err
	}
	st := x.open()
	if st == nil {
		return list, nil
	}
	more, err := s.askedOrSupervising(ctx, t, x, st, s.approvers(m))
	return slices.Concat(list, more), err
}

// askedOrSupervising gives who may decide a step now; when it is stuck who supervises it.
func (s *Service) askedOrSupervising(ctx context.Context, t *turn, x *item, st *step, who *approvers) ([]access.Holder, error) {
	if st.State == StepStuck {
		return who.supervisors(ctx, t.tx, x)
	}
	return who.asked(ctx, t.tx, x, st)
}

// post makes mails of the lines whose time has come: one for each who is told, and template. What is over meanwhile is left out.
func (s *Service) post(ctx context.Context) error {
	for more := true; more; {
		if err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			more, err = s.postOne(ctx, tx)
			return err
		}); err != nil {
			return fmt.Errorf("tell of requests: %w", db.Explain(err))
		}
	}
	return nil
}

// postOne makes one mail; false: there is none to make.
func (s *Service) postOne(ctx context.Context, tx bun.Tx) (bool, error) {
	now := s.Clock.Now()
	var first []notice
	if err := tx.NewRaw(`select template, user_id, email from request_notice where send_after <= ? order by id limit 1 for update skip locked`, now).Scan(ctx, &first); err != nil || len(first) == 0 {
		return false, err
	}
	n := first[0]
	l := Letter{Template: n.Template, Email: n.Email, Page: pages[n.Template]}
	var last, one int64
	err := db.Select(ctx, tx, bun.SafeQuery(`with gone as (delete from request_notice where id in (select id from request_notice where (template, user_id, email) = (?, ?, ?) order by id for update skip locked) returning *)
		select g.id, u.display_name, i.id, q.number, i.action, i.object_name, w.display_name, coalesce((select r.display_name from local_user r where r.id = q.requester_user_id), q.requester), i.submitted_at, s.due_at, i.expire_at, g.text,
			(s.closed_at is null or g.template not in (?)) and (g.template <> ? or exists (select from request_handed h where h.step_id = g.step_id and h.user_id = g.user_id))
		from gone g join local_user u on u.id = g.user_id join request_item i on i.id = g.item_id join request q on q.id = i.request_id join resource w on w.id = i.beneficiary_id left join request_step s on s.id = g.step_id
		order by g.id`, n.Template, n.UserID, n.Email, bun.List(aboutSteps), mailHanded), func(r *db.Row) error {
		id := r.Int()
		var item int64
		var x LetterLine
		l.Name, item = r.Text(), r.Int()
		x.Number, x.Action, x.Object, x.Person, x.Requester, x.Since, x.Due, x.Expires, x.Text = r.Text(), RequestAction(r.Text()), r.Text(), r.Text(), r.Text(), r.Time(), r.TimeOrNil(), r.TimeOrNil(), r.Text()
		last = id
		if !r.Bool() {
			return nil
		}
		if l.Total++; l.Total <= mostLines {
			l.Lines = append(l.Lines, x)
		}
		one = item
		return nil
	})
	if err != nil {
		return false, err
	}
	if l.Total == 0 {
		return true, nil
	}
	l.Key = fmt.Sprintf("request/%s/%d/%d", n.Template, n.UserID, last)
	if l.Total == 1 {
		l.Page = fmt.Sprintf("%s/%d", l.Page, one)
	}
	return true, s.Post(ctx, tx, l)
}

// pages are where mails lead to; of a single item to that.
var pages = map[string]string{mailReminder: "/approvals", mailEscalated: "/approvals", mailExpiring: "/requests", mailExpired: "/requests", mailQuestion: "/requests", mailAnswer: "/approvals", mailStuck: "/approvals", mailHanded: "/approvals", mailDecided: "/requests", mailAssigned: "/approvals", mailTaken: "/approvals"}
