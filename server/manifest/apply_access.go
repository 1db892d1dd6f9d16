package manifest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/server/access"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/job"
	"writ/server/rolemodel"
)

// jobs hands the jobs to their room, which knows what a job may be.
func (w *writer) jobs(list []Job) error {
	if len(list) == 0 {
		return nil
	}
	if w.s.Jobs == nil {
		return errs.New(errs.Unavailable, "This process knows no jobs, so it cannot check them. Apply the configuration with the command or the server.").At("jobs")
	}
	definitions := make([]job.JobDefinition, len(list))
	for n, j := range list {
		definitions[n] = job.JobDefinition{Identifier: j.Identifier, DisplayName: j.DisplayName, Cron: j.Cron, CronTimeZone: j.CronTimeZone,
			IsIncremental: j.IsIncremental, UserStartDenied: j.UserStartDenied, NeedsSecondPerson: j.NeedsSecondPerson, ScheduleEnabled: j.ScheduleEnabled}
		for _, s := range j.Steps {
			definitions[n].Steps = append(definitions[n].Steps, job.StepDefinition{Identifier: s.Task, DisplayName: s.DisplayName, TaskType: s.Type,
				Level: s.Level, Options: s.Options, DependsOn: s.DependsOn})
		}
	}
	for _, d := range definitions {
		if text := (&job.Job{Cron: &d.Cron}).ScheduleWarning(); d.Cron != "" && text != nil {
			w.found = append(w.found, rolemodel.Problem{Severity: rolemodel.SeverityWarning, Kind: "job", Identifier: d.Identifier, Field: "cron", Message: *text})
		}
	}
	return w.s.Jobs.SaveJobs(w.ctx, w.tx, definitions)
}

