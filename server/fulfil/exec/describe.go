package exec

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"writ/server/errs"
	"writ/server/fulfil"
)

// version is that of the protocol.
const version = 1

// description is what a program says of itself.
type description struct {
	Protocol int         `json:"protocol"`
	Name     string      `json:"name"`
	Verbs    []string    `json:"verbs"`
	Tables   []described `json:"tables"`

	stamp string
	at    time.Time
}

type described struct {
	Name    string              `json:"name"`
	Columns []string            `json:"columns"`
	Changes []fulfil.ChangeType `json:"changes"` // what can be done to its rows; absent: everything
}

func (d *description) offers(verb string) bool { return slices.Contains(d.Verbs, verb) }

func (d *description) table(name string) *described {
	i := slices.IndexFunc(d.Tables, func(t described) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &d.Tables[i]
}

// Bounds of a description.
const (
	mostDescribed = 4 << 20
	mostTables    = 1000
	mostColumns   = 2000
	longestName   = 200
)

// freshFor is how long a description is believed while its program is the same.
const freshFor = 10 * time.Minute

// describe gives what the program says of itself: as it said lately, unless it was replaced since or is to be asked anew.
func (c *Conn) describe(ctx context.Context, anew bool) (*description, error) {
	asked := time.Now()
	select {
	case c.describing <- struct{}{}:
		defer func() { <-c.describing }()
	case <-ctx.Done():
		return nil, errs.New(errs.Unavailable, "The program %s did not say in time what it can do.", c.program.name).At("program")
	}
	_, stamp, err := c.program.find()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	known := c.known
	c.mu.Unlock()
	if known != nil && known.stamp == stamp && (known.at.After(asked) || !anew && time.Since(known.at) < freshFor) {
		return known, nil
	}
	var d *description
	err = c.ask(ctx, "describe", nil, func(line []byte) error {
		if d != nil {
			return errMore
		}
		d = &description{}
		return json.Unmarshal(line, d)
	})
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, errs.New(errs.Unavailable, "The program %s did not say what it can do: it wrote nothing.", c.program.name).At("program")
	}
	if why := d.check(); why != "" {
		return nil, errs.New(errs.Unavailable, "The program %s does not say in a way that can be used what it can do: %s.", c.program.name, why).At("program")
	}
	d.stamp, d.at = stamp, time.Now()
	c.mu.Lock()
	c.known = d
	c.mu.Unlock()
	return d, nil
}

// check gives what is wrong with a description; "" when nothing is.
func (d *description) check() string {
	if d.Protocol != version {
		return fmt.Sprintf("it speaks version %d of the protocol, and this server version %d", d.Protocol, version)
	}
	if len(d.Tables) == 0 || len(d.Tables) > mostTables {
		return fmt.Sprintf("it has %d tables, and may have 1 to %d", len(d.Tables), mostTables)
	}
	for i, t := range d.Tables {
		if !isName(t.Name) {
			return fmt.Sprintf("the name of table %d is empty, longer than %d bytes, or holds control characters", i+1, longestName)
		}
		if d.table(t.Name) != &d.Tables[i] {
			return fmt.Sprintf("it has two tables %q", t.Name)
		}
		if len(t.Columns) == 0 || len(t.Columns) > mostColumns {
			return fmt.Sprintf("table %q has %d columns, and may have 1 to %d", t.Name, len(t.Columns), mostColumns)
		}
		seen := map[string]bool{}
		for _, column := range t.Columns {
			if !isName(column) {
				return fmt.Sprintf("a column of table %q has no name, one of more than %d bytes, or one with control characters", t.Name, longestName)
			}
			if seen[column] {
				return fmt.Sprintf("table %q has two columns %q", t.Name, column)
			}
			seen[column] = true
		}
		for _, change := range t.Changes {
			if change != fulfil.Added && change != fulfil.Modified && change != fulfil.Deleted {
				return fmt.Sprintf("table %q takes changes %q, which are none", t.Name, change)
			}
		}
	}
	return ""
}

func isName(s string) bool {
	return s != "" && len(s) <= longestName && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// Schema asks the program for its tables.
func (c *Conn) Schema(ctx context.Context) ([]fulfil.Table, error) {
	d, err := c.describe(ctx, true)
	if err != nil {
		return nil, err
	}
	tables := make([]fulfil.Table, len(d.Tables))
	for i, t := range d.Tables {
		tables[i] = fulfil.Table{Name: t.Name, Columns: t.Columns}
	}
	return tables, nil
}
