package webhook

import "writ/server/fence"

// Fenced is what would be sent to endpoints, for who looks at the fence. Of a webhook it shows the description or the host: a path may be a secret.
func Fenced() fence.Work {
	return fence.Work{Kind: fence.FencedWebhook, SQL: `
		select coalesce(nullif(w.description, ''), split_part(regexp_replace(w.url, '^[a-zA-Z]+://([^/?#@]*@)?', ''), '/', 1), '') as receiver,
			d.created_at as at, d.id, d.message_id as example
		from webhook_delivery d join webhook w on w.id = d.webhook_id where d.state in ('` + string(Pending) + "', '" + string(Failed) + `') and not w.is_disabled`}
}
