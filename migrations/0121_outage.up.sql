-- What the answers of a connection say about whether its system can be reached, for all processes: with it nobody tries every order of a
-- system that is away, and all of them go on when one gets through.

create table outage (
    connection_id bigint primary key references connection on delete cascade,
    since         timestamptz not null,
    failures      integer not null check (failures > 0),
    next_at       timestamptz not null,
    outcome       text not null,
    message       text not null,
    hint          text not null,
    answered_at   timestamptz not null
);
comment on table outage is 'Connections whose last answers were none: no connection, come back later, answer lost. The first other answer removes the row.';
comment on column outage.failures is 'In a row. From three on the system counts as away: nothing is sent but one order when next_at has come and a check passed.';
comment on column outage.next_at is 'When the system is asked again, by whichever process comes first.';
comment on column provisioning_order.tries is 'Answers in a row that were none (unreachable, throttled, lost): the pause grows with them. Back to 0 with any other answer.';
