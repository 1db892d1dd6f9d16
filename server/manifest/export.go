package manifest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/directory"
	"writ/server/job"
	"writ/server/system"
)

// Export gives the whole configuration in force as a manifest, defaults written out, secrets as they are (Marshal hides them).
// A fixed number of statements, whatever the size.
func Export(ctx context.Context, idb bun.IDB, keyring Keyring) (*Manifest, error) {
	r := &reader{ctx: ctx, db: idb, keyring: keyring, m: &Manifest{}}
	for _, part := range []func() error{r.connectors, r.entityTypes, r.dimensions, r.policies, r.categories, r.roles, r.resourceTypes,
		r.contextRules, r.jobs, r.profiles, r.users} {
		if err := part(); err != nil {
			return nil, fmt.Errorf("export the configuration: %w", err)
		}
	}
	return r.m, nil
}

// WithoutSecrets gives a copy to show or to write into a file: plain secrets are left out. References (env:NAME, file:NAME) are no
// secrets and stay, so that an export can be applied elsewhere.
func (m *Manifest) WithoutSecrets() *Manifest {
	c := *m
	c.Connectors = mapped(m.Connectors, func(k Connector) Connector {
		k.Connections = mapped(k.Connections, func(n Connection) Connection { n.Secrets = referencesOf(n.Secrets); return n })
		return k
	})
	return &c
}

func referencesOf(secrets map[string]string) map[string]string {
	var kept map[string]string
	for name, value := range secrets {
		if !isReference(value) {
			return nil // secrets are replaced as a whole: a part of them would drop the rest
		}
		if kept == nil {
			kept = map[string]string{}
		}
		kept[name] = value
	}
	return kept
}

type reader struct {
	ctx     context.Context
	db      bun.IDB
	keyring Keyring
	m       *Manifest
}

func (r *reader) scan(dest any, query string) error { return r.db.NewRaw(query).Scan(r.ctx, dest) }

func (r *reader) connectors() error {
	var rows []struct {
		ID                      int64
		Identifier, DisplayName string
		Mode                    string
		T                       []int64 `bun:",array"`
	}
	if err := r.scan(&rows, `select id, identifier, display_name, mode, array[maximum_inserted_lines, maximum_updated_lines, maximum_deleted_lines,
		max_percentage_inserted_lines, max_percentage_updated_lines, max_percentage_deleted_lines, maximum_link_inserted_lines, maximum_link_deleted_lines,
		max_link_percentage_inserted_lines, max_link_percentage_deleted_lines]::bigint[] as t from connector order by id`); err != nil {
		return err
	}
	var links []struct {
		ConnectorID             int64
		Identifier, DisplayName string
		Package, Deactivated    string
		PollSeconds             int
		Settings                json.RawMessage
		Secrets                 []byte
	}
	if err := r.scan(&links, `select connector_id, identifier, display_name, package, lower(deactivated) as deactivated, poll_seconds, settings, secrets from connection order by id`); err != nil {
		return err
	}
	for _, c := range rows {
		t := Thresholds{}
		for i, p := range []*int{&t.MaximumInsertedLines, &t.MaximumUpdatedLines, &t.MaximumDeletedLines, &t.MaxPercentageInsertedLines, &t.MaxPercentageUpdatedLines,
			&t.MaxPercentageDeletedLines, &t.MaximumLinkInsertedLines, &t.MaximumLinkDeletedLines, &t.MaxLinkPercentageInsertedLines, &t.MaxLinkPercentageDeletedLines} {
			*p = int(c.T[i])
		}
		out := Connector{Identifier: c.Identifier, DisplayName: c.DisplayName, Mode: c.Mode, Thresholds: &t}
		for _, l := range links {
			if l.ConnectorID != c.ID {
				continue
			}
			k := Connection{Identifier: l.Identifier, DisplayName: l.DisplayName, Package: l.Package, Deactivated: l.Deactivated, PollSeconds: l.PollSeconds}
			if err := json.Unmarshal(l.Settings, &k.Settings); err != nil {
				return err
			}
			if len(l.Secrets) > 0 {
				var err error
				if k.Secrets, err = r.keyring.Open(system.SealedOf(l.Identifier), l.Secrets); err != nil {
					return err
				}
			}
			out.Connections = append(out.Connections, k)
		}
		r.m.Connectors = append(r.m.Connectors, out)
	}
	return nil
}

