package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"writ/server/errs"
)

// The media types of an answer. The first two differ in the status of a document that cannot be executed: 200 under JSON, as old clients
// expect, 400 under graphql-response+json, as the GraphQL over HTTP specification wants it.
const (
	typeJSON     = "application/json"
	typeResponse = "application/graphql-response+json"
	typeStream   = "text/event-stream"
)

// maxBody is the longest request: 1 MiB, on every transport.
const maxBody = 1 << 20

// overHTTP carries one operation per request: POST with a JSON body, GET for queries.
type overHTTP struct{}

var _ graphql.Transport = overHTTP{}

// Supports takes what no other transport took before: it also says what is wrong with a request.
func (overHTTP) Supports(*http.Request) bool { return true }

func (overHTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	kind, ok := answerType(r.Header.Values("Accept"))
	if !ok {
		refuse(w, typeJSON, http.StatusNotAcceptable, errs.Invalid("", "Answers are %s or %s.", typeResponse, typeJSON))
		return
	}
	params, status, err := readParams(w, r)
	if err != nil {
		refuse(w, kind, status, err)
		return
	}
	op, faults := exec.CreateOperationContext(r.Context(), params)
	if faults != nil {
		status := http.StatusOK
		if kind == typeResponse {
			status = http.StatusBadRequest
		}
		send(w, kind, status, withoutData(exec.DispatchError(graphql.WithOperationContext(r.Context(), op), faults)))
		return
	}
	switch {
	case op.Operation.Operation == ast.Subscription:
		refuse(w, kind, http.StatusBadRequest, errs.Invalid("", "A subscription takes a websocket (graphql-transport-ws), or Accept: text/event-stream."))
		return
	case r.Method == http.MethodGet && op.Operation.Operation != ast.Query:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, kind, http.StatusMethodNotAllowed, errs.Invalid("", "GET is for queries only."))
		return
	}
	responses, ctx := exec.DispatchOperation(r.Context(), op)
	if response := responses(ctx); response != nil { // nil: the caller went away
		send(w, kind, http.StatusOK, response)
	}
}

// answerType picks the media type of a single answer by the Accept header; JSON when anything will do.
func answerType(accept []string) (kind string, ok bool) {
	if len(accept) == 0 {
		return typeJSON, true
	}
	kind = preferred(accept, typeJSON, typeResponse)
	return kind, kind != ""
}

// WantsStream reports whether the caller would rather have events than one answer: clients name the event stream last for every query,
// in case the server has nothing else.
func WantsStream(r *http.Request) bool {
	return preferred(r.Header.Values("Accept"), typeJSON, typeResponse, typeStream) == typeStream
}

// preferred gives the first of the highest quality in an Accept header among those we can write; "": none of them.
func preferred(accept []string, writable ...string) (kind string) {
	best := 0.0
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, options, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, err := strconv.ParseFloat(options["q"], 64); err == nil {
			quality = q
		}
		switch name {
		case "*/*", "application/*":
			name = typeJSON
		}
		if !slices.Contains(writable, name) {
			continue
		}
		if charset := strings.ToLower(options["charset"]); quality > best && (charset == "" || charset == "utf-8") {
			kind, best = name, quality
		}
	}
	return kind
}

