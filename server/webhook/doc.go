// Package webhook tells machines about order changes, and what reconciliation finds and decides, as Standard Webhooks say (design 6).
//
//	webhook.go   Webhook, Service; list, enable, disable, replay, delete
//	create.go    create, with its secret; rotate the secret
//	columns.go   Page: the list of webhooks
//	owner.go     whose webhook it is, and who may see what it delivers
//	delivery.go  WebhookDelivery, WebhookAttempt: what was sent, and how it went
//	pump.go      events -> deliveries: a durable position per webhook, moved with the deliveries in one transaction
//	body.go      what is sent of orders
//	event.go     WebhookEvent: what endpoints may be told of; what is sent of differences and found roles
//	worker.go    the River job that drains a webhook: claim, send, note
//	send.go      one HTTP request
//	sign.go      secrets and signatures
//	address.go   where webhooks may not go
//	retry.go     pure: when it is tried again
//	health.go    an endpoint that fails rests, and is disabled in the end
//	sweep.go     Sweep, every second in every process: pump, wake, forget
//	state.go     the machine below, and the only functions that move a delivery
//	fenced.go    Fenced: what waits behind the fence
//	store.go     every query
//
// # Who sees what
//
// A webhook delivers what its creator may see: asked when the delivery is written, and again before each attempt, since days may lie between.
// One who loses rights gets less from then on, an account that is disabled gets nothing. What was sent is shown to readers of webhooks under
// their own rights on its order (owner.go). Others than the creator can only disable a webhook. The filter is about the move: an order that was EXECUTED for a moment matches EXECUTED.
//
// # At least once
//
// The header webhook-id names the event. It is the same at every attempt and at a replay, so receivers drop what they know. An attempt is
// noted before it is made. A process that dies leaves a lease behind; when that ends another one sends again. What a lost claim still
// reports is dropped by the row's fence. Deliveries of one webhook go in the order of the events, but a few at a time, and a failed one
// does not hold up those behind it: receivers that need order compare data.order.version.
//
// # Trying again
//
// From two seconds up to six hours, for three days; Retry-After is honoured. Three failures in a row let the endpoint rest, so that what
// waits behind does not use up its tries. 410 Gone, or three days of nothing but failures, disable the webhook; enabling it goes on where
// it stopped.
//
// # States
//
//	(new)     -> PENDING    open
//	PENDING   -> DELIVERED  deliver
//	          -> FAILED     fail
//	          -> GIVEN_UP   give_up
//	DELIVERED -> PENDING    open
//	FAILED    -> PENDING    open
//	          -> DELIVERED  deliver
//	          -> GIVEN_UP   give_up
//	GIVEN_UP  -> PENDING    open
package webhook
