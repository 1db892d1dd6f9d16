drop table mining_person;
drop table mining_result;
drop table mining_run;
