package httpd

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
)

// spa serves the built pages from memory: files by name, index.html for every other address (the pages have their own
// router), each compressed once.
type spa struct {
	files fs.FS
	mu    sync.Mutex
	cache map[string]*asset
}

type asset struct {
	raw, gzip, brotli []byte
	contentType       string
	etag              string
	policy            string // index.html only: our policy with the hashes of its inline scripts, and a place for the nonce
}

func newSPA(files fs.FS) *spa { return &spa{files: files, cache: map[string]*asset{}} }

func (s *spa) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		writeGraphQLError(w, http.StatusNotFound, "NOT_FOUND", "There is nothing here.")
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	a := s.load(name)
	if a == nil {
		if isFile(name) || !acceptsHTML(r) { // a missing script must not be answered with a page
			http.NotFound(w, r)
			return
		}
		name = "index.html"
		if a = s.load(name); a == nil {
			if a = s.load("placeholder.html"); a == nil {
				http.NotFound(w, r)
				return
			}
		}
	}
	s.send(w, r, name, a)
}

func (s *spa) send(w http.ResponseWriter, r *http.Request, name string, a *asset) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	if a.policy == "" {
		h.Set("Vary", "Accept-Encoding")
	}
	if strings.HasPrefix(name, "assets/") { // the bundler puts a hash of the content into these names
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if a.policy != "" {
		s.sendPage(w, r, a)
		return
	}
	body, etag := a.raw, a.etag
	accepted := r.Header.Get("Accept-Encoding")
	switch {
	case a.brotli != nil && accepts(accepted, "br"):
		body, etag = a.brotli, a.etag+"-br"
		h.Set("Content-Encoding", "br")
	case a.gzip != nil && accepts(accepted, "gzip"):
		body, etag = a.gzip, a.etag+"-gz"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+etag+`"`)
	if strings.Contains(r.Header.Get("If-None-Match"), `"`+etag+`"`) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the client may be gone
	}
}

// noncePlace is where index.html and its policy get the nonce of the answer.
const noncePlace = "__NONCE__"

// sendPage sends index.html with a nonce that no other answer has: what the pages write as styles by themselves has to say it. So there is no ETag, since a
// browser would join the old page with the policy of the new answer; and it is small enough to go as it is.
func (s *spa) sendPage(w http.ResponseWriter, r *http.Request, a *asset) {
	nonce := rand.Text()
	w.Header().Set("Content-Security-Policy", strings.ReplaceAll(a.policy, noncePlace, nonce))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(bytes.ReplaceAll(a.raw, []byte(noncePlace), []byte(nonce))) // the client may be gone
	}
}

// load reads and packs a file once; nil when there is no such file.
func (s *spa) load(name string) *asset {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.cache[name]; ok {
		return a
	}
	if !fs.ValidPath(name) || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") {
		return nil
	}
	raw, err := fs.ReadFile(s.files, name)
	if err != nil {
		return nil // not remembered: anybody can ask for any name
	}
	sum := sha256.Sum256(raw)
	a := &asset{raw: raw, etag: hex.EncodeToString(sum[:8]), contentType: contentType(name)}
	if name != "index.html" && compressible(a.contentType) && len(raw) > 512 {
		if packed, err := fs.ReadFile(s.files, name+".br"); err == nil { // made by the build
			a.brotli = packed
		}
		a.gzip = packGzip(raw)
	}
	if name == "index.html" {
		a.policy = policyFor(raw)
	}
	s.cache[name] = a
	return a
}

var inlineScript = regexp.MustCompile(`(?s)<script(?:\s+(?:type="module"|nonce="[^"]*"))?\s*>(.*?)</script>`)

// policyFor allows exactly the inline scripts that the build wrote into the page, and the styles with the nonce of the answer.
func policyFor(html []byte) string {
	var hashes strings.Builder
	for _, m := range inlineScript.FindAllSubmatch(html, -1) {
		sum := sha256.Sum256(m[1])
		hashes.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return strings.NewReplacer("script-src 'self'", "script-src 'self'"+hashes.String(), "style-src 'self'", "style-src 'self' 'nonce-"+noncePlace+"'").Replace(policy)
}

func packGzip(raw []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(raw)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		return nil // served as it is
	}
	return out.Bytes()
}

// accepts reads an Accept-Encoding header: named, and not with q=0.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, param, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q := strings.ReplaceAll(param, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

func acceptsHTML(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "*/*")
}

// fileEnding tells a file from an address of the pages, which may hold dots too (an identifier, a login).
var fileEnding = regexp.MustCompile(`\.(js|mjs|css|map|json|html|ico|png|svg|jpg|webp|woff2?|txt|webmanifest)$`)

func isFile(name string) bool {
	return strings.HasPrefix(name, "assets/") || fileEnding.MatchString(name)
}

// contentType does not ask the machine's own tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".woff":
		return "font/woff"
	case ".ico":
		return "image/x-icon"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compressible(contentType string) bool {
	return strings.HasPrefix(contentType, "text/") || strings.Contains(contentType, "json") || strings.Contains(contentType, "svg")
}
