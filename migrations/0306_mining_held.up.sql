-- Who held a mined role when the run looked: the matrix of people and roles is that of the run, whatever happened since.

alter table mining_result add column held bytea;
comment on column mining_result.held is 'Ids of the people with a context who held the role, ascending, as varints of the differences; null: the run is older than the column.';
