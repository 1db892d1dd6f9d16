package request

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/db"
	"writ/server/evaluation"
)

const (
	// mailEnding is the template of the mail that something ends soon (requests 15.1).
	mailEnding = "AccessEnding"
	// settingEnding is the day up to which people were told.
	settingEnding = "access_ending_day"
	// perPost is how many mails one transaction makes.
	perPost = 100
)

// ending is something that a person gave and that ends soon.
type ending struct {
	OwnerID int64
	Person  string
	Role    string
	EndDate time.Time
}

// TellEndings tells who has something that a person gave, and who leads him, that it ends soon (requests 6.5): some days before, one mail a day with all of
// it. Days on which no server ran are made up for. Any number of processes may do it at once: the same mail is made once.
func (s *Service) TellEndings(ctx context.Context) error {
	if len(s.Days.Ending) == 0 {
		return nil
	}
	m, err := s.model(ctx, s.DB)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	zone := m.Shape.Zone()
	today := now.In(zone).Format(time.DateOnly)
	var told string
	if known, err := db.Setting(ctx, s.DB, settingEnding, &told); err != nil || known && told >= today {
		return err
	}
	if told == "" {
		told = now.In(zone).AddDate(0, 0, -1).Format(time.DateOnly)
	}
	var list []ending
	if err := s.DB.NewRaw(`select a.owner_id, coalesce(nullif(w.display_name, ''), w.key) as person, r.display_name as role, a.end_date
		from assigned_role a join resource w on w.id = a.owner_id and w.valid_to = 'infinity' join role r on r.id = a.role_id
		where a.valid_to = 'infinity' and not a.is_denied and a.workflow_state in (`+evaluation.SQLApproved+", "+evaluation.SQLApprovedRisk+", "+evaluation.SQLProlonged+`) and a.end_date > ?0 and a.end_date <= ?0::timestamptz + ?1 * interval '1 day'
			and exists (select from unnest(?2::int[]) d where (a.end_date at time zone ?3)::date - d > ?4::date and (a.end_date at time zone ?3)::date - d <= ?5::date)
		order by a.end_date, a.id`, now, slices.Max(s.Days.Ending)+1, pgdialect.Array(s.Days.Ending), zone.String(), told, today).Scan(ctx, &list); err != nil {
		return fmt.Errorf("look what ends soon: %w", db.Explain(err))
	}
	letters, err := s.endingLetters(ctx, m, list, today)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(letters, perPost) {
		if err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			for _, l := range part {
				if err := s.Post(ctx, tx, l); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return fmt.Errorf("tell what ends soon: %w", err)
		}
	}
	return db.WriteSetting(ctx, s.DB, settingEnding, today)
}

// endingLetters are the mails about what ends soon: to each recipient one, in the order of the accounts.
func (s *Service) endingLetters(ctx context.Context, m *assignment.Model, list []ending, today string) ([]Letter, error) {
	var people []int64
	for _, e := range list {
		people = append(people, e.OwnerID)
	}
	slices.Sort(people)
	people = slices.Compact(people)
	accounts, leaders := map[int64][]access.Holder{}, map[int64][]access.Holder{}
	for part := range slices.Chunk(people, 1000) {
		own, err := access.AccountsOf(ctx, s.DB, part)
		if err != nil {
			return nil, err
		}
		above, err := access.LeadersOf(ctx, s.DB, m.Shape, part)
		if err != nil {
			return nil, err
		}
		maps.Copy(accounts, own)
		maps.Copy(leaders, above)
	}
	letters := map[int64]*Letter{}
	for _, e := range list {
		own := accounts[e.OwnerID]
		for i, h := range slices.Concat(own, leaders[e.OwnerID]) {
			if h.Email == "" {
				continue
			}
			l := letters[h.UserID]
			if l == nil {
				l = &Letter{Template: mailEnding, Name: h.DisplayName, Email: h.Email, Key: fmt.Sprintf("%s/%d/%s", mailEnding, h.UserID, today), Page: "/my-access"}
				letters[h.UserID] = l
			}
			if i >= len(own) {
				l.Page = "/team"
			}
			if l.Total++; l.Total <= mostLines {
				l.Lines = append(l.Lines, LetterLine{Object: e.Role, Person: e.Person, Expires: new(e.EndDate)})
			}
		}
	}
	out := make([]Letter, 0, len(letters))
	for _, id := range slices.Sorted(maps.Keys(letters)) {
		out = append(out, *letters[id])
	}
	return out, nil
}
