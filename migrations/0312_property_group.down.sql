alter table property drop column group_by;
