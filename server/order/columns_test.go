package order

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/page"
)

// TestColumnsOfFields: a list that reads only the columns of one field shows the same in that field as a list that reads all of them.
func TestColumnsOfFields(t *testing.T) {
	t.Parallel()
	w := setup(t, 4)
	w.plan(w.creation(0, 1), w.creation(1, 5), w.change(2, w.target(2), "New", 1), w.deletion(3, w.target(3), 1))
	w.exec(`update provisioning_order set wait_reason = 'threshold', due_at = now(), generated_at = now(), attempt = 2, not_before = now() + interval '1 hour', transmitted_at = now(),
		executed_at = now(), verified_at = now(), errored_at = now(), error_class = 'REFUSED', error_message = 'm', error_hint = 'h', error_count = 1, unverified_count = 3,
		answer_outcome = 'UNREACHABLE', answer_message = 'am', answer_hint = 'ah', answered_at = now(), assignee = 'a', reviewed_by = 'r', reviewed_at = now(), postponed_at = now()
		where kind <> 'CREATE'`)
	w.exec(`update order_line set current_value = 'c', confidence = 80, start_date = now(), end_date = now(), wait_reason = 'threshold', error = 'e', is_changed = true, postponed_at = now(),
		rule_ids = (select coalesce(array_agg(id), '{}') from resource_type_rule)`)
	value := func(v any, field string) any {
		name := strings.ToUpper(field[:1]) + field[1:]
		if name == "Id" {
			name = "ID"
		}
		r := reflect.ValueOf(v)
		if m := r.MethodByName(name); m.IsValid() {
			return m.Call(nil)[0].Interface()
		}
		f := r.Elem().FieldByName(name)
		require.True(t, f.IsValid(), "%s of %T is neither a field nor a method: read it otherwise in this test", field, v)
		return f.Interface()
	}
	all, err := w.s.List(w.ctx, page.Args{First: 50}, nil, nil, Selection{All: true})
	require.NoError(t, err)
	require.Len(t, all.Edges, 4)
	for field := range orders.Fields {
		switch field {
		case "__typename", "lines", "history", "attempts", "payload": // below, or statements of their own
			continue
		case "connector":
			field = "connectorID"
		}
		sel := Selection{Fields: page.Fields{strings.Replace(field, "connectorID", "connector", 1)}, Owner: field == "owner", Target: field == "target", ResourceType: field == "resourceType", Own: field == "isOwn"}
		some, err := w.s.List(w.ctx, page.Args{First: 50}, nil, nil, sel)
		require.NoError(t, err)
		for i, o := range some.Nodes() {
			require.Equal(t, all.Nodes()[i].ID, o.ID)
			if field == "isOwn" {
				continue
			}
			require.Equal(t, value(all.Nodes()[i], field), value(o, field), field)
		}
		require.Equal(t, all.PageInfo, some.PageInfo)
	}
	for _, sel := range []Selection{
		{Fields: page.Fields{"owner", "target", "resourceType"}, Owner: true, Target: true, ResourceType: true, OwnerFields: page.Fields{"displayName"}, TargetFields: page.Fields{"key"},
			TypeFields: page.Fields{"identifier"}},
	} {
		some, err := w.s.List(w.ctx, page.Args{First: 50}, nil, nil, sel)
		require.NoError(t, err)
		for i, o := range some.Nodes() {
			whole := all.Nodes()[i]
			require.Equal(t, whole.Owner().DisplayName, o.Owner().DisplayName)
			require.Empty(t, o.Owner().Key)
			require.Equal(t, whole.Target() == nil, o.Target() == nil)
			if o.Target() != nil {
				require.Equal(t, whole.Target().Key, o.Target().Key)
			}
			require.Equal(t, whole.ResourceType().Identifier, o.ResourceType().Identifier)
		}
	}
	for field := range lines.Fields {
		switch field {
		case "__typename":
			continue
		case "reasons": // made of the rules
			field = "ruleIDs"
		}
		some, err := w.s.List(w.ctx, page.Args{First: 50}, nil, nil, Selection{Fields: page.Fields{"lines"}, Lines: true, LineFields: page.Fields{strings.Replace(field, "ruleIDs", "reasons", 1)}})
		require.NoError(t, err)
		for i, o := range some.Nodes() {
			whole := all.Nodes()[i].BroughtLines()
			require.Len(t, o.BroughtLines(), len(whole))
			for k, l := range o.BroughtLines() {
				require.Equal(t, value(whole[k], field), value(l, field), field)
			}
		}
	}
}
