package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// limitBody reads the body before the handler does, so that a request that is too large or too slow gets a clear answer.
// The deadline of the server is only for reading: answers may be streams without end.
func limitBody(limit int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			control := http.NewResponseController(w)
			if r.Body == nil || r.Body == http.NoBody {
				_ = control.SetReadDeadline(time.Time{}) // not every test writer can
				next.ServeHTTP(w, r)
				return
			}
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
			if err == nil {
				_ = control.SetReadDeadline(time.Time{})
			}
			var tooLarge *http.MaxBytesError
			switch {
			case errors.As(err, &tooLarge):
				writeGraphQLError(w, http.StatusRequestEntityTooLarge, "TOO_LARGE", fmt.Sprintf("A request may have %d bytes at most.", limit))
				return
			case err != nil:
				writeGraphQLError(w, http.StatusBadRequest, "VALIDATION", "The request could not be read to its end.")
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.ContentLength = int64(len(body))
			next.ServeHTTP(w, r)
		})
	}
}
