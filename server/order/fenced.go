package order

import "writ/server/fence"

// Fenced is what orders would send to target systems, for who looks at the fence.
func Fenced() fence.Work {
	return fence.Work{Kind: fence.FencedOrder, SQL: `
		select coalesce(n.display_name, '') as receiver, o.created_at as at, o.id,
			o.kind || ' ' || t.display_name || coalesce(' of ' || nullif(r.display_name, ''), '') as example
		from provisioning_order o join resource_type t on t.id = o.resource_type_id left join resource r on r.id = o.owner_id
		left join connection n on n.id = o.connection_id
		where o.closed_at is null and ` + sqlDue}
}
