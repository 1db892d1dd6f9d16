drop table reconciliation_run;
