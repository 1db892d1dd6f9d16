package manifest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

func (w *writer) job(j Job) error {
	field := "job/" + j.Identifier
	id, err := w.upsert("job", map[string]any{"identifier": j.Identifier}, map[string]any{"display_name": j.DisplayName, "cron": nullable(j.Cron),
		"cron_time_zone": j.CronTimeZone, "is_incremental": j.IsIncremental, "user_start_denied": j.UserStartDenied, "schedule_enabled": *j.ScheduleEnabled})
	if err != nil {
		return err
	}
	names := make([]string, 0, len(j.Steps))
	for _, s := range j.Steps {
		names = append(names, s.Task)
	}
	if _, err := w.tx.ExecContext(w.ctx, `delete from job_step where job_id = ? and identifier not in (?)`, id, inList(names)); err != nil {
		return err
	}
	for i, s := range j.Steps {
		if len(w.s.TaskTypes) > 0 && !slices.Contains(w.s.TaskTypes, s.Type) {
			return errs.Invalid(field+"."+s.Task+".type", "There is no task type %q. Known: %s.", s.Type, strings.Join(w.s.TaskTypes, ", "))
		}
		for _, d := range s.DependsOn {
			if !slices.Contains(names, d) {
				return errs.Invalid(field+"."+s.Task+".dependsOn", "The job %s has no task %q.", j.Identifier, d)
			}
		}
		options, dependsOn := s.Options, s.DependsOn
		if options == nil {
			options = map[string]any{}
		}
		if dependsOn == nil {
			dependsOn = []string{}
		}
		if _, err := w.tx.NewRaw(`insert into job_step (job_id, identifier, display_name, task_type, level, position, options, depends_on)
			values (?, ?, ?, ?, ?, ?, ?, array(select jsonb_array_elements_text(?::jsonb)))
			on conflict (job_id, identifier) do update set display_name = excluded.display_name, task_type = excluded.task_type,
				level = excluded.level, position = excluded.position, options = excluded.options, depends_on = excluded.depends_on`,
			id, s.Task, s.DisplayName, s.Type, *s.Level, i, jsonb(options), jsonb(dependsOn)).Exec(w.ctx); err != nil {
			return fmt.Errorf("write job step %s: %w", s.Task, err)
		}
	}
	return nil
}

func (w *writer) profile(p Profile) error {
	id, err := w.upsert("profile", map[string]any{"identifier": p.Identifier}, map[string]any{"display_name": p.DisplayName})
	if err != nil {
		return err
	}
	kept := make([]string, 0, len(p.Rules))
	for _, r := range p.Rules {
		if err := w.accessRule(id, r); err != nil {
			return err
		}
		kept = append(kept, r.Identifier)
	}
	_, err = w.tx.ExecContext(w.ctx, `delete from access_rule where profile_id = ? and identifier not in (?)`, id, inList(kept))
	return err
}

func (w *writer) accessRule(profileID int64, r AccessRule) error {
	field := "accessRule/" + r.Identifier
	id, err := w.upsert("access_rule", map[string]any{"identifier": r.Identifier}, map[string]any{"display_name": r.DisplayName, "profile_id": profileID, "entity_type": r.EntityType})
	if err != nil {
		return err
	}
	for _, table := range []string{"access_filter", "access_entry"} {
		if _, err := w.tx.ExecContext(w.ctx, `delete from `+table+` where rule_id = ?`, id); err != nil {
			return err
		}
	}
	for _, f := range r.Filters {
		if _, err := w.tx.ExecContext(w.ctx, `insert into access_filter (rule_id, binding, value, is_current_user, dimension) values (?, ?, ?, ?, ?)`,
			id, f.Binding, nullable(f.Value), f.CurrentUser, nullable(f.Dimension)); err != nil {
			return errs.Invalid(field+".filters."+f.Binding, "A filter compares its binding with exactly one of value, dimension and currentUser.").Because(err)
		}
	}
	for _, e := range r.Entries {
		if e.Permission == "/" && *e.CanExecute {
			return errs.Invalid(field+".entries", "The rule %s grants / with execute: nobody may hold everything. Name the areas instead, e.g. /Jobs (spec 10.2).", r.Identifier)
		}
		if _, err := w.tx.ExecContext(w.ctx, `insert into access_entry (rule_id, permission, can_execute, notify, priority) values (?, ?, ?, ?, ?)`,
			id, e.Permission, *e.CanExecute, *e.Notify, e.Priority); err != nil {
			return fmt.Errorf("write access entry %s: %w", e.Permission, err)
		}
	}
	return nil
}

// writeUsers is apart: passwords are hashed on the way and are no part of what is compared.
func (s *Service) writeUsers(ctx context.Context, tx bun.Tx, users []User) error {
	w := &writer{ctx: ctx, tx: tx, s: s, ids: map[string]int64{}}
	return each(users, w.user)
}

func (w *writer) user(u User) error {
	field := "user/" + u.Username
	var entityType *int64
	var key *string
	if u.Resource != nil {
		id, err := w.id("entity_type", u.Resource.EntityType, field+".resource")
		if err != nil {
			return err
		}
		entityType, key = &id, &u.Resource.Key
	}
	// the person may arrive only with the next synchronization: entity type and key are kept, and resource_id follows them
	var id int64
	if err := w.tx.NewRaw(`insert into local_user (username, display_name, password_hash, email, resource_entity_type_id, resource_key, resource_id, is_demo)
		values (?0, ?1, '', ?2, ?3, ?4, (select id from resource where entity_type_id = ?3 and key = ?4 and valid_to = 'infinity'), ?5)
		on conflict (lower(username)) do update set display_name = excluded.display_name, email = excluded.email, is_demo = excluded.is_demo,
			resource_entity_type_id = excluded.resource_entity_type_id, resource_key = excluded.resource_key, resource_id = excluded.resource_id
		returning id`, u.Username, or(u.DisplayName, u.Username), u.Email, entityType, key, u.Demo).Scan(w.ctx, &id); err != nil {
		return fmt.Errorf("write user %s: %w", u.Username, err)
	}
	if u.Password != "" {
		hash, err := w.s.HashPassword(u.Password)
		if err != nil {
			return errs.Invalid(field+".password", "The password of %s cannot be used.", u.Username).Because(err)
		}
		if _, err := w.tx.ExecContext(w.ctx, `update local_user set password_hash = ? where id = ?`, hash, id); err != nil {
			return err
		}
	}
	if _, err := w.tx.ExecContext(w.ctx, `delete from assigned_profile where user_id = ? and origin = 'MANUAL'`, id); err != nil {
		return err
	}
	for _, p := range u.Profiles {
		if err := w.assignedProfile(id, field, p); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) assignedProfile(userID int64, field string, p AssignedProfile) error {
	profile, err := w.id("profile", p.Profile, field+".profiles")
	if err != nil {
		return err
	}
	start, err := instant(p.StartDate, field+".startDate")
	if err != nil {
		return err
	}
	end, err := instant(p.EndDate, field+".endDate")
	if err != nil {
		return err
	}
	contextOf := p.Context
	if contextOf == nil {
		contextOf = map[string]string{}
	}
	_, err = w.tx.ExecContext(w.ctx, `insert into assigned_profile (user_id, profile_id, context, start_date, end_date, is_denied, email) values (?, ?, ?, ?, ?, ?, ?)`,
		userID, profile, jsonb(contextOf), start, end, p.IsDenied, nullable(p.Email))
	return err
}

func instant(text, field string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, errs.Invalid(field, "%q is not an instant like 2026-03-01T00:00:00Z.", text)
	}
	return &t, nil
}
