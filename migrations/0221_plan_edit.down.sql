alter table plan drop column edits;
