drop table indirect_right;
