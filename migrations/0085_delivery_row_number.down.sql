alter table delivery_row alter n drop default;
drop sequence delivery_row_number;
alter table delivery_row alter n add generated always as identity;
