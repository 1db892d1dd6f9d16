package assignment

// The one rule of who has a target, for every statement that asks. It joins a relation k with owner_id (who asks) and resource_id (the
// target) and gives h.claim:
//
//	FREE     nobody has it, or a row without owner that nobody looked at
//	FORMER   somebody who is gone had it, or a row without owner is to be removed and that has not begun: it passes to whom it is wanted for
//	LEAVING  its removal was sent, carried out or decided by a person, or another order of that row is being called
//	TAKEN    somebody else who lives has it, or a person left it without owner
//
// A target that the asker itself has is FREE.
const claimOfTarget = `
	left join lateral (
		select c.claim, case when c.claim = 'FORMER' then a.resource_type_id end as resource_type_id, case when c.claim = 'FORMER' then a.expected end as expected
		from assigned_resource_type a
		left join resource w on w.id = a.owner_id
		left join provisioning_order o on o.assigned_resource_type_id = a.id and o.closed_at is null
		cross join lateral (select case
			when w.valid_to = 'infinity' or a.owner_id is null and a.is_frozen then 'TAKEN'
			when o.lease_owner is not null or o.called_at is not null or not o.is_manual and 2 = any (o.states)
				or o.kind = 'DELETE' and (8 = any (o.states) or a.workflow_state = 20) then 'LEAVING'
			when a.owner_id is not null or o.kind = 'DELETE' then 'FORMER'
			else 'FREE' end as claim) c
		where a.resource_id = k.resource_id and a.valid_to = 'infinity' and a.owner_id is distinct from k.owner_id) h on true`
