package order

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
)

// userOf makes an account; its actor holds every permission on orders.
func (w *world) userOf(username, email string, resource int64) context.Context {
	w.t.Helper()
	var link *int64
	if resource != 0 {
		link = &resource
	}
	id := w.id(`insert into local_user (username, display_name, password_hash, email, resource_id) values (?, ?, '', ?, ?) returning id`, username, username, email, link)
	var grants []permit.Grant
	for _, g := range ordersOf("") {
		g.CanExecute = true
		grants = append(grants, g)
	}
	return permit.With(w.t.Context(), &permit.Actor{UserID: id, Username: username, ResourceID: resource, Grants: grants})
}

// deciding is what a person may do with an order, by the verb of the table of transitions.
var deciding = map[Action]struct {
	state  State // of the lines before
	manual bool
	act    func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error)
}{
	Approve: {5, false, func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error) {
		return w.s.Review(ctx, ReviewOrdersInput{OrderIDs: []int64{id}, Decision: new(DecideApprove)})
	}},
	Decline: {5, false, func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error) {
		return w.s.Review(ctx, ReviewOrdersInput{OrderIDs: []int64{id}, Decision: new(DecideDecline), Comment: new("no")})
	}},
	Postpone: {5, false, func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error) {
		return w.s.Review(ctx, ReviewOrdersInput{Filter: &OrderFilter{ids: []int64{id}}, Decision: new(DecidePostpone)})
	}},
	Keep: {5, false, func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error) {
		var line struct {
			ID      int64
			Version int
		}
		if err := w.s.DB.NewRaw("select id, version from order_line where order_id = ? order by id limit 1", id).Scan(ctx, &line); err != nil {
			return nil, err
		}
		return w.s.Review(ctx, ReviewOrdersInput{Lines: []LineDecisionInput{{line.ID, DecideApprove, line.Version}}})
	}},
	Unblock: {3, false, func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error) {
		return w.s.Unblock(ctx, BulkOrdersInput{OrderIDs: []int64{id}})
	}},
	Reconsider: {6, false, func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error) {
		return w.s.Reconsider(ctx, BulkOrdersInput{OrderIDs: []int64{id}})
	}},
	Confirm: {2, true, func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error) {
		return w.s.Confirm(ctx, ConfirmManualOrdersInput{OrderIDs: []int64{id}})
	}},
	Report: {2, true, func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error) {
		return w.s.ReportErrors(ctx, ReportManualOrderErrorsInput{OrderIDs: []int64{id}, Message: "no"})
	}},
	Take: {2, true, func(w *world, ctx context.Context, id int64) (*BulkOrdersPayload, error) {
		return w.s.Take(ctx, BulkOrdersInput{OrderIDs: []int64{id}})
	}},
}

