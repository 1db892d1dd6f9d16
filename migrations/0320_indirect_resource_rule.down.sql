drop table indirect_resource_rule;
