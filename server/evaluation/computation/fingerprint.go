package computation

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"writ/server/evaluation"
	"writ/server/evaluation/difference"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// hasher makes the fingerprint of an owner: a hash of everything its computation can read, in the state after its deltas are applied. An
// owner whose fingerprint is still the same needs no computation. Row ids are left out, so that what was just saved already matches.
type hasher struct {
	c   *model.Compiled
	b   *evaluation.Batch
	buf []byte
}

func (h *hasher) n(v int64)  { h.buf = binary.LittleEndian.AppendUint64(h.buf, uint64(v)) }
func (h *hasher) s(v string) { h.n(int64(len(v))); h.buf = append(h.buf, v...) }
func (h *hasher) t(v *time.Time) {
	if v == nil {
		h.n(interval.Min)
	} else {
		h.n(v.UnixMicro())
	}
}

func (h *hasher) is(flags ...bool) {
	var n byte
	for i, f := range flags {
		if f {
			n |= 1 << i
		}
	}
	h.buf = append(h.buf, n)
}

// of computes the fingerprint of an owner: 16 bytes.
func (h *hasher) of(o *evaluation.Owner) []byte {
	h.buf = h.buf[:0]
	h.n(h.c.Version)
	h.s(h.c.KeyHash)
	h.s(h.c.Shape.Zone().String())
	h.is(h.b.BlockAll, h.b.NoReview) // not Initial: what the first run saved, the second would find the same
	src := h.c.Sources[o.Resource.EntityTypeID]
	if src != nil {
		h.resource(src.Reads, o.Resource)
		h.lookups(o.Lookups)
	} else {
		h.is(o.Resource.Gone)
	}
	h.t(o.DepartedAt)
	h.roles(o.Roles)
	types := slices.Clone(o.Types)
	slices.SortFunc(types, func(a, b *evaluation.ExistingType) int {
		if a.ResourceTypeID != b.ResourceTypeID {
			return int(a.ResourceTypeID - b.ResourceTypeID)
		}
		return int(a.TargetID - b.TargetID)
	})
	for _, x := range types {
		h.existing(x)
	}
	for _, c := range o.Candidates {
		h.n(c.TargetID)
		h.n(c.RuleID)
		h.is(c.Owners > 1, c.IsLeaving, c.Former != nil)
		if c.Former != nil {
			h.n(c.Former.ResourceTypeID)
			h.expected(h.c.Types[c.Former.ResourceTypeID], c.Former.Expected)
			h.dangling(c.TargetID, c.Former.Expected)
		}
		h.target(c.TargetID)
	}
	for _, id := range slices.Sorted(maps.Keys(o.Denied)) {
		h.n(id)
	}
	sum := sha256.Sum256(h.buf)
	return slices.Clone(sum[:16])
}

// lookups adds what the keys of query rules find.
func (h *hasher) lookups(found map[evaluation.Key][]int64) {
	if len(found) == 0 {
		return
	}
	for _, k := range slices.SortedFunc(maps.Keys(found), func(a, b evaluation.Key) int {
		return cmp.Or(cmp.Compare(a.RuleID, b.RuleID), cmp.Compare(a.Value, b.Value))
	}) {
		h.n(k.RuleID)
		h.s(k.Value)
		h.ids(found[k])
		for _, id := range found[k] {
			if x := h.b.Resources[id]; x != nil {
				h.s(x.DisplayName)
				if rule := h.c.Rules[k.RuleID]; rule != nil && rule.Property != nil && rule.Property.GroupBy != "" {
					h.s(x.Scalars[rule.Property.GroupBy])
				}
			}
		}
	}
}

// resource adds what the rules read of a resource, as far as they follow it.
func (h *hasher) resource(u *formula.Reads, r *evaluation.Resource) {
	h.n(r.ID)
	h.is(r.Gone)
	if u.Self {
		h.s(r.Key)
		h.s(r.DisplayName)
	}
	if u.All {
		for _, k := range slices.Sorted(maps.Keys(r.Scalars)) {
			h.s(k)
			h.s(r.Scalars[k])
		}
	} else {
		for _, k := range u.Scalars {
			h.s(r.Scalars[k])
		}
	}
	for _, n := range u.Navs {
		ids := r.Links[n.Name]
		h.ids(ids)
		for _, id := range ids {
			if x := h.b.Resources[id]; x != nil {
				h.resource(n.To, x)
			}
		}
	}
}

func (h *hasher) ids(ids []int64) {
	h.n(int64(len(ids)))
	for _, id := range ids {
		h.n(id)
	}
}

// target adds what Evaluate compares of a target: its values, and the identity of what it points to.
func (h *hasher) target(id int64) {
	x := h.b.Resources[id]
	if x == nil {
		h.n(0)
		return
	}
	h.n(id)
	h.is(x.Gone)
	h.s(x.Key)
	h.s(x.DisplayName)
	u := h.c.Targets[x.EntityTypeID]
	if u == nil {
		return
	}
	for _, k := range u.Scalars {
		h.s(x.Scalars[k])
	}
	for _, n := range u.Navs {
		h.ids(x.Links[n.Name])
	}
}

// dangling adds which of our own texts a target shows.
func (h *hasher) dangling(targetID int64, e evaluation.Expected) {
	x := h.b.Resources[targetID]
	if x == nil || !e.HasTexts() {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(e.Ours)) {
		for _, own := range e.Ours[name] {
			h.is(own.ID == 0 && slices.Contains(x.Dangling[name], own.Value))
		}
	}
}