func (r *reader) entityTypes() error {
	var types []struct {
		ID                                       int64
		Identifier, DisplayName                  string
		Connector, Expression, Connection, Table string
		T                                        []int64 `bun:",array"`
		MaximumRejected                          *int
	}
	if err := r.scan(&types, `select et.id, et.identifier, et.display_name, coalesce(c.identifier, '') as connector, coalesce(et.display_expression, '') as expression,
		coalesce(k.identifier, '') as connection, coalesce(em.source_table, '') as "table",
		array[em.maximum_inserted_lines, em.maximum_updated_lines, em.maximum_deleted_lines, em.max_percentage_inserted_lines,
			em.max_percentage_updated_lines, em.max_percentage_deleted_lines]::bigint[] as t, em.maximum_rejected
		from entity_type et left join connector c on c.id = et.connector_id left join entity_mapping em on em.entity_type_id = et.id
		left join connection k on k.id = em.connection_id order by et.id`); err != nil {
		return err
	}
	var props []struct {
		EntityTypeID                        int64
		Identifier, DisplayName, Type       string
		IsKey, IsCollection                 bool
		Target, Reverse, ColumnName, Format string
		IsPrimaryKey, IsUniqueKey           bool
	}
	if err := r.scan(&props, `select p.entity_type_id, p.identifier, p.display_name, p.type, p.is_key, p.is_collection, coalesce(t.identifier, '') as target,
		coalesce(p.reverse_identifier, '') as reverse, coalesce(m.column_name, '') as column_name, coalesce(m.format, '') as format,
		coalesce(m.is_primary_key, false) as is_primary_key, coalesce(m.is_unique_key, false) as is_unique_key
		from property p left join entity_type t on t.id = p.target_entity_type_id left join property_mapping m on m.property_id = p.id
		order by p.entity_type_id, p.position, p.id`); err != nil {
		return err
	}
	for _, t := range types {
		out := EntityType{Identifier: t.Identifier, DisplayName: t.DisplayName, Connector: t.Connector, DisplayExpression: t.Expression}
		if t.Connection != "" {
			out.Source = &Source{Connection: t.Connection, Table: t.Table, MaximumRejected: t.MaximumRejected}
			limits := LineThresholds{int(t.T[0]), int(t.T[1]), int(t.T[2]), int(t.T[3]), int(t.T[4]), int(t.T[5])}
			if limits != (LineThresholds{}) {
				out.Source.Thresholds = &limits
			}
		}
		for _, p := range props {
			if p.EntityTypeID == t.ID {
				kind := camel(p.Type)
				if p.Target != "" {
					kind = "string" // the target says that it is a navigation
				}
				out.Properties = append(out.Properties, Property{Identifier: p.Identifier, DisplayName: p.DisplayName, Type: kind,
					IsKey: p.IsKey && !p.IsPrimaryKey, Collection: p.IsCollection, Target: p.Target, Reverse: p.Reverse, Column: p.ColumnName,
					Format: p.Format, PrimaryKey: p.IsPrimaryKey, UniqueKey: p.IsUniqueKey})
			}
		}
		r.m.EntityTypes = append(r.m.EntityTypes, out)
	}
	return nil
}

func (r *reader) dimensions() error {
	return r.scan(&r.m.Dimensions, `select d.identifier, d.display_name, t.identifier as entity_type, d.column_mapping as "column", d.is_hierarchical,
		coalesce(d.parent_property, '') as parent_property from dimension d join entity_type t on t.id = d.entity_type_id order by d.id`)
}

func criteriaOf(raw json.RawMessage) (map[string]Criterion, error) {
	in := map[string]struct {
		Key     string
		Inherit bool
	}{}
	if err := json.Unmarshal(raw, &in); err != nil || len(in) == 0 {
		return nil, err
	}
	out := map[string]Criterion{}
	for k, v := range in {
		out[k] = Criterion{Key: v.Key, Inherit: v.Inherit}
	}
	return out, nil
}

func (r *reader) policies() error {
	var rows []struct {
		Identifier, DisplayName                    string
		IsProvisioningEnabled, IsSimulationEnabled bool
		Dimensions                                 json.RawMessage
	}
	if err := r.scan(&rows, `select identifier, display_name, is_provisioning_enabled, is_simulation_enabled, dimensions from policy order by id`); err != nil {
		return err
	}
	for _, p := range rows {
		c, err := criteriaOf(p.Dimensions)
		if err != nil {
			return err
		}
		r.m.Policies = append(r.m.Policies, Policy{p.Identifier, p.DisplayName, p.IsProvisioningEnabled, p.IsSimulationEnabled, c})
	}
	return nil
}

func (r *reader) categories() error {
	return r.scan(&r.m.Categories, `select c.identifier, c.display_name, c.description, p.identifier as policy, coalesce(up.identifier, '') as parent
		from category c join policy p on p.id = c.policy_id left join category up on up.id = c.parent_id order by c.id`)
}

