alter table entity_mapping drop column maximum_rejected;
alter table delivery_row drop column line;
drop table row_to_mend;
