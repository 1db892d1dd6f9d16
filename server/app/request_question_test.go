package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/page"
	"writ/server/request"
)

// turnOf is the step that waits of a request.
func (s *small) turnOf(number string) int64 {
	s.t.Helper()
	return s.number(`select coalesce(max(s.id), 0) from request_step s join request_item i on i.id = s.item_id join request q on q.id = i.request_id where q.number = ? and s.state in ('OPEN', 'INFO_REQUESTED', 'STUCK')`, number)
}

// code is the code of what was refused of one step; empty: it was done.
func (s *small) code(p *request.RequestItemsPayload, err error) string {
	s.t.Helper()
	if e := errs.As(err); e != nil {
		return string(e.Kind)
	}
	require.NoError(s.t, err)
	if e := p.Results[0].Error; e != nil {
		return e.Code
	}
	return ""
}

func (s *small) ask(ctx context.Context, number, question string, of ...string) string {
	s.t.Helper()
	in := request.AskInformationInput{StepIDs: []int64{s.turnOf(number)}, Question: question}
	if len(of) > 0 {
		in.AddresseeID = new(s.personID(of[0]))
	}
	return s.code(s.Requests.AskInformation(ctx, in))
}

func (s *small) reply(ctx context.Context, number, answer string) string {
	s.t.Helper()
	return s.code(s.Requests.AnswerInformation(ctx, request.AnswerInformationInput{StepID: s.number(`select max(step_id) from request_comment c join request_item i on i.id = c.item_id join request q on q.id = i.request_id where q.number = ?`, number), Answer: answer}))
}

// clocksOf lists how far off the clocks of the step that waits are, in days: due, reminded, escalated, expired.
func (s *small) clocksOf(number string) string {
	s.t.Helper()
	day := func(column string) string {
		return `to_char(round(extract(epoch from (` + column + ` - i.submitted_at)) / 86400), 'FM990')`
	}
	return s.list(s.DB, `select concat_ws(' ', `+day("s.due_at")+`, `+day("s.remind_at")+`, `+day("s.escalate_at")+`, `+day("i.expire_at")+`, `+day("i.warn_at")+`) from request_step s join request_item i on i.id = s.item_id join request q on q.id = i.request_id
		where q.number = ? and s.state in ('OPEN', 'INFO_REQUESTED', 'STUCK')`, number)[0]
}

func (s *small) spoken(ctx context.Context, id int64) (list []string) {
	s.t.Helper()
	x, err := s.Requests.GetItem(ctx, id)
	require.NoError(s.t, err)
	for _, c := range x.Comments {
		line := fmt.Sprintf("%s %s: %s", c.Kind, c.AuthorName, c.Text)
		if c.IsOpen {
			line += " ?"
		}
		list = append(list, line)
	}
	return list
}