// profiles writes profiles with their rules; rules that a profile does not name any more go.
func (w *writer) profiles(list []Profile) error {
	if len(list) == 0 {
		return nil
	}
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

// otherRules looks again at the access rules and jobs this configuration does not name, when it changes what they are about.
func (w *writer) otherRules(c *change) error {
	if len(c.wanted.EntityTypes)+len(c.wanted.Dimensions)+len(c.going) == 0 {
		return nil
	}
	if len(c.going) > 0 {
		if err := job.CheckNames(w.ctx, w.tx); err != nil {
			return err
		}
	}
	return access.CheckRules(w.ctx, w.tx)
}

// users writes users with their profiles, and tells about new passwords, disabled and enabled users. A user without a password keeps theirs,
// and one who has it already, too: a new form of the same password would end sessions.
func (w *writer) users(list []User, c *change) error {
	if len(list) == 0 {
		return nil
	}
	specs := make([]access.UserSpec, len(list))
	names := make([]string, len(list))
	zone, err := directory.LoadZone(w.ctx, w.tx)
	if err != nil {
		return err
	}
	for n, u := range list {
		names[n] = u.Username
	}
	before, err := access.Credentials(w.ctx, w.tx, names...)
	if err != nil {
		return err
	}
	var told []event.Event
	tell := func(kind string, id int64) {
		told = append(told, event.Event{Kind: kind, SubjectType: "local_user", SubjectID: id})
	}
	for n, u := range list {
		spec, err := u.spec(zone)
		if err != nil {
			return err
		}
		old, there := before[strings.ToLower(u.Username)]
		if there && spec.IsDisabled != old.IsDisabled {
			tell(map[bool]string{true: "access.user_disabled", false: "access.user_enabled"}[spec.IsDisabled], old.ID)
		}
		if plain := c.passwords[u.Username]; plain != "" && !(there && w.s.SamePassword(plain, old.PasswordHash)) {
			if there {
				c.replaced = append(c.replaced, u.Username)
				tell("access.password_changed", old.ID)
			}
			if spec.PasswordHash, err = w.s.HashPassword(plain); err != nil {
				return errs.Invalid("user/"+u.Username+".password", "The password of %s cannot be used.", u.Username).Because(err)
			}
		}
		specs[n] = spec
	}
	if err := access.SaveUsers(w.ctx, w.tx, specs); err != nil {
		return err
	}
	if err := event.Publish(w.ctx, w.tx, w.s.Clock.Now(), told...); err != nil {
		return err
	}
	warned, err := access.UserWarnings(w.ctx, w.tx, names...)
	w.warn(warned)
	return err
}

// removeUser removes a user with their sessions, and tells of it.
func (w *writer) removeUser(name string) error {
	before, err := access.Credentials(w.ctx, w.tx, name)
	if err != nil {
		return err
	}
	if err := access.DeleteUsers(w.ctx, w.tx, name); err != nil {
		return err
	}
	return event.Publish(w.ctx, w.tx, w.s.Clock.Now(), event.Event{Kind: "access.user_removed", SubjectType: "local_user",
		SubjectID: before[strings.ToLower(name)].ID, Data: map[string]any{"username": name}})
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

// dated writes the dates of profiles as an export does, so that they compare.
func (m *Manifest) dated(zone *time.Location) (*Manifest, error) {
	c := *m
	c.Users = slices.Clone(m.Users)
	for n := range c.Users {
		u := &c.Users[n]
		u.Profiles = slices.Clone(u.Profiles)
		for i := range u.Profiles {
			p := &u.Profiles[i]
			start, end, err := p.dates(fmt.Sprintf("user/%s.profiles[%d]", u.Username, i), zone)
			if err != nil {
				return nil, err
			}
			p.StartDate, p.EndDate = dateText(start, zone), endText(end, zone)
		}
	}
	return &c, nil
}

// dates reads the period of a profile: a day counts from its first instant and through its last.
func (p *AssignedProfile) dates(field string, zone *time.Location) (start, end *time.Time, err error) {
	if start, _, err = dateOf(p.StartDate, field+".startDate", zone); err != nil {
		return nil, nil, err
	}
	end, isDay, err := dateOf(p.EndDate, field+".endDate", zone)
	if isDay {
		*end = directory.NextDay(*end, zone).UTC()
	}
	return start, end, err
}

func (u User) spec(zone *time.Location) (access.UserSpec, error) {
	out := access.UserSpec{Username: u.Username, DisplayName: u.DisplayName, Email: u.Email, IsDemo: u.Demo, IsDisabled: *u.Disabled}
	if u.Resource != nil {
		out.EntityType, out.Key = u.Resource.EntityType, u.Resource.Key
	}
	for n, p := range u.Profiles {
		field := fmt.Sprintf("user/%s.profiles[%d]", u.Username, n)
		start, end, err := p.dates(field, zone)
		if err != nil {
			return out, err
		}
		out.Profiles = append(out.Profiles, access.UserProfileSpec{Profile: p.Profile, Context: p.Context, StartDate: start, EndDate: end, IsDenied: p.IsDenied, Email: p.Email})
	}
	return out, nil
}

func userOf(u access.UserSpec, zone *time.Location) User {
	out := User{Username: u.Username, DisplayName: u.DisplayName, Email: u.Email, Demo: u.IsDemo, Disabled: &u.IsDisabled}
	if u.Key != "" {
		out.Resource = &ResourceRef{EntityType: u.EntityType, Key: u.Key}
	}
	for _, p := range u.Profiles {
		out.Profiles = append(out.Profiles, AssignedProfile{p.Profile, p.Context, dateText(p.StartDate, zone), endText(p.EndDate, zone), p.IsDenied, p.Email})
	}
	return out
}

func jobOf(d job.JobDefinition) Job {
	out := Job{Identifier: d.Identifier, DisplayName: d.DisplayName, Cron: d.Cron, CronTimeZone: d.CronTimeZone, IsIncremental: d.IsIncremental,
		UserStartDenied: d.UserStartDenied, NeedsSecondPerson: d.NeedsSecondPerson, ScheduleEnabled: d.ScheduleEnabled}
	for _, s := range d.Steps {
		out.Steps = append(out.Steps, Step{Task: s.Identifier, DisplayName: s.DisplayName, Type: s.TaskType, Level: s.Level,
			DependsOn: slices.Clone(s.DependsOn), Options: s.Options})
	}
	return out
}

// dateOf reads an instant (RFC 3339) or a day (2026-03-01).
func dateOf(text, field string, zone *time.Location) (t *time.Time, isDay bool, err error) {
	if text == "" {
		return nil, false, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return new(at.UTC()), false, nil
	}
	at, isDay, err := directory.ReadDate(text, zone)
	if err != nil || !isDay {
		return nil, false, errs.Invalid(field, "%q is neither a day like 2026-03-01 nor an instant like 2026-03-01T08:00:00Z.", text)
	}
	return new(at.UTC()), true, nil
}

// dateText writes a day where an instant is the first of one.
func dateText(t *time.Time, zone *time.Location) string {
	switch {
	case t == nil:
		return ""
	case t.Equal(directory.FirstInstant(*t, zone)):
		return t.In(zone).Format(time.DateOnly)
	}
	return t.UTC().Format(time.RFC3339)
}

// endText is dateText for an end: the last day that counts.
func endText(t *time.Time, zone *time.Location) string {
	if t != nil && t.Equal(directory.FirstInstant(*t, zone)) {
		t = new(directory.FirstInstant(t.Add(-time.Second), zone))
	}
	return dateText(t, zone)
}
