drop trigger legal_move on job_instance;
drop trigger legal_move on task_instance;
drop trigger legal_move on delivery;
drop trigger legal_move on webhook_delivery;
drop trigger legal_move on mail;
drop function legal_move_guard();
drop table legal_move;
