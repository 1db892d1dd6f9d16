package notification

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	html "html/template"
	"io/fs"
	"os"
	"slices"
	"strings"
	text "text/template"

	"writ/server/errs"
)

//go:embed template/*.tmpl
var embedded embed.FS

// Templates are the texts of the mails (provisioning spec 11.4): <id>.txt.tmpl, whose first line is the subject, <id>.html.tmpl and the frame
// around it. A folder may replace single files, and the subject alone by <id>.subject.tmpl; what it does not have stays as it is.
type Templates struct {
	own fs.FS // nil: only what is embedded
}

// OpenTemplates takes the templates of a folder; "" = none. Validation when a file is no template, or has a name that no mail uses.
func OpenTemplates(dir string) (*Templates, error) {
	t := &Templates{}
	if dir == "" {
		return t, nil
	}
	t.own = os.DirFS(dir)
	files, err := fs.Glob(t.own, "*.tmpl")
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, errs.Invalid("mail-templates", "There is no folder %q with mail templates.", dir)
	}
	known := templateFiles()
	for _, f := range files {
		if !slices.Contains(known, f) {
			return nil, errs.Invalid("mail-templates", "No mail uses the template %q. There are: %s.", f, strings.Join(known, ", "))
		}
		source, err := fs.ReadFile(t.own, f)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(f, ".html.tmpl") {
			_, err = html.New(f).Parse(string(source))
		} else {
			_, err = text.New(f).Parse(string(source))
		}
		if err != nil {
			return nil, errs.Invalid("mail-templates", "The mail template %q cannot be used: %s.", f, err)
		}
	}
	return t, nil
}

// templateFiles are the names that a folder may use.
func templateFiles() []string {
	entries, err := embedded.ReadDir("template")
	if err != nil {
		panic(err) // embedded above
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
		if id, ok := strings.CutSuffix(e.Name(), ".txt.tmpl"); ok {
			out = append(out, id+".subject.tmpl")
		}
	}
	return out
}

// source gives a template's text, the folder's before ours; empty when nobody has it.
func (t *Templates) source(name string) (string, error) {
	if t != nil && t.own != nil {
		raw, err := fs.ReadFile(t.own, name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return string(raw), err
		}
	}
	raw, err := embedded.ReadFile("template/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(raw), err
}

// rendered is a mail's content.
type rendered struct{ Subject, Text, HTML string }

// render fills the templates of a mail.
func (t *Templates) render(id string, data any) (rendered, error) {
	body, err := t.text(id+".txt.tmpl", data)
	if err != nil {
		return rendered{}, err
	}
	subject, body, _ := strings.Cut(body, "\n")
	own, err := t.text(id+".subject.tmpl", data)
	if err != nil {
		return rendered{}, err
	}
	if own = strings.Join(strings.Fields(own), " "); own != "" {
		subject = own
	}
	subject = strings.TrimSpace(subject)
	page, err := t.html(id+".html.tmpl", map[string]any{"Subject": subject, "Data": data})
	return rendered{Subject: subject, Text: strings.TrimLeft(body, "\n"), HTML: page}, err
}

func (t *Templates) text(name string, data any) (string, error) {
	source, err := t.source(name)
	if err != nil {
		return "", fmt.Errorf("mail template %s: %w", name, err)
	}
	parsed, err := text.New(name).Parse(source)
	if err != nil {
		return "", fmt.Errorf("mail template %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := parsed.Execute(&b, data); err != nil {
		return "", fmt.Errorf("mail template %s: %w", name, err)
	}
	return b.String(), nil
}

// html fills the body inside the frame.
func (t *Templates) html(name string, data any) (string, error) {
	parsed := html.New(name)
	for _, file := range []string{"frame.html.tmpl", name} {
		source, err := t.source(file)
		if err == nil {
			_, err = parsed.Parse(source)
		}
		if err != nil {
			return "", fmt.Errorf("mail template %s: %w", file, err)
		}
	}
	var b bytes.Buffer
	if err := parsed.ExecuteTemplate(&b, "frame", data); err != nil {
		return "", fmt.Errorf("mail template %s: %w", name, err)
	}
	return b.String(), nil
}
