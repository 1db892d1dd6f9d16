package app

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/departure"
	"writ/server/notification"
	"writ/server/request"
)

// wishes are the actions of requests as mails say them.
var wishes = map[request.RequestAction]string{request.Add: "", request.Remove: "take away ", request.Deny: "forbid ", request.Allow: "allow again ", request.Extend: "extend "}

// postDeparture makes the mail that somebody was made to leave at once.
func (a *App) postDeparture(ctx context.Context, tx bun.Tx, l departure.Letter) error {
	return a.Notifications.TellOfDeparture(ctx, tx, l.Email, l.Key, l.PersonID, notification.DepartureSummary{Name: l.Name, Person: l.Person, By: l.By, Accounts: l.Accounts, Tickets: l.Tickets})
}

// postRequests makes a mail about requests.
func (a *App) postRequests(ctx context.Context, tx bun.Tx, l request.Letter) error {
	summary := notification.RequestSummary{Name: l.Name, Total: l.Total, More: l.Total - len(l.Lines)}
	for _, x := range l.Lines {
		summary.Lines = append(summary.Lines, notification.RequestLine{Number: x.Number, What: wishes[x.Action] + x.Object, Person: x.Person, Requester: x.Requester,
			Since: notification.Instant(&x.Since), Due: notification.Instant(x.Due), Expires: notification.Instant(x.Expires), Text: x.Text})
	}
	return a.Notifications.TellOfRequests(ctx, tx, l.Template, l.Email, l.Key, l.Page, summary)
}
