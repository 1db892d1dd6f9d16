package mining

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
)

const (
	matrixRoles = 500       // columns of one matrix
	matrixRows  = 2_000     // people of one page of it
	matrixCells = 5_000_000 // cells that are not empty, of all people
)

// The cells of a row.
const (
	cellNone        = '.' // does not hold the role, and the rules do not give it
	cellExplained   = '#' // holds it, and the rules give it
	cellGiven       = 'o' // does not hold it, and the rules would give it
	cellUnexplained = 'x' // holds it, and the rules do not give it
)

// MiningMatrix is a run as people and roles: who holds what, and what the proposed rules say to it.
type MiningMatrix struct {
	Roles        []*MiningResult // the columns
	RolesLeftOut int             // beyond the bound, or of other people
	Rows         []*MiningMatrixRow
	TotalCount   int // people
	PageInfo     page.Info
}

// MiningMatrixRow is one person.
type MiningMatrixRow struct {
	Person *directory.ResourceRef
	Cells  string // one letter for each role
}

// MiningMatrixFilter narrows a matrix; nil fields do not.
type MiningMatrixFilter struct {
	ResultIDs   []int64
	HasProposal *bool
	EntityType  *string
	Place       *MiningPlace
}

// MiningPlace is a value of a dimension that people have.
type MiningPlace struct {
	Dimension string
	Key       string
	Inherit   *bool
}

// matrixAt is where a page of people ended.
type matrixAt struct {
	Offset int `json:"o"`
}

// Matrix gives a run as a matrix: the roles so that those of the same people stand beside each other, the people so that those with the same roles do,
// which makes blocks of both. People who hold none of the roles and would be given none are left out, and whoever the caller may not see. Needs
// /ProvisioningPolicy/Policy/Query, and the right to read some of the people. TooLarge when more than five million cells are not empty.
func (s *Service) Matrix(ctx context.Context, runID int64, f *MiningMatrixFilter, a page.Args) (*MiningMatrix, error) {
	if _, err := s.Run(ctx, runID); err != nil {
		return nil, err
	}
	if a.First < 1 || a.First > matrixRows {
		return nil, errs.Invalid("people", "people must be between 1 and %d, got %d.", matrixRows, a.First)
	}
	var at matrixAt
	if _, err := a.Decode(&at); err != nil {
		return nil, err
	}
	if f == nil {
		f = &MiningMatrixFilter{}
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	columns, total, of, err := s.columnsOf(ctx, runID, f)
	if err != nil {
		return nil, err
	}
	out := &MiningMatrix{Roles: []*MiningResult{}, Rows: []*MiningMatrixRow{}}
	if len(columns) == 0 {
		return out, nil
	}
	name := m.Shape.EntityTypes[of].Identifier
	scope, err := directory.MayRead(ctx, name)
	if err != nil {
		return nil, err
	}
	g, err := s.gridOf(ctx, columns)
	if err != nil {
		return nil, err
	}
	where := page.All(directory.Rows(m.Shape, of, "r", scope))
	if f.Place != nil {
		inPlace, err := placeCondition(m.Shape, *f.Place, s.Clock.Now())
		if err != nil {
			return nil, err
		}
		where = page.All(where, inPlace)
	}
	if err := g.keep(ctx, s.DB, where); err != nil {
		return nil, err
	}
	g.arrange()
	for _, c := range g.order {
		out.Roles = append(out.Roles, columns[c])
	}
	out.RolesLeftOut, out.TotalCount = total-len(columns), len(g.people)
	begin := min(max(at.Offset, 0), len(g.people))
	end := min(begin+a.First, len(g.people))
	refs, err := refsOf(ctx, s.DB, g.people[begin:end], name)
	if err != nil {
		return nil, err
	}
	for i := begin; i < end; i++ {
		if ref := refs[g.people[i]]; ref != nil { // gone this very moment
			out.Rows = append(out.Rows, &MiningMatrixRow{Person: ref, Cells: g.cells(i)})
		}
	}
	out.PageInfo = page.Info{HasNextPage: end < len(g.people), HasPreviousPage: begin > 0}
	if end > begin {
		out.PageInfo.EndCursor = new(page.Cursor(matrixAt{end}))
		out.PageInfo.StartCursor = new(page.Cursor(matrixAt{begin + 1}))
	}
	return out, nil
}

// columnsOf reads the results that are columns, with how many there are in all and whose roles they are: those of the entity type that is asked for, or of
// that which holds most.
func (s *Service) columnsOf(ctx context.Context, runID int64, f *MiningMatrixFilter) (columns []*MiningResult, total int, of int64, err error) {
	where := bun.SafeQuery("m.mining_run_id = ?", runID)
	if len(f.ResultIDs) > 0 {
		where = page.All(where, bun.SafeQuery("m.id = any (?)", pgdialect.Array(f.ResultIDs)))
	}
	if f.HasProposal != nil {
		where = page.All(where, bun.SafeQuery("(m.refused is null) = ?", *f.HasProposal))
	}
	count, err := page.CountRows(ctx, s.DB, bun.SafeQuery(results.Tables(where)+" where ?", where))
	if err != nil {
		return nil, 0, 0, err
	}
	ask := bun.SafeQuery("true")
	if f.EntityType != nil {
		ask = bun.SafeQuery("e.identifier = ?", *f.EntityType)
	}
	var types []int64
	if err := s.DB.NewRaw(`select o.entity_type_id from mining_result m join role o on o.id = m.role_id join entity_type e on e.id = o.entity_type_id where ? and ?
		group by 1 order by sum(m.holders + m.wrongly) desc, 1 limit 1`, where, ask).Scan(ctx, &types); err != nil {
		return nil, 0, 0, fmt.Errorf("look whose roles were mined: %w", err)
	}
	if len(types) == 0 {
		return nil, count.Rows, 0, nil
	}
	where = page.All(where, bun.SafeQuery("m.role_id in (select id from role where entity_type_id = ?) and m.holders + m.wrongly > 0", types[0]))
	columns, err = s.read(ctx, results.Columns, where, "m.holders + m.wrongly desc, m.id", matrixRoles)
	return columns, count.Rows, types[0], err
}

// placeCondition leaves the people r who stand somewhere at the moment.
func placeCondition(shape *directory.Shape, p MiningPlace, now time.Time) (db.Condition, error) {
	d := shape.Dimensions[p.Dimension]
	if d == nil {
		return bun.SafeQuery("false"), errs.Invalid("filter.place.dimension", "There is no dimension %q.", db.Clip(p.Dimension, 100))
	}
	values := bun.SafeQuery("select v.id from resource v where v.entity_type_id = ? and v.key = ? and v.valid_to = 'infinity'", d.EntityTypeID, p.Key)
	if p.Inherit != nil && *p.Inherit && d.IsHierarchical {
		values = bun.SafeQuery("select x.descendant_id from dimension_closure x where x.dimension_id = ? and x.ancestor_id in (?)", d.ID, values)
	}
	return bun.SafeQuery(`exists (select from context c where c.owner_id = r.id and coalesce(c.start_date <= ?0, true) and coalesce(c.end_date > ?0, true)
		and (c.dimensions ->> ?1)::bigint in (?2))`, now, d.Identifier, values), nil
}

// refsOf reads who some people are.
func refsOf(ctx context.Context, b bun.IDB, ids []int64, entityType string) (map[int64]*directory.ResourceRef, error) {
	refs := make(map[int64]*directory.ResourceRef, len(ids))
	err := db.Select(ctx, b, bun.SafeQuery("select id, key, display_name from resource where id = any (?)", pgdialect.Array(ids)), func(r *db.Row) error {
		one := &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: entityType}
		refs[one.ID] = one
		return nil
	})
	return refs, err
}

