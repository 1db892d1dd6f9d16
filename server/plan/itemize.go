package plan

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/order"
	"writ/server/rolemodel"
)

// itemizer turns what an evaluation would write into items, and counts them.
type itemizer struct {
	m      *assignment.Model
	roles  map[int64]*rolemodel.Role
	ways   map[int64]order.Way
	now    time.Time
	orders map[int64]map[evaluation.OrderKind]int // by resource type: orders that could leave at once
	ended  map[int64][]*Item                      // of owners that are still to come: what ends since somebody else takes it
	names  map[int64]string                       // resources that roles of the batch have as parameters, and values that risks would keep back
	kept   map[int64]map[keptValue][]int64        // single values that risks keep back from owners of the batch already, and which
	// counted are the instants of the owner at hand that are counted from now.
	counted []time.Time

	next int64 // number of the newest order, while it is summed up
}

func newItemizer(m *assignment.Model, ways map[int64]order.Way, now time.Time) *itemizer {
	x := &itemizer{m: m, ways: ways, now: now, roles: map[int64]*rolemodel.Role{}, orders: map[int64]map[evaluation.OrderKind]int{}, ended: map[int64][]*Item{}}
	for _, r := range m.Source.Roles {
		x.roles[r.ID] = r
	}
	return x
}

// keptValue is one value that a risk keeps back.
type keptValue struct {
	resourceType int64
	property     string
	value        int64 // 0: a scalar
}

// difference is what would change for one owner.
type difference struct {
	ownerID, typeID int64
	dimensions      map[string]int64
	items           []*Item
}

// of gives what would change for the owner of a result; nil: nothing.
func (x *itemizer) of(o *evaluation.Owner, r *evaluation.Result) *difference {
	d := &difference{ownerID: o.Resource.ID, typeID: o.Resource.EntityTypeID}
	x.counted = countedFromNow(o, r)
	if r.Err != nil {
		d.items = append(d.items, &Item{Kind: Failure, Effect: Changed, Object: "computation", ObjectName: "Computation", Error: filled(r.Err.Error())})
	}
	for i := range r.Roles {
		if item := x.role(o, r, &r.Roles[i]); item != nil {
			d.items = append(d.items, item)
		}
	}
	for i := range r.Types {
		d.items = append(d.items, x.typed(&r.Types[i])...)
	}
	d.items = append(d.items, x.blocked(o, r)...)
	if len(d.items) == 0 {
		return nil
	}
	x.place(d, o, r)
	return d
}

// countedFromNow are the instants at which the grace of roles ends that the rules would take away: counted from when that is carried out, which is later
// each time. What such a role gives ends then, too.
func countedFromNow(o *evaluation.Owner, r *evaluation.Result) (list []time.Time) {
	for i := range r.Roles {
		row := &r.Roles[i].Row
		at := slices.IndexFunc(o.Roles, func(e *evaluation.AssignedRole) bool { return e.ID != 0 && e.ID == row.ID })
		if at < 0 || row.Workflow != evaluation.Prolonged || row.End == nil {
			continue
		}
		if e := o.Roles[at]; e.Workflow != evaluation.Prolonged && (e.End == nil || row.End.Before(*e.End)) {
			list = append(list, *row.End)
		}
	}
	return list
}

// place notes where somebody stands: by his main context.
func (x *itemizer) place(d *difference, _ *evaluation.Owner, r *evaluation.Result) {
	for i := range r.Contexts {
		c := &r.Contexts[i]
		if (c.Start == nil || !c.Start.After(x.now)) && (c.End == nil || c.End.After(x.now)) {
			d.dimensions = c.Dimensions
			return
		}
	}
}

