package fulfil

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"writ/server/errs"
)

// Outcome is how one attempt on a managed system ended (design 8). Errored orders show it as error class.
type Outcome string

const (
	Done         Outcome = "DONE"        // the system accepted the change
	AlreadySo    Outcome = "ALREADY_SO"  // nothing to do: the system already was as wanted
	TicketOpened Outcome = "OPENED"      // a person has to do it: a ticket is open (manual packages only)
	NotFound     Outcome = "NOT_FOUND"   // the target to change is not there
	Conflict     Outcome = "CONFLICT"    // another object stands in the way (key taken by a different object)
	Refused      Outcome = "REFUSED"     // the system said no: repeating will not help
	Unreachable  Outcome = "UNREACHABLE" // no connection: the change was certainly not made
	Throttled    Outcome = "THROTTLED"   // too fast: come back after RetryAfter; the change was not made
	Unknown      Outcome = "UNKNOWN"     // the answer was lost: the change may or may not have been made; read back before a repeat
)

// OK reports whether the change is in place (Executed).
func (o Outcome) OK() bool { return o == Done || o == AlreadySo }

// ChangeType is the verb of an order document (provisioning spec 2.2).
type ChangeType string

const (
	Added    ChangeType = "Added"
	Modified ChangeType = "Modified"
	Deleted  ChangeType = "Deleted"
)

// Link is one value of a navigation in a change: the key of the pointed resource and its label.
type Link struct {
	Key         string `json:"Key"`
	DisplayName string `json:"InternalDisplayName,omitempty"`
}

// Change is one order as a connector sees it: the document of provisioning spec 2.2.
type Change struct {
	OrderID                int64              `json:"OrderId,string"`
	Attempt                int                `json:"Attempt"`
	IdempotencyKey         string             `json:"IdempotencyKey"` // one per attempt; stored before the call
	AssignedResourceTypeID int64              `json:"AssignedResourceTypeId,string"`
	Type                   ChangeType         `json:"ChangeType"`
	ResourceType           string             `json:"ResourceType"`           // identifier
	TargetEntityType       string             `json:"TargetEntityType"`       // identifier
	Table                  string             `json:"Table"`                  // connection table the target entity type is mapped to
	KeyColumn              string             `json:"KeyColumn"`              // column of the mapping's primary key
	Key                    string             `json:"Key,omitempty"`          // key of the target; Added: empty unless a rule computes it
	Owner                  map[string]string  `json:"Owner,omitempty"`        // Id, InternalDisplayName and the owner's scalars
	Resource               map[string]string  `json:"Resource,omitempty"`     // the target as last read, by column
	Changes                map[string]*string `json:"Changes,omitempty"`      // column -> value; nil clears the attribute; bytes are base64
	ChangesAdded           map[string][]Link  `json:"ChangesAdded,omitempty"` // column -> links to add
	ChangesRemoved         map[string][]Link  `json:"ChangesRemoved,omitempty"`
	Arguments              map[string]string  `json:"Arguments,omitempty"`
	GeneratedAt            time.Time          `json:"GeneratedAt"`
}

// TargetKey is the key of the target that is meant: an Added one brings it among its values, or a rule computed it; empty: the system makes it, or it is not
// known.
func (c *Change) TargetKey() string {
	if c.Type == Added {
		if v := c.Changes[c.KeyColumn]; v != nil && *v != "" {
			return *v
		}
		return c.Key
	}
	if c.Key != "" {
		return c.Key
	}
	return c.Resource[c.KeyColumn]
}

// Receipt is a connector's answer to one change. Apply never returns an error: what happened is in Outcome.
type Receipt struct {
	Outcome    Outcome
	CreatedKey string        // Added: the key the target got, when the connector knows it
	Message    string        // for people: what the system said; goes into mails, webhooks and lists
	Detail     string        // more of what it said, such as the row that it refused: kept with the attempt, for those who may see the order
	Hint       string        // what to do now
	RetryAfter time.Duration // Throttled: how long to wait; 0 = unknown
	Effect     string        // what the change did to the stamps, for Explainer; empty: not known, or more than it meant to do. Of changes made together one tells it
}

// Table is what Schema says of one table (or file, or endpoint) of the managed system.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// Capability says what a package can do (provisioning spec 5.1: a package declares).
type Capability struct {
	Identifier  string // "csv", "postgres", "manual-ticket", "null", "fake"
	DisplayName string // "Family/Name"
	CanExport   bool
	CanFulfil   bool
	HasSchema   bool
	IsManual    bool            // orders become tickets: Transmitted is not skipped
	Settings    json.RawMessage // JSON schema of the connection settings
	Secrets     []string        // names of settings that are secret
	Example     string          // a connection in YAML, with every setting
}

// Opened is an open connection to one managed system with what it can do: an ability that it lacks is nil. Everything is safe for concurrent
// use. A further ability of connectors is a field here and its frame in guard.go.
type Opened struct {
	Connector
	Exporter  Exporter  // tables can be read
	Applier   Applier   // changes can be written
	Exchanger Exchanger // changes that only go together can be written
	Reader    Reader    // one target can be read back
	Watcher   Watcher   // it can cheaply tell whether its data changed
	Stamper   Stamper   // it can cheaply tell which tables changed
	Explainer Explainer // it can tell whether a table changed by our own changes alone
	Tracker   Tracker   // it can tell what happened to a table since an earlier moment

	// IsBlind: nobody can look whether a change was made (Reader is nil), nor does Apply find out. A change whose answer was lost is then never sent
	// again by itself: a person is asked.
	IsBlind bool
}