// grid is a matrix in memory.
type grid struct {
	people  []int64          // the rows
	columns []map[int64]byte // what is not empty
	order   []int            // the columns as they are shown
}

// gridOf reads who holds the roles of some results, and what the rules say to it.
func (s *Service) gridOf(ctx context.Context, columns []*MiningResult) (*grid, error) {
	g := &grid{columns: make([]map[int64]byte, len(columns))}
	ids, at, cells := make([]int64, len(columns)), map[int64]int{}, 0
	for i, c := range columns {
		ids[i], at[c.ID] = c.ID, i
		g.columns[i] = make(map[int64]byte, c.Holders+c.Wrongly)
		cells += c.Holders + c.Wrongly
	}
	if cells > matrixCells {
		return nil, errs.New(errs.TooLarge, "The matrix of these roles has %d cells that are not empty, more than %d. Choose fewer roles.", cells, matrixCells)
	}
	err := db.Select(ctx, s.DB, bun.SafeQuery("select id, held from mining_result where id = any (?)", pgdialect.Array(ids)), func(r *db.Row) error {
		i := at[r.Int()]
		raw := r.Bytes()
		if raw == nil && columns[i].Holders > 0 {
			return errs.Invalid("runId", "This run is from before there were matrices. Look for rules anew.")
		}
		cell := byte(cellExplained)
		if columns[i].Refused != nil { // no rule, nothing explained
			cell = cellUnexplained
		}
		return unpack(raw, func(person int64) { g.columns[i][person] = cell })
	})
	if err != nil {
		return nil, err
	}
	err = db.Select(ctx, s.DB, bun.SafeQuery("select mining_result_id, owner_id, would_be_given from mining_person where mining_result_id = any (?)", pgdialect.Array(ids)), func(r *db.Row) error {
		i, person, cell := at[r.Int()], r.Int(), byte(cellUnexplained)
		if r.Bool() {
			cell = cellGiven
		}
		g.columns[i][person] = cell
		return nil
	})
	return g, err
}

