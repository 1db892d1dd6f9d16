package notification

import "writ/server/fence"

// Fenced is what would be sent to people, for who looks at the fence: of a mail its subject and recipient.
func Fenced() fence.Work {
	return fence.Work{Kind: fence.FencedMail, SQL: `
		select m.template as receiver, m.created_at as at, m.id, m.subject || ' (' || m.recipient || ')' as example from mail m where m.state = '` + string(MailQueued) + `'`}
}
