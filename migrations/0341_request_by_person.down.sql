drop index request_by_requester;
