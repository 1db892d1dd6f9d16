package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"

	"github.com/goccy/go-yaml"

	"writ/server/errs"
)

// Parse reads one file (several documents allowed) into a Manifest. name is shown in errors. Unknown fields are refused.
func Parse(name string, content []byte) (*Manifest, error) {
	sum := &Manifest{}
	dec := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict(), yaml.UseJSONUnmarshaler())
	for {
		var m Manifest
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err != nil {
			return nil, errs.Invalid(name, "%s is not a configuration: %s", name, yaml.FormatError(err, false, true))
		}
		sum.add(&m)
	}
}

// ReadFiles reads YAML files and folders (their *.yaml, by name) as one Manifest.
func ReadFiles(paths ...string) (*Manifest, error) {
	sum := &Manifest{}
	for _, p := range paths {
		files, err := yamlFiles(p)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			content, err := os.ReadFile(f)
			if err != nil {
				return nil, errs.Invalid(f, "%s cannot be read.", f).Because(err)
			}
			m, err := Parse(filepath.Base(f), content)
			if err != nil {
				return nil, err
			}
			sum.add(m)
		}
	}
	return sum, sum.check()
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

func (m *Manifest) add(o *Manifest) {
	m.Connectors = append(m.Connectors, o.Connectors...)
	m.EntityTypes = append(m.EntityTypes, o.EntityTypes...)
	m.Dimensions = append(m.Dimensions, o.Dimensions...)
	m.Policies = append(m.Policies, o.Policies...)
	m.Categories = append(m.Categories, o.Categories...)
	m.CompositeRoles = append(m.CompositeRoles, o.CompositeRoles...)
	m.SingleRoles = append(m.SingleRoles, o.SingleRoles...)
	m.ResourceTypes = append(m.ResourceTypes, o.ResourceTypes...)
	m.ContextRules = append(m.ContextRules, o.ContextRules...)
	m.Jobs = append(m.Jobs, o.Jobs...)
	m.Profiles = append(m.Profiles, o.Profiles...)
	m.Users = append(m.Users, o.Users...)
}

// check refuses what is wrong without looking at a database: missing and double identifiers.
func (m *Manifest) check() error {
	seen := map[string]bool{}
	for _, o := range m.objects() {
		if o.identifier == "" {
			return errs.Invalid(o.kind, "A %s has no identifier.", o.kind)
		}
		key := o.kind + "/" + o.identifier
		if seen[key] {
			return errs.Invalid(key, "The %s %s stands twice in the configuration.", o.kind, o.identifier)
		}
		seen[key] = true
	}
	return nil
}

type object struct {
	kind, identifier string
	content          any
}

// objects lists everything in the order in which it must be applied: what is referred to comes first.
func (m *Manifest) objects() []object {
	var out []object
	for i := range m.Connectors {
		out = append(out, object{"connector", m.Connectors[i].Identifier, m.Connectors[i]})
	}
	for i := range m.EntityTypes {
		out = append(out, object{"entityType", m.EntityTypes[i].Identifier, m.EntityTypes[i]})
	}
	for i := range m.Dimensions {
		out = append(out, object{"dimension", m.Dimensions[i].Identifier, m.Dimensions[i]})
	}
	for i := range m.Policies {
		out = append(out, object{"policy", m.Policies[i].Identifier, m.Policies[i]})
	}
	for i := range m.Categories {
		out = append(out, object{"category", m.Categories[i].Identifier, m.Categories[i]})
	}
	for i := range m.CompositeRoles {
		out = append(out, object{"compositeRole", m.CompositeRoles[i].Identifier, m.CompositeRoles[i]})
	}
	for i := range m.SingleRoles {
		out = append(out, object{"singleRole", m.SingleRoles[i].Identifier, m.SingleRoles[i]})
	}
	for i := range m.ResourceTypes {
		out = append(out, object{"resourceType", m.ResourceTypes[i].Identifier, m.ResourceTypes[i]})
	}
	for i := range m.ContextRules {
		out = append(out, object{"contextRule", m.ContextRules[i].Identifier, m.ContextRules[i]})
	}
	for i := range m.Jobs {
		out = append(out, object{"job", m.Jobs[i].Identifier, m.Jobs[i]})
	}
	for i := range m.Profiles {
		out = append(out, object{"profile", m.Profiles[i].Identifier, m.Profiles[i]})
	}
	for i := range m.Users {
		out = append(out, object{"user", m.Users[i].Username, m.Users[i]})
	}
	return out
}
