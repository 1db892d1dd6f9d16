package synchronization

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/system"
)

// Exceeded is one threshold that a delivery went over.
type Exceeded struct {
	EntityType string `json:"entityType,omitempty"` // empty: the connector as a whole
	Name       string `json:"name,omitempty"`       // of the entity type, or of the connector, to show
	Counter    string `json:"counter"`              // inserted, updated, deleted, linksInserted, linksDeleted
	Value      int    `json:"value"`
	Limit      int    `json:"limit"`
	Percent    bool   `json:"percent"` // Limit is a percentage of Stored
	Stored     int    `json:"stored"`
}

func (e Exceeded) String() string {
	where := ""
	if e.EntityType != "" {
		where = " of " + e.EntityType
	}
	if e.Percent {
		return fmt.Sprintf("%s%s: %d is more than %d %% of %d", e.Counter, where, e.Value, e.Limit, e.Stored)
	}
	return fmt.Sprintf("%s%s: %d is more than %d", e.Counter, where, e.Value, e.Limit)
}

// rollingWindow is over how long the continuous mode counts (design 3): many small readings must not slip through where a large one
// would be stopped.
const rollingWindow = time.Hour

// limit is one guard: how many, and what percentage of what is stored; 0 = off.
type limit struct {
	counter           string
	value             int
	absolute, percent int
	stored            int
}

// exceeded compares the counts of a delivery with the thresholds. Entity types of which nothing was stored do not count: their first
// load exceeds everything. What our own orders asked for does not count: it was guarded when they were generated. Strictly more than a
// limit exceeds it.
func exceeded(d *Delivery, before map[string]TypeCounts, c *system.Connector, shape *directory.Shape) []Exceeded {
	var sum TypeCounts
	over := []Exceeded{}
	check := func(entityType string, limits []limit) {
		name := c.DisplayName
		if t := shape.ByIdentifier[entityType]; t != nil {
			name = t.DisplayName
		}
		for _, l := range limits {
			if l.absolute > 0 && l.value > l.absolute {
				over = append(over, Exceeded{EntityType: entityType, Name: name, Counter: l.counter, Value: l.value, Limit: l.absolute, Stored: l.stored})
			}
			if l.percent > 0 && l.stored > 0 && int64(l.value)*100 > int64(l.percent)*int64(l.stored) {
				over = append(over, Exceeded{EntityType: entityType, Name: name, Counter: l.counter, Value: l.value, Limit: l.percent, Percent: true, Stored: l.stored})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Counters.EntityTypes)) {
		t := d.Counters.EntityTypes[name].foreign()
		if t.Initial {
			continue
		}
		b := before[name]
		t.Inserted += b.Inserted
		t.Updated += b.Updated
		t.Deleted += b.Deleted
		t.LinksInserted += b.LinksInserted
		t.LinksDeleted += b.LinksDeleted
		sum.Inserted += t.Inserted
		sum.Updated += t.Updated
		sum.Deleted += t.Deleted
		sum.Stored += t.Stored
		if t.StoredLinks > 0 { // links of a kind there were none of are a first load too
			sum.LinksInserted += t.LinksInserted
			sum.LinksDeleted += t.LinksDeleted
			sum.StoredLinks += t.StoredLinks
		}
		if m := mapping(shape, name); m != nil {
			check(name, []limit{
				{"inserted", t.Inserted, m.MaximumInsertedLines, m.MaxPercentageInsertedLines, t.Stored},
				{"updated", t.Updated, m.MaximumUpdatedLines, m.MaxPercentageUpdatedLines, t.Stored},
				{"deleted", t.Deleted, m.MaximumDeletedLines, m.MaxPercentageDeletedLines, t.Stored},
			})
		}
	}
	check("", []limit{
		{"inserted", sum.Inserted, c.MaximumInsertedLines, c.MaxPercentageInsertedLines, sum.Stored},
		{"updated", sum.Updated, c.MaximumUpdatedLines, c.MaxPercentageUpdatedLines, sum.Stored},
		{"deleted", sum.Deleted, c.MaximumDeletedLines, c.MaxPercentageDeletedLines, sum.Stored},
		{"linksInserted", sum.LinksInserted, c.MaximumLinkInsertedLines, c.MaxLinkPercentageInsertedLines, sum.StoredLinks},
		{"linksDeleted", sum.LinksDeleted, c.MaximumLinkDeletedLines, c.MaxLinkPercentageDeletedLines, sum.StoredLinks},
	})
	return over
}

func mapping(shape *directory.Shape, entityType string) *directory.EntityMapping {
	t := shape.ByIdentifier[entityType]
	if t == nil {
		return nil
	}
	return shape.Mappings[t.ID]
}

// recent sums up what the continuous mode applied to a connector within the rolling window; what a person let through does not count.
func (s *Service) recent(ctx context.Context, tx bun.IDB, d *Delivery) (map[string]TypeCounts, error) {
	sum := map[string]TypeCounts{}
	if !d.Counters.Continuous {
		return sum, nil
	}
	var list []*Delivery
	err := tx.NewSelect().Model(&list).Where("y.connector_id = ?", d.ConnectorID).Where("y.state = ?", Applied).
		Where("y.ended_at > ?", s.Clock.Now().Add(-rollingWindow)).Order("y.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read recent deliveries: %w", err)
	}
	for _, o := range list {
		if !o.Counters.Continuous || o.Counters.Forced {
			continue
		}
		for name, t := range o.Counters.EntityTypes {
			if t.Initial {
				continue
			}
			t = t.foreign()
			a := sum[name]
			a.Inserted += t.Inserted
			a.Updated += t.Updated
			a.Deleted += t.Deleted
			a.LinksInserted += t.LinksInserted
			a.LinksDeleted += t.LinksDeleted
			sum[name] = a
		}
	}
	return sum, nil
}

// unguarded names the actions that no threshold guards (provisioning 8: "the server warns").
func unguarded(c *system.Connector, shape *directory.Shape, types map[string]TypeCounts) []string {
	all := func(pick func(*directory.EntityMapping) bool) bool {
		for name := range types {
			if m := mapping(shape, name); m == nil || !pick(m) {
				return false
			}
		}
		return true
	}
	var warnings []string
	for _, a := range []struct {
		what string
		on   bool
	}{
		{"insertions", c.MaximumInsertedLines+c.MaxPercentageInsertedLines > 0 || all(func(m *directory.EntityMapping) bool { return m.MaximumInsertedLines+m.MaxPercentageInsertedLines > 0 })},
		{"updates", c.MaximumUpdatedLines+c.MaxPercentageUpdatedLines > 0 || all(func(m *directory.EntityMapping) bool { return m.MaximumUpdatedLines+m.MaxPercentageUpdatedLines > 0 })},
		{"deletions", c.MaximumDeletedLines+c.MaxPercentageDeletedLines > 0 || all(func(m *directory.EntityMapping) bool { return m.MaximumDeletedLines+m.MaxPercentageDeletedLines > 0 })},
	} {
		if !a.on {
			warnings = append(warnings, "No threshold guards the "+a.what+" of connector "+c.Identifier+".")
		}
	}
	return warnings
}

// refusal is the error of a blocked delivery.
func refusal(d *Delivery, c *system.Connector) error {
	lines := make([]string, len(d.Blocked))
	for i, e := range d.Blocked {
		lines[i] = e.String()
	}
	return errs.New(errs.Threshold, "Threshold exceeded: the synchronization of %s was blocked before anything was written (%s).", c.DisplayName, strings.Join(lines, "; ")).Of(d.ID)
}