// Connector is what every open connection can do. Safe for concurrent use. Close releases it.
type Connector interface {
	// Check tells whether the system is there and lets us in; errs.Unavailable or errs.Invalid otherwise.
	Check(ctx context.Context) error
	Close() error
}

// Exporter reads tables. A row that cannot be read is an Entry with a Fault, and the rows behind it follow. What is wrong with the table as a
// whole ends the entries with an error: whoever compares must not take a broken read for the whole.
type Exporter interface {
	Schema(ctx context.Context) ([]Table, error)
	Export(ctx context.Context, table string) iter.Seq2[Entry, error]
}

// Entry is one exported row and where it stands.
type Entry struct {
	Row   Row
	Place string // file or table it stands in
	Line  int    // line of the file; else number of the row, from 1
	Fault *Fault // why it cannot be read; nil: it can
}

// Fault is what is wrong with one row. The rows behind it can be read.
type Fault struct {
	Column string // "" when it is not one column
	Value  string // what stands there; may be no valid text
	Why    string // a sentence
	// Missing are the mapped or unmapped columns that the row lacks, when nothing else is wrong with it.
	Missing []string
	Texts   []string // what could be read of the row, in any order: to recognise it by, as its key may be among what is wrong
}

// Error is the sentence with its place.
func (e Entry) Error() string { return fmt.Sprintf("%s, line %d: %s", e.Place, e.Line, e.Fault.Why) }

// Numbered makes entries of rows that can all be read, numbered from 1.
func Numbered(table string, rows iter.Seq2[Row, error]) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		n := 0
		for row, err := range rows {
			n++
			if !yield(Entry{Row: row, Place: table, Line: n}, err) {
				return
			}
		}
	}
}

// Rows are the rows of entries; a row with a fault ends them with Validation, as for whoever has no place for it.
func Rows(entries iter.Seq2[Entry, error]) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for e, err := range entries {
			if err == nil && e.Fault != nil {
				err = errs.Invalid("path", "%s", e.Error())
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(e.Row, nil) {
				return
			}
		}
	}
}

// Applier writes one change. It is idempotent by what it finds: Added on an existing key with equal values is AlreadySo, Deleted when
// absent is AlreadySo, adding a present link or removing an absent one is AlreadySo (provisioning spec 2.5).
type Applier interface {
	Apply(ctx context.Context, c Change) Receipt
}

// Exchanger carries out changes of one table that only go together, since each takes a value that another one gives up (two accounts swap
// their names): all of them in one step, or none. There is a receipt per change, in the order of the changes; when one cannot be made, none
// is, and every receipt says so.
type Exchanger interface {
	ApplyTogether(ctx context.Context, changes []Change) []Receipt
}

// Reader reads one target back by its key, before a repeat after Unknown. found=false: it is not there.
type Reader interface {
	Read(ctx context.Context, table, keyColumn, key string) (row Row, found bool, err error)
}

// Watcher gives a cheap token that changes when the data may have changed (file time and size). The continuous mode polls it.
type Watcher interface {
	Token(ctx context.Context) (string, error)
}

// Stamper gives, by table, a text that stands for its content: a table with the same text as before holds what it held, and is not read
// again. One of which that cannot be told is left out. Cheaper than to read the tables; asked when Watcher says that something changed.
type Stamper interface {
	Stamps(ctx context.Context) (map[string]string, error)
}

// Explainer tells whether everything that happened to a table between two stamps (Stamper) is what some changes of ours meant to do, by the effects in
// their receipts. Then only their targets are read back. A change that did more than that, to whatever row, leaves its Effect empty, and in doubt
// the answer is no: the table is read.
type Explainer interface {
	Explains(from, to string, effects []string) bool
}

// Tracker tells what happened to a table since an earlier moment, deletions included, so that only that is read. A cookie is the connector's own: a
// number of a log, a token of the system. It lives as long as what was read up to it is in force.
type Tracker interface {
	// Cookies gives, by table, a text that stands for this moment in its history. One whose history cannot be told is left out.
	Cookies(ctx context.Context) (map[string]string, error)
	// Since gives what happened to a table since a cookie. nil: it cannot be told (any more), or it is more than most rows: the table has to be read.
	Since(ctx context.Context, table, cookie string, most int) (*Delta, error)
}

// Delta is what happened to a table since a cookie.
type Delta struct {
	Rows   []Row    // those that came or changed, as they are now, as Export gives them. Others may be among them
	Gone   []string // keys of those that went away, where the system tells them
	Count  int      // how many rows the table has now: whoever knows those before finds out whether some are gone. -1: Gone tells
	Cookie string   // the moment at which it was read
}

// Package opens connections of one technology. server/app/connectors.go holds the map of them.
type Package interface {
	Capability() Capability
	// Open checks the settings (errs.Invalid with the setting's name as field) and connects lazily.
	Open(ctx context.Context, settings Settings) (*Opened, error)
}

// Settings is what a connection is configured with: plain settings and opened secrets in one map, names in camelCase.
type Settings struct {
	Values  map[string]string
	DataDir string // folder of the files of connectors: relative paths begin there
}