// keep leaves the people of a condition on the resources r.
func (g *grid) keep(ctx context.Context, b bun.IDB, where db.Condition) error {
	all := map[int64]bool{}
	for _, c := range g.columns {
		for person := range c {
			all[person] = true
		}
	}
	ids := make([]int64, 0, len(all))
	for person := range all {
		ids = append(ids, person)
	}
	slices.Sort(ids)
	return db.Select(ctx, b, bun.SafeQuery("select r.id from resource r where r.id = any (?) and r.valid_to = 'infinity' and ? order by r.id", pgdialect.Array(ids), where), func(r *db.Row) error {
		g.people = append(g.people, r.Int())
		return nil
	})
}

// arrange puts columns beside those of the same people, and then rows beside those with the same columns.
func (g *grid) arrange() {
	row := make(map[int64]int, len(g.people))
	for i, person := range g.people {
		row[person] = i
	}
	words := (len(g.people) + 63) / 64
	sets, counts := make([][]uint64, len(g.columns)), make([]int, len(g.columns))
	for c, column := range g.columns {
		sets[c] = make([]uint64, words)
		for person := range column {
			if i, ok := row[person]; ok {
				sets[c][i/64] |= 1 << (i % 64)
				counts[c]++
			}
		}
	}
	g.order = chained(sets, counts)

	// Rows by what they have, the first column first; equal ones stay as they were.
	wide := (len(g.columns) + 63) / 64
	patterns := make([][]uint64, len(g.people))
	for i := range patterns {
		patterns[i] = make([]uint64, wide)
	}
	for at, c := range g.order {
		for person := range g.columns[c] {
			if i, ok := row[person]; ok {
				patterns[i][at/64] |= 1 << (63 - at%64)
			}
		}
	}
	by := make([]int, len(g.people))
	for i := range by {
		by[i] = i
	}
	slices.SortFunc(by, func(a, b int) int { return cmp.Or(slices.Compare(patterns[b], patterns[a]), cmp.Compare(a, b)) })
	people := make([]int64, len(by))
	for i, from := range by {
		people[i] = g.people[from]
	}
	g.people = people
}

// chained orders sets: the largest first, then always the one most like the last (the share of what both have in what one of them has), then the larger one.
func chained(sets [][]uint64, counts []int) []int {
	order, left := make([]int, 0, len(sets)), make([]int, len(sets))
	for i := range left {
		left[i] = i
	}
	slices.SortStableFunc(left, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	for len(left) > 0 {
		best, likest := 0, -1.0
		if len(order) > 0 {
			last := order[len(order)-1]
			for i, c := range left {
				// No better than the sizes alone allow: most are not compared bit by bit.
				if few, many := min(counts[c], counts[last]), max(counts[c], counts[last]); many == 0 || float64(few)/float64(many) <= likest {
					continue
				}
				both := 0
				for w := range sets[c] {
					both += bits.OnesCount64(sets[c][w] & sets[last][w])
				}
				if like := float64(both) / float64(counts[c]+counts[last]-both); like > likest {
					best, likest = i, like
				}
			}
		}
		order = append(order, left[best])
		left = slices.Delete(left, best, best+1)
	}
	return order
}

// cells writes a row.
func (g *grid) cells(row int) string {
	out := make([]byte, len(g.order))
	for at, c := range g.order {
		out[at] = cellNone
		if cell, ok := g.columns[c][g.people[row]]; ok {
			out[at] = cell
		}
	}
	return string(out)
}

// pack writes ascending ids.
func pack(ids []int64) []byte {
	out, last := make([]byte, 0, 2*len(ids)), int64(0)
	for _, id := range ids {
		out = binary.AppendUvarint(out, uint64(id-last)) //nolint:gosec // ids ascend
		last = id
	}
	return out
}

// unpack reads what pack wrote.
func unpack(raw []byte, each func(id int64)) error {
	last := int64(0)
	for len(raw) > 0 {
		step, n := binary.Uvarint(raw)
		if n <= 0 {
			return fmt.Errorf("read who held a role: %d bytes are no number", len(raw))
		}
		last, raw = last+int64(step), raw[n:] //nolint:gosec // as above
		each(last)
	}
	return nil
}
