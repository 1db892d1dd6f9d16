package manifest

import (
	"fmt"
	"slices"
	"strings"

	"writ/server/errs"
	"writ/server/page"
	"writ/server/rolemodel"
)

// Role is a single or composite role with the rules that give it (role-model 2.4).
type Role struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// What it is for.
	Description string `yaml:"description,omitempty"`
	// Identifier of its policy. Default: Default.
	Policy string `yaml:"policy,omitempty" default:"Default" ref:"policy"`
	// Identifier of the entity type of its holders.
	EntityType string `yaml:"entityType" ref:"entity_type"`
	// Identifier of its category; empty: none.
	Category string `yaml:"category,omitempty" ref:"category"`
	// Identifiers of other categories that show it, too. Approvals go by its category only.
	SecondaryCategories []string `yaml:"secondaryCategories,omitempty" ref:"category" row:"SecondaryCategoryIDs"`
	// Labels to find it by.
	Tags []string `yaml:"tags,omitempty"`
	// The resource, mostly a person, that answers for it; none: nobody.
	Owner *Owner `yaml:"owner,omitempty" inline:"Owner"`
	// How many approvals a request for it needs, 0 to 3; 4: it cannot be requested. Default: 0.
	ApprovalWorkflowType int `yaml:"approvalWorkflowType,omitempty" min:"0" max:"4"`
	// How steps of an approval go that the requester could take himself.
	ImplicitApproval string `yaml:"implicitApproval,omitempty" default:"inherited" words:"ImplicitApproval"`
	// Whether the end of what was given by hand may be put off without an approval.
	ProlongationWithoutApproval string `yaml:"prolongationWithoutApproval,omitempty" default:"inherited" words:"Prolongation"`
	// How the end of what is given by hand goes with the contexts of its holder.
	ManualAssignmentEndDateLockedToContextMode string `yaml:"manualAssignmentEndDateLockedToContextMode,omitempty" default:"inherited" words:"EndDateLockWithInherited"`
	// Minutes that what is given by hand lasts at most; 0: no limit. Left out: as the policy says.
	MaxDuration *int `yaml:"maxDuration,omitempty" min:"0" max:"105120000"`
	// Minutes for which it stays when a change of the rules takes it away; 0: not at all. Left out: as the policy says.
	GracePeriod *int `yaml:"gracePeriod,omitempty" min:"0" max:"105120000"`
	// Whether approving it takes a comment.
	CommentActivationOnApproveInReview string `yaml:"commentActivationOnApproveInReview,omitempty" default:"inherited" words:"CommentActivationWithInherited"`
	// Whether declining it takes a comment.
	CommentActivationOnDeclineInReview string `yaml:"commentActivationOnDeclineInReview,omitempty" default:"inherited" words:"CommentActivationWithInherited"`
	// Whether removing it where it was found takes a comment.
	CommentActivationOnDeleteGapInReconciliation string `yaml:"commentActivationOnDeleteGapInReconciliation,omitempty" default:"inherited" words:"CommentActivationWithInherited"`
	// Whether keeping it where it was found takes a comment.
	CommentActivationOnKeepGapInReconciliation string `yaml:"commentActivationOnKeepGapInReconciliation,omitempty" default:"inherited" words:"CommentActivationWithInherited"`
	// Not shown to people who look at a short list, when a rule gives it.
	HideOnSimplifiedView bool `yaml:"hideOnSimplifiedView,omitempty"`
	// Identifiers of the dimensions that every assignment of it has a value for; what lacks one is not held (role-model 3.4).
	RequiredParameters []string `yaml:"requiredParameters,omitempty"`
	// Values that its holders have of dimensions, in place of those of their contexts: keys by dimension. Single roles only.
	ImposedDimensions map[string]string `yaml:"imposedDimensions,omitempty"`
	// How it was made.
	State string `yaml:"state,omitempty" default:"manual" words:"RoleState"`
	// What gives it. The list is replaced as a whole.
	Rules []RoleRule `yaml:"rules,omitempty" row:"-"`
}

// The names of its API.
type (
	SaveCompositeRoleInput      = SaveInput[Role]
	SaveSingleRoleInput         = SaveInput[Role]
	RoleConfigurationConnection = page.Connection[*Role]
)

// Owner names the resource that answers for something.
type Owner struct {
	// Identifier of its entity type.
	EntityType string `yaml:"entityType" ref:"entity_type"`
	// Its key. It need not be there yet.
	Key string `yaml:"key"`
}

// tags refuses labels that could not be told apart in a list.
func (r *ranges) tags(at string, tags []string) {
	for i, tag := range tags {
		if strings.TrimSpace(tag) == "" || strings.ContainsRune(tag, '¤') || len(tag) > 100 {
			r.fault(fmt.Sprintf("%s.tags[%d]", at, i), "%q is no label: one has 1 to 100 characters, and no ¤.", tag)
		}
		if slices.Contains(tags[:i], tag) {
			r.fault(fmt.Sprintf("%s.tags[%d]", at, i), "The label %q is there twice. Name it once.", tag)
		}
	}
}

