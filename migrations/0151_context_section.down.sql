comment on column context.rank is null;
alter table context drop column sections;
