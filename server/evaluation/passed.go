package evaluation

import (
	"maps"
	"slices"
	"time"

	"writ/server/evaluation/interval"
)

// Passed is a name that passed on: what was written as a reference to one resource means another one since.
type Passed struct {
	Property string // navigation of the target; empty: any
	Name     string
	Was, Is  int64     // resources; 0: nothing
	At       time.Time // names that passed on together have the same instant
}

// Follow gives the expectation after names passed on: where a text of ours means another resource by now, that one is our work, too, until it is
// seen gone. many tells whether a property is a collection. changed: it differs.
func (e Expected) Follow(list []Passed, many func(property string) bool) (out Expected, changed bool) {
	out = e
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].At.Equal(list[0].At) {
			n++
		}
		var did bool
		out, did = out.follow(list[:n], many)
		list, changed = list[n:], changed || did
	}
	return out, changed
}

// follow is Follow for names that passed on together: nobody's name is followed twice.
func (e Expected) follow(list []Passed, many func(property string) bool) (out Expected, changed bool) {
	out = e
	out.Properties, out.Ours = maps.Clone(e.Properties), maps.Clone(e.Ours)
	if out.Ours == nil {
		out.Ours = map[string][]Own{}
	}
	note := func(name string, x Own) {
		ours := slices.Clone(out.Ours[name])
		if i := slices.IndexFunc(ours, func(y Own) bool { return y.ID == x.ID && y.Value == x.Value }); i >= 0 {
			ours[i] = x
		} else {
			ours = append(ours, x)
		}
		out.Ours[name], changed = ours, true
	}
	for _, p := range list {
		names := []string{p.Property}
		if p.Property == "" {
			names = nil
			for name := range e.Properties {
				names = append(names, name)
			}
			for name := range e.Ours {
				names = append(names, name)
			}
			slices.Sort(names)
			names = slices.Compact(names)
		}
		for _, name := range names {
			since, wanted, spans := interval.Instant(p.At), false, e.Properties[name]
			for i, s := range spans {
				if p.Was == 0 || s.ID != p.Was || !s.InForce || s.Error != "" || s.CreateOnly {
					continue
				}
				if wanted = true; many(name) {
					if &out.Properties[name][0] == &spans[0] {
						out.Properties[name] = slices.Clone(spans)
					}
					out.Properties[name][i].InForce = false // nobody took it away
				}
			}
			was, is := Own{ID: p.Was}, Own{ID: p.Is, Since: since, Renamed: true}
			if p.Was == 0 { // what points to nothing is known by its text
				was.Value = p.Name
			}
			if p.Is == 0 {
				is.Value = p.Name
			}
			before := slices.ContainsFunc(e.Ours[name], func(x Own) bool { return x.ID == was.ID && x.Value == was.Value })
			if !wanted && !before || p.Was == 0 && p.Property == "" {
				continue
			}
			if p.Was != 0 {
				note(name, Own{ID: p.Was, Since: since, Renamed: true})
			}
			note(name, is)
		}
	}
	return out, changed
}
