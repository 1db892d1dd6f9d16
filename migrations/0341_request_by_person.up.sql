-- What somebody asked for is found by his record as well as by his account: he may have several.
create index request_by_requester on request (requester_id, id) where requester_id is not null;
