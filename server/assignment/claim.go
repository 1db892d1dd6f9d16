package assignment

// The one rule of who has a target, for every statement that asks. It joins a relation k with owner_id (who asks) and resource_id (the
// target) and gives h.claim:
//
//	FREE     nobody has it, or a row without owner that nobody looked at
//	FORMER   somebody who is gone had it, or a row without owner is to be removed and that has not begun: it passes to whom it is wanted for
//	LEAVING  its removal was sent, carried out or decided by a person, or another order of that row is being called
//	TAKEN    somebody else who lives has it, or a person left it without owner
//
// A target that the asker itself has is FREE. What was created for somebody and is not linked yet is his, too: of those who live while their order
// waits to be read back.
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
			when o.lease_owner is not null or o.called_at is not null and o.states && '{1,2}' or not o.is_manual and 2 = any (o.states)
				or o.kind = 'DELETE' and (8 = any (o.states) or a.workflow_state = 20) then 'LEAVING'
			when a.owner_id is not null or o.kind = 'DELETE' then 'FORMER'
			else 'FREE' end as claim) c
		where a.owner_id is distinct from k.owner_id
		order by a.rank, a.id
		limit 1) h on true`

// createdForOthers selects the rows of other owners for whom the target of k was created: of all who are gone, and of those who live while the
// answer is fresh. Of two whose orders were answered with the same key the first has it.
const createdForOthers = createdForLeavers + `
	union all
	select c.id from resource x
	join assigned_resource_type c on c.created_key = x.key and c.resource_id is null and c.valid_to = 'infinity'
	join resource_type t on t.id = c.resource_type_id and t.target_entity_type_id = x.entity_type_id
	join resource l on l.id = c.owner_id and l.valid_to = 'infinity'
	join provisioning_order o on o.assigned_resource_type_id = c.id and o.closed_at is null and o.kind = 'CREATE' and 8 = any (o.states)
	where x.id = k.resource_id and l.id is distinct from k.owner_id and not exists (select from assigned_resource_type m
		where m.owner_id = k.owner_id and m.created_key = x.key and m.resource_id is null and m.valid_to = 'infinity' and m.id < c.id)`

// createdForLeavers selects the rows of other owners, who are gone, for whom the target of k was created.
const createdForLeavers = `select c.id from resource x
	join assigned_resource_type c on c.created_key = x.key and c.resource_id is null and c.valid_to = 'infinity'
	join resource_type t on t.id = c.resource_type_id and t.target_entity_type_id = x.entity_type_id
	join resource l on l.id = c.owner_id and l.valid_to <> 'infinity'
	where x.id = k.resource_id and l.id is distinct from k.owner_id`
