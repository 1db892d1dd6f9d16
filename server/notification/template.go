package notification

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
)

//go:embed template/*.tmpl
var files embed.FS

// rendered is a mail's content.
type rendered struct{ Subject, Text, HTML string }

// render fills template/<name>.txt.tmpl, whose first line is the subject, and template/<name>.html.tmpl.
func render(name string, data any) (rendered, error) {
	t, err := text.ParseFS(files, "template/"+name+".txt.tmpl")
	if err != nil {
		return rendered{}, fmt.Errorf("mail template %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return rendered{}, fmt.Errorf("mail template %s: %w", name, err)
	}
	subject, body, _ := strings.Cut(b.String(), "\n")
	h, err := html.ParseFS(files, "template/frame.html.tmpl", "template/"+name+".html.tmpl")
	if err != nil {
		return rendered{}, fmt.Errorf("mail template %s: %w", name, err)
	}
	b.Reset()
	if err := h.ExecuteTemplate(&b, "frame", map[string]any{"Subject": subject, "Data": data}); err != nil {
		return rendered{}, fmt.Errorf("mail template %s: %w", name, err)
	}
	return rendered{Subject: strings.TrimSpace(subject), Text: strings.TrimLeft(body, "\n"), HTML: b.String()}, nil
}
