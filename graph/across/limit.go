package across

import (
	"encoding/json"
	"fmt"
)

// LimitCounter is what is counted against a limit.
type LimitCounter string

// The counters: what a reading finds, and what orders do to accounts.
const (
	CountedInserted      LimitCounter = "INSERTED"
	CountedUpdated       LimitCounter = "UPDATED"
	CountedDeleted       LimitCounter = "DELETED"
	CountedLinksInserted LimitCounter = "LINKS_INSERTED"
	CountedLinksDeleted  LimitCounter = "LINKS_DELETED"
	CountedInsert        LimitCounter = "INSERT"
	CountedUpdate        LimitCounter = "UPDATE"
	CountedDelete        LimitCounter = "DELETE"
)

// ExceededLimit is a limit that holds something, whoever set it.
type ExceededLimit struct {
	EntityType   *string // what was read; nil: orders, or the connector as a whole
	ResourceType *string // whose orders; nil: a reading
	Name         string  // of either, to show
	Counter      LimitCounter
	Counted      int
	Limit        int
	IsPercent    bool // of Base
	Base         int  // how many there are
}

// TaskBlock is why a task is blocked.
type TaskBlock struct {
	Message string
	Limits  []*ExceededLimit
}

// counters are the words in which rooms keep them.
var counters = map[string]LimitCounter{
	"inserted": CountedInserted, "updated": CountedUpdated, "deleted": CountedDeleted, "linksInserted": CountedLinksInserted, "linksDeleted": CountedLinksDeleted,
	"insert": CountedInsert, "update": CountedUpdate, "delete": CountedDelete,
}

// Limits reads limits as synchronization or order keeps them; nil: none.
func Limits(raw json.RawMessage) ([]*ExceededLimit, error) {
	limits := []*ExceededLimit{}
	if len(raw) == 0 {
		return limits, nil
	}
	var list []struct {
		EntityType, ResourceType *string
		Name, Counter, Action    string
		Value, Count, Limit      int
		Percent, IsPercent       bool
		Stored, Base             int
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("read exceeded limits: %w", err)
	}
	for _, l := range list {
		counter, known := counters[l.Counter+l.Action]
		if !known {
			return nil, fmt.Errorf("read exceeded limits: nothing is called %q", l.Counter+l.Action)
		}
		limits = append(limits, &ExceededLimit{EntityType: l.EntityType, ResourceType: l.ResourceType, Name: l.Name, Counter: counter,
			Counted: l.Value + l.Count, Limit: l.Limit, IsPercent: l.Percent || l.IsPercent, Base: l.Stored + l.Base})
	}
	return limits, nil
}

// LimitsOf is Limits of what a room holds in its own type.
func LimitsOf[T any](list []T) ([]*ExceededLimit, error) {
	if len(list) == 0 {
		return []*ExceededLimit{}, nil
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return Limits(raw)
}

// Block reads why a task is blocked; nil: it is not.
func Block(raw json.RawMessage) (*TaskBlock, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var said struct {
		Message  string
		Exceeded json.RawMessage
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, fmt.Errorf("read why a task is blocked: %w", err)
	}
	limits, err := Limits(said.Exceeded)
	return &TaskBlock{Message: said.Message, Limits: limits}, err
}
