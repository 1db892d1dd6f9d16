package graph

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"sync"

	"github.com/vektah/gqlparser/v2/formatter"

	"writ/graph/generated"
	"writ/server/auth"
	"writ/server/permit"
)

// sdl is the schema in the schema definition language, with its descriptions, and what tells it from that of another version.
var sdl = sync.OnceValues(func() (text []byte, tag string) {
	var b bytes.Buffer
	formatter.NewFormatter(&b).FormatSchema(generated.NewExecutableSchema(generated.Config{}).Schema())
	sum := sha256.Sum256(b.Bytes())
	return b.Bytes(), `"` + hex.EncodeToString(sum[:8]) + `"`
})

// SchemaHandler gives the schema as text to whoever may read it by introspection, which is everybody who is signed in: for programs that make typed
// clients of it. Mount it at /graphql/schema.
func SchemaHandler(a *auth.Service) http.Handler {
	return a.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, no-cache")
		if permit.From(r.Context()) == nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"message":"Sign in to read the schema: send an access token (Authorization: Bearer).","extensions":{"code":"UNAUTHENTICATED"}}]}`+"\n")
			return
		}
		text, tag := sdl()
		w.Header().Set("ETag", tag)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(text) // the client went away: nobody to tell
	}))
}
