package manifest

import (
	"fmt"

	"writ/server/access"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Profile is a named set of rights: its access control rules (provisioning spec 10.1).
type Profile struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// What it allows. The list is replaced as a whole.
	Rules []AccessRule `yaml:"rules,omitempty"`
}

// The names of its API.
type (
	SaveProfileInput               = SaveInput[Profile]
	ProfileConfigurationConnection = page.Connection[*Profile]
)

// AccessRule gives permissions on a data set.
type AccessRule struct {
	// Name, unique among the rules of all profiles.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Identifier of the entity type it is about; *: any.
	EntityType string `yaml:"entityType,omitempty" default:"*"`
	// What a row must be; all of them must hold. None: every row.
	Filters []AccessFilter `yaml:"filters,omitempty"`
	// Its permissions; at least one.
	Entries []AccessEntry `yaml:"entries"`
}

// AccessFilter narrows a rule to some rows: a property compared with exactly one of value, dimension, currentUser.
type AccessFilter struct {
	// Path from the entity type of the rule, e.g. Department.
	Binding string `yaml:"binding"`
	// Constant to equal: the key, for a navigation. Empty: compared otherwise.
	Value string `yaml:"value,omitempty"`
	// Identifier of the dimension whose value the context of the assigned profile gives. Empty: compared otherwise.
	Dimension string `yaml:"dimension,omitempty"`
	// It must lead to the person who is signed in.
	CurrentUser bool `yaml:"currentUser,omitempty"`
}

// AccessEntry is one permission of a rule.
type AccessEntry struct {
	// Path in the permission tree (provisioning spec 10.3); it covers everything below it.
	Permission string `yaml:"permission"`
	// It opens the operation. False: the data is only readable in the course of it.
	CanExecute *bool `yaml:"canExecute,omitempty" default:"true"`
	// With a full path: its holders are mailed, too. False: the right without the mail.
	Notify *bool `yaml:"notify,omitempty" default:"true"`
	// Rights add up: only 0 is taken.
	Priority int `yaml:"priority,omitempty"`
	// No property is hidden by a visibility group yet: only false is taken.
	FullAccessProperties bool `yaml:"fullAccessProperties,omitempty"`
}

func profileKind() kind {
	d := &declared[Profile]{
		facts: facts{name: "profile", list: "profiles", table: "profile", rights: ofAccess,
			inside: []string{`delete from access_rule where profile_id = ?`}},
		in:         func(m *Manifest) *[]Profile { return &m.Profiles },
		identifier: func(p Profile) string { return p.Identifier },
		normal: func(p Profile) Profile {
			for i := range p.Rules {
				for j := range p.Rules[i].Entries {
					e := &p.Rules[i].Entries[j]
					e.Permission = permit.Normalise(e.Permission)
				}
			}
			return p
		},
		inner: func(p Profile, add func(what, identifier string)) {
			for _, r := range p.Rules {
				add("access rule", r.Identifier)
			}
		},
		refuse: refuseEntries,
		steps:  []func(*writer, []Profile, *change) error{(*writer).profiles},
		load:   (*reader).profiles,
	}
	return d
}

func refuseEntries(p Profile) error {
	for _, r := range p.Rules {
		for n, e := range r.Entries {
			field := fmt.Sprintf("accessRule/%s.entries[%d]", r.Identifier, n)
			switch {
			case e.FullAccessProperties:
				return errs.Invalid(field+".fullAccessProperties", "No property is hidden by a visibility group yet, so this would have no effect. Leave fullAccessProperties out.")
			case e.Priority != 0:
				return errs.Invalid(field+".priority", "Rights add up: no entry is stronger than another, so a priority would have no effect. Leave it out.")
			}
		}
	}
	return nil
}

// profiles writes profiles with their rules; rules that a profile does not name any more go.
func (w *writer) profiles(list []Profile, _ *change) error {
	profiles := make([]access.ProfileSpec, len(list))
	named := map[string]bool{}
	kept := map[string]bool{}
	var rules []access.RuleSpec
	for n, p := range list {
		profiles[n] = access.ProfileSpec{Identifier: p.Identifier, DisplayName: p.DisplayName}
		named[p.Identifier] = true
		for _, r := range p.Rules {
			rules = append(rules, r.spec(p.Identifier))
			kept[r.Identifier] = true
		}
	}
	if err := access.SaveProfiles(w.ctx, w.tx, profiles); err != nil {
		return err
	}
	there, err := access.LoadRules(w.ctx, w.tx)
	if err != nil {
		return err
	}
	var gone []string
	for _, r := range there {
		if named[r.Profile] && !kept[r.Identifier] {
			gone = append(gone, r.Identifier)
		}
	}
	if err := access.DeleteRules(w.ctx, w.tx, gone...); err != nil {
		return err
	}
	warned, err := access.SaveRules(w.ctx, w.tx, rules)
	w.warn(warned)
	return err
}

func (w *writer) warn(list []access.Warning) {
	for _, x := range list {
		w.found = append(w.found, rolemodel.Problem{Severity: rolemodel.SeverityWarning, Kind: x.Kind, Identifier: x.Identifier, Field: x.Field, Message: x.Message})
	}
}

func (r AccessRule) spec(profile string) access.RuleSpec {
	out := access.RuleSpec{Identifier: r.Identifier, DisplayName: r.DisplayName, Profile: profile, EntityType: r.EntityType}
	for _, e := range r.Entries {
		out.Entries = append(out.Entries, access.EntrySpec{Permission: e.Permission, CanExecute: *e.CanExecute, Notify: *e.Notify,
			Priority: e.Priority, FullAccessProperties: e.FullAccessProperties})
	}
	for _, f := range r.Filters {
		out.Filters = append(out.Filters, access.FilterSpec(f))
	}
	return out
}

func accessRuleOf(r access.RuleSpec) AccessRule {
	out := AccessRule{Identifier: r.Identifier, DisplayName: r.DisplayName, EntityType: r.EntityType}
	for _, e := range r.Entries {
		out.Entries = append(out.Entries, AccessEntry{Permission: e.Permission, CanExecute: &e.CanExecute, Notify: &e.Notify, Priority: e.Priority,
			FullAccessProperties: e.FullAccessProperties})
	}
	for _, f := range r.Filters {
		out.Filters = append(out.Filters, AccessFilter(f))
	}
	return out
}

func (r *reader) profiles() ([]Profile, error) {
	profiles, err := access.LoadProfiles(r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	rules, err := access.LoadRules(r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	of := map[string][]AccessRule{}
	for _, u := range rules {
		of[u.Profile] = append(of[u.Profile], accessRuleOf(u))
	}
	return mapTo(profiles, func(p access.ProfileSpec) Profile {
		return Profile{Identifier: p.Identifier, DisplayName: p.DisplayName, Rules: of[p.Identifier]}
	}), nil
}
