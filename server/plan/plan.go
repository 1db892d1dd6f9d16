package plan

import (
	"encoding/json"
	"time"

	"writ/server/manifest"
	"writ/server/rolemodel"
)

// PlanState is where a plan is.
type PlanState string

// The states of a plan.
const (
	Queued    PlanState = "QUEUED"      // asked for; no process has begun
	Running   PlanState = "RUNNING"     // being computed
	Finished  PlanState = "FINISHED"    // computed: it can be read, and applied
	Applying  PlanState = "APPLYING"    // computed once more and compared, then written
	Applied   PlanState = "APPLIED"     // it is so
	OutOfDate PlanState = "OUT_OF_DATE" // the world moved: it was not applied
	Cancelled PlanState = "CANCELLED"   // somebody stopped it
	Failed    PlanState = "FAILED"      // it could not be computed
)

// Plan is a change that somebody thinks of, and what it would do.
type Plan struct {
	ID        int64 // its number
	Title     string
	State     PlanState
	UserID    *int64
	Actor     string
	AsOf      *time.Time
	Total     int
	Done      int
	Failure   string
	CreatedAt time.Time
	EndedAt   *time.Time
	AppliedAt *time.Time
	AppliedBy *string

	changes, edits, problems, summary, moved json.RawMessage
	fingerprint                              string
}

// Moved is somebody for whom the outcome is another one than the plan said.
type Moved struct {
	OwnerID     int64  `json:"owner"`
	DisplayName string `json:"name"`
	Why         string `json:"why"`
}

// Sum is what a plan would do, in numbers.
type Sum struct {
	People       int `json:"people"` // for whom anything would change
	RolesRemoved int `json:"rolesRemoved"`
	RolesAdded   int `json:"rolesAdded"`
	RolesChanged int `json:"rolesChanged"`
	// RolesProlonged are those of the changed ones that the rules would take away, and that would stay for their grace period.
	RolesProlonged int `json:"rolesProlonged,omitempty"`

	AccountsRemoved int `json:"accountsRemoved"`
	AccountsAdded   int `json:"accountsAdded"`
	AccountsChanged int `json:"accountsChanged"`

	Creations    int `json:"creations"` // orders
	Updates      int `json:"updates"`
	Deletions    int `json:"deletions"`
	Associations int `json:"associations"`
	Lines        int `json:"lines"`

	Reviews     int `json:"reviews"` // orders that would wait for somebody
	Tickets     int `json:"tickets"` // orders that a person would carry out
	Differences int `json:"differences"`
	Failures    int `json:"failures"`
}

// whole is what is kept of a plan's numbers: of everybody.
type whole struct {
	Sum
	Looked    int     `json:"looked"`
	Waiting   int     `json:"waiting"`
	Seconds   float64 `json:"seconds"`
	Limits    []Limit `json:"limits"`
	Mails     []Mail  `json:"mails"`
	Automatic int     `json:"automatic,omitempty"` // decisions that automation rules would make at once
	Dated     bool    `json:"dated,omitempty"`     // computed for an instant that somebody chose
	Read      bool    `json:"read,omitempty"`      // it edits what is read from a managed system
}

// Edit is a resource that a plan would make, change or end.
type Edit struct {
	Action      manifest.Action
	ID          int64 // null when it would be made: it is not there yet
	EntityType  string
	Key         string
	DisplayName string
	Fields      []manifest.Field
}

// Limit is a limit of a resource type that the orders of a plan would exceed.
type Limit struct {
	ResourceType string `json:"resourceType"`
	Name         string `json:"name"`
	Action       string `json:"action"`
	Count        int    `json:"count"`
	Limit        int    `json:"limit"`
	IsPercent    bool   `json:"isPercent"`
	Base         int    `json:"base"`
	Message      string `json:"message"`
}

// Mail is how many people would get a mail of a kind.
type Mail struct {
	Template         string `json:"template"`
	SourceEntityType string `json:"sourceEntityType"`
	Recipients       int    `json:"recipients"`
}

func (p *Plan) allChanges() (list []*manifest.Change, err error) {
	return list, json.Unmarshal(p.changes, &list)
}

func (p *Plan) allProblems() (list []rolemodel.Problem, err error) {
	return list, json.Unmarshal(p.problems, &list)
}

func (p *Plan) whole() (w whole, err error) {
	return w, json.Unmarshal(p.summary, &w)
}

// isOpen: some process has it in hand, or will.
func (p *Plan) isOpen() bool {
	return p.State == Queued || p.State == Running || p.State == Applying
}