func (x *itemizer) role(o *evaluation.Owner, r *evaluation.Result, d *evaluation.RoleDelta) *Item {
	i := &Item{Kind: Role, WorkflowCode: new(int(d.Row.Workflow)), StartDate: d.Row.Start, EndDate: d.Row.End}
	if own := x.roles[d.Row.RoleID]; own != nil {
		i.Object, i.ObjectName = own.Identifier, own.DisplayName
	}
	if len(d.Row.Parameters) > 0 {
		i.Property, i.PropertyName, i.Parameters = new("parameters"), new(x.parameters(d.Row.Parameters)), evaluation.ListedParameters(d.Row.Parameters)
	}
	after := x.period(d.Row.Start, d.Row.End)
	blocked := x.keptBack(r, d)
	switch at := slices.IndexFunc(o.Roles, func(e *evaluation.AssignedRole) bool { return e.ID != 0 && e.ID == d.Row.ID }); {
	case d.Row.ID == 0 && d.Close:
		return nil
	case d.Row.ID == 0:
		i.Effect, i.After, i.Error = Added, after, blocked
		if blocked != nil {
			i.Effect = Changed // nobody gets it
		}
	case d.Close:
		i.Effect = Removed
		if at >= 0 {
			i.Before, i.StartDate, i.EndDate = x.period(o.Roles[at].Start, o.Roles[at].End), o.Roles[at].Start, nil
			i.WorkflowCode = new(int(o.Roles[at].Workflow))
			if o.Roles[at].Workflow == evaluation.Blocked {
				i.Effect = Changed // nobody had it
			}
		}
	case at < 0:
		return nil
	default:
		e := o.Roles[at]
		before := x.period(e.Start, e.End)
		if *before == *after && e.Workflow == d.Row.Workflow && e.IsDenied == d.Row.IsDenied && e.HasParameters(d.Row.Parameters) {
			return nil // another rule gives the same
		}
		i.Effect, i.Before, i.After, i.Error = Changed, before, after, blocked
		if e.Workflow == evaluation.Blocked && blocked == nil {
			i.Effect, i.Before = Added, nil // until now it was kept back
		}
	}
	return i
}

// keptBack says by which risks a role would be kept back; nil: it would not.
func (x *itemizer) keptBack(r *evaluation.Result, d *evaluation.RoleDelta) *string {
	if d.Close || d.Row.Workflow != evaluation.Blocked {
		return nil
	}
	var names []string
	for i := range r.Withheld {
		k := &r.Withheld[i]
		if risk := x.m.Risk(k.RiskID); risk != nil && k.RoleID == d.Row.RoleID && d.Row.HasParameters(k.Parameters) && !slices.Contains(names, risk.DisplayName) {
			names = append(names, risk.DisplayName)
		}
	}
	return new("Blocked by the risk " + strings.Join(names, ", and by the risk ") + ".")
}

// blocked are the single values that risks would newly keep back, each once, and those that they would keep back no more: what would be given of them is a line
// besides. What is kept back already is no difference.
func (x *itemizer) blocked(o *evaluation.Owner, r *evaluation.Result) (items []*Item) {
	if r.Err != nil {
		return nil
	}
	open := x.kept[o.Resource.ID]
	at, still := map[keptValue]*Item{}, map[keptValue]bool{}
	item := func(place keptValue, risk int64) (_ *Item, name string) {
		if m := x.m.Risk(risk); m != nil {
			name = m.DisplayName
		}
		i := at[place]
		if i == nil {
			i = x.about(Blocked, place.resourceType)
			x.property(i, place.resourceType, place.property)
			i.IsManual, i.Effect = false, Changed
			at[place] = i
			items = append(items, i)
		}
		return i, name
	}
	for n := range r.Withheld {
		k := &r.Withheld[n]
		if k.RoleID != 0 {
			continue
		}
		place := keptValue{k.ResourceTypeID, k.Property, k.ValueID}
		still[place] = true
		if slices.Contains(open[place], k.RiskID) {
			continue
		}
		i, name := item(place, k.RiskID)
		i.After = x.nameOf(k.ValueID)
		switch {
		case i.Error == nil:
			i.Error = new("Blocked by the risk " + name + ".")
		case !strings.Contains(*i.Error, " "+name+"."):
			i.Error = new(strings.TrimSuffix(*i.Error, ".") + ", and by the risk " + name + ".")
		}
	}
	for _, place := range slices.SortedFunc(maps.Keys(open), keptValue.compare) {
		if !still[place] {
			i, _ := item(place, 0)
			i.Before = x.nameOf(place.value)
		}
	}
	return items
}

