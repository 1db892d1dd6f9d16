create table account (
    login    varchar(100) primary key,
    name     text,
    mail     varchar(200) unique,
    enabled  tinyint(1),
    valid_to datetime(6),
    quota    decimal(12,2)
);
create table account_group (
    login      varchar(100) not null,
    group_name varchar(100) not null,
    primary key (login, group_name),
    foreign key (login) references account (login) on update cascade on delete cascade
);
create table operation_log (
    id              bigint auto_increment primary key,
    who             varchar(200) not null,
    order_id        varchar(50) not null,
    idempotency_key varchar(50) not null,
    operation       varchar(10) not null,
    table_name      varchar(50) not null,
    row_key         varchar(250) not null
);
create table behaviour (id int auto_increment primary key, action varchar(10) not null, message varchar(200), seconds int not null default 0);
create procedure behave() begin
    declare said varchar(200);
    declare pause int;
    select message into said from behaviour where action = 'refuse' limit 1;
    if said is not null then signal sqlstate '45000' set message_text = said; end if;
    select seconds into pause from behaviour where action = 'hang' limit 1;
    if pause > 0 then do sleep(pause); end if;
end;
create procedure write_log(op varchar(10), tab varchar(50), k varchar(250))
    insert into operation_log (who, order_id, idempotency_key, operation, table_name, row_key) values (user(), coalesce(@writ_order_id, ''), coalesce(@writ_idempotency_key, ''), op, tab, k);
create trigger account_bi before insert on account for each row call behave();
create trigger account_bu before update on account for each row call behave();
create trigger account_bd before delete on account for each row call behave();
create trigger account_ai after insert on account for each row call write_log('INSERT', 'account', new.login);
create trigger account_au after update on account for each row call write_log('UPDATE', 'account', new.login);
create trigger account_ad after delete on account for each row call write_log('DELETE', 'account', old.login);
create trigger group_ai after insert on account_group for each row call write_log('INSERT', 'account_group', new.login);
create trigger group_ad after delete on account_group for each row call write_log('DELETE', 'account_group', old.login);
