package notification

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// RequestLine is one line of a mail about requests.
type RequestLine struct {
	Number, What, Person, Requester string
	Since, Due, Expires             string // empty: none
	Text                            string // what was said, or why
}

// RequestSummary is what the templates of mails about requests get.
type RequestSummary struct {
	Name  string // recipient
	Total int
	Lines []RequestLine
	More  int
	Link  string
}

// Instant writes an instant as mails do; nil: empty.
func Instant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2 Jan 2006 15:04 UTC")
}

// TellOfRequests queues a mail about requests in the caller's transaction; the same key is the same mail. page is where it leads to.
func (s *Service) TellOfRequests(ctx context.Context, tx bun.Tx, template, to, key, page string, summary RequestSummary) error {
	summary.Link = s.PublicURL + page
	return s.queueMail(ctx, tx, template, to, key, summary)
}
