package app

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/auth"
	"writ/server/permit"
	"writ/server/request"
)

// A program decides about no request, whatever its rights, and it is whoever can make it act: who made a secret of it that opens something. A personal
// token is its owner (requests 5.3, 19.2).
func TestProgramsAreSomebodys(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	admin := s.linked("admin", "P0", permit.AccessUpdate, mayAsk, mayDo)
	rita := s.account("rita", mayAsk)
	s.account("rob", mayDo)
	robot := s.account("robot", mayDo)
	s.exec(`update local_user set is_client = true, scopes = '{/}' where username = 'robot'`)
	again := func(ctx context.Context) context.Context {
		ctx = s.again(ctx)
		permit.From(ctx).Program = true
		return ctx
	}
	is := func() bool { return s.number(`select is_same_person('robot', ?)::int`, s.personID("P0")) == 1 }
	require.False(t, is())
	made, err := s.Auth.CreateClientSecret(admin, auth.CreateClientSecretInput{Client: "robot", Name: "one", ExpiresAt: s.Clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	require.True(t, is(), "who made its secret can be it")
	require.Zero(t, s.number(`select is_same_person('robot', ?)::int`, s.personID("P1")))
	_, err = s.Auth.CreateClientSecret(again(admin), auth.CreateClientSecretInput{Client: "robot", Name: "two", ExpiresAt: s.Clock.Now().Add(time.Hour)})
	require.ErrorContains(t, err, "signed in")
	_, err = s.Auth.RevokeApiKey(admin, auth.RevokeApiKeyInput{ID: made.Key.ID})
	require.NoError(t, err)
	require.False(t, is())

	r := s.mustWish(rita, request.Add, "Press", "P1")
	s.refused(again(robot), r.Number)
	_, err = s.DB.ExecContext(s.ctx, `insert into request_decision (step_id, item_id, decision, decider, requester, beneficiary_id, at) select s.id, s.item_id, 'APPROVE', 'robot', 'rita', i.beneficiary_id, now()
		from request_step s join request_item i on i.id = s.item_id where s.state = 'OPEN'`)
	require.ErrorContains(t, err, "api_client")

	// What somebody asked for, his token does not approve.
	own := s.mustWish(admin, request.Add, "Press", "P0")
	s.refused(again(admin), own.Number)
	require.Empty(t, s.answer(again(admin), request.ApproveStep, r.Number), "but what is somebody else's, as he could himself")
}
