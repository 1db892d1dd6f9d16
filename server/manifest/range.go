package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"writ/server/errs"
)

var propertyTypes = []string{"string", "int32", "int64", "dateTime", "bool", "guid", "double", "foreignKey"}

// checkRanges refuses numbers and words that are none of the possible ones, before anything is written: the database would refuse them
// too, in its own words.
func (m *Manifest) checkRanges() error {
	r := &ranges{}
	for _, c := range m.Connectors {
		at, t := "connector/"+c.Identifier, c.Thresholds
		for name, v := range map[string]int{"maximumInsertedLines": t.MaximumInsertedLines, "maximumUpdatedLines": t.MaximumUpdatedLines, "maximumDeletedLines": t.MaximumDeletedLines,
			"maximumLinkInsertedLines": t.MaximumLinkInsertedLines, "maximumLinkDeletedLines": t.MaximumLinkDeletedLines} {
			r.least(at+".thresholds."+name, v, 0)
		}
		for name, v := range map[string]int{"maxPercentageInsertedLines": t.MaxPercentageInsertedLines, "maxPercentageUpdatedLines": t.MaxPercentageUpdatedLines,
			"maxPercentageDeletedLines": t.MaxPercentageDeletedLines, "maxLinkPercentageInsertedLines": t.MaxLinkPercentageInsertedLines,
			"maxLinkPercentageDeletedLines": t.MaxLinkPercentageDeletedLines} {
			r.between(at+".thresholds."+name, v, 0, 100)
		}
		for _, k := range c.Connections {
			r.least(at+"."+k.Identifier+".pollSeconds", k.PollSeconds, 1)
		}
	}
	for _, e := range m.EntityTypes {
		at, keys := "entityType/"+e.Identifier, []string{}
		for _, p := range e.Properties {
			if !slices.ContainsFunc(propertyTypes, func(t string) bool { return strings.EqualFold(t, p.Type) }) {
				r.fault(at+"."+p.Identifier+".type", "There is no type %q of properties. Known: %s.", p.Type, strings.Join(propertyTypes, ", "))
			}
			if p.PrimaryKey {
				keys = append(keys, p.Identifier)
			}
		}
		if len(keys) > 1 {
			r.fault(at, "The entity type %s has %d properties with primaryKey (%s). Keep it on one; mark the others with uniqueKey.", e.Identifier, len(keys), strings.Join(keys, ", "))
		}
		r.display(at, e)
		if e.Source != nil && e.Source.MaximumRejected != nil {
			r.between(at+".source.maximumRejected", *e.Source.MaximumRejected, 0, 10_000)
		}
		if e.Source == nil || e.Source.Thresholds == nil {
			continue
		}
		t := *e.Source.Thresholds
		for name, v := range map[string]int{"maximumInsertedLines": t.MaximumInsertedLines, "maximumUpdatedLines": t.MaximumUpdatedLines, "maximumDeletedLines": t.MaximumDeletedLines} {
			r.least(at+".source.thresholds."+name, v, 0)
		}
		for name, v := range map[string]int{"maxPercentageInsertedLines": t.MaxPercentageInsertedLines, "maxPercentageUpdatedLines": t.MaxPercentageUpdatedLines,
			"maxPercentageDeletedLines": t.MaxPercentageDeletedLines} {
			r.between(at+".source.thresholds."+name, v, 0, 100)
		}
	}
	for _, d := range m.Dimensions {
		r.between("dimension/"+d.Identifier+".column", d.Column, 0, 127)
	}
	for _, o := range m.CompositeRoles {
		r.between("compositeRole/"+o.Identifier+".approvalWorkflowType", o.ApprovalWorkflowType, 0, 4)
	}
	for _, o := range m.SingleRoles {
		r.between("singleRole/"+o.Identifier+".approvalWorkflowType", o.ApprovalWorkflowType, 0, 4)
	}
	for _, t := range m.ResourceTypes {
		r.resourceType(t)
	}
	if r.err == nil {
		return nil
	}
	return r.err
}

