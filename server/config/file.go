package config

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// YAML reads settings whose keys are the flags' names, e.g. "data-dir: /var/lib/writ" (underscores do, too). Flags and
// variables win over it. It is kong's loader for the flag --config.
func YAML(r io.Reader) (kong.Resolver, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	given, err := decode(raw)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %s", yaml.FormatError(err, false, true))
	}
	f := file{}
	for key, value := range given {
		f[strings.ReplaceAll(key, "_", "-")] = value
	}
	return f, nil
}

// decode reads YAML; the library falls over some texts, which are no settings then.
func decode(raw []byte) (given map[string]any, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("this is no YAML with names and values: %v", fault)
		}
	}()
	err = yaml.Unmarshal(raw, &given)
	return given, err
}

// file is the settings of a file by flag name.
type file map[string]any

// Validate refuses keys that are no setting of any command: a typing error must not pass in silence.
func (f file) Validate(app *kong.Application) error {
	known := map[string]bool{}
	err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if n, ok := node.(*kong.Application); ok {
			addNames(known, n.Flags)
		}
		if n, ok := node.(*kong.Node); ok {
			addNames(known, n.Flags)
		}
		return next(nil)
	})
	if err != nil {
		return err
	}
	var unknown []string
	for name := range f {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("the settings file names what is no setting: %s (see writ serve --help)", strings.Join(unknown, ", "))
	}
	return nil
}

func addNames(known map[string]bool, flags []*kong.Flag) {
	for _, f := range flags {
		if f.Name != "help" && f.Name != "config" {
			known[f.Name] = true
		}
	}
}

// Resolve gives the file's value for a flag, nil when the file or a variable leaves it to others.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := f[flag.Name]
	if !ok || value == nil {
		return nil, nil
	}
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil // kong would let a file win over a variable
		}
	}
	switch value.(type) {
	case map[string]any, []any:
		return nil, fmt.Errorf("must be a single value")
	}
	return fmt.Sprint(value), nil
}