// RoleRule gives a role to whoever meets it (role-model 3.1).
type RoleRule struct {
	// Name, unique among all rules of roles. Default: that of the role and a number.
	Identifier string `yaml:"identifier,omitempty"`
	// Identifier of its policy. Default: that of the role.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Identifier of the composite role that holders need; empty: none. For a composite role: its parent.
	CompositeRole string `yaml:"compositeRole,omitempty" ref:"role:COMPOSITE"`
	// Values that the context of holders needs; none: any.
	Dimensions map[string]Criterion `yaml:"dimensions,omitempty"`
	// It withholds the role instead of giving it.
	IsDenied bool `yaml:"isDenied,omitempty"`
	// The smallest decides between rules that contradict each other; between equal ones the one that withholds. Default: 0.
	Priority int `yaml:"priority,omitempty"`
	// How strongly it gives. Only the first is taken: there are no requests yet.
	Type string `yaml:"type,omitempty" default:"required" words:"RuleStrength"`
}

func compositeRoleKind() kind {
	return roleKind(rolemodel.Composite, facts{name: "compositeRole", list: "compositeRoles"}, func(m *Manifest) *[]Role { return &m.CompositeRoles })
}

func singleRoleKind() kind {
	return roleKind(rolemodel.Single, facts{name: "singleRole", list: "singleRoles"}, func(m *Manifest) *[]Role { return &m.SingleRoles })
}

// roleKind: both kinds of roles lie in one table and look alike.
func roleKind(of rolemodel.RoleKind, f facts, in func(*Manifest) *[]Role) kind {
	f.table, f.rights = "role:"+string(of), ofModel
	d := &declared[Role]{
		facts: f, in: in,
		identifier: func(r Role) string { return r.Identifier },
		normal: func(r Role) Role {
			for i := range r.Rules {
				rule := &r.Rules[i]
				rule.Identifier, rule.Policy = or(rule.Identifier, fmt.Sprintf("%s-%d", r.Identifier, i+1)), or(rule.Policy, r.Policy)
			}
			return r
		},
		inner: func(r Role, add func(what, identifier string)) {
			for _, u := range r.Rules {
				add("role rule", u.Identifier)
			}
		},
		refuse: func(r Role) error {
			for _, rule := range r.Rules {
				if err := refuseStrength(rule.Type, f.name+"/"+r.Identifier+"."+rule.Identifier+".type"); err != nil {
					return err
				}
			}
			return nil
		},
		check: func(r *ranges, at string, role Role) { r.tags(at, role.Tags) },
		load:  func(r *reader) ([]Role, error) { return r.roles(of) },
	}
	d.steps = append(saved(d, func() *rolemodel.Role { return &rolemodel.Role{Kind: of} }), func(w *writer, list []Role, _ *change) error {
		return w.roleRules(d, list)
	})
	return d
}

// roleRules replaces the rules of roles.
func (w *writer) roleRules(d *declared[Role], list []Role) error {
	var rows []*rolemodel.RoleRule
	owners := make([]int64, len(list))
	for n, r := range list {
		id, err := w.id(d.table, r.Identifier, d.at(r))
		if err != nil {
			return err
		}
		owners[n] = id
		for _, rule := range r.Rules {
			row := &rolemodel.RoleRule{RoleID: id}
			if err := w.toRow(d.at(r)+"."+rule.Identifier, rule, row, true); err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	return rolemodel.Replace(w.ctx, w.tx, rows, owners)
}

// refuseStrength refuses the rule types that only suggest something in a request: there are no requests yet.
func refuseStrength(name, field string) error {
	known := names("RuleStrength")
	if name != "" && name != known[0] && slices.Contains(known, name) {
		return errs.Invalid(field, "A rule of type %s only fills the basket of a request, and there are no requests yet. Use %s, or leave the rule out.", name, known[0])
	}
	return nil
}

// roles reads the roles of one kind with their rules.
func (r *reader) roles(of rolemodel.RoleKind) ([]Role, error) {
	rows, err := rolemodel.All[rolemodel.Role](r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	rules, err := rolemodel.All[rolemodel.RoleRule](r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	byRole := map[int64][]RoleRule{}
	for _, row := range rules {
		var rule RoleRule
		if err := r.fromRow(row, &rule); err != nil {
			return nil, err
		}
		byRole[row.RoleID] = append(byRole[row.RoleID], rule)
	}
	var out []Role
	for _, row := range rows {
		if row.Kind != of {
			continue
		}
		role := Role{Rules: byRole[row.ID]}
		if err := r.fromRow(row, &role); err != nil {
			return nil, err
		}
		out = append(out, role)
	}
	return out, nil
}
