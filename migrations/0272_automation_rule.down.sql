drop table automation_rule;
