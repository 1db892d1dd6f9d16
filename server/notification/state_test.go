package notification

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/machine/machinetest"
)

// TestMailMoves tries every action in every state against the real table; the golden file is the whole machine.
func TestMailMoves(t *testing.T) {
	t.Parallel()
	machinetest.Matrix(t, "testdata/states.golden", mailMachine)
	machinetest.Doc(t, "States", mailMachine)
	b := setup(t)
	machinetest.Database(t, b.DB, mailMachine)
	n := 0
	begin := func(from MailState) (id int64) {
		n++
		require.NoError(t, b.DB.NewRaw(`insert into mail (template, recipient, dedupe_key, subject, text_body, html_body, state, created_at)
			values ('T', 'a@x.example', ?, '', '', '', ?, now()) returning id`, fmt.Sprint(n), from).Scan(b.ctx, &id))
		return id
	}
	machinetest.Moves(t, mailMachine, func(action Action, from MailState) (to MailState, moved bool) {
		id := begin(from)
		require.NoError(t, b.move(b.ctx, b.DB, id, action, errors.New("why")))
		var attempts int
		require.NoError(t, b.DB.NewRaw("select state, attempts from mail where id = ?", id).Scan(b.ctx, &to, &attempts))
		return to, attempts > 0
	})
	machinetest.Guarded(t, b.DB, mailMachine, "mail", begin, nil)
}
