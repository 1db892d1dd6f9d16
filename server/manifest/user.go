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
	"writ/server/page"
	"writ/server/permit"
)

// Kinds of the events that this room publishes.
const (
	EventPasswordChanged = "access.password_changed"
	EventUserDisabled    = "access.user_disabled"
	EventUserEnabled     = "access.user_enabled"
	EventUserRemoved     = "access.user_removed"
)

// User is a local sign-in with its profiles.
type User struct {
	// Login name, unique in any case.
	Username string `yaml:"username"`
	// Name to show. Default: the login name.
	DisplayName string `yaml:"displayName,omitempty" default:"=Username"`
	// Mail address; empty: none.
	Email string `yaml:"email,omitempty"`
	// The person in the directory; none: nobody.
	Resource *ResourceRef `yaml:"resource,omitempty"`
	// Password to sign in with. Left out: as it is; a new user without one cannot sign in by password.
	Password string `yaml:"password,omitempty" secret:"true"`
	// A user of the demo organisation.
	Demo bool `yaml:"demo,omitempty"`
	// Cannot sign in. Left out: as it is; a new user can.
	Disabled *bool `yaml:"disabled,omitempty"`
	// It is a program: an API client. None: a person's account.
	Client *UserClient `yaml:"client,omitempty"`
	// Profiles given by hand; the list is replaced as a whole. Those that rules give stay.
	Profiles []AssignedProfile `yaml:"profiles,omitempty"`

	sealed string // the password as it lies in the database
}

// The names of its API.
type (
	SaveUserInput               = SaveInput[User]
	UserConfigurationConnection = page.Connection[*User]
)

func (u User) sealedForm() string { return u.sealed }

// UserClient says that an account is a program's: it comes in with secrets (createClientSecret), has no password, and is nobody of the directory.
type UserClient struct {
	// Permission paths that its rights are cut to, at least one; "/": all that its profiles give.
	Scopes []string `yaml:"scopes"`
	// Until when it may come in: a day, which counts through its last instant, or an instant (RFC 3339). Empty: no end.
	Until string `yaml:"until,omitempty"`
}

// ResourceRef names a resource of the directory.
type ResourceRef struct {
	// Identifier of its entity type.
	EntityType string `yaml:"entityType"`
	// Its primary key.
	Key string `yaml:"key"`
}

// AssignedProfile gives a profile to a user.
type AssignedProfile struct {
	// Identifier of the profile.
	Profile string `yaml:"profile"`
	// What it is narrowed to: keys by dimension; none: everything.
	Context map[string]string `yaml:"context,omitempty"`
	// From when: a day (2026-03-01) or an instant (RFC 3339); empty: since ever.
	StartDate string `yaml:"startDate,omitempty"`
	// Until when; a day counts through its last instant. Empty: for ever.
	EndDate string `yaml:"endDate,omitempty"`
	// It withholds the profile, even if something else grants it.
	IsDenied bool `yaml:"isDenied,omitempty"`
	// Address for mails because of this profile; empty: the user's own.
	Email string `yaml:"email,omitempty"`
}

func userKind() kind {
	d := &declared[User]{
		facts:      facts{name: "user", list: "users", table: "local_user", rights: ofAccess, anyCase: true, remove: (*writer).removeUser},
		in:         func(m *Manifest) *[]User { return &m.Users },
		identifier: func(u User) string { return u.Username },
		normal: func(u User) User {
			u.Password = ""                                                                                                          // no part of what is compared
			if u.Client != nil && !slices.ContainsFunc(u.Client.Scopes, func(s string) bool { return permit.CheckPath(s) != nil }) { // what is none is refused as it was written
				u.Client = &UserClient{Scopes: permit.Narrowest(u.Client.Scopes), Until: u.Client.Until}
			}
			return u
		},
		completed: func(u, current User) User {
			u.Disabled = orPtr(orElse(u.Disabled, current.Disabled), false)
			return u
		},
		refuse: refuseClient,
		steps:  []func(*writer, []User, *change) error{(*writer).users},
		load:   (*reader).users,
	}
	return d
}

