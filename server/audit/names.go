package audit

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// name fills in what the subjects and actors of some lines are called, with one statement, whatever they are. What was removed since keeps
// its id alone.
func name(ctx context.Context, db bun.IDB, rows []*AuditEvent) error {
	var types, actors []string
	var ids []int64
	for _, e := range rows {
		id := int64(0)
		if e.SubjectID != nil {
			id = *e.SubjectID
		}
		types, ids, actors = append(types, e.SubjectType), append(ids, id), append(actors, e.Actor)
	}
	var found []struct {
		N                      int
		SubjectName, ActorName *string
	}
	if err := db.NewRaw(sqlNames, pgdialect.Array(types), pgdialect.Array(ids), pgdialect.Array(actors)).Scan(ctx, &found); err != nil {
		return fmt.Errorf("name the subjects of events: %w", err)
	}
	for _, f := range found {
		rows[f.N-1].SubjectName, rows[f.N-1].ActorName = f.SubjectName, f.ActorName
	}
	return nil
}

// sqlNames looks only into the table that a subject's type names.
const sqlNames = `
select e.n, s.name as subject_name, nullif(u.display_name, '') as actor_name
from unnest(?::text[], ?::bigint[], ?::text[]) with ordinality e (type, id, actor, n)
left join local_user u on u.username = e.actor
left join lateral (
    select coalesce(nullif(display_name, ''), username) as name from local_user where e.type = 'local_user' and id = e.id
    union all select coalesce(nullif(display_name, ''), key) from resource where e.type = 'resource' and id = e.id
    union all select t.display_name || coalesce(' of ' || r.display_name, '') from provisioning_order o
        join resource_type t on t.id = o.resource_type_id left join resource r on r.id = o.owner_id where e.type = 'order' and o.id = e.id
    union all select display_name from resource_type where e.type = 'resource_type' and id = e.id
    union all select display_name from role where e.type = 'role' and id = e.id
    union all select display_name from profile where e.type = 'profile' and id = e.id
    union all select display_name from entity_type where e.type = 'entity_type' and id = e.id
    union all select display_name from connector where e.type = 'connector' and id = e.id
    union all select display_name from connection where e.type = 'connection' and id = e.id
    union all select c.display_name from delivery d join connector c on c.id = d.connector_id where e.type = 'delivery' and d.id = e.id
    union all select display_name from job where e.type = 'job' and id = e.id
    union all select j.display_name from job_instance i join job j on j.id = i.job_id where e.type = 'job_instance' and i.id = e.id
    union all select (select string_agg(t.display_name, ', ' order by t.display_name) from resource_type t where t.id = any (g.resource_type_ids))
        from generation g where e.type = 'generation' and g.id = e.id
    union all select coalesce(nullif(description, ''), substring(url from '^[^:]+://[^/?#]*')) from webhook where e.type = 'webhook' and id = e.id
) s on true
order by e.n`
