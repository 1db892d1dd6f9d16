package request

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// What is asked before a step is decided, and answered (requests 9.1). The step may be decided all the same; its clocks stand still meanwhile (clock.go).

// RequestCommentKind is what was said.
type RequestCommentKind string

// The kinds.
const (
	Question   RequestCommentKind = "QUESTION"
	Answered   RequestCommentKind = "ANSWER"
	SystemSaid RequestCommentKind = "SYSTEM" // the server tells that no answer came, or that a question was taken back
)

// RequestComment is one thing said about an item.
type RequestComment struct {
	ID            int64
	StepID        *int64
	Kind          RequestCommentKind
	AuthorName    string
	AddresseeName *string // of a question
	Text          string
	At            time.Time
	IsOpen        bool // a question that waits for its answer
}

// AskInformationInput is a question about steps. AddresseeID is the person who is asked; nil: who asked for it.
type AskInformationInput struct {
	StepIDs     []int64
	AddresseeID *int64
	Question    string
}

// AnswerInformationInput is the answer to what is asked about a step.
type AnswerInformationInput struct {
	StepID int64
	Answer string
}

// commented is the data of the event request.commented. No text: that is read with the item.
type commented struct {
	ItemID    int64              `json:"itemId"`
	RequestID int64              `json:"requestId"`
	StepID    int64              `json:"stepId"`
	CommentID int64              `json:"commentId"`
	Kind      RequestCommentKind `json:"kind"`
}

// said takes a text that people read.
func said(field, text string) (string, error) {
	text = clean(text)
	switch {
	case strings.TrimSpace(text) == "":
		return "", errs.Invalid(field, "Say something.")
	case utf8.RuneCountInString(text) > maxComment:
		return "", errs.Invalid(field, "At most %d characters.", maxComment)
	}
	return text, nil
}

// addressee is who is asked.
type addressee struct {
	name     string
	id       *int64 // the person
	userID   *int64 // who asked without being a person
	accounts []access.Holder
}

