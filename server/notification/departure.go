package notification

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// DepartureSummary is what the template of PersonDepartedNow gets (requests 15.1).
type DepartureSummary struct {
	Name              string // recipient
	Person, By        string
	Accounts, Tickets int
	Link              string
}

// TellOfDeparture queues the mail that somebody was made to leave at once, in the caller's transaction; the same key is the same mail.
func (s *Service) TellOfDeparture(ctx context.Context, tx bun.Tx, to, key string, personID int64, summary DepartureSummary) error {
	summary.Link = fmt.Sprintf("%s/person/%d", s.PublicURL, personID)
	return s.queueMail(ctx, tx, "PersonDepartedNow", to, key, summary)
}
