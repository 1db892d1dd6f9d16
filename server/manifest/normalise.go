package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"writ/server/permit"
)

var secretPath = regexp.MustCompile(`(^|\.)(secrets\.|password$)`)

// normalised fills in every default, so that a manifest compares with what export gives.
func (m *Manifest) normalised() *Manifest {
	n := *m
	n.Connectors = mapped(m.Connectors, func(c Connector) Connector {
		c.DisplayName, c.Mode = or(c.DisplayName, c.Identifier), or(strings.ToLower(c.Mode), "continuous")
		if c.Thresholds == nil {
			t := DefaultThresholds()
			c.Thresholds = &t
		}
		c.Connections = mapped(c.Connections, func(k Connection) Connection {
			k.DisplayName, k.Deactivated = or(k.DisplayName, k.Identifier), or(strings.ToLower(k.Deactivated), "none")
			if k.PollSeconds == 0 {
				k.PollSeconds = 1
			}
			return k
		})
		return c
	})
	n.EntityTypes = mapped(m.EntityTypes, func(e EntityType) EntityType {
		e.DisplayName = or(e.DisplayName, e.Identifier)
		e.Properties = mapped(e.Properties, func(p Property) Property {
			p.DisplayName, p.Type = or(p.DisplayName, words(p.Identifier)), or(p.Type, "string")
			return p
		})
		return e
	})
	n.Dimensions = mapped(m.Dimensions, func(d Dimension) Dimension { d.DisplayName = or(d.DisplayName, d.Identifier); return d })
	n.Policies = mapped(m.Policies, func(p Policy) Policy { p.DisplayName = or(p.DisplayName, p.Identifier); return p })
	n.Categories = mapped(m.Categories, func(c Category) Category {
		c.DisplayName, c.Policy = or(c.DisplayName, c.Identifier), or(c.Policy, "Default")
		return c
	})
	role := func(r Role) Role {
		r.DisplayName, r.Policy = or(r.DisplayName, r.Identifier), or(r.Policy, "Default")
		r.Rules = slices.Clone(r.Rules) // the caller's manifest stays as it was
		for i := range r.Rules {
			rule := &r.Rules[i]
			rule.Identifier = or(rule.Identifier, fmt.Sprintf("%s-%d", r.Identifier, i+1))
			rule.Policy, rule.Type = or(rule.Policy, r.Policy), or(rule.Type, "required")
		}
		return r
	}
	n.CompositeRoles, n.SingleRoles = mapped(m.CompositeRoles, role), mapped(m.SingleRoles, role)
	n.ResourceTypes = mapped(m.ResourceTypes, normalResourceType)
	n.ContextRules = mapped(m.ContextRules, func(c ContextRule) ContextRule {
		c.DisplayName, c.Policy = or(c.DisplayName, c.Identifier), or(c.Policy, "Default")
		return c
	})
	n.Jobs = mapped(m.Jobs, func(j Job) Job {
		j.DisplayName, j.CronTimeZone = or(j.DisplayName, j.Identifier), or(j.CronTimeZone, "UTC")
		j.Steps = mapped(j.Steps, func(s Step) Step {
			s.DisplayName = or(s.DisplayName, s.Task)
			if s.Level == nil {
				s.Level = ptr(-1)
			}
			return s
		})
		return j
	})
	n.Profiles = mapped(m.Profiles, func(p Profile) Profile {
		p.DisplayName = or(p.DisplayName, p.Identifier)
		p.Rules = mapped(p.Rules, func(r AccessRule) AccessRule {
			r.DisplayName, r.EntityType = or(r.DisplayName, r.Identifier), or(r.EntityType, "*")
			r.Entries = mapped(r.Entries, func(e AccessEntry) AccessEntry {
				e.Permission = permit.Normalise(e.Permission)
				if e.CanExecute == nil {
					e.CanExecute = ptr(true)
				}
				if e.Notify == nil {
					e.Notify = ptr(true)
				}
				return e
			})
			return r
		})
		return p
	})
	n.Users = mapped(m.Users, func(u User) User { u.DisplayName, u.Password = or(u.DisplayName, u.Username), ""; return u })
	return &n
}

