drop table outage;