// body is a request as the specification writes it.
type body struct {
	Query         *string        `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

// readParams reads the operation from the request; with an error, status is what to answer.
func readParams(w http.ResponseWriter, r *http.Request) (params *graphql.RawParams, status int, err error) {
	start := graphql.Now()
	var b body
	switch r.Method {
	case http.MethodGet:
		b, err = readQuery(r)
	case http.MethodPost:
		kind, options, kindErr := mime.ParseMediaType(r.Header.Get("Content-Type"))
		charset := strings.ToLower(options["charset"])
		if kindErr != nil || kind != typeJSON || charset != "" && charset != "utf-8" {
			return nil, http.StatusUnsupportedMediaType, errs.Invalid("", "Send the operation as application/json in UTF-8.")
		}
		b, err = readBody(http.MaxBytesReader(w, r.Body, maxBody), r.ContentLength)
	default:
		w.Header().Set("Allow", "GET, POST")
		return nil, http.StatusMethodNotAllowed, errs.Invalid("", "Use POST, or GET for queries.")
	}
	if errs.Is(err, errs.TooLarge) {
		return nil, http.StatusRequestEntityTooLarge, err
	}
	if err == nil && (b.Query == nil || *b.Query == "") {
		err = errs.Invalid("query", "The request has no query.")
	}
	if err != nil {
		return nil, http.StatusBadRequest, err
	}
	return &graphql.RawParams{
		Query: *b.Query, OperationName: b.OperationName, Variables: b.Variables, Extensions: b.Extensions, Headers: r.Header,
		ReadTime: graphql.TraceTiming{Start: start, End: graphql.Now()},
	}, 0, nil
}

// readingFailed is the expected failure of a body that was too long or broke off.
func readingFailed(err error) error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return errs.New(errs.TooLarge, "A request has at most %d bytes.", tooLong.Limit)
	}
	return errs.Invalid("", "The request could not be read to its end.").Because(err)
}

func readBody(from io.Reader, length int64) (b body, err error) {
	raw, err := readAll(from, length)
	if err != nil {
		return b, readingFailed(err)
	}
	if err := checkJSON(raw); err != nil {
		return b, err
	}
	if trimmed := bytes.TrimSpace(raw); len(trimmed) > 0 && trimmed[0] == '[' {
		return b, errs.Invalid("", "Batches are not taken: send one operation per request.")
	}
	return b, decode(raw, &b, "The request")
}

func readQuery(r *http.Request) (b body, err error) {
	values := r.URL.Query()
	if values.Has("query") {
		query := values.Get("query")
		b.Query = &query
	}
	b.OperationName = values.Get("operationName")
	for name, into := range map[string]*map[string]any{"variables": &b.Variables, "extensions": &b.Extensions} {
		if text := values.Get(name); text != "" {
			if err := checkJSON([]byte(text)); err != nil {
				return b, err
			}
			if err := decode([]byte(text), into, name); err != nil {
				return b, err
			}
		}
	}
	return b, nil
}

// decode reads exactly one JSON value; large numbers stay exact.
func decode(raw []byte, into any, what string) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(into)
	if err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("something follows the value")
		}
	}
	if err != nil {
		return errs.Invalid("", "%s is not JSON of the expected form: an object with query, operationName, variables and extensions.", what).Because(err)
	}
	return nil
}

// answer is a response that may leave data out: a document that was not executed has none, not even null.
type answer struct {
	Errors     gqlerror.List  `json:"errors"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

func withoutData(r *graphql.Response) answer {
	return answer{Errors: r.Errors, Extensions: r.Extensions}
}

// refuse answers a request that never became an operation.
func refuse(w http.ResponseWriter, kind string, status int, err error) {
	send(w, kind, status, answer{Errors: gqlerror.List{expected(errs.As(err))}})
}

func send(w http.ResponseWriter, kind string, status int, response any) {
	raw := encoded(response)
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // the caller went away: nobody to tell
}

// encoded writes a response as JSON. Data that is all there is in it stays as it was written: it may be large.
func encoded(response any) []byte {
	if r, ok := response.(*graphql.Response); ok && len(r.Data) > 0 && len(r.Errors) == 0 && len(r.Extensions) == 0 && r.Label == "" && r.Path == nil && r.HasNext == nil {
		raw := make([]byte, 0, len(r.Data)+len(`{"data":}`))
		return append(append(append(raw, `{"data":`...), r.Data...), '}')
	}
	raw, err := json.Marshal(response)
	if err != nil {
		panic(err) // the server answers with INTERNAL
	}
	return raw
}
