drop table mail, webhook_attempt, webhook_delivery, webhook;
