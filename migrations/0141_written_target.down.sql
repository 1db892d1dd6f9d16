alter table read_back_request drop column entity_type_id, drop column keys, drop column effect;
