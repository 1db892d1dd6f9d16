package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"writ/server/errs"
)

// Parse reads one file (several documents allowed) into a Manifest. name is shown in errors. VALIDATION with line and column: no YAML,
// unknown fields, wrong types, nothing in it. TOO_LARGE: over 8 MiB, or over half a million values with its aliases written out.
func Parse(name string, content []byte) (m *Manifest, err error) {
	defer func() {
		// The library falls over some texts that are no configuration; which ones, changes with its versions.
		if fault := recover(); fault != nil {
			m, err = nil, errs.Invalid(name, "%s is not a configuration: it cannot be read as YAML.", name).Because(fmt.Errorf("panic: %v", fault))
		}
	}()
	if len(content) > maxFile {
		return nil, errs.New(errs.TooLarge, "%s has %d bytes; a configuration file may have %d. Split it into several.", name, len(content), maxFile).At(name)
	}
	if line, deep := tooDeep(content); deep {
		return nil, errs.New(errs.TooLarge, "%s: more than %d maps and lists are inside each other at line %d. Write it flatter.", name, maxDepth, line).At(name)
	}
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return nil, notConfiguration(name, err)
	}
	t := &tree{name: name, anchors: map[string]int{}, open: map[string]bool{}, places: map[string][]string{}}
	empty, found := true, &faults{}
	for _, d := range file.Docs {
		if d.Body == nil || d.Body.Type() == ast.NullType || d.Body.Type() == ast.CommentType {
			continue
		}
		empty = false
		if _, err := t.size(d.Body, 0); err != nil {
			return nil, err
		}
		t.locate(d.Body)
		t.unknownKeys(d.Body, reflect.TypeFor[Manifest](), found)
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	if empty {
		return nil, errs.Invalid(name, "%s is empty: it says nothing. Write at least one list, e.g. jobs:, or leave the file away.", name)
	}
	sum := &Manifest{places: t.places}
	dec := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict(), yaml.UseJSONUnmarshaler())
	for {
		var m Manifest
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) {
			sum.inOneForm()
			return sum, nil
		}
		if err != nil {
			return nil, notConfiguration(name, err)
		}
		sum.add(&m)
	}
}

// notConfiguration says where and what; the parser's text begins with [line:column] and shows the lines around.
func notConfiguration(name string, err error) error {
	text := yaml.FormatError(err, false, true)
	if at := position.FindStringSubmatch(text); at != nil {
		return errs.Invalid(fmt.Sprintf("%s:%s:%s", name, at[1], at[2]), "%s:%s:%s is not a configuration: %s", name, at[1], at[2], strings.TrimSpace(at[3]))
	}
	return errs.Invalid(name, "%s is not a configuration: %s", name, text)
}

var position = regexp.MustCompile(`(?s)^\[(\d+):(\d+)\](.*)$`)

// ReadFiles reads YAML files and folders (their *.yaml, by name) as one Manifest. What is wrong in it is told when it is planned or applied, all at
// once; only what cannot be read is told here.
func ReadFiles(paths ...string) (*Manifest, error) {
	sum, found := &Manifest{}, &faults{}
	for _, p := range paths {
		files, err := yamlFiles(p)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			content, err := readFile(f)
			if err != nil {
				return nil, err
			}
			m, err := Parse(filepath.Base(f), content)
			if err == nil {
				sum.add(m)
			} else if !found.take(err) {
				return nil, err
			}
		}
	}
	return sum, found.err()
}

// ReadTexts gives the texts of YAML files and folders as one, for whoever keeps them.
func ReadTexts(paths ...string) (string, error) {
	var all strings.Builder
	for _, p := range paths {
		files, err := yamlFiles(p)
		if err != nil {
			return "", err
		}
		for _, f := range files {
			content, err := readFile(f)
			if err != nil {
				return "", err
			}
			all.WriteString("---\n")
			all.Write(content)
			all.WriteString("\n")
		}
	}
	return all.String(), nil
}

// readFile stops at the limit instead of filling the memory.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errs.Invalid(path, "%s cannot be read.", path).Because(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, errs.Invalid(path, "%s cannot be read.", path).Because(err)
	}
	return content, nil
}

func yamlFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errs.Invalid(path, "%s does not exist.", path).Because(err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		found, err := filepath.Glob(filepath.Join(path, pattern))
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", path, err)
		}
		files = append(files, found...)
	}
	sort.Strings(files)
	if len(files) == 0 {
		return nil, errs.Invalid(path, "The folder %s holds no .yaml file.", path)
	}
	return files, nil
}

// add appends what another file says.
func (m *Manifest) add(o *Manifest) {
	for _, k := range kinds() {
		k.add(m, o)
	}
	for list, names := range o.Delete {
		if m.Delete == nil {
			m.Delete = map[string][]string{}
		}
		m.Delete[list] = append(m.Delete[list], names...)
	}
	for at, where := range o.places {
		if m.places == nil {
			m.places = map[string][]string{}
		}
		m.places[at] = append(m.places[at], where...)
	}
}
