drop trigger departed_cannot_sign_in on local_user;
drop function departed_cannot_sign_in();
drop table departure_item;
drop table departure;
drop function departure_by_another();
delete from legal_move where machine = 'departure';
