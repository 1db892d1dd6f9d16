package audit

import (
	"context"
	"encoding/json"

	"writ/server/event"
	"writ/server/permit"
)

// EventExported tells that somebody took rows of a list out of the house.
const EventExported = "data.exported"

// Export is one portion of what somebody takes.
type Export struct {
	List    string         // what the client calls it
	Fields  []string       // what was asked for; none: the rows had been read before
	Filter  map[string]any // the variables of the query, without what pages by
	Rows    int
	IsFirst bool // false: it goes on with an export that began before
}

// longestFilter is how much of a filter is kept, in bytes of JSON; of a longer one the log says that it was.
const longestFilter = 4 << 10

// Exported writes a portion of an export into the log. Whoever takes part of a list at a time leaves one event for each part.
func (s *Service) Exported(ctx context.Context, x Export) error {
	if err := permit.SignedIn(ctx); err != nil {
		return err
	}
	data := map[string]any{"list": x.List, "rows": x.Rows, "isFirst": x.IsFirst}
	if len(x.Fields) > 0 {
		data["fields"] = x.Fields
	}
	if len(x.Filter) > 0 {
		raw, err := json.Marshal(x.Filter)
		if err != nil {
			return err
		}
		if data["filter"] = json.RawMessage(raw); len(raw) > longestFilter {
			data["filter"] = "longer than is kept"
		}
	}
	return event.Publish(ctx, s.DB, s.Clock.Now(), event.Event{Kind: EventExported, SubjectType: "list", Data: data})
}
