drop table risk;
