drop table identified_risk;
