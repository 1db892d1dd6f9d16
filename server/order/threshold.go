package order

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// thresholdWindow is what a threshold counts over in continuous mode, instead of over one run (design 3).
const thresholdWindow = time.Hour

// TypeCount is how many orders of one resource type a generation has, by what they do to targets (spec 8.1).
type TypeCount struct {
	ResourceTypeID int64  `json:"resourceTypeId"`
	ResourceType   string `json:"resourceType"`
	Insert         int    `json:"insert"`
	Update         int    `json:"update"`
	Delete         int    `json:"delete"`
	Base           int    `json:"base"`             // targets linked to an owner: what percentages count from; as many as they need, in continuous mode
	Recent         int    `json:"recent,omitempty"` // orders of the last hour included above (continuous)
}

// Exceeded is one threshold that stopped a generation.
type Exceeded struct {
	ResourceType string `json:"resourceType"`
	Name         string `json:"name"`   // of the resource type, to show
	Action       string `json:"action"` // insert, update, delete
	Count        int    `json:"count"`
	Limit        int    `json:"limit"`
	IsPercent    bool   `json:"isPercent"`
	Base         int    `json:"base"`
	Message      string `json:"message"`
}

func (p *generationPlan) count(r *route, change string, n int) *TypeCount {
	c := p.counts[r.ID]
	if c == nil {
		c = &TypeCount{ResourceTypeID: r.ID, ResourceType: r.Identifier}
		p.counts[r.ID] = c
	}
	switch change {
	case "insert":
		c.Insert += n
	case "delete":
		c.Delete += n
	default:
		c.Update += n
	}
	return c
}

// countBase adds the targets that percentages count from and, in continuous mode, what the continuous mode itself published in the last
// hour: what a job published was guarded in that job's own run, and what a person let through does not count again. In continuous mode targets are counted
// only as far as it takes to see that a percentage is kept: a few orders need not count everybody.
func (s *Service) countBase(ctx context.Context, tx bun.Tx, p *generationPlan, in GenerateInput) error {
	types := slices.Sorted(maps.Keys(p.counts))
	if len(types) == 0 {
		return nil
	}
	if in.Continuous {
		if err := s.countRecent(ctx, tx, p, types); err != nil {
			return err
		}
		if err := countTargets(ctx, tx, p, types, func(id int64) int { return s.enough(p.counts[id], p.routes[id]) }); err != nil {
			return err
		}
		if len(s.exceeded(p)) == 0 {
			return nil
		}
	}
	return countTargets(ctx, tx, p, types, func(int64) int { return math.MaxInt32 })
}

// enough is how many targets there must be for every percentage of a resource type to be kept.
func (s *Service) enough(c *TypeCount, r *route) int {
	least := s.MinimumPopulation
	for _, k := range [][2]int{{c.Insert, r.MaximumInsertPercent}, {c.Update, r.MaximumUpdatePercent}, {c.Delete, r.MaximumDeletePercent}} {
		if k[1] > 0 {
			least = max(least, k[0]*100/k[1]+1)
		}
	}
	return least
}

// countTargets counts the targets of resource types that have an owner, up to a number for each.
func countTargets(ctx context.Context, tx bun.Tx, p *generationPlan, types []int64, upTo func(int64) int) error {
	limits := make([]int, len(types))
	for i, id := range types {
		limits[i] = upTo(id)
	}
	var bases []struct {
		ResourceTypeID int64
		Base           int
	}
	err := tx.NewRaw(`select t.id as resource_type_id, n.base from unnest(?::bigint[], ?::bigint[]) t (id, most)
		cross join lateral (select count(*) as base from (
			select from assigned_resource_type a join resource r on r.id = a.resource_id and r.valid_to = 'infinity'
			where a.valid_to = 'infinity' and a.owner_id is not null and a.resource_type_id = t.id limit t.most) x) n`,
		pgdialect.Array(types), pgdialect.Array(limits)).Scan(ctx, &bases)
	if err != nil {
		return fmt.Errorf("count targets: %w", err)
	}
	for _, b := range bases {
		p.counts[b.ResourceTypeID].Base = b.Base
	}
	return nil
}

// countRecent adds what the continuous mode published in the last hour.
func (s *Service) countRecent(ctx context.Context, tx bun.Tx, p *generationPlan, types []int64) error {
	var recent []struct {
		ResourceTypeID int64
		Change         string
		N              int
	}
	err := tx.NewRaw(`select o.resource_type_id, case o.kind when 'CREATE' then 'insert' when 'DELETE' then 'delete' else 'update' end as change, count(*) as n
		from provisioning_order o
		left join generation g on g.id = o.generation_id
		where o.generated_at > ? and o.resource_type_id = any(?) and not coalesce(g.is_forced, false) and g.job_instance_id is null
		group by 1, 2`, stamp(p.now.Add(-thresholdWindow)), pgdialect.Array(types)).Scan(ctx, &recent)
	if err != nil {
		return fmt.Errorf("count recent orders: %w", err)
	}
	for _, r := range recent {
		p.count(p.routes[r.ResourceTypeID], r.Change, r.N).Recent += r.N
	}
	return nil
}

// exceeded compares the counts with the thresholds. 0 is off; exceeded is strictly greater; a percentage counts only from
// MinimumPopulation targets on.
func (s *Service) exceeded(p *generationPlan) []Exceeded {
	var list []Exceeded
	for _, id := range slices.Sorted(maps.Keys(p.counts)) {
		c, r := p.counts[id], p.routes[id]
		for _, k := range []struct {
			action              string
			n, maximum, percent int
		}{
			{"insert", c.Insert, r.MaximumInsert, r.MaximumInsertPercent},
			{"update", c.Update, r.MaximumUpdate, r.MaximumUpdatePercent},
			{"delete", c.Delete, r.MaximumDelete, r.MaximumDeletePercent},
		} {
			e := Exceeded{ResourceType: r.Identifier, Name: r.DisplayName, Action: k.action, Count: k.n, Base: c.Base}
			if k.maximum > 0 && k.n > k.maximum {
				e.Limit = k.maximum
				e.Message = fmt.Sprintf("Threshold exceeded: %d orders would %s targets of %s; at most %d are allowed.", k.n, k.action, r.DisplayName, k.maximum)
				list = append(list, e)
			}
			if k.percent > 0 && c.Base >= s.MinimumPopulation && k.n*100 > k.percent*c.Base {
				e.Limit, e.IsPercent = k.percent, true
				e.Message = fmt.Sprintf("Threshold exceeded: %d orders would %s targets of %s; that is more than %d %% of %d.", k.n, k.action, r.DisplayName, k.percent, c.Base)
				list = append(list, e)
			}
		}
	}
	return list
}

// beyond leaves of what is exceeded that which is more than somebody approved.
func beyond(exceeded, approved []Exceeded) []Exceeded {
	return slices.DeleteFunc(exceeded, func(e Exceeded) bool {
		return slices.ContainsFunc(approved, func(a Exceeded) bool {
			return a.ResourceType == e.ResourceType && a.Action == e.Action && e.Count <= a.Count
		})
	})
}

func (p *generationPlan) sortedCounts() []TypeCount {
	list := make([]TypeCount, 0, len(p.counts))
	for _, id := range slices.Sorted(maps.Keys(p.counts)) {
		list = append(list, *p.counts[id])
	}
	slices.SortFunc(list, func(a, b TypeCount) int { return cmp.Compare(a.ResourceType, b.ResourceType) })
	return list
}
