drop table passed_reference;
