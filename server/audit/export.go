package audit

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/page"
)

// exportBatch is how many lines are read at once; memory does not grow with the log.
const exportBatch = 5000

// Export writes the filtered log as CSV, by position, the oldest first: id, at, kind, actor, subject type, subject id, source entity type, owner id, data (JSON),
// subject name, actor name.
// Needs /Monitoring, which narrows it as it does Search.
func (s *Service) Export(ctx context.Context, w io.Writer, filter *AuditEventFilter) error {
	may, err := s.visible(ctx)
	if err != nil {
		return err
	}
	found, err := s.found(ctx, filter)
	if err != nil {
		return err
	}
	where := page.All(may, found, filter.condition())
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "at", "kind", "actor", "subjectType", "subjectId", "sourceEntityType", "ownerId", "data", "subjectName", "actorName"}); err != nil {
		return fmt.Errorf("export the event log: %w", err)
	}
	var last int64
	for {
		rows, err := events.Read(ctx, s.DB, events.Columns, page.All(where, bun.SafeQuery("c.position > ?", last)), "c.position", exportBatch)
		if err != nil {
			return fmt.Errorf("read the event log: %w", err)
		}
		if err := name(ctx, s.DB, rows); err != nil {
			return err
		}
		for _, e := range rows {
			last = e.Position
			if err := out.Write(e.fields()); err != nil {
				return fmt.Errorf("export the event log: %w", err)
			}
		}
		if len(rows) < exportBatch {
			out.Flush()
			return out.Error()
		}
	}
}

func (e *AuditEvent) fields() []string {
	entityType := ""
	if e.SourceEntityType != nil {
		entityType = *e.SourceEntityType
	}
	return []string{
		strconv.FormatInt(e.ID, 10), e.At.UTC().Format(time.RFC3339Nano), harmless(e.Kind), harmless(e.Actor), harmless(e.SubjectType),
		number(e.SubjectID), harmless(entityType), number(e.OwnerID), string(e.Data),
		text(e.SubjectName), text(e.ActorName),
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return harmless(*s)
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
