alter table job drop column needs_second_person;