func (k keptValue) compare(l keptValue) int {
	return cmp.Or(cmp.Compare(k.resourceType, l.resourceType), cmp.Compare(k.property, l.property), cmp.Compare(k.value, l.value))
}

// nameOf names a resource; nil: it is none, but a scalar that nobody has computed yet.
func (x *itemizer) nameOf(id int64) *string {
	if id == 0 {
		return nil
	}
	return new(cmp.Or(x.names[id], "#"+strconv.FormatInt(id, 10)))
}

// readKept reads which single values risks keep back from the owners of a batch already, in one statement.
func (x *itemizer) readKept(ctx context.Context, tx bun.Tx, f *assignment.Foreseen) error {
	x.kept = map[int64]map[keptValue][]int64{}
	owners := make([]int64, len(f.Results))
	for i := range f.Results {
		owners[i] = f.Results[i].OwnerID
	}
	if err := db.Select(ctx, tx, bun.SafeQuery(`select owner_id, risk_id, resource_type_id, property, coalesce(value_id, 0) from risk_block
		where closed_at is null and role_id is null and owner_id = any (?)`, array(owners)), func(r *db.Row) error {
		owner, risk, place := r.Int(), r.Int(), keptValue{r.Int(), r.Text(), r.Int()}
		if x.kept[owner] == nil {
			x.kept[owner] = map[keptValue][]int64{}
		}
		x.kept[owner][place] = append(x.kept[owner][place], risk)
		return nil
	}); err != nil {
		return fmt.Errorf("read what risks keep back: %w", err)
	}
	return nil
}

// parameters says with what a role is held, by the names of the values in the order of the dimensions' identifiers.
func (x *itemizer) parameters(params map[string]int64) string {
	list := evaluation.ListedParameters(params)
	names := make([]string, len(list))
	for k, id := range list {
		names[k] = cmp.Or(x.names[id], "#"+strconv.FormatInt(id, 10))
	}
	return strings.Join(names, ", ")
}

// readNames names the parameters of the roles of a batch, and what risks would keep back of values, in one statement.
func (x *itemizer) readNames(ctx context.Context, tx bun.Tx, f *assignment.Foreseen) error {
	var list []int64
	for i := range f.Results {
		for _, d := range f.Results[i].Roles {
			list = slices.AppendSeq(list, maps.Values(d.Row.Parameters))
		}
		for _, k := range f.Results[i].Withheld {
			if k.RoleID == 0 && k.ValueID != 0 {
				list = append(list, k.ValueID)
			}
		}
	}
	for _, open := range x.kept {
		for place := range open {
			list = append(list, place.value)
		}
	}
	x.names = map[int64]string{}
	if len(list) == 0 {
		return nil
	}
	var rows []struct {
		ID          int64
		DisplayName string
	}
	if err := tx.NewRaw(`select id, display_name from resource where id = any (?)`, array(list)).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("read the names of parameters: %w", err)
	}
	for _, r := range rows {
		x.names[r.ID] = r.DisplayName
	}
	return nil
}

// period is a time in words that compare; what begins or ends with the computation says so.
func (x *itemizer) period(from, to *time.Time) *string {
	return new(x.instant(from, "-") + "/" + x.instant(to, "-"))
}

func (x *itemizer) instant(t *time.Time, open string) string {
	switch {
	case t == nil:
		return open
	case t.Equal(x.now):
		return "now"
	case slices.ContainsFunc(x.counted, t.Equal):
		return "now+" + t.Sub(x.now).String()
	default:
		return t.UTC().Format(time.RFC3339)
	}
}

