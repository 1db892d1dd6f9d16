package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// bodyPatience is how long a client may take to send a whole GraphQL request.
const bodyPatience = 30 * time.Second

// limitBody reads the body before the handler does, so that a request that is too large or too slow gets a clear answer.
// The deadline is only for reading: answers may be streams without end.
func limitBody(limit int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body == nil || r.Body == http.NoBody {
				next.ServeHTTP(w, r)
				return
			}
			control := http.NewResponseController(w)
			_ = control.SetReadDeadline(time.Now().Add(bodyPatience)) // not every test writer can
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
			_ = control.SetReadDeadline(time.Time{})
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
