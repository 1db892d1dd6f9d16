package order

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
)

// ManyVerb is what can be done to all orders that a filter finds.
type ManyVerb string

// The verbs.
const (
	UnblockMany ManyVerb = "UNBLOCK"      // send errored orders again
	ConfirmMany ManyVerb = "CONFIRM"      // tickets were done
	ReportMany  ManyVerb = "REPORT_ERROR" // tickets cannot be done

	ApproveMany  ManyVerb = "APPROVE" // of a review
	DeclineMany  ManyVerb = "DECLINE"
	PostponeMany ManyVerb = "POSTPONE"
)

// Many is something that is done to many orders: which those are, and how it is done to each (server/bulk goes through them).
type Many struct {
	s          *Service
	action     bulkAction
	may, where condition
	tables     string
}

// Many prepares a verb for the caller, with the rights that he has now: those of a single order and the right to handle many at once. text is the comment;
// with ReportMany it says what went wrong.
func (s *Service) Many(ctx context.Context, b bun.IDB, verb ManyVerb, filter *OrderFilter, text string) (*Many, error) {
	w := &Many{s: s, where: bun.SafeQuery("true")}
	switch verb {
	case UnblockMany:
		w.action = s.unblocking(BulkOrdersInput{Comment: &text})
	case ConfirmMany:
		w.action = s.confirming(ConfirmManualOrdersInput{Comment: &text})
	case ReportMany:
		if text = strings.TrimSpace(text); text == "" || len([]rune(text)) > maxTicketMessage {
			return nil, errs.Invalid("input.comment", "Say what went wrong, in 1 to %d characters.", maxTicketMessage)
		}
		w.action = s.reporting(ReportManualOrderErrorsInput{Message: text}, text)
	case ApproveMany, DeclineMany, PostponeMany:
		d := LineDecision(verb)
		in := ReviewOrdersInput{Decision: &d, Comment: &text, Filter: &OrderFilter{}}
		if err := in.check(); err != nil {
			return nil, err
		}
		w.action = s.reviewing(in)
		w.where = bun.SafeQuery("exists (select from order_line l where l.order_id = o.id and l.closed_at is null and l.state = " + evaluation.SQLAwaitingApproval + ")")
	default:
		return nil, errs.Invalid("input.decision", "%s cannot be done to orders.", verb)
	}
	if err := checkComment(&text); err != nil {
		return nil, err
	}
	shape, err := s.shape(ctx, b)
	if err != nil {
		return nil, err
	}
	if w.may, err = w.action.may(ctx, shape, true); err != nil {
		return nil, err
	}
	narrowed, err := filter.condition(ctx, func() (*directory.Shape, error) { return shape, nil })
	if err != nil {
		return nil, err
	}
	w.where = db.AllOf(bun.SafeQuery(w.action.among), w.may, w.where, narrowed)
	w.tables = orders.Tables(w.where, "w.display_name", "t.display_name")
	return w, nil
}

// sqlSeal is what must still be so when something is done to an order: it may be in the same state again, but by another attempt or with other values.
const sqlSeal = `concat_ws('|', o.state, o.attempt, (select md5(string_agg(concat_ws('|', l.id, l.state, l.proposed_value), ' ' order by l.id))
	from order_line l where l.order_id = o.id and l.closed_at is null))`

// Select chooses what it is about: id, whom, what, and what must still be so when it is done.
func (w *Many) Select() schema.QueryWithArgs {
	return bun.SafeQuery("select o.id, coalesce(w.display_name, '') as name, t.display_name as about, "+sqlSeal+" as seal from "+w.tables+" where ?", w.where)
}

// Explained refuses nothing: what needs a text was refused before.
func (*Many) Explained(context.Context, bun.Tx) error { return nil }

// One does it to one order, in the caller's transaction, as it is done to a single one. before and after are texts for people. refused: why it was not done;
// STALE_ITEM when the order is another one than the seal says.
func (w *Many) One(ctx context.Context, tx bun.Tx, id int64, seal string) (before, after string, refused *errs.Error, err error) {
	err = db.Inside(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		if err := lockTypes(ctx, tx, []int64{id}); err != nil {
			return err
		}
		var is []string
		if err := tx.NewRaw("select "+sqlSeal+" from provisioning_order o where o.id = ? for update", id).Scan(ctx, &is); err != nil {
			return fmt.Errorf("read how order %d stands: %w", id, err)
		}
		locked, err := w.s.bulkIn(ctx, tx, w.action, w.may, []int64{id})
		switch {
		case err != nil:
			return err
		case len(locked) == 0:
			return errs.Missing("There is no order %d, or it is not yours to handle.", id).Of(id)
		}
		before = string(NameOf(locked[0].State))
		if len(is) == 0 || is[0] != seal {
			return errs.New(errs.StaleItem, "Order %d is another one than when the bulk change began: it is %s. Look at it, then decide.", id, before).Of(id)
		}
		if locked[0].err != nil {
			return locked[0].err
		}
		var state evaluation.State
		if err := tx.NewRaw("select state from provisioning_order where id = ?", id).Scan(ctx, &state); err != nil {
			return fmt.Errorf("read what became of order %d: %w", id, err)
		}
		after = string(NameOf(state))
		return nil
	})
	switch e := errs.As(err); {
	case db.IsOfData(err):
		return before, "", errs.Invalid("", "The database cannot store this: %s", db.Clip(errs.Text(db.Explain(err)), 500)).Of(id), nil
	case e != nil && e.Kind != errs.Unavailable:
		return before, "", e, nil
	default:
		return before, after, nil, err
	}
}