func (x *itemizer) about(kind Kind, resourceTypeID int64) *Item {
	i := &Item{Kind: kind}
	if t := x.m.ResourceType(resourceTypeID); t != nil {
		i.Object, i.ObjectName = t.Identifier, t.DisplayName
	}
	if w := x.ways[resourceTypeID]; w.System != "" {
		i.System, i.SystemName = &w.System, &w.SystemName
	}
	i.IsManual = x.ways[resourceTypeID].IsManual
	return i
}

func (x *itemizer) property(i *Item, resourceTypeID int64, property string) {
	if property == "" {
		return
	}
	i.Property, i.PropertyName = &property, &property
	if t := x.m.ResourceType(resourceTypeID); t != nil {
		if p := x.m.Shape.Property(t.TargetEntityTypeID, property); p != nil && p.DisplayName != "" {
			i.PropertyName = &p.DisplayName
		}
	}
}

func (x *itemizer) typed(d *evaluation.TypeDelta) (items []*Item) {
	if a := x.account(d); a != nil {
		items = append(items, a)
	}
	items = append(items, x.lines(d)...)
	for i := range d.Gaps {
		if g := x.gap(d, &d.Gaps[i]); g != nil {
			items = append(items, g)
		}
	}
	return items
}

func (x *itemizer) account(d *evaluation.TypeDelta) *Item {
	i := x.about(Account, d.ResourceTypeID)
	i.IsManual = false
	i.WorkflowCode, i.StartDate, i.EndDate, i.Error = new(int(d.Workflow)), d.Start, d.End, filled(d.Error)
	after := x.period(d.Start, d.End)
	e := d.Existing
	switch {
	case e == nil && d.CloseRow:
		return nil
	case e == nil:
		i.Effect, i.After = Added, after
	case d.CloseRow || e.IsExpected && !d.IsExpected:
		i.Effect, i.Before = Removed, x.period(e.Start, e.End)
	case !e.IsExpected && d.IsExpected:
		i.Effect, i.After = Added, after
	default:
		before := x.period(e.Start, e.End)
		if *before == *after && e.Workflow == d.Workflow && e.TargetID == d.TargetID && e.Error == d.Error && e.Confidence == d.Confidence {
			return nil
		}
		i.Effect, i.Before, i.After = Changed, before, after
	}
	return i
}

func (x *itemizer) lines(d *evaluation.TypeDelta) (items []*Item) {
	if d.Order == nil {
		return nil
	}
	o := d.Order
	x.next++
	known := map[int64]*evaluation.ExistingLine{}
	if d.Existing != nil && d.Existing.Order != nil {
		if o.Withdraw {
			return x.withdrawn(d.ResourceTypeID, d.Existing.Order)
		}
		for _, l := range d.Existing.Order.Lines {
			known[l.ID] = l
		}
	}
	leaves := false
	for k := range o.Lines {
		l := &o.Lines[k]
		i := x.about(Line, d.ResourceTypeID)
		x.property(i, d.ResourceTypeID, l.Property)
		i.orderNo, i.OrderKind, i.Action, i.StateCode, i.WorkflowCode = x.next, &o.Kind, &l.Action, new(int(l.To)), new(int(l.Workflow))
		i.Before, i.After, i.Error = filled(l.Current), filled(l.Proposed), filled(l.Error)
		i.IsReview, i.StartDate, i.EndDate = l.To == evaluation.AwaitingApproval, l.Start, l.End
		i.period = *x.period(l.Start, l.End)
		if w := evaluation.WaitReason(l.WaitReason); w != "" && w != "none" {
			i.WaitReason = &w
		}
		if was := known[l.LineID]; was != nil {
			if was.State == l.To && was.Proposed == l.Proposed && was.ReviewRequired == l.ReviewRequired && !l.Close && x.instant(was.End, "") == x.instant(l.End, "") {
				continue
			}
			if l.Close && l.To == was.State {
				i.StateCode = new(int(evaluation.Inactive))
			}
		}
		switch l.Action {
		case evaluation.LineDelete, evaluation.LineRemove:
			i.Effect, i.Before, i.After = Removed, filled(cmp.Or(l.Current, l.Proposed)), nil
		case evaluation.LineSet:
			i.Effect = Changed
		default:
			i.Effect = Added
		}
		leaves = leaves || l.To == evaluation.Pending && (o.DueAt == nil || !o.DueAt.After(x.now))
		items = append(items, i)
	}
	if leaves {
		if x.orders[d.ResourceTypeID] == nil {
			x.orders[d.ResourceTypeID] = map[evaluation.OrderKind]int{}
		}
		x.orders[d.ResourceTypeID][o.Kind]++
	}
	return items
}

