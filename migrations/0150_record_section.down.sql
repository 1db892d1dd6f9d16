drop table record_section;