// Nobody decides on an order about himself, by whichever verb and whichever of his accounts; the resource type may allow it.
func TestNobodyDecidesOnHisOwnOrder(t *testing.T) {
	t.Parallel()
	w := setup(t, 1)
	w.exec(`update resource set display_name = 'Petra Lang', scalars = '{"Department": "Sales", "Mail": "Petra@corp.example"}' where id = ?`, w.owners[0])
	w.exec(`update resource_type set block_provisioning = true`)
	stranger := w.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, 'X', 'Other', '{"Mail": "o@corp.example"}', now()) returning id`, w.userType)
	twin := w.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, 'T', 'Lang, P. (77)', '{"email": "petra@CORP.example"}', now()) returning id`, w.userType)
	thrice := w.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, 'U', 'Petra Läng-Meier', '{"E_Mail_Address": " Petra@Corp.example "}', now()) returning id`, w.userType)
	w.plan(w.creation(0, 5))
	id := w.order(0).ID
	own := map[string]context.Context{
		"linked":            w.userOf("petra", "", w.owners[0]),
		"second account":    w.userOf("petra-admin", "", w.owners[0]),
		"the same address":  w.userOf("p.lang", "PETRA@corp.example", 0),
		"a second record":   w.userOf("petra2", "", twin),
		"an alias of one's": w.userOf("desk", "alias@corp.example", 0),
		"blanks around it":  w.userOf("blank", " petra@corp.example\t", 0),
		"a name before it":  w.userOf("named", "Petra Lang <petra@corp.example> ", 0),
		"written otherwise": w.userOf("petra3", "", thrice),
	}
	w.exec(`update local_user set email = 'alias@corp.example' where username = 'petra-admin'`)
	other := w.userOf("olga", "o@corp.example", stranger)
	reset := func(state State, manual bool) {
		w.exec(`set session_replication_role = replica`) // by hand, so that every verb meets the state it is for
		w.exec(`update order_line set state = ?, closed_at = null, workflow_state = case when ? = 6 then ? else workflow_state end`, state, state, evaluation.Declined)
		w.exec(`update provisioning_order set state = ?, states = array[?]::smallint[], is_manual = ?, reviewed_at = null, assignee = null, closed_at = null, is_withdrawn = false`, state, state, manual)
		w.exec(`set session_replication_role = origin`)
	}
	w.s.DB.SetMaxOpenConns(1) // the setting above is of one connection
	for verb, c := range deciding {
		for how, ctx := range own {
			reset(c.state, c.manual)
			p, err := c.act(w, ctx, id)
			require.NoError(t, err, "%s, %s", verb, how)
			require.Len(t, p.Results, 1)
			require.NotNil(t, p.Results[0].Error, "%s, %s", verb, how)
			require.Equal(t, "FORBIDDEN", p.Results[0].Error.Code, "%s, %s", verb, how)
			require.Contains(t, p.Results[0].Error.Message, "about you")
			require.NotNil(t, p.Results[0].Order, "he may see it")
			require.Equal(t, int(c.state), w.order(0).StateCode(), "%s, %s: nothing moved", verb, how)
			require.Zero(t, scan[int](w, "select count(*) from kept_value"))
			require.Zero(t, scan[int](w, "select count(*) from provisioning_order where reviewed_at is not null or postponed_at is not null or assignee is not null"))
		}
		reset(c.state, c.manual)
		p, err := c.act(w, other, id)
		require.NoError(t, err, verb)
		require.Nil(t, p.Results[0].Error, "%s by somebody else: %+v", verb, p.Results[0].Error)
		w.exec(`update provisioning_order set postponed_at = null, assignee = null, reviewed_at = null`)
		w.exec(`delete from kept_value`)
	}
	reset(2, true)
	p, err := w.s.GiveBack(own["linked"], BulkOrdersInput{OrderIDs: []int64{id}})
	require.NoError(t, err)
	require.Nil(t, p.Results[0].Error, "giving a ticket back decides nothing")

	shown := func(ctx context.Context) bool {
		list, err := w.s.List(ctx, page.Args{First: 5}, nil, nil, Selection{Own: true})
		require.NoError(t, err)
		return list.Nodes()[0].IsOwn()
	}
	require.True(t, shown(own["second account"]))
	require.False(t, shown(other))
	require.False(t, shown(w.ctx))
	w.exec("update resource_type set allow_own_decisions = true")
	require.False(t, shown(own["linked"]))
	for verb, c := range deciding {
		reset(c.state, c.manual)
		p, err := c.act(w, own["linked"], id)
		require.NoError(t, err, verb)
		require.Nil(t, p.Results[0].Error, "%s: the resource type allows it", verb)
	}
}

// An address that several people have says who is who only where nothing else does: who is linked to a record of another name is another
// person, whoever is not linked may be any of them.
func TestFunctionalMailbox(t *testing.T) {
	t.Parallel()
	w := setup(t, 3)
	const desk = "desk@corp.example"
	for i, name := range []string{"Petra Lang", "Olga Lang", "Søren Kim"} {
		w.exec(`update resource set display_name = ?, scalars = ? where id = ?`, name, `{"Mail": "`+desk+`"}`, w.owners[i])
	}
	identity := w.id(`insert into entity_type (identifier, display_name) values ('Guest', 'Guest') returning id`)
	guest := w.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, 'g', 'Gus Test', ?, now()) returning id`, identity, `{"Mail": "`+desk+`"}`)
	unnamed := w.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, '4711', '4711', ?, now()) returning id`, w.userType, `{"Mail": "`+desk+`"}`)
	w.userOf("petra", desk, w.owners[0])
	w.userOf("olga", desk, w.owners[1])
	w.userOf("soren", "soren@corp.example", w.owners[2])
	w.userOf("unlinked", desk, 0)
	w.userOf("guest", desk, guest)
	w.userOf("unnamed", "", unnamed)
	w.userOf("petra-admin", "admin@corp.example", w.owners[0])
	is := func(account string, owner int) bool {
		return scan[bool](w, `select is_same_person(?, ?)`, account, w.owners[owner])
	}
	for account, own := range map[string][3]bool{
		"petra":       {true, false, false},
		"olga":        {false, true, false},
		"soren":       {false, false, true},
		"petra-admin": {true, false, false},
		"unlinked":    {true, true, true}, // nobody knows whose it is: link it to its person
		"guest":       {true, true, true}, // records of other kinds name people in other ways
		"unnamed":     {true, true, true},
	} {
		for i, want := range own {
			require.Equal(t, want, is(account, i), "%s and person %d", account, i)
		}
	}
}

// Apply refuses it whoever calls it, and the database whoever writes history.
func TestOwnDecisionIsRefusedBelow(t *testing.T) {
	t.Parallel()
	w := setup(t, 2)
	w.plan(w.creation(0, 5), w.creation(1, 5))
	petra := w.userOf("petra", "", w.owners[0])
	mine, theirs := w.order(0), w.order(1)
	lineOf := func(o *Order) int64 { return scan[int64](w, "select min(id) from order_line where order_id = ?", o.ID) }
	err := db.InTx(petra, w.s.DB, func(ctx context.Context, tx bun.Tx) error {
		done, err := Apply(ctx, tx, w.s.Clock.Now(), Approve, Move{LineID: lineOf(mine)}, Move{LineID: lineOf(theirs)})
		require.NoError(t, err)
		require.Len(t, done.Moved, 1)
		require.Equal(t, theirs.ID, done.Moved[0].OrderID)
		require.Equal(t, "FORBIDDEN", string(done.Refused[lineOf(mine)].Kind))
		return nil
	})
	require.NoError(t, err)
	for _, tr := range lineMachine.Rows() {
		from, to := tr.From[len(tr.From)-1], tr.To
		if to == same {
			to = from
		}
		for _, actor := range []string{"petra", "PETRA", "policy"} {
			_, err := w.s.DB.ExecContext(t.Context(), `insert into order_line_history (order_id, at, actor, action, from_state, to_state) values (?, now(), 'policy', 'compute', 1, 1), (?, now(), ?, ?, ?, ?)`,
				theirs.ID, mine.ID, actor, tr.Action, from, to)
			if tr.Action.isDecision() && strings.EqualFold(actor, "petra") {
				require.Equal(t, "order_line_history_not_own", db.Constraint(err), "%s by %s: %v", tr.Action, actor, err)
			} else {
				require.NoError(t, err, fmt.Sprintf("%s by %s", tr.Action, actor))
			}
		}
	}
}