// ranges keeps the first mistake by place, so that the same file always gives the same answer.
type ranges struct{ err *errs.Error }

func (r *ranges) fault(field, format string, args ...any) {
	if r.err == nil || field < r.err.Field {
		r.err = errs.Invalid(field, format, args...)
	}
}

func (r *ranges) least(field string, v, least int) {
	if v < least {
		r.fault(field, "%s is %d or more, not %d.", lastOf(field), least, v)
	}
}

func (r *ranges) between(field string, v, least, most int) {
	if v < least || v > most {
		r.fault(field, "%s is between %d and %d, not %d.", lastOf(field), least, most, v)
	}
}

func lastOf(field string) string { return field[strings.LastIndexByte(field, '.')+1:] }

func (r *ranges) resourceType(t ResourceType) {
	at := "resourceType/" + t.Identifier
	r.between(at+".approvalWorkflowType", *t.ApprovalWorkflowType, 0, 4)
	for name, v := range map[string]int{"fulfillHoursAheadOfTime": t.FulfillHoursAheadOfTime, "transmittedStateValidityPeriod": t.TransmittedStateValidityPeriod,
		"autoRetryCount": t.AutoRetryCount, "autoRetryDelayMinutes": t.AutoRetryDelayMinutes, "maximumInsert": t.MaximumInsert,
		"maximumUpdate": t.MaximumUpdate, "maximumDelete": t.MaximumDelete} {
		r.least(at+"."+name, v, 0)
	}
	for name, v := range map[string]*int{"maximumInsertPercent": t.MaximumInsertPercent, "maximumUpdatePercent": t.MaximumUpdatePercent, "maximumDeletePercent": t.MaximumDeletePercent} {
		r.between(at+"."+name, *v, 0, 100)
	}
	for _, u := range rulesOf(t) {
		r.between(at+"."+u.identifier+".confidence", u.confidence, 0, 150)
	}
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// display refuses a display expression that names what is not there: every resource would silently be shown by its key.
func (r *ranges) display(at string, e EntityType) {
	text := strings.TrimSpace(e.DisplayExpression)
	if text == "" || len(e.Properties) == 0 {
		return
	}
	scalars := []string{}
	for _, p := range e.Properties {
		if p.Target == "" {
			scalars = append(scalars, p.Identifier)
		}
	}
	names := []string{text}
	if found := placeholder.FindAllStringSubmatch(text, -1); len(found) > 0 {
		names = names[:0]
		for _, m := range found {
			names = append(names, m[1])
		}
	}
	for _, n := range names {
		if !slices.Contains(scalars, n) {
			r.fault(at+".displayExpression", "The display expression %q of %s names %q. Write a property, or a text with properties in braces, such as {FirstName}; known: %s.",
				text, e.Identifier, n, strings.Join(scalars, ", "))
		}
	}
}

// inFile turns where a problem of the model stands (table, identifier) into where it stands in a configuration.
func (m *Manifest) inFile(kind, identifier, field string) string {
	around, _ := m.inner() // double names were refused before
	path := ""
	switch kind {
	case "role":
		path = "singleRole/" + identifier
		for _, r := range m.CompositeRoles {
			if r.Identifier == identifier {
				path = "compositeRole/" + identifier
			}
		}
	case "role_rule", "resource_type_rule":
		path = around[strings.ReplaceAll(kind, "_", " ")+"/"+identifier] + "." + identifier
	case "property":
		path = "entityType/" + identifier
	default:
		path = camel(strings.ToUpper(kind)) + "/" + identifier
	}
	if field != "" {
		path += "." + field
	}
	return path
}

// words of a table's name, for people.
func kindWords(kind string) string { return strings.ReplaceAll(kind, "_", " ") }

// at keeps where an error without a place comes from: the database's own guards know the row, not the file.
func at(kind, identifier string, err error) error {
	if err == nil {
		return nil
	}
	if e := errs.As(err); e != nil {
		if e.Field != "" {
			return err
		}
		c := *e
		return c.At(kind + "/" + identifier)
	}
	return fmt.Errorf("%s %s: %w", kind, identifier, err)
}
