package assignment

import "writ/server/evaluation"

// The one rule of who has a target, for every statement that asks. It joins a relation k with owner_id (who asks) and resource_id (the
// target) and gives h.claim:
//
//	FREE     nobody has it, or a row without owner that nobody looked at
//	FORMER   somebody who is gone had it, or a row without owner is to be removed and that has not begun: it passes to whom it is wanted for
//	LEAVING  its removal was sent, carried out or decided by a person, or another order of that row is being called
//	TAKEN    somebody else who lives has it, or a person left it without owner
//
// A target that the asker itself has is FREE. What was created for somebody and is not linked yet is his, too, and so is what his order may have created
// whose answer is still out.
const claimOfTarget = `
	left join lateral (
		select c.claim, case when c.claim = 'FORMER' then a.resource_type_id end as resource_type_id, case when c.claim = 'FORMER' then a.expected end as expected
		from (
			select *, 1 as rank from assigned_resource_type where resource_id = k.resource_id and valid_to = 'infinity'
			union all
			select *, 2 from assigned_resource_type where id in (` + createdForOthers + `)
		) a
		left join resource w on w.id = a.owner_id
		left join provisioning_order o on o.assigned_resource_type_id = a.id and o.closed_at is null
		cross join lateral (select case
			when w.valid_to = 'infinity' or a.owner_id is null and a.is_frozen then 'TAKEN'
			when o.lease_owner is not null or o.called_at is not null and o.states && '{` + evaluation.SQLPending + `,` + evaluation.SQLTransmitted + `}' or not o.is_manual and ` + evaluation.SQLTransmitted + ` = any (o.states)
				or o.kind = 'DELETE' and (` + evaluation.SQLExecuted + ` = any (o.states) or a.workflow_state = ` + evaluation.SQLCancellation + `) then 'LEAVING'
			when a.owner_id is not null or o.kind = 'DELETE' then 'FORMER'
			else 'FREE' end as claim) c
		where a.owner_id is distinct from k.owner_id
		order by a.rank, a.id
		limit 1) h on true`

// createdForOthers selects the rows of other owners for whom the target of k was created: of all who are gone, and of those who live while the
// answer is fresh, or the target was never seen. Of two whose orders were answered with the same key the first has it.
const createdForOthers = createdForLeavers + `
	union all
	select c.id from resource x
	join assigned_resource_type c on c.created_key = x.key and c.resource_id is null and c.valid_to = 'infinity'
	join resource_type t on t.id = c.resource_type_id and t.target_entity_type_id = x.entity_type_id
	join resource l on l.id = c.owner_id and l.valid_to = 'infinity'
	where x.id = k.resource_id and l.id is distinct from k.owner_id
		and (c.verified_at is null or exists (select from provisioning_order o where o.assigned_resource_type_id = c.id and o.closed_at is null and o.kind = 'CREATE' and ` + evaluation.SQLExecuted + ` = any (o.states)))
		and not exists (select from assigned_resource_type m
			where m.owner_id = k.owner_id and m.created_key = x.key and m.resource_id is null and m.valid_to = 'infinity' and m.id < c.id)
	union all` + sentForOthers

// sentForOthers selects the rows of other owners whose creation was sent with the key of the target of k and not answered: being called, without an
// answer, with whoever has the ticket. What was there before it was sent was not made by it. An answer of the asker's own tells more, and so does an
// order that was sent before. Key by key, so that the planner looks up the few rows of each whatever it believes about the tables.
const sentForOthers = `
	select c.id
	from (select x.id, x.key, x.valid_from, x.entity_type_id, n.connector_id, m.source_table from resource x
		left join entity_mapping m on m.entity_type_id = x.entity_type_id left join connection n on n.id = m.connection_id where x.id = k.resource_id offset 0) x
	cross join lateral (select p.identifier, target_key(x.connector_id, x.source_table, x.entity_type_id, coalesce(c.column_name, p.identifier), x.key) as hash
		from property p left join property_mapping c on c.property_id = p.id
		where p.entity_type_id = x.entity_type_id and p.target_entity_type_id is null and (p.is_key or c.is_primary_key) offset 0) p
	cross join lateral (select w.order_id, w.line_id from order_key w where w.key = p.hash and not w.is_freed offset 0) w
	cross join lateral (select from order_line l where l.id = w.line_id and l.property = p.identifier and l.closed_at is null offset 0) l
	cross join lateral (select o.* from provisioning_order o where o.id = w.order_id and o.kind = 'CREATE' and o.closed_at is null offset 0) o
	cross join lateral (select c.id from assigned_resource_type c where c.id = o.assigned_resource_type_id and c.owner_id is distinct from k.owner_id
		and c.resource_id is null and c.valid_to = 'infinity' offset 0) c
	cross join lateral (` + sentAt + `) s
	where s.at is not null and not ` + WasThere + `
		and not exists (select from assigned_resource_type m where m.owner_id = k.owner_id and m.created_key = x.key and m.resource_id is null and m.valid_to = 'infinity')
		and not exists (select from order_key v join provisioning_order y on y.id = v.order_id and y.owner_id = k.owner_id and y.kind = 'CREATE' and y.closed_at is null and y.attempt > 0
			where v.key = p.hash and not v.is_freed and v.order_id < o.id)`

// MayHaveDone are the outcomes of an attempt after which the order may have been carried out all the same.
const MayHaveDone = `('UNKNOWN', 'EXPIRED', 'WITHDRAWN')`

// sentAt gives since when an order o may have done what it says, as s.at; null: it was never sent, or the system or a person said that it was not done.
const sentAt = `select min(a.started_at) as at from order_attempt a
	where a.order_id = o.id and (a.outcome in ` + MayHaveDone + ` or a.ended_at is null and (o.called_at is not null or o.is_manual or ` + evaluation.SQLTransmitted + ` = any (o.states)))
		and not exists (select from order_attempt b where b.order_id = a.order_id and b.attempt > a.attempt and b.outcome in ('REFUSED', 'CONFLICT', 'NOT_FOUND', 'OPERATOR'))`

// WasThere is the condition that a resource x was there at s.at.
const WasThere = `(x.valid_from <= s.at or exists (select from resource_version v where v.resource_id = x.id and v.valid_from <= s.at and v.valid_to > s.at))`

// createdForLeavers selects the rows of other owners, who are gone, for whom the target of k was created.
const createdForLeavers = `select c.id from resource x
	join assigned_resource_type c on c.created_key = x.key and c.resource_id is null and c.valid_to = 'infinity'
	join resource_type t on t.id = c.resource_type_id and t.target_entity_type_id = x.entity_type_id
	join resource l on l.id = c.owner_id and l.valid_to <> 'infinity'
	where x.id = k.resource_id and l.id is distinct from k.owner_id`