// comment writes what was said about a step, and tells that it was.
func (t *turn) comment(x *item, st *step, kind RequestCommentKind, text string, to *addressee) error {
	me := permit.From(t.ctx)
	var user, toID, toUser *int64
	var name *string
	if me != nil && me.UserID != 0 && kind != SystemSaid {
		user = &me.UserID
	}
	if to != nil {
		name, toID, toUser = &to.name, to.id, to.userID
	}
	var id int64
	if err := t.tx.NewRaw(`insert into request_comment (item_id, step_id, kind, author, author_user_id, addressee, addressee_id, addressee_user_id, text, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
		x.ID, st.ID, kind, t.actor, user, name, toID, toUser, text, t.now).Scan(t.ctx, &id); err != nil {
		return fmt.Errorf("write what was said about a request: %w", err)
	}
	if kind != SystemSaid {
		t.events = append(t.events, event.Event{Kind: EventCommented, SubjectType: "request_item", SubjectID: x.ID, OwnerID: x.BeneficiaryID, SourceEntityType: t.names(x.EntityTypeID),
			Data: commented{ItemID: x.ID, RequestID: x.RequestID, StepID: st.ID, CommentID: id, Kind: kind}})
	}
	return nil
}

// endQuestion ends what is asked about a step.
func (t *turn) endQuestion(st *step) error {
	_, err := t.tx.NewRaw(`update request_comment set ended_at = ? where step_id = ? and kind = 'QUESTION' and ended_at is null`, t.now, st.ID).Exec(t.ctx)
	return err
}

// AskInformation asks somebody about steps before they are decided (requests 4.2 S11): who asked for it, whom it is about, or somebody else who may see it.
// Whoever may decide asks; everybody who sees the item reads it.
func (s *Service) AskInformation(ctx context.Context, in AskInformationInput) (*RequestItemsPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	if err := (RequestStepsInput{in.StepIDs}).check(); err != nil {
		return nil, err
	}
	text, err := said("input.question", in.Question)
	if err != nil {
		return nil, err
	}
	return s.each(ctx, in.StepIDs, func(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) (*errs.Error, error) {
		if refused, err := s.mayDecide(ctx, t, m, x, st); refused != nil || err != nil {
			return refused, err
		}
		if st.State == StepAsked {
			return errs.New(errs.InvalidTransition, "Something is asked about this already. One question after the other.").Of(st.ID), nil
		}
		to, refused, err := s.addressee(ctx, t, m, x, st, in.AddresseeID)
		if refused != nil || err != nil {
			return refused, err
		}
		t.stand(x, st)
		t.step(x, st, Ask, "")
		t.notify(to.accounts, notice{Template: mailQuestion, ItemID: x.ID, StepID: &st.ID, Text: text}, 0)
		if err := t.acted(x, Ask); err != nil {
			return nil, err
		}
		return nil, t.comment(x, st, Question, text, to)
	})
}

// mayDecide refuses whoever may not decide a step now.
func (s *Service) mayDecide(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) (*errs.Error, error) {
	under, refused, err := s.whoDecides(ctx, t, m, x, st, nil, true)
	if refused != nil || err != nil {
		return refused, err
	}
	t.under = under
	return nil, nil
}

// addressee finds who is asked. Who has left is not: then it goes to who asked for it, and to whom it is about if that one has left, too.
func (s *Service) addressee(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step, person *int64) (*addressee, *errs.Error, error) {
	if person != nil {
		to, refused, err := s.named(ctx, t, m, x, st, *person)
		if to != nil || refused != nil || err != nil {
			return to, refused, err
		}
	}
	list, err := requesters(ctx, t.tx, x)
	if err != nil {
		return nil, nil, err
	}
	if len(list) > 0 {
		to := &addressee{name: list[0].DisplayName, userID: &list[0].UserID, accounts: list}
		if list[0].ResourceID != 0 {
			to.id = &list[0].ResourceID
		}
		return to, nil, nil
	}
	to, err := personOf(ctx, t.tx, x.BeneficiaryID)
	if err == nil && to == nil {
		return nil, errs.New(errs.Conflict, "Neither who asked for it nor whom it is about can sign in. Name somebody else.").At("input.addresseeId").Of(st.ID), nil
	}
	return to, nil, err
}

// named is a person who is asked; nil: he cannot sign in.
func (s *Service) named(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step, person int64) (*addressee, *errs.Error, error) {
	isParty := person == x.BeneficiaryID || x.RequesterID != nil && person == *x.RequesterID
	var found bool
	if err := t.tx.NewRaw("select exists (select from resource r where r.id = ? and (? or ?))", person, isParty, directory.Readable(ctx, m.Shape, "r")).Scan(ctx, &found); err != nil {
		return nil, nil, fmt.Errorf("look for who is asked: %w", db.Explain(err))
	}
	if !found {
		return nil, errs.Missing("There is no person %d, or he is not in your scope.", person).At("input.addresseeId").Of(st.ID), nil
	}
	to, err := personOf(ctx, t.tx, person)
	if to == nil || err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(to.accounts, func(h access.Holder) bool { return strings.EqualFold(h.Username, t.actor) }) {
		return nil, errs.Invalid("input.addresseeId", "You cannot ask yourself.").Of(st.ID), nil
	}
	if isParty {
		return to, nil, nil
	}
	who := s.approvers(m)
	sees, err := who.of(ctx, t.tx, x.EntityTypeID, x.BeneficiaryID)
	if err != nil {
		return nil, nil, err
	}
	over, err := who.overseers(ctx, t.tx, x)
	if err != nil {
		return nil, nil, err
	}
	given, err := who.asked(ctx, t.tx, x, st)
	if err != nil {
		return nil, nil, err
	}
	to.accounts = slices.DeleteFunc(to.accounts, func(h access.Holder) bool {
		return !slices.ContainsFunc(slices.Concat(sees, over, given), func(o access.Holder) bool { return o.UserID == h.UserID })
	})
	if len(to.accounts) == 0 {
		return nil, errs.New(errs.Forbidden, "%s may not see this request. Ask somebody who may.", to.name).At("input.addresseeId").Of(st.ID), nil
	}
	return to, nil, nil
}

// personOf is a person with his accounts that can sign in; nil: there are none.
func personOf(ctx context.Context, b bun.IDB, person int64) (*addressee, error) {
	list, err := accounts(ctx, b, "u.resource_id = ?", person)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &addressee{name: list[0].DisplayName, id: &person, accounts: list}, nil
}

// openQuestion is what is asked about a step now.
type openQuestion struct {
	ID              int64
	AuthorUserID    *int64
	Author          string
	AddresseeID     *int64
	AddresseeUserID *int64
}

func (t *turn) question(st *step) (*openQuestion, error) {
	var list []*openQuestion
	if err := t.tx.NewRaw(`select id, author, author_user_id, addressee_id, addressee_user_id from request_comment where step_id = ? and kind = 'QUESTION' and ended_at is null order by id desc limit 1`, st.ID).Scan(t.ctx, &list); err != nil {
		return nil, fmt.Errorf("read what is asked: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list[0], nil
}

// AnswerInformation answers what is asked about a step (requests 4.2 S12): who is asked does, or who asked for it. An answer that comes when the step is
// over is kept as what was said.
func (s *Service) AnswerInformation(ctx context.Context, in AnswerInformationInput) (*RequestItemsPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	text, err := said("input.answer", in.Answer)
	if err != nil {
		return nil, err
	}
	return s.each(ctx, []int64{in.StepID}, func(ctx context.Context, t *turn, _ *assignment.Model, x *item, st *step) (*errs.Error, error) {
		q, err := t.question(st)
		if err != nil {
			return nil, err
		}
		if q == nil {
			return errs.New(errs.InvalidTransition, "Nothing is asked here, or somebody answered it already.").Of(st.ID), nil
		}
		me := permit.From(ctx)
		may := me.UserID != 0 && (q.AddresseeUserID != nil && *q.AddresseeUserID == me.UserID || x.RequesterUserID != nil && *x.RequesterUserID == me.UserID) ||
			me.ResourceID != 0 && (q.AddresseeID != nil && *q.AddresseeID == me.ResourceID || x.RequesterID != nil && *x.RequesterID == me.ResourceID)
		if !may {
			return errs.New(errs.Forbidden, "Who is asked answers, or who asked for it.").Of(st.ID), nil
		}
		if err := t.endQuestion(st); err != nil {
			return nil, err
		}
		if err := t.comment(x, st, Answered, text, nil); err != nil {
			return nil, err
		}
		if q.AuthorUserID != nil {
			list, err := accounts(ctx, t.tx, "u.id = ?", *q.AuthorUserID)
			if err != nil {
				return nil, err
			}
			t.notify(list, notice{Template: mailAnswer, ItemID: x.ID, StepID: &st.ID, Text: text}, 0)
		}
		if st.State == StepAsked {
			t.step(x, st, Answer, "")
		}
		t.touch(x)
		return nil, nil
	})
}

// WithdrawInformation takes back what the caller asked (requests 4.2 S14).
func (s *Service) WithdrawInformation(ctx context.Context, in RequestStepsInput) (*RequestItemsPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return s.each(ctx, in.StepIDs, func(ctx context.Context, t *turn, _ *assignment.Model, x *item, st *step) (*errs.Error, error) {
		q, err := t.question(st)
		if err != nil {
			return nil, err
		}
		switch {
		case q == nil || st.State != StepAsked:
			return errs.New(errs.InvalidTransition, "Nothing is asked here.").Of(st.ID), nil
		case q.AuthorUserID == nil || *q.AuthorUserID != permit.From(ctx).UserID:
			return errs.New(errs.Forbidden, "Who asked takes the question back.").Of(st.ID), nil
		}
		if err := t.endQuestion(st); err != nil {
			return nil, err
		}
		t.step(x, st, WithdrawQuestion, "")
		return nil, t.comment(x, st, SystemSaid, "The question was taken back.", nil)
	})
}

// unanswered lets a step go on about which nobody answered in time.
func (s *Service) unanswered(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error {
	t, st := s.newTurn(ctx, tx, m), x.open()
	if st == nil || st.State != StepAsked || st.AnswerBy.After(t.now) {
		return nil
	}
	if err := t.endQuestion(st); err != nil {
		return err
	}
	t.step(x, st, AnswerMissing, "")
	if err := t.comment(x, st, SystemSaid, "No answer came in time.", nil); err != nil {
		return err
	}
	return t.commit()
}

// toAnswer is the condition on q and i of what the caller is asked about, and may still answer in time.
func toAnswer(ctx context.Context) db.Condition {
	me := permit.From(ctx)
	if me == nil || me.UserID == 0 {
		return bun.SafeQuery("false")
	}
	return bun.SafeQuery(`i.id = any (array (select c.item_id from request_comment c join request_step o on o.id = c.step_id and o.state = 'INFO_REQUESTED' where c.kind = 'QUESTION' and c.ended_at is null
		and (c.addressee_user_id = ? or c.addressee_id = ?)))`, me.UserID, me.ResourceID)
}

// maxComments is how much of what was said is told of each item.
const maxComments = 200

// comments brings what was said about items, the oldest first, and what the caller may ask and answer.
func (s *Service) comments(ctx context.Context, all []int64, byID map[int64]*RequestItem) error {
	me := permit.From(ctx)
	asked := map[int64]bool{}
	for _, x := range byID {
		x.Comments = []*RequestComment{}
	}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select c.item_id, c.id, c.step_id, c.kind, coalesce((select u.display_name from local_user u where u.id = c.author_user_id), c.author), c.addressee, c.text, c.at,
			c.kind = 'QUESTION' and c.ended_at is null, coalesce(o.state = 'INFO_REQUESTED', false), coalesce(c.author_user_id = ?1, false), coalesce(c.addressee_user_id = ?1 or c.addressee_id = ?2 or q.requester_user_id = ?1 or q.requester_id = ?2, false)
		from request_comment c join request_item i on i.id = c.item_id join request q on q.id = i.request_id left join request_step o on o.id = c.step_id where c.item_id = any (?0) order by c.item_id, c.id`, ids(all), me.UserID, me.ResourceID), func(r *db.Row) error {
		x := byID[r.Int()]
		c := &RequestComment{ID: r.Int(), StepID: r.IntOrNil(), Kind: RequestCommentKind(r.Text()), AuthorName: r.Text(), AddresseeName: r.TextOrNil(), Text: r.Text(), At: r.Time(), IsOpen: r.Bool()}
		waits, isMine, isForMe := r.Bool(), r.Bool(), r.Bool()
		if c.IsOpen {
			asked[x.ID] = asked[x.ID] || waits
			x.CanAnswer, x.CanWithdrawQuestion = x.CanAnswer || isForMe, x.CanWithdrawQuestion || waits && isMine
		}
		if len(x.Comments) < maxComments {
			x.Comments = append(x.Comments, c)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("read what was said about requests: %w", err)
	}
	for _, x := range byID {
		x.CanAsk = x.CanDecide && !asked[x.ID]
	}
	return nil
}
