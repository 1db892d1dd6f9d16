-- Moves lines and, where refresh is set, gives them fresh content. Only lines that still are in the expected state.
-- ?0 moves as JSON, lines that move alike together; ?1 now; ?2 the ids of all of them, for the planner
update order_line l
set state = m.to_state,
    previous_state = case when m.to_state = :ERROR and l.state <> :ERROR then l.state else l.previous_state end,
    workflow_state = coalesce(m.workflow, l.workflow_state),
    wait_reason = coalesce(m.wait, case when m.to_state = l.state then l.wait_reason else 'none' end),
    error = case when m.to_state in (:ERRORED, :ERROR) then coalesce(m.error, l.error) end,
    error_class = case when m.to_state = :ERRORED then coalesce(m.error_class, l.error_class) end,
    approved_value = case m.approval when 1 then coalesce(l.proposed_value, '') when -1 then null else l.approved_value end,
    postponed_at = case when m.postpone then ?1 when m.to_state <> l.state or m.is_changed then null else l.postponed_at end,
    is_changed = case when m.is_changed then true when m.to_state <> l.state then false else l.is_changed end,
    current_value = case when m.refresh then m.current else l.current_value end,
    proposed_value = case when m.refresh then m.proposed else l.proposed_value end,
    value_id = case when m.refresh and l.action = 'SET' then m.value_id else l.value_id end,
    review_required = case when m.refresh then coalesce(m.review_required, false) when m.approval = 1 then false else l.review_required end,
    -- a delta that only ends or flags a line does not say why it exists: the reasons stay
    is_mapped = case when m.refresh and cardinality(m.rule_ids) > 0 then coalesce(m.is_mapped, false) else l.is_mapped end,
    rule_ids = case when m.refresh and cardinality(m.rule_ids) > 0 then m.rule_ids else l.rule_ids end,
    confidence = case when m.refresh then coalesce(m.confidence, l.confidence) else l.confidence end,
    start_date = case when m.refresh then m.start_date else l.start_date end,
    end_date = case when m.refresh then m.end_date else l.end_date end,
    unverified_count = l.unverified_count + coalesce(m.unverified, false)::int,
    closed_at = case when m.close then ?1 else l.closed_at end,
    version = l.version + 1,
    updated_at = ?1
from json_to_recordset(?0) as m (
    ids bigint[], from_state smallint, to_state smallint, close boolean, workflow smallint, wait text, error text, error_class text,
    approval int, postpone boolean, is_changed boolean, refresh boolean, current text, proposed text, value_id bigint,
    review_required boolean, is_mapped boolean, rule_ids bigint[], confidence int, start_date timestamptz, end_date timestamptz,
    unverified boolean)
cross join lateral unnest(m.ids) as moved (id)
where l.id = any(?2) and l.id = moved.id and l.state = m.from_state and l.closed_at is null