// refuseClient refuses what a program cannot have.
func refuseClient(u User) error {
	if u.Client == nil {
		return nil
	}
	field := "user/" + u.Username + ".client"
	if len(u.Client.Scopes) == 0 {
		return errs.Invalid(field+".scopes", `A client needs scopes: the permissions that it is for; "/" for all that its profiles give.`)
	}
	if u.Resource != nil {
		return errs.Invalid("user/"+u.Username+".resource", "The client %s is a program, and nobody of the directory. Leave the resource out, or give the person a token.", u.Username)
	}
	for n, s := range u.Client.Scopes {
		if err := permit.CheckPath(s); err != nil {
			return errs.Invalid(fmt.Sprintf("%s.scopes[%d]", field, n), "%s", err)
		}
	}
	return nil
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
			tell(map[bool]string{true: EventUserDisabled, false: EventUserEnabled}[spec.IsDisabled], old.ID)
		}
		if there && old.IsClient != (u.Client != nil) {
			return errs.Invalid("user/"+u.Username+".client", "The account %s %s and stays so: history tells who did what by it. Delete it first, or take another name.", u.Username,
				map[bool]string{true: "is a program's", false: "is a person's"}[old.IsClient])
		}
		plain := c.passwords[u.Username]
		// Somebody may have come in under a name before the configuration gives it to somebody else: with what is written here he would be that one.
		if there && old.IsFederated && old.PasswordHash == "" && (plain != "" || u.Resource != nil && !old.IsSomebody) {
			return errs.Invalid("user/"+u.Username, "Somebody who came in through an identity provider has the name %s. Take another name, or delete that account first.", u.Username)
		}
		switch {
		case plain == "":
		case u.Client != nil:
			return errs.Invalid("user/"+u.Username+".password", "The client %s is a program: it comes in with a secret, never with a password. Leave the password out.", u.Username)
		case c.isTried:
			err = w.s.CheckPassword(plain)
		case !there || !w.s.SamePassword(plain, old.PasswordHash):
			if there {
				c.replaced = append(c.replaced, u.Username)
				tell(EventPasswordChanged, old.ID)
			}
			spec.PasswordHash, err = w.s.HashPassword(plain)
		}
		if err != nil {
			return errs.Invalid("user/"+u.Username+".password", "The password of %s cannot be used.", u.Username).Because(err)
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
	return event.Publish(w.ctx, w.tx, w.s.Clock.Now(), event.Event{Kind: EventUserRemoved, SubjectType: "local_user",
		SubjectID: before[strings.ToLower(name)].ID, Data: map[string]any{"username": name}})
}

// dated writes the dates of profiles as an export does, so that they compare.
func (m *Manifest) dated(zone *time.Location) (*Manifest, error) {
	c, found := *m, &faults{}
	c.Users = slices.Clone(m.Users)
	for n := range c.Users {
		u := &c.Users[n]
		u.Profiles = slices.Clone(u.Profiles)
		if u.Client != nil {
			until, err := u.Client.end("user/"+u.Username, zone)
			if found.take(err) {
				continue
			} else if err != nil {
				return nil, err
			}
			u.Client = &UserClient{Scopes: u.Client.Scopes, Until: endText(until, zone)}
		}
		for i := range u.Profiles {
			p := &u.Profiles[i]
			start, end, err := p.dates(fmt.Sprintf("user/%s.profiles[%d]", u.Username, i), zone)
			if found.take(err) {
				continue
			} else if err != nil {
				return nil, err
			}
			p.StartDate, p.EndDate = dateText(start, zone), endText(end, zone)
		}
	}
	return &c, found.err()
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

// end is the first instant at which a client may not come in any more.
func (c *UserClient) end(field string, zone *time.Location) (*time.Time, error) {
	until, isDay, err := dateOf(c.Until, field+".client.until", zone)
	if isDay {
		*until = directory.NextDay(*until, zone).UTC()
	}
	return until, err
}

func (u User) spec(zone *time.Location) (access.UserSpec, error) {
	out := access.UserSpec{Username: u.Username, DisplayName: u.DisplayName, Email: u.Email, IsDemo: u.Demo, IsDisabled: *u.Disabled}
	if u.Resource != nil {
		out.EntityType, out.Key = u.Resource.EntityType, u.Resource.Key
	}
	if u.Client != nil {
		until, err := u.Client.end("user/"+u.Username, zone)
		if err != nil {
			return out, err
		}
		out.Client = &access.ClientSpec{Scopes: u.Client.Scopes, Until: until}
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
	if u.Client != nil {
		out.Client = &UserClient{Scopes: u.Client.Scopes, Until: endText(u.Client.Until, zone)}
	}
	for _, p := range u.Profiles {
		out.Profiles = append(out.Profiles, AssignedProfile{p.Profile, p.Context, dateText(p.StartDate, zone), endText(p.EndDate, zone), p.IsDenied, p.Email})
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

func (r *reader) users() ([]User, error) {
	zone, err := directory.LoadZone(r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	users, err := access.LoadUsers(r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	passwords, err := access.PasswordForms(r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	return mapTo(users, func(u access.UserSpec) User {
		out := userOf(u, zone)
		out.sealed = passwords[strings.ToLower(u.Username)]
		return out
	}), nil
}
