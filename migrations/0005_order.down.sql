drop table generation, kept_value, gap, order_attempt, order_line_history, order_line, provisioning_order, provisioning_transition;
drop function order_line_legal_move();
drop function order_roll_up(smallint[]);
