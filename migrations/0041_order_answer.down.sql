alter table provisioning_order drop answer_outcome, drop answer_message, drop answer_hint, drop answered_at;
