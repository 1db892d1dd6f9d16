drop table departure_item;
drop table departure;
drop function departure_by_another();
delete from legal_move where machine = 'departure';
