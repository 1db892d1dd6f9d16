package notification

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/machine"
)

// MailState is what became of a mail.
type MailState string

// The states of a mail.
const (
	MailQueued  MailState = "QUEUED"  // not tried yet
	MailSent    MailState = "SENT"    // the mail server took it, or it lies in the pickup folder
	MailFailed  MailState = "FAILED"  // the last try failed; it is tried again unless the server refused it for good or all retries are used up
	MailDropped MailState = "DROPPED" // it will not be sent: mail is off, or the recipient's domain is not allowed
)

// Action moves a mail to another state.
type Action string

const (
	Send Action = "SEND"
	Fail Action = "FAIL"
	Drop Action = "DROP"
)

// mailMachine is the whole machine. What is not in it is refused.
var mailMachine = machine.New(machine.Machine[MailState, Action]{
	Name: "mail", States: []MailState{MailQueued, MailSent, MailFailed, MailDropped}, Same: "=",
}, []machine.Transition[MailState, Action]{
	{Action: Send, From: []MailState{MailQueued, MailFailed}, To: MailSent, Actors: []string{"worker"}, Why: "the mail server took it"},
	{Action: Fail, From: []MailState{MailQueued, MailFailed}, To: MailFailed, Actors: []string{"worker"}, Why: "no answer, or a refusal"},
	{Action: Drop, From: []MailState{MailQueued, MailFailed}, To: MailDropped, Actors: []string{"worker"}, Why: "it must not leave, or can never be sent"},
})

// move takes an action with a mail, counts the attempt and keeps its cause. A mail that is not where the action begins stays as it is: another
// process was faster. THE ONLY PLACE WHERE A MAIL CHANGES STATE.
func (s *Service) move(ctx context.Context, idb bun.IDB, id int64, action Action, cause error) error {
	var text *string
	if cause != nil {
		t := db.Clip(cause.Error(), 2000)
		text = &t
	}
	to := mailMachine.To(action)
	_, err := idb.NewRaw(`update mail set state = ?0, attempts = attempts + 1, error = ?1, sent_at = case when ?2 then ?3::timestamptz end
		where id = ?4 and state in (?5)`, to, text, to == MailSent, s.Clock.Now(), id, bun.List(mailMachine.From(action))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note what became of mail %d: %w", id, err)
	}
	return nil
}
