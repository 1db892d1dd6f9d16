drop function is_key_held;
drop function key_property;
