drop index event_by_actor;
