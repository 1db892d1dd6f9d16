alter table mining_result drop column held;