// TestQuestionsAboutARequest: scenario 40, requests 9.1.
func TestQuestionsAboutARequest(t *testing.T) {
	t.Parallel()
	t.Run("AnsweredAfterTwoDays", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rob, bo := s.account("rita", mayAsk), s.account("rob", mayDo), s.account("bo", mayDo)
		s.reachable("rita", "rob", "bo")
		r := s.mustWish(rita, request.Add, "Press", "P0")
		id := r.Items[0].ID
		require.Equal(t, "5 2 5 60 53", s.clocksOf(r.Number))
		s.day(1)
		require.Equal(t, "NOT_FOUND", s.ask(s.account("nobody"), r.Number, "What for?"))
		require.Equal(t, "FORBIDDEN", s.ask(rita, r.Number, "What for?"))
		require.Equal(t, "VALIDATION", s.ask(rob, r.Number, "  \n"))
		require.Equal(t, "VALIDATION", s.ask(rob, r.Number, strings.Repeat("x", 4001)))
		require.Empty(t, s.ask(rob, r.Number, "What for?"))
		require.Equal(t, "INVALID_TRANSITION", s.ask(bo, r.Number, "Since when?"), "one after the other")
		require.Equal(t, []string{"1 INFO_REQUESTED"}, s.steps(r.Number))
		require.Equal(t, "12 9 12 67 60", s.clocksOf(r.Number), "so far they may stand still")
		require.Equal(t, []string{"QUESTION rob: What for? ?"}, s.spoken(bo, id), "the others see it")
		require.Equal(t, []string{"RequestQuestion rita"}, s.letters())
		mine, err := s.Requests.Items(rita, page.Args{First: 5}, &request.RequestFilter{ToAnswerByMe: new(true)}, nil, nil, true)
		require.NoError(t, err)
		require.Len(t, mine.Nodes(), 1)
		require.True(t, mine.Nodes()[0].CanAnswer)
		tasks, err := s.desk().MyTasks(rita, page.Args{First: 5}, nil, true)
		require.NoError(t, err)
		require.Len(t, tasks.Nodes(), 1)
		require.Equal(t, fmt.Sprintf("ANSWER /requests/%d", id), fmt.Sprintf("%s %s", tasks.Nodes()[0].Kind, tasks.Nodes()[0].Link))
		s.day(2)
		require.Empty(t, s.happened(r.Number), "nobody is reminded meanwhile")
		require.Equal(t, "FORBIDDEN", s.reply(bo, r.Number, "For nothing."))
		require.Empty(t, s.reply(rita, r.Number, "The quarter."))
		require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
		require.Equal(t, "7 4 7 62 55", s.clocksOf(r.Number), "moved by two days")
		require.Equal(t, []string{"QUESTION rob: What for?", "ANSWER rita: The quarter."}, s.spoken(rob, id))
		require.Equal(t, "INVALID_TRANSITION", s.reply(rita, r.Number, "The quarter."))
		require.Equal(t, []string{"RequestQuestion rita", "RequestAnswer rob"}, s.letters())
		require.Empty(t, s.ask(bo, r.Number, "Which?"), "several rounds")
		require.Empty(t, s.answer(rob, request.ApproveStep, r.Number), "decided meanwhile")
		require.Equal(t, "RQ-1 ADD APPROVED 1/1 row 16", s.wishes()[0])
		require.Empty(t, s.reply(rita, r.Number, "The last."), "kept as what was said")
		require.Equal(t, "ANSWER rita: The last.", s.spoken(rob, id)[3])
		s.around()
		s.settled()
	})
	t.Run("NoAnswer", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rob := s.account("rita", mayAsk), s.account("rob", mayDo)
		s.reachable("rita", "rob")
		r := s.mustWish(rita, request.Add, "Press", "P0")
		for range 5 {
			require.Empty(t, s.ask(rob, r.Number, "What for?"))
			s.day(8)
			require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
		}
		require.Equal(t, "SYSTEM test: No answer came in time.", s.spoken(rob, r.Items[0].ID)[1])
		require.EqualValues(t, 21*24*3600*1000, s.number(`select stood from request_step`), "21 days altogether")
		require.EqualValues(t, 81, s.number(`select round(extract(epoch from (expire_at - submitted_at)) / 86400) from request_item`))
		require.Equal(t, "INVALID_TRANSITION", s.reply(rita, r.Number, "Too late."))
	})
	t.Run("TakenBackAndEnded", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 2, "")
		rita, rob, bo := s.account("rita", mayAsk), s.account("rob", mayDo), s.account("bo", mayDo)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		require.Empty(t, s.ask(rob, r.Number, "What for?"))
		back := func(ctx context.Context) string {
			return s.code(s.Requests.WithdrawInformation(ctx, request.RequestStepsInput{StepIDs: []int64{s.turnOf(r.Number)}}))
		}
		require.Equal(t, "FORBIDDEN", back(bo))
		s.later(time.Hour)
		require.Empty(t, back(rob))
		require.Equal(t, "INVALID_TRANSITION", back(rob))
		require.Equal(t, "5 2 5 60 53", s.clocksOf(r.Number))
		require.Empty(t, s.ask(rob, r.Number, "What for?"))
		_, err := s.Requests.Withdraw(rita, request.CancelRequestInput{RequestID: &r.ID})
		require.NoError(t, err)
		require.Equal(t, []string{"1 CLOSED", "2 CLOSED"}, s.steps(r.Number))
		s.around()
		s.settled()
	})
	t.Run("WhoIsAsked", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rob := s.account("rita", mayAsk), s.account("rob", mayDo, "/Custom/Resources/Person")
		alice := s.linked("alice", "P0")
		bobby := s.linked("bobby", "P1")
		r := s.mustWish(rita, request.Add, "Press", "P0")
		require.Contains(t, []string{"FORBIDDEN", "NOT_FOUND"}, s.ask(rob, r.Number, "What for?", "P1"), "who may not see it is not asked")
		require.Equal(t, "NOT_FOUND", s.code(s.Requests.AskInformation(rob, request.AskInformationInput{StepIDs: []int64{s.turnOf(r.Number)}, AddresseeID: new(int64(999999)), Question: "?"})))
		require.Empty(t, s.ask(rob, r.Number, "What for?", "P0"))
		require.Equal(t, "NOT_FOUND", s.reply(bobby, r.Number, "Me."))
		require.Empty(t, s.reply(alice, r.Number, "I need it."))
		s.exec(`update local_user set is_disabled = true where username = 'rita'`)
		require.Empty(t, s.ask(rob, r.Number, "And now?"), "who asked has gone: whom it is about")
		require.Equal(t, []string{"rita", "alice"}, append([]string{"rita"}, s.list(s.DB, `select addressee from request_comment where text = 'And now?'`)...))
		require.Empty(t, s.reply(alice, r.Number, "Still."))
		s.exec(`update local_user set is_disabled = true where username = 'alice'`)
		require.Equal(t, "CONFLICT", s.ask(rob, r.Number, "Anybody?"))
	})
	t.Run("Races", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rob, bo := s.account("rita", mayAsk), s.account("rob", mayDo), s.account("bo", mayDo)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		st := s.turnOf(r.Number)
		var all sync.WaitGroup
		codes := make([]string, 12)
		for i := range codes {
			all.Go(func() {
				var p *request.RequestItemsPayload
				var err error
				switch i % 4 {
				case 0, 1:
					p, err = s.Requests.AskInformation(bo, request.AskInformationInput{StepIDs: []int64{st}, Question: "What for?"})
				case 2:
					p, err = s.Requests.AnswerInformation(rita, request.AnswerInformationInput{StepID: st, Answer: "The quarter."})
				default:
					p, err = s.Requests.Review(rob, request.ReviewRequestItemsInput{StepIDs: []int64{st}, Decision: new(request.ApproveStep), Comment: new("so be it")})
				}
				if err != nil {
					codes[i] = err.Error()
				} else if e := p.Results[0].Error; e != nil {
					codes[i] = e.Code
				}
			})
		}
		all.Wait()
		for _, c := range codes {
			require.True(t, slices.Contains([]string{"", "INVALID_TRANSITION", "ALREADY_DONE", "NOT_FOUND"}, c), "%v", codes)
		}
		require.Equal(t, []string{"RQ-1 ADD APPROVED 1/1 row 16"}, s.wishes())
		require.EqualValues(t, 1, s.number(`select count(*) from request_decision`))
		s.around()
		s.settled()
	})
}
