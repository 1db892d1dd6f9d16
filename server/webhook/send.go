package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	sendTimeout  = 15 * time.Second // for everything: connection, request, answer
	keptResponse = 4 << 10          // bytes of the answer that are read and kept
	userAgent    = "Writ-Webhook/1"
)

// answer is how one attempt went.
type answer struct {
	Status     int // 0: none
	Duration   time.Duration
	Error      string // "": the receiver took it
	Response   string
	RetryAfter time.Duration
}

func (a answer) ok() bool   { return a.Error == "" }
func (a answer) gone() bool { return a.Status == http.StatusGone }

// send makes one attempt. It never fails: how it went is the answer. at is the machine's time, since receivers compare the timestamp
// with theirs.
func (s *Service) send(ctx context.Context, url string, d *WebhookDelivery, secrets []string, at time.Time) answer {
	signature, err := sign(d.MessageID, at, d.Body, secrets...)
	if err != nil {
		return answer{Error: err.Error()}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(d.Body))
	if err != nil {
		return answer{Error: "the address cannot be used: " + explainDial(err)}
	}
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {userAgent},
		"Webhook-Id": {d.MessageID}, "Webhook-Timestamp": {timestamp(at)}, "Webhook-Signature": {signature},
	}
	began := time.Now()
	response, err := s.client().Do(request)
	if err != nil {
		return answer{Error: explainDial(err), Duration: time.Since(began)}
	}
	defer response.Body.Close()
	// The status decides: an answer that breaks off while we read its text does not make a 200 a failure.
	text, _ := io.ReadAll(io.LimitReader(response.Body, keptResponse))
	a := answer{Status: response.StatusCode, Duration: time.Since(began), Response: storable(text)}
	switch {
	case response.StatusCode >= 200 && response.StatusCode < 300:
	case response.StatusCode >= 300 && response.StatusCode < 400:
		a.Error = fmt.Sprintf("answered %s; redirects are not followed", response.Status)
	default:
		a.Error = "answered " + response.Status
		a.RetryAfter = retryAfter(response.Header, at)
	}
	return a
}

// storable makes any bytes a text that PostgreSQL keeps.
func storable(raw []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(raw), "\uFFFD"), "\x00", "")
}
