package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"writ/server/auth"
	"writ/server/event"
)

var update = flag.Bool("update", false, "write golden files")

// Every query, mutation and subscription, called by nobody and by somebody without any profile, is refused. The golden file lists those
// that are not, and what they answer: review it like code.
func TestWithoutRightsEverythingIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	schema := mustSchema(t)
	anonymous, nobody := b.anonymous(), b.as("nobody")
	var exceptions bytes.Buffer
	called := 0
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, f := range root.Fields {
			if strings.HasPrefix(f.Name, "__") || f.Name == "logout" { // it would end the session of the others
				continue
			}
			query := fmt.Sprintf("%s { %s%s%s }", strings.ToLower(root.Name), f.Name, arguments(schema, f.Arguments), selection(schema, f.Type))
			for _, who := range []struct {
				name string
				client
				want string
			}{{"anonymous", *anonymous, "UNAUTHENTICATED"}, {"nobody", *nobody, "FORBIDDEN"}} {
				called++
				got := who.firstAnswer(root, query)
				if got != who.want {
					fmt.Fprintf(&exceptions, "%s.%s %s: %s\n", root.Name, f.Name, who.name, got)
				}
			}
		}
	}
	require.Greater(t, called, 100)
	require.Empty(t, b.log.String(), "and nothing fails inside")
	golden(t, "testdata/not_refused.txt", exceptions.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(name, got, 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run the test with -update and review the difference")
}

// firstAnswer is the code of the first error, or "data".
func (c *client) firstAnswer(root *ast.Definition, query string) string {
	c.t.Helper()
	if root.Name != "Subscription" {
		return answerOf(c.ask(query, nil))
	}
	stream := c.stream(query, nil)
	defer stream.close()
	return answerOf(stream.next())
}

func answerOf(r result) string {
	if len(r.Errors) > 0 {
		return r.Errors[0].code()
	}
	return "data"
}

// arguments writes the required arguments with the simplest values there are.
func arguments(schema *ast.Schema, list ast.ArgumentDefinitionList) string {
	var out []string
	for _, a := range list {
		if a.Type.NonNull && a.DefaultValue == nil {
			out = append(out, a.Name+": "+simplest(schema, a.Type))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// inputs are valid where the required fields alone are not: otherwise VALIDATION would come before the question of rights.
var inputs = map[string]string{
	"BulkOrdersInput":              `{orderIds: ["1"]}`,
	"ConfirmManualOrdersInput":     `{orderIds: ["1"]}`,
	"ReportManualOrderErrorsInput": `{orderIds: ["1"], message: "x"}`,
	"ReviewOrdersInput":            `{orderIds: ["1"], decision: APPROVE}`,
	"ReplayWebhookInput":           `{id: "1", after: "` + event.Cursor{Position: 1, Mark: 1}.String() + `"}`,
	"CreateWebhookInput":           `{url: "https://example.org/hook"}`,
}

func simplest(schema *ast.Schema, t *ast.Type) string {
	if input, ok := inputs[t.NamedType]; ok {
		return input
	}
	if t.Elem != nil {
		return "[" + simplest(schema, t.Elem) + "]"
	}
	switch t.NamedType {
	case "ID":
		return `"1"`
	case "Int", "Float":
		return "1"
	case "Boolean":
		return "true"
	case "DateTime":
		return `"2026-03-01T09:00:00Z"`
	case "String":
		return `"xx"`
	}
	d := schema.Types[t.NamedType]
	if d.Kind == ast.Enum {
		return d.EnumValues[0].Name
	}
	var fields []string
	for _, f := range d.Fields {
		if f.Type.NonNull && f.DefaultValue == nil {
			fields = append(fields, f.Name+": "+simplest(schema, f.Type))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func selection(schema *ast.Schema, t *ast.Type) string {
	if d := schema.Types[t.Name()]; d.IsCompositeType() {
		return " { __typename }"
	}
	return ""
}

// stream is an event stream (Server-Sent Events).
type stream struct {
	*client
	answer *http.Response
	lines  *bufio.Scanner
	stop   context.CancelFunc
	ended  func() error // nil: nobody has stopped it
}

func (c *client) stream(query string, variables map[string]any) *stream {
	c.t.Helper()
	raw, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(c.t, err)
	ctx, stop := context.WithTimeout(c.ctx, 30*time.Second) // nothing here waits for ever
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(raw))
	require.NoError(c.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	require.NoError(c.t, err)
	require.Equal(c.t, "text/event-stream", answer.Header.Get("Content-Type"))
	return &stream{client: c, answer: answer, lines: bufio.NewScanner(answer.Body), stop: stop, ended: ctx.Err}
}

// next waits for the next event; the zero result when the stream is over.
func (s *stream) next() (out result) {
	s.t.Helper()
	for s.lines.Scan() {
		if data, ok := strings.CutPrefix(s.lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(data), &out); err != nil {
				require.Error(s.t, s.ended(), "%v: %s", err, data)
				return result{} // the last line, cut off
			}
			out.raw = data
			return out
		}
		if s.lines.Text() == "event: complete" {
			return out
		}
	}
	return out
}

func (s *stream) close() {
	s.stop()
	_ = s.answer.Body.Close()
}