// withdrawn are the lines of an order that would be taken back.
func (x *itemizer) withdrawn(resourceTypeID int64, o *evaluation.ExistingOrder) (items []*Item) {
	for _, l := range o.Lines {
		i := x.about(Line, resourceTypeID)
		x.property(i, resourceTypeID, l.Property)
		i.Effect, i.OrderKind, i.Action, i.StateCode, i.IsManual = Removed, &o.Kind, &l.Action, new(int(evaluation.Inactive)), false
		i.Before = filled(l.Proposed)
		items = append(items, i)
	}
	return items
}

func (x *itemizer) gap(d *evaluation.TypeDelta, g *evaluation.GapDelta) *Item {
	i := x.about(Difference, d.ResourceTypeID)
	i.IsManual = false
	x.property(i, d.ResourceTypeID, g.Property)
	i.Before, i.After, i.WorkflowCode = filled(g.Current), filled(g.Proposed), new(int(g.Workflow))
	switch {
	case g.ID == 0 && g.Close:
		return nil
	case g.ID == 0:
		i.Effect = Added
	case g.Close:
		i.Effect = Removed
	default:
		if d.Existing != nil && slices.ContainsFunc(d.Existing.Gaps, func(e *evaluation.Gap) bool {
			return e.ID == g.ID && e.Workflow == g.Workflow && e.Current == g.Current && e.Proposed == g.Proposed
		}) {
			return nil
		}
		i.Effect = Changed
	}
	return i
}

// all gives what would change for the owners of a batch. What they take from others comes with those: they are computed later.
func (x *itemizer) all(ctx context.Context, tx bun.Tx, f *assignment.Foreseen) (list []*difference, err error) {
	if err := x.readKept(ctx, tx, f); err != nil {
		return nil, err
	}
	if err := x.readNames(ctx, tx, f); err != nil {
		return nil, err
	}
	for i := range f.Results {
		o := f.Batch.Owners[i]
		d := x.of(o, &f.Results[i])
		if items := x.ended[o.Resource.ID]; len(items) > 0 {
			if d == nil {
				d = &difference{ownerID: o.Resource.ID, typeID: o.Resource.EntityTypeID}
			}
			d.items = append(d.items, items...)
			delete(x.ended, o.Resource.ID)
		}
		if d != nil {
			list = append(list, d)
		}
	}
	for _, e := range f.Ended {
		if e.OwnerID != 0 {
			i := x.about(Account, e.ResourceTypeID)
			i.Effect, i.IsManual = Removed, false
			x.ended[e.OwnerID] = append(x.ended[e.OwnerID], i)
		}
	}
	return list, nil
}

// digest is a hash over what would change for one owner, by what it says and not by the numbers that rows happen to have.
func (d *difference) digest() []byte {
	texts := make([]string, len(d.items))
	for k, i := range d.items {
		c := *i
		c.ID = 0
		// an instant that is counted from now is another one each time; what it says stands in the texts of before and after, or in the period
		c.StartDate, c.EndDate = nil, nil
		raw, err := json.Marshal(c)
		if err != nil {
			panic(err) // plain texts and numbers of ours
		}
		texts[k] = string(raw) + c.period
	}
	slices.Sort(texts)
	sum := sha256.Sum256([]byte(strings.Join(texts, "\n")))
	return sum[:16]
}

func filled(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
