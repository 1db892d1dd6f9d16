package graph

import (
	"bytes"
	"io"
	"net/http"

	"writ/server/errs"
)

// What the JSON of a request may hold: a reader makes objects of it before anybody knows what they are for.
const (
	maxValues     = 50_000 // values in lists and objects
	maxValueDepth = 60     // lists and objects inside each other
)

// checkJSON refuses a request whose JSON would take far more memory than its bytes: TOO_LARGE. What is no JSON is left to the reader.
func checkJSON(raw []byte) error {
	values, depth, inText := 0, 0, false
	for i := 0; i < len(raw); i++ {
		if inText {
			switch raw[i] {
			case '\\':
				i++
			case '"':
				inText = false
			}
			continue
		}
		switch raw[i] {
		case '"':
			inText = true
		case '{', '[':
			values++
			if depth++; depth > maxValueDepth {
				return errs.New(errs.TooLarge, "The request has more than %d lists and objects inside each other.", maxValueDepth)
			}
		case '}', ']':
			depth--
		case ',':
			if values++; values > maxValues {
				return errs.New(errs.TooLarge, "The request has more than %d values: send fewer at a time.", maxValues)
			}
		}
	}
	if values > maxValues {
		return errs.New(errs.TooLarge, "The request has more than %d values: send fewer at a time.", maxValues)
	}
	return nil
}

// readAll reads a body of a known length at once, instead of growing again and again. length -1: unknown.
func readAll(from io.Reader, length int64) ([]byte, error) {
	var b bytes.Buffer
	if length > 0 {
		b.Grow(int(min(length, maxBody)) + bytes.MinRead)
	}
	_, err := b.ReadFrom(from)
	return b.Bytes(), err
}

// checked replaces the body of a request by one that was read and looked at.
func checked(w http.ResponseWriter, r *http.Request) error {
	raw, err := readAll(http.MaxBytesReader(w, r.Body, maxBody), r.ContentLength)
	if err != nil {
		return readingFailed(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	if err := checkJSON(raw); err != nil {
		return err
	}
	var b body
	return decode(raw, &b, "The request") // the transport would write what it cannot read into the log, passwords included
}