func (r *reader) roles() error {
	var roles []struct {
		ID                                                             int64
		Kind, Identifier, DisplayName, Description, Policy, EntityType string
		Category                                                       string
		ApprovalWorkflowType                                           int
		HideOnSimplifiedView                                           bool
	}
	if err := r.scan(&roles, `select r.id, r.kind, r.identifier, r.display_name, r.description, p.identifier as policy, t.identifier as entity_type,
		coalesce(c.identifier, '') as category, r.approval_workflow_type, r.hide_on_simplified_view
		from role r join policy p on p.id = r.policy_id join entity_type t on t.id = r.entity_type_id left join category c on c.id = r.category_id order by r.id`); err != nil {
		return err
	}
	var rules []struct {
		RoleID                        int64
		Identifier, Policy, Composite string
		Dimensions                    json.RawMessage
		IsDenied                      bool
		Priority                      int
		Type                          int
	}
	if err := r.scan(&rules, `select rr.role_id, rr.identifier, p.identifier as policy, coalesce(c.identifier, '') as composite, rr.dimensions, rr.is_denied, rr.priority, rr.type
		from role_rule rr join policy p on p.id = rr.policy_id left join role c on c.id = rr.composite_role_id order by rr.id`); err != nil {
		return err
	}
	byRole := map[int64][]RoleRule{}
	for _, u := range rules {
		c, err := criteriaOf(u.Dimensions)
		if err != nil {
			return err
		}
		byRole[u.RoleID] = append(byRole[u.RoleID], RoleRule{u.Identifier, u.Policy, u.Composite, c, u.IsDenied, u.Priority, ruleTypes[u.Type]})
	}
	for _, o := range roles {
		role := Role{o.Identifier, o.DisplayName, o.Description, o.Policy, o.EntityType, o.Category, o.ApprovalWorkflowType, o.HideOnSimplifiedView, byRole[o.ID]}
		if o.Kind == "COMPOSITE" {
			r.m.CompositeRoles = append(r.m.CompositeRoles, role)
		} else {
			r.m.SingleRoles = append(r.m.SingleRoles, role)
		}
	}
	return nil
}

func (r *reader) contextRules() error {
	var rows []struct {
		Identifier, DisplayName, Policy, EntityType string
		Resources, Starts, Ends, Exclude            string
		Dimensions                                  json.RawMessage
	}
	if err := r.scan(&rows, `select c.identifier, c.display_name, p.identifier as policy, t.identifier as entity_type, coalesce(c.resources_binding, '') as resources,
		coalesce(c.resources_start_binding, '') as starts, coalesce(c.resources_end_binding, '') as ends, coalesce(c.exclude_expression, '') as exclude, c.dimensions
		from context_rule c join policy p on p.id = c.policy_id join entity_type t on t.id = c.entity_type_id order by c.id`); err != nil {
		return err
	}
	for _, c := range rows {
		out := ContextRule{c.Identifier, c.DisplayName, c.Policy, c.EntityType, c.Resources, c.Starts, c.Ends, c.Exclude, nil}
		if err := json.Unmarshal(c.Dimensions, &out.Dimensions); err != nil {
			return err
		}
		r.m.ContextRules = append(r.m.ContextRules, out)
	}
	return nil
}

func (r *reader) jobs() error {
	jobs, err := job.Load(r.ctx, r.db)
	r.m.Jobs = mapTo(jobs, jobOf)
	return err
}

func (r *reader) profiles() error {
	profiles, err := access.LoadProfiles(r.ctx, r.db)
	if err != nil {
		return err
	}
	rules, err := access.LoadRules(r.ctx, r.db)
	if err != nil {
		return err
	}
	of := map[string][]AccessRule{}
	for _, u := range rules {
		of[u.Profile] = append(of[u.Profile], accessRuleOf(u))
	}
	r.m.Profiles = mapTo(profiles, func(p access.ProfileSpec) Profile {
		return Profile{Identifier: p.Identifier, DisplayName: p.DisplayName, Rules: of[p.Identifier]}
	})
	return nil
}

func (r *reader) users() error {
	zone, err := directory.LoadZone(r.ctx, r.db)
	if err != nil {
		return err
	}
	users, err := access.LoadUsers(r.ctx, r.db)
	r.m.Users = mapTo(users, func(u access.UserSpec) User { return userOf(u, zone) })
	return err
}

func mapTo[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for n, v := range in {
		out[n] = f(v)
	}
	return out
}

