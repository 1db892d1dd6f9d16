alter table changed_resource drop column computed;
drop table property_expression_fault;
drop table property_expression;