func (h *hasher) roles(rows []*evaluation.AssignedRole) {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b *evaluation.AssignedRole) int {
		if a.RoleID != b.RoleID {
			return int(a.RoleID - b.RoleID)
		}
		if x, y := interval.StartOf(a.Start), interval.StartOf(b.Start); x != y {
			return map[bool]int{true: -1, false: 1}[x < y]
		}
		if a.Workflow != b.Workflow {
			return int(a.Workflow) - int(b.Workflow)
		}
		return slices.Compare(evaluation.ListedParameters(a.Parameters), evaluation.ListedParameters(b.Parameters))
	})
	for _, x := range rows {
		h.n(x.RoleID)
		h.n(int64(x.Workflow))
		h.s(x.Origin)
		h.is(x.IsDenied)
		h.t(x.Start)
		h.t(x.End)
		h.n(x.InferredByID)
		h.ids(x.RuleIDs)
		h.ids(x.FoundBy)
		h.ids(x.Lacking)
		for _, name := range slices.Sorted(maps.Keys(x.Parameters)) {
			h.s(name)
			h.n(x.Parameters[name])
		}
		h.ground(x.Ground)
	}
}

// ground adds what a role stands on.
func (h *hasher) ground(g *evaluation.Ground) {
	if g == nil {
		return
	}
	h.n(g.Rules)
	h.n(g.All)
	h.n(g.ContextRule)
	h.n(int64(len(g.Contexts)))
	for _, values := range g.Contexts {
		h.n(int64(len(values)))
		for _, name := range slices.Sorted(maps.Keys(values)) {
			h.s(name)
			h.n(values[name])
		}
	}
	for _, name := range g.Names {
		h.s(name)
	}
	h.s(string(g.Cause))
}

func (h *hasher) existing(x *evaluation.ExistingType) {
	h.n(x.ResourceTypeID)
	if x.TargetID != 0 {
		h.target(x.TargetID)
	}
	h.n(int64(x.Workflow))
	h.n(int64(x.Confidence))
	h.is(x.IsExpected, x.IsDenied, x.IsFrozen, x.WasVerified)
	h.t(x.Start)
	h.t(x.End)
	h.s(x.CreatedKey)
	h.s(x.Error)
	h.expected(h.c.Types[x.ResourceTypeID], x.Expected)
	h.dangling(x.TargetID, x.Expected)
	if o := x.Order; o != nil {
		h.s(string(o.Kind))
		if o.TargetID != 0 && o.TargetID != x.TargetID {
			h.target(o.TargetID)
		}
		sent := false
		lines := slices.Clone(o.Lines)
		slices.SortFunc(lines, func(a, b *evaluation.ExistingLine) int {
			switch {
			case a.Property != b.Property:
				return map[bool]int{true: -1, false: 1}[a.Property < b.Property]
			case a.Action != b.Action:
				return map[bool]int{true: -1, false: 1}[a.Action < b.Action]
			default:
				return int(a.ValueID - b.ValueID)
			}
		})
		for _, l := range lines {
			h.s(l.Property)
			h.s(string(l.Action))
			h.n(l.ValueID)
			h.s(l.Current)
			h.s(l.Proposed)
			h.n(int64(l.State))
			h.n(int64(l.Workflow))
			h.is(l.ReviewRequired, l.IsSent)
			h.t(l.End)
			h.s(difference.OrNone(l.WaitReason))
			h.s(l.Error)
			sent = sent || l.State == evaluation.Transmitted
		}
		synced := false
		if t := h.c.Types[x.ResourceTypeID]; t != nil {
			at, ok := h.b.SyncedAt[t.TargetEntityTypeID]
			synced = ok && (o.ExecutedAt == nil || at.After(*o.ExecutedAt))
		}
		h.is(o.InFlight, sent && o.IsManual, o.ReviewedAt != nil, o.UnverifiedCount > 0, o.IsSuperseded, synced, o.IsTargetTaken)
		h.t(o.ExecutedAt)
	}
	gaps := slices.Clone(x.Gaps)
	slices.SortFunc(gaps, func(a, b *evaluation.Gap) int {
		if a.Property != b.Property {
			return map[bool]int{true: -1, false: 1}[a.Property < b.Property]
		}
		return int(a.ValueID - b.ValueID)
	})
	for _, g := range gaps {
		h.s(g.Property)
		h.n(g.ValueID)
		h.n(int64(g.Workflow))
		h.s(g.Current)
		h.s(g.Proposed)
		h.is(g.IsPostponed)
		h.ids(g.Roles)
	}
	for _, k := range x.Kept {
		h.s(k.Property)
		h.n(k.ValueID)
		h.n(int64(k.Workflow))
		h.s(k.Value)
		h.s(k.KeptAgainst)
	}
}

func (h *hasher) expected(t *model.ResourceType, e evaluation.Expected) {
	h.n(int64(len(e.Properties)))
	if t == nil {
		t = &model.ResourceType{}
	}
	for _, q := range t.Props {
		spans := e.Properties[q.Identifier]
		h.n(int64(len(spans)))
		for _, s := range spans {
			h.t(s.From)
			h.t(s.To)
			h.s(s.Value)
			h.n(s.ID)
			h.ids(s.Rules)
			h.s(s.Error)
			h.n(int64(s.Confidence))
			h.is(s.CreateOnly, s.InForce, s.Found)
			h.n(int64(s.Comparison))
		}
	}
	h.ids(e.TypeRules)
	h.ids(e.Roles)
	for _, name := range slices.Sorted(maps.Keys(e.Ours)) {
		h.s(name)
		h.n(int64(len(e.Ours[name])))
		for _, x := range e.Ours[name] {
			h.s(x.Value)
			h.n(x.ID)
			h.n(int64(x.Comparison))
			h.n(x.Since)
			h.is(x.Renamed, t.ResourceType != nil && h.b.SeenSince(t.TargetEntityTypeID, x))
		}
	}
	h.is(e.Begun)
}