func (r *reader) resourceTypes() error {
	var types []struct {
		ResourceType `bun:"-"`
		ID           int64
		Doc          json.RawMessage
	}
	if err := r.scan(&types, `select rt.id, to_jsonb(rt) || jsonb_build_object('policy', p.identifier, 'source', s.identifier, 'target', t.identifier,
			'category', coalesce(c.identifier, ''), 'connection', coalesce(k.identifier, ''), 'depends', coalesce(d.identifier, '')) as doc
		from resource_type rt join policy p on p.id = rt.policy_id join entity_type s on s.id = rt.source_entity_type_id join entity_type t on t.id = rt.target_entity_type_id
		left join category c on c.id = rt.category_id left join connection k on k.id = rt.connection_id left join resource_type d on d.id = rt.depends_on_id order by rt.id`); err != nil {
		return err
	}
	index := map[int64]int{}
	for _, row := range types {
		t, err := resourceTypeOf(row.Doc)
		if err != nil {
			return err
		}
		index[row.ID] = len(r.m.ResourceTypes)
		r.m.ResourceTypes = append(r.m.ResourceTypes, t)
	}
	var rules []struct {
		ResourceTypeID                                                          int64
		Identifier, Kind, Policy, Property, Role                                string
		Dimensions                                                              json.RawMessage
		IsDenied, IsMapped                                                      bool
		Type, ComparisonType, Confidence                                        int
		OffsetReference, OffsetBefore, OffsetAfter                              int
		Value, SourceBinding, SourceExpression, TargetBinding, TargetExpression string
	}
	if err := r.scan(&rules, `select r.resource_type_id, r.identifier, r.kind, p.identifier as policy, coalesce(pr.identifier, '') as property, coalesce(o.identifier, '') as role,
		r.dimensions, r.is_denied, r.is_mapped, r.type, r.comparison_type, r.confidence, r.offset_reference, r.offset_before, r.offset_after, coalesce(r.value_key, '') as value,
		coalesce(r.source_binding, '') as source_binding, coalesce(r.source_expression, '') as source_expression,
		coalesce(r.target_binding, '') as target_binding, coalesce(r.target_expression, '') as target_expression
		from resource_type_rule r join policy p on p.id = r.policy_id left join property pr on pr.id = r.property_id left join role o on o.id = r.single_role_id order by r.id`); err != nil {
		return err
	}
	for _, u := range rules {
		t := &r.m.ResourceTypes[index[u.ResourceTypeID]]
		c, err := criteriaOf(u.Dimensions)
		if err != nil {
			return err
		}
		var offset *Offset
		if u.OffsetReference != 0 {
			offset = &Offset{references[u.OffsetReference], u.OffsetBefore, u.OffsetAfter}
		}
		switch u.Kind {
		case "TYPE":
			t.TypeRules = append(t.TypeRules, TypeRule{u.Identifier, u.Policy, u.Role, c, u.IsDenied, ruleTypes[u.Type], offset})
		case "SCALAR":
			t.ScalarRules = append(t.ScalarRules, ScalarRule{u.Identifier, u.Policy, u.Property, u.SourceBinding, u.SourceExpression, u.Role, comparisons[u.ComparisonType], !u.IsMapped, offset})
		case "NAVIGATION":
			t.NavigationRules = append(t.NavigationRules, NavigationRule{u.Identifier, u.Policy, u.Property, u.Value, u.Role, c, u.IsDenied, offset})
		case "QUERY":
			t.QueryRules = append(t.QueryRules, QueryRule{u.Identifier, u.Policy, u.Property, u.SourceBinding, u.SourceExpression, u.TargetBinding, u.TargetExpression, u.Confidence, offset})
		case "CORRELATION":
			t.CorrelationRules = append(t.CorrelationRules, CorrelationRule{u.Identifier, u.Policy, u.SourceBinding, u.SourceExpression, u.TargetBinding, u.TargetExpression, u.Confidence})
		case "CLASSIFICATION":
			t.ClassificationRules = append(t.ClassificationRules, ClassifyRule{u.Identifier, u.Policy, u.TargetExpression, u.Confidence})
		}
	}
	return nil
}

// resourceTypeOf reads the row as JSON: column names in camel case are the names of the file.
func resourceTypeOf(doc json.RawMessage) (ResourceType, error) {
	var row map[string]json.RawMessage
	if err := json.Unmarshal(doc, &row); err != nil {
		return ResourceType{}, err
	}
	named := map[string]json.RawMessage{}
	for k, v := range row {
		named[camel(strings.ToUpper(k))] = v
	}
	raw, err := json.Marshal(named)
	if err != nil {
		return ResourceType{}, err
	}
	var t ResourceType
	if err := json.Unmarshal(raw, &t); err != nil {
		return t, err
	}
	var names struct{ Source, Target, Depends string }
	if err := json.Unmarshal(raw, &names); err != nil {
		return t, err
	}
	t.SourceEntityType, t.TargetEntityType, t.DependsOn = names.Source, names.Target, names.Depends
	return t, nil
}
