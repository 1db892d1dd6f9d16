package audit

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"

	"writ/server/directory"
)

// mostFound is how many things a search may find by name for the log to be read by them; above that events are looked at one by one, the
// newest first, and a page fills soon.
const mostFound = 5000

// found is the condition on e that an event is about, or by, what a search finds: each word stands in the name, key or mail (of who may read it) of the person
// or other resource, in the name of the object of the configuration, or in the name of the person who did it (directory.Search).
func (s *Service) found(ctx context.Context, f *AuditEventFilter) (schema.QueryWithArgs, error) {
	if f == nil || f.Text == nil || len(directory.SearchWords(*f.Text)) == 0 {
		return bun.SafeQuery("true"), nil
	}
	named := func(text string) schema.QueryWithArgs { return directory.SearchNames("display_name", text, *f.Text) }
	var actors []string
	if err := s.DB.NewRaw(`select username from local_user where ?`, named("username")).Scan(ctx, &actors); err != nil {
		return schema.QueryWithArgs{}, fmt.Errorf("search the event log by actor: %w", err)
	}
	var things []struct {
		Type string
		ID   int64
	}
	const server = "substring(url from '^[^:]+://[^/?#]*')" // the rest of the address is a secret of who made the webhook
	byName, byURL, bySubject := named("identifier"), directory.SearchNames("coalesce(nullif(description, ''), "+server+")", server, *f.Text), named("username")
	shape, err := directory.LoadShape(ctx, s.DB)
	if err != nil {
		return schema.QueryWithArgs{}, err
	}
	resources := directory.SearchBeside(ctx, shape, "r", *f.Text)
	if err := s.DB.NewRaw(`
		(select 'resource' as type, r.id from resource r where ?0 limit ?5)
		union all (select 'order', o.id from resource r join provisioning_order o on o.owner_id = r.id where ?0 limit ?5)
		union all (select 'local_user', id from local_user where ?3)
		union all (select 'role', id from role where ?1)
		union all (select 'resource_type', id from resource_type where ?1)
		union all (select 'order', o.id from provisioning_order o where o.resource_type_id in (select id from resource_type where ?1) limit ?5)
		union all (select 'entity_type', id from entity_type where ?1)
		union all (select 'profile', id from profile where ?1)
		union all (select 'connector', id from connector where ?1)
		union all (select 'connection', id from connection where ?1)
		union all (select 'delivery', d.id from delivery d where d.connector_id in (select id from connector where ?1) limit ?5)
		union all (select 'job', id from job where ?1)
		union all (select 'job_instance', i.id from job_instance i where i.job_id in (select id from job where ?1) limit ?5)
		union all (select 'webhook', id from webhook where ?2)`,
		resources, byName, byURL, bySubject, nil, mostFound+1).Scan(ctx, &things); err != nil {
		return schema.QueryWithArgs{}, fmt.Errorf("search the event log by name: %w", err)
	}
	types, ids := make([]string, len(things)), make([]int64, len(things))
	for i, t := range things {
		types[i], ids[i] = t.Type, t.ID
	}
	if len(things) <= mostFound {
		return bun.SafeQuery(`e.id in (select x.id from unnest(?::text[], ?::bigint[]) k (type, id) join event x on x.subject_type = k.type and x.subject_id = k.id
			union all select x.id from event x where x.actor = any (?::text[]))`, pgdialect.Array(types), pgdialect.Array(ids), pgdialect.Array(actors)), nil
	}
	return bun.SafeQuery(`(e.actor = any (?::text[]) or exists (select from resource r where r.id = coalesce(e.owner_id, case e.subject_type when 'resource' then e.subject_id end) and ?)
		or (e.subject_type, e.subject_id) in (select * from unnest(?::text[], ?::bigint[])))`, pgdialect.Array(actors), resources, pgdialect.Array(types), pgdialect.Array(ids)), nil
}
