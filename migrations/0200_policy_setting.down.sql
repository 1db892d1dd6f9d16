update model_object set body = body - array['is_external', 'has_implicit_approval', 'implicit_approval', 'prolongation_without_approval', 'max_duration', 'grace_period',
    'manual_assignment_end_date_locked_to_context_mode', 'comment_activation_on_approve_in_review', 'comment_activation_on_decline_in_review',
    'comment_activation_on_delete_gap_in_reconciliation', 'comment_activation_on_keep_gap_in_reconciliation']
where kind in ('policy', 'role', 'resource_type');

alter table resource_type
    drop column implicit_approval,
    drop column prolongation_without_approval,
    drop column manual_assignment_end_date_locked_to_context_mode;
alter table role
    drop column implicit_approval,
    drop column prolongation_without_approval,
    drop column max_duration,
    drop column grace_period,
    drop column manual_assignment_end_date_locked_to_context_mode,
    drop column comment_activation_on_approve_in_review,
    drop column comment_activation_on_decline_in_review,
    drop column comment_activation_on_delete_gap_in_reconciliation,
    drop column comment_activation_on_keep_gap_in_reconciliation;
alter table policy
    drop column is_external,
    drop column has_implicit_approval,
    drop column prolongation_without_approval,
    drop column max_duration,
    drop column grace_period,
    drop column manual_assignment_end_date_locked_to_context_mode,
    drop column comment_activation_on_approve_in_review,
    drop column comment_activation_on_decline_in_review,
    drop column comment_activation_on_delete_gap_in_reconciliation,
    drop column comment_activation_on_keep_gap_in_reconciliation;