// completed fills in what a manifest may leave unsaid and then stays as it is: whether a schedule is on and a user disabled, the secrets
// of a connection, and connections that are not named.
func (m *Manifest) completed(current *Manifest) *Manifest {
	c := *m
	jobs, users, connectors := map[string]Job{}, map[string]User{}, map[string]Connector{}
	for _, j := range current.Jobs {
		jobs[j.Identifier] = j
	}
	for _, u := range current.Users {
		users[strings.ToLower(u.Username)] = u
	}
	for _, k := range current.Connectors {
		connectors[k.Identifier] = k
	}
	c.Jobs = mapped(m.Jobs, func(j Job) Job {
		j.ScheduleEnabled = orPtr(orElse(j.ScheduleEnabled, jobs[j.Identifier].ScheduleEnabled), true)
		return j
	})
	c.Users = mapped(m.Users, func(u User) User {
		u.Disabled = orPtr(orElse(u.Disabled, users[strings.ToLower(u.Username)].Disabled), false)
		return u
	})
	c.Connectors = mapped(m.Connectors, func(k Connector) Connector {
		named := map[string]int{}
		k.Connections = append([]Connection(nil), k.Connections...)
		for n, own := range k.Connections {
			named[strings.ToLower(own.Identifier)] = n
		}
		for _, there := range connectors[k.Identifier].Connections {
			n, ok := named[strings.ToLower(there.Identifier)]
			switch {
			case !ok:
				k.Connections = append(k.Connections, there)
			case k.Connections[n].Secrets == nil:
				k.Connections[n].Secrets = there.Secrets
			}
		}
		return k
	})
	return &c
}

func orElse[T any](v, otherwise *T) *T {
	if v == nil {
		return otherwise
	}
	return v
}

func normalResourceType(t ResourceType) ResourceType {
	t.DisplayName, t.Policy = or(t.DisplayName, t.Identifier), or(t.Policy, "Default")
	t.ApprovalWorkflowType = orPtr(t.ApprovalWorkflowType, 4)
	t.AllowAdd, t.AllowRemove = orPtr(t.AllowAdd, true), orPtr(t.AllowRemove, true)
	t.BlockProvisioning = orPtr(t.BlockProvisioning, true)
	t.AutoRetryDelayMinutes = nonZero(t.AutoRetryDelayMinutes, 5)
	t.MaximumInsertPercent = orPtr(t.MaximumInsertPercent, 30)
	t.MaximumUpdatePercent = orPtr(t.MaximumUpdatePercent, 30)
	t.MaximumDeletePercent = orPtr(t.MaximumDeletePercent, 30)
	id := func(given, kind string, i int) string {
		return or(given, fmt.Sprintf("%s-%s-%d", t.Identifier, kind, i+1))
	}
	t.TypeRules = slices.Clone(t.TypeRules)
	for i := range t.TypeRules {
		r := &t.TypeRules[i]
		r.Identifier, r.Policy, r.Type = id(r.Identifier, "type", i), or(r.Policy, t.Policy), or(r.Type, "required")
	}
	t.ScalarRules = slices.Clone(t.ScalarRules)
	seen := map[string]int{} // the second and later rules of one property are numbered
	for i := range t.ScalarRules {
		r, suffix := &t.ScalarRules[i], ""
		if seen[r.Property]++; seen[r.Property] > 1 {
			suffix = fmt.Sprintf("-%d", seen[r.Property])
		}
		r.Identifier, r.Policy, r.Comparison = or(r.Identifier, t.Identifier+"-"+r.Property+suffix), or(r.Policy, t.Policy), or(r.Comparison, "caseSensitive")
	}
	t.NavigationRules = slices.Clone(t.NavigationRules)
	for i := range t.NavigationRules {
		r := &t.NavigationRules[i]
		r.Identifier, r.Policy = id(r.Identifier, "navigation", i), or(r.Policy, t.Policy)
	}
	t.QueryRules = slices.Clone(t.QueryRules)
	for i := range t.QueryRules {
		r := &t.QueryRules[i]
		r.Identifier, r.Policy = id(r.Identifier, "query", i), or(r.Policy, t.Policy)
	}
	t.CorrelationRules = slices.Clone(t.CorrelationRules)
	for i := range t.CorrelationRules {
		r := &t.CorrelationRules[i]
		r.Identifier, r.Policy = id(r.Identifier, "correlation", i), or(r.Policy, t.Policy)
	}
	t.ClassificationRules = slices.Clone(t.ClassificationRules)
	for i := range t.ClassificationRules {
		r := &t.ClassificationRules[i]
		r.Identifier, r.Policy = id(r.Identifier, "classification", i), or(r.Policy, t.Policy)
	}
	return t
}

// words turns an identifier into a label: "GivenName" -> "Given name".
func words(identifier string) string {
	var b strings.Builder
	for i, r := range identifier {
		if i > 0 && r >= 'A' && r <= 'Z' && identifier[i-1] >= 'a' && identifier[i-1] <= 'z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func or(v, fallback string) string {
	if v == "" {
		return fallback
	}
	return v
}

func ptr[T any](v T) *T { return &v }

func orPtr[T any](v *T, fallback T) *T {
	if v == nil {
		return &fallback
	}
	return v
}

func mapped[T any](in []T, f func(T) T) []T {
	if in == nil {
		return nil
	}
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
