package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"writ/server/fulfil"
)

// Apply posts one change, once: net/http repeats a request by itself when it may, and takes an Idempotency-Key for a permission, so the
// body is one that cannot be read again.
func (c *Conn) Apply(ctx context.Context, ch fulfil.Change) fulfil.Receipt {
	document, err := json.Marshal(ch)
	if err != nil {
		return fulfil.Receipt{Outcome: fulfil.Refused, Message: "The change cannot be written as JSON: " + err.Error()}
	}
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	body := struct{ io.Reader }{bytes.NewReader(document)}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/changes", body)
	if err != nil {
		return fulfil.Receipt{Outcome: fulfil.Refused, Message: "The address cannot be used."}
	}
	req.ContentLength = int64(len(document))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", ch.IdempotencyKey)
	c.sign(req)
	res, err := c.client.Do(req)
	if err != nil {
		return c.lost(sent.Load(), err)
	}
	defer res.Body.Close()
	return c.receipt(res)
}

// lost: before the first byte went out nothing was made; afterwards nobody knows.
func (c *Conn) lost(sent bool, err error) fulfil.Receipt {
	if !sent {
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: fmt.Sprintf("No connection to %s: %s", c.base, err), Hint: "Check that the target runs and listens there."}
	}
	return fulfil.Receipt{Outcome: fulfil.Unknown, Message: fmt.Sprintf("%s did not answer: %s", c.base, err), Hint: "Read the target back before the change is repeated."}
}

func (c *Conn) receipt(res *http.Response) fulfil.Receipt {
	switch res.StatusCode {
	case http.StatusOK, http.StatusCreated:
		var answer struct {
			Outcome    fulfil.Outcome `json:"outcome"`
			CreatedKey string         `json:"createdKey"`
			Message    string         `json:"message"`
		}
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || !answer.Outcome.OK() {
			return fulfil.Receipt{Outcome: fulfil.Unknown, Message: fmt.Sprintf("%s answered, but not in a way that can be understood.", c.base)}
		}
		return fulfil.Receipt{Outcome: answer.Outcome, CreatedKey: answer.CreatedKey, Message: answer.Message}
	case http.StatusNotFound:
		return fulfil.Receipt{Outcome: fulfil.NotFound, Message: message(res)}
	case http.StatusConflict:
		return fulfil.Receipt{Outcome: fulfil.Conflict, Message: message(res)}
	case http.StatusTooManyRequests:
		wait, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return fulfil.Receipt{Outcome: fulfil.Throttled, Message: message(res), RetryAfter: time.Duration(wait) * time.Second}
	case http.StatusUnauthorized:
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: message(res), Hint: "Check the token of the connection."}
	}
	if res.StatusCode >= 400 && res.StatusCode < 500 {
		return fulfil.Receipt{Outcome: fulfil.Refused, Message: message(res)}
	}
	return fulfil.Receipt{Outcome: fulfil.Unknown, Message: fmt.Sprintf("%s answered with status %d: %s", c.base, res.StatusCode, message(res))}
}
