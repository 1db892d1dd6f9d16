drop function target_key;
