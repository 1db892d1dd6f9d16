drop trigger resource_type_rule_updated on resource_type_rule;
drop trigger resource_type_rule_inserted on resource_type_rule;
drop function note_computed_property();
drop table computed_property;
