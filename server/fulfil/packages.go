package fulfil

import (
	"maps"
	"slices"
	"strings"

	"writ/server/errs"
)

// Packages is the map of technologies by identifier. server/app/connectors.go fills it; nothing registers itself.
type Packages map[string]Package

// Get gives the package of that identifier; Validation when there is none.
func (p Packages) Get(identifier string) (Package, error) {
	if pkg, ok := p[identifier]; ok {
		return pkg, nil
	}
	return nil, errs.Invalid("package", "There is no package %q. Known packages: %s.", identifier, strings.Join(slices.Sorted(maps.Keys(p)), ", "))
}

// Capabilities lists what every package can do, by identifier.
func (p Packages) Capabilities() []Capability {
	list := make([]Capability, 0, len(p))
	for _, identifier := range slices.Sorted(maps.Keys(p)) {
		list = append(list, p[identifier].Capability())
	}
	return list
}
