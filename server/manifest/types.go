package manifest

// Manifest is a whole configuration, or a part of one.
type Manifest struct {
	Connectors     []Connector    `yaml:"connectors,omitempty"`
	EntityTypes    []EntityType   `yaml:"entityTypes,omitempty"`
	Dimensions     []Dimension    `yaml:"dimensions,omitempty"`
	Policies       []Policy       `yaml:"policies,omitempty"`
	Categories     []Category     `yaml:"categories,omitempty"`
	CompositeRoles []Role         `yaml:"compositeRoles,omitempty"`
	SingleRoles    []Role         `yaml:"singleRoles,omitempty"`
	ResourceTypes  []ResourceType `yaml:"resourceTypes,omitempty"`
	ContextRules   []ContextRule  `yaml:"contextRules,omitempty"`
	Jobs           []Job          `yaml:"jobs,omitempty"`
	Profiles       []Profile      `yaml:"profiles,omitempty"`
	Users          []User         `yaml:"users,omitempty"`

	// Delete names objects that shall be gone, by list: { singleRoles: [Old], users: [bob] }. What is not there is gone already.
	Delete map[string][]string `yaml:"delete,omitempty"`

	places map[string][]string // kind/identifier -> file:line, as often as it stands there
}

// Connector is one managed system with its connections (provisioning spec 6.1). Thresholds as in 8.2; 0 = off.
type Connector struct {
	Identifier  string       `yaml:"identifier"`
	DisplayName string       `yaml:"displayName,omitempty"`
	Mode        string       `yaml:"mode,omitempty"` // continuous (default) or scheduled
	Thresholds  *Thresholds  `yaml:"thresholds,omitempty"`
	Connections []Connection `yaml:"connections,omitempty"`
}

// Thresholds of a connector; the defaults are those of spec 8.2 (100 lines, 5 %, 1000 links, 5 %).
type Thresholds struct {
	MaximumInsertedLines           int `yaml:"maximumInsertedLines"`
	MaximumUpdatedLines            int `yaml:"maximumUpdatedLines"`
	MaximumDeletedLines            int `yaml:"maximumDeletedLines"`
	MaxPercentageInsertedLines     int `yaml:"maxPercentageInsertedLines"`
	MaxPercentageUpdatedLines      int `yaml:"maxPercentageUpdatedLines"`
	MaxPercentageDeletedLines      int `yaml:"maxPercentageDeletedLines"`
	MaximumLinkInsertedLines       int `yaml:"maximumLinkInsertedLines"`
	MaximumLinkDeletedLines        int `yaml:"maximumLinkDeletedLines"`
	MaxLinkPercentageInsertedLines int `yaml:"maxLinkPercentageInsertedLines"`
	MaxLinkPercentageDeletedLines  int `yaml:"maxLinkPercentageDeletedLines"`
}

// DefaultThresholds are those of provisioning spec 8.2.
func DefaultThresholds() Thresholds {
	return Thresholds{100, 100, 100, 5, 5, 5, 1000, 1000, 5, 5}
}

// Connection is one way into a system: package, settings, secrets. A connection that is not named any more stays. PollSeconds: how often the continuous mode looks (default 1).
type Connection struct {
	Identifier  string            `yaml:"identifier"`
	DisplayName string            `yaml:"displayName,omitempty"`
	Package     string            `yaml:"package"`
	Deactivated string            `yaml:"deactivated,omitempty"` // none (default), export, fulfil
	PollSeconds int               `yaml:"pollSeconds,omitempty"`
	Settings    map[string]string `yaml:"settings,omitempty"`
	Secrets     map[string]string `yaml:"secrets,omitempty"` // absent: as they are
}

// EntityType with its properties and, when it is synchronized, where it is read from.
type EntityType struct {
	Identifier        string     `yaml:"identifier"`
	DisplayName       string     `yaml:"displayName,omitempty"`
	Connector         string     `yaml:"connector,omitempty"`
	DisplayExpression string     `yaml:"displayExpression,omitempty"` // e.g. "{FirstName} {LastName}"
	Source            *Source    `yaml:"source,omitempty"`
	Properties        []Property `yaml:"properties"`
}

// Source says which table of which connection, and how much of it one reading may change (spec 8.2; absent: the connector's limits only).
type Source struct {
	Connection string          `yaml:"connection"`
	Table      string          `yaml:"table"`
	Thresholds *LineThresholds `yaml:"thresholds,omitempty"`
	// MaximumRejected is how many rows of one reading may be set aside because they cannot be read; more refuse the reading. Absent: ten,
	// or one of a hundred when that is more.
	MaximumRejected *int `yaml:"maximumRejected,omitempty"`
}

// LineThresholds of one entity type, beside those of its connector; 0 (default) = off.
type LineThresholds struct {
	MaximumInsertedLines       int `yaml:"maximumInsertedLines,omitempty"`
	MaximumUpdatedLines        int `yaml:"maximumUpdatedLines,omitempty"`
	MaximumDeletedLines        int `yaml:"maximumDeletedLines,omitempty"`
	MaxPercentageInsertedLines int `yaml:"maxPercentageInsertedLines,omitempty"`
	MaxPercentageUpdatedLines  int `yaml:"maxPercentageUpdatedLines,omitempty"`
	MaxPercentageDeletedLines  int `yaml:"maxPercentageDeletedLines,omitempty"`
}

// Property of an entity type. Column: where it is read from and written to; absent: kept in Writ only.
type Property struct {
	Identifier  string `yaml:"identifier"`
	DisplayName string `yaml:"displayName,omitempty"`
	Type        string `yaml:"type,omitempty"` // string (default), int32, int64, dateTime, bool, guid, double, foreignKey
	IsKey       bool   `yaml:"isKey,omitempty"`
	Collection  bool   `yaml:"collection,omitempty"`
	Target      string `yaml:"target,omitempty"`  // entity type a navigation points to
	Reverse     string `yaml:"reverse,omitempty"` // name of the reverse navigation there
	Column      string `yaml:"column,omitempty"`
	Format      string `yaml:"format,omitempty"`
	PrimaryKey  bool   `yaml:"primaryKey,omitempty"`
	UniqueKey   bool   `yaml:"uniqueKey,omitempty"`
}

// Dimension is a criterion column (role-model 1.6).
type Dimension struct {
	Identifier     string `yaml:"identifier"`
	DisplayName    string `yaml:"displayName,omitempty"`
	EntityType     string `yaml:"entityType"`
	Column         int    `yaml:"column"`
	IsHierarchical bool   `yaml:"isHierarchical,omitempty"`
	ParentProperty string `yaml:"parentProperty,omitempty"`
}

// Criterion is a dimension criterion: key of the value, and whether descendants match too.
type Criterion struct {
	Key     string `yaml:"key"`
	Inherit bool   `yaml:"inherit,omitempty"`
}

// Policy of the role model (role-model 2.2).
type Policy struct {
	Identifier            string               `yaml:"identifier"`
	DisplayName           string               `yaml:"displayName,omitempty"`
	IsProvisioningEnabled bool                 `yaml:"isProvisioningEnabled"`
	IsSimulationEnabled   bool                 `yaml:"isSimulationEnabled,omitempty"`
	Dimensions            map[string]Criterion `yaml:"dimensions,omitempty"`
}

// Category of the catalogue.
type Category struct {
	Identifier  string `yaml:"identifier"`
	DisplayName string `yaml:"displayName,omitempty"`
	Description string `yaml:"description,omitempty"`
	Policy      string `yaml:"policy,omitempty"` // default: Default
	Parent      string `yaml:"parent,omitempty"`
}

// Role is a single or composite role with the rules that give it.
type Role struct {
	Identifier           string     `yaml:"identifier"`
	DisplayName          string     `yaml:"displayName,omitempty"`
	Description          string     `yaml:"description,omitempty"`
	Policy               string     `yaml:"policy,omitempty"`
	EntityType           string     `yaml:"entityType"`
	Category             string     `yaml:"category,omitempty"`
	ApprovalWorkflowType int        `yaml:"approvalWorkflowType,omitempty"`
	HideOnSimplifiedView bool       `yaml:"hideOnSimplifiedView,omitempty"`
	Rules                []RoleRule `yaml:"rules,omitempty"`
}

// RoleRule gives a role. CompositeRole: the composite the owner must hold (for a composite role: its parent role).
type RoleRule struct {
	Identifier    string               `yaml:"identifier,omitempty"` // default: role + number
	Policy        string               `yaml:"policy,omitempty"`
	CompositeRole string               `yaml:"compositeRole,omitempty"`
	Dimensions    map[string]Criterion `yaml:"dimensions,omitempty"`
	IsDenied      bool                 `yaml:"isDenied,omitempty"`
	Priority      int                  `yaml:"priority,omitempty"`
	Type          string               `yaml:"type,omitempty"` // required (default), requestedAutomatically, suggested
}

// ResourceType with all its rules (role-model 2.5-2.8, 5). BlockProvisioning must be said explicitly (spec 16.22).
type ResourceType struct {
	Identifier                     string `yaml:"identifier"`
	DisplayName                    string `yaml:"displayName,omitempty"`
	Description                    string `yaml:"description,omitempty"`
	Policy                         string `yaml:"policy,omitempty"`
	SourceEntityType               string `yaml:"sourceEntityType"`
	TargetEntityType               string `yaml:"targetEntityType"`
	Category                       string `yaml:"category,omitempty"`
	Connection                     string `yaml:"connection,omitempty"` // provisioning connection
	ApprovalWorkflowType           *int   `yaml:"approvalWorkflowType,omitempty"`
	HideOnSimplifiedView           bool   `yaml:"hideOnSimplifiedView,omitempty"`
	AllowAdd                       *bool  `yaml:"allowAdd,omitempty"`
	AllowRemove                    *bool  `yaml:"allowRemove,omitempty"`
	RemoveOrphans                  bool   `yaml:"removeOrphans,omitempty"`
	BlockProvisioning              *bool  `yaml:"blockProvisioning,omitempty"`
	AllowOwnDecisions              bool   `yaml:"allowOwnDecisions,omitempty"` // people may decide on orders about themselves
	DiscardManualAssignments       bool   `yaml:"discardManualAssignments,omitempty"`
	CorrelateMultipleResources     bool   `yaml:"correlateMultipleResources,omitempty"`
	SuggestAllCorrelations         bool   `yaml:"suggestAllCorrelations,omitempty"`
	DependsOn                      string `yaml:"dependsOn,omitempty"`
	DependsOnOwnerProperty         string `yaml:"dependsOnOwnerProperty,omitempty"`
	ArgumentsExpression            string `yaml:"argumentsExpression,omitempty"`
	FulfillHoursAheadOfTime        int    `yaml:"fulfillHoursAheadOfTime,omitempty"`
	TransmittedStateValidityPeriod int    `yaml:"transmittedStateValidityPeriod,omitempty"`
	AutoRetryCount                 int    `yaml:"autoRetryCount,omitempty"`
	AutoRetryDelayMinutes          int    `yaml:"autoRetryDelayMinutes,omitempty"`
	MaximumInsert                  int    `yaml:"maximumInsert,omitempty"`
	MaximumUpdate                  int    `yaml:"maximumUpdate,omitempty"`
	MaximumDelete                  int    `yaml:"maximumDelete,omitempty"`
	MaximumInsertPercent           *int   `yaml:"maximumInsertPercent,omitempty"`
	MaximumUpdatePercent           *int   `yaml:"maximumUpdatePercent,omitempty"`
	MaximumDeletePercent           *int   `yaml:"maximumDeletePercent,omitempty"`
	TicketSynchroIsNotAvailable    bool   `yaml:"ticketSynchroIsNotAvailable,omitempty"`

	TypeRules           []TypeRule        `yaml:"typeRules,omitempty"`
	ScalarRules         []ScalarRule      `yaml:"scalarRules,omitempty"`
	NavigationRules     []NavigationRule  `yaml:"navigationRules,omitempty"`
	QueryRules          []QueryRule       `yaml:"queryRules,omitempty"`
	CorrelationRules    []CorrelationRule `yaml:"correlationRules,omitempty"`
	ClassificationRules []ClassifyRule    `yaml:"classificationRules,omitempty"`
}

// Offset shifts a rule in time (role-model 2.9); minutes.
type Offset struct {
	Reference string `yaml:"reference"` // around, before, after
	Before    int    `yaml:"before,omitempty"`
	After     int    `yaml:"after,omitempty"`
}

// TypeRule gives the resource type.
type TypeRule struct {
	Identifier string               `yaml:"identifier,omitempty"`
	Policy     string               `yaml:"policy,omitempty"`
	SingleRole string               `yaml:"singleRole,omitempty"`
	Dimensions map[string]Criterion `yaml:"dimensions,omitempty"`
	IsDenied   bool                 `yaml:"isDenied,omitempty"`
	Type       string               `yaml:"type,omitempty"`
	Offset     *Offset              `yaml:"offset,omitempty"`
}

// ScalarRule computes a scalar. Binding: a plain path; expression: CEL, a built-in function, or Literal:value.
type ScalarRule struct {
	Identifier string  `yaml:"identifier,omitempty"`
	Policy     string  `yaml:"policy,omitempty"`
	Property   string  `yaml:"property"`
	Binding    string  `yaml:"binding,omitempty"`
	Expression string  `yaml:"expression,omitempty"`
	SingleRole string  `yaml:"singleRole,omitempty"`
	Comparison string  `yaml:"comparison,omitempty"` // caseSensitive (default), ignoreCase, ignoreDiacritics, simplified, approximate
	CreateOnly bool    `yaml:"createOnly,omitempty"`
	Offset     *Offset `yaml:"offset,omitempty"`
}

// NavigationRule puts one fixed resource into a navigation.
type NavigationRule struct {
	Identifier string               `yaml:"identifier,omitempty"`
	Policy     string               `yaml:"policy,omitempty"`
	Property   string               `yaml:"property"`
	Resource   string               `yaml:"resource"` // key
	SingleRole string               `yaml:"singleRole,omitempty"`
	Dimensions map[string]Criterion `yaml:"dimensions,omitempty"`
	IsDenied   bool                 `yaml:"isDenied,omitempty"`
	Offset     *Offset              `yaml:"offset,omitempty"`
}

// QueryRule looks up the resource to put from source data.
type QueryRule struct {
	Identifier       string  `yaml:"identifier,omitempty"`
	Policy           string  `yaml:"policy,omitempty"`
	Property         string  `yaml:"property"`
	SourceBinding    string  `yaml:"sourceBinding,omitempty"`
	SourceExpression string  `yaml:"sourceExpression,omitempty"`
	TargetBinding    string  `yaml:"targetBinding,omitempty"`
	TargetExpression string  `yaml:"targetExpression,omitempty"`
	Confidence       int     `yaml:"confidence"`
	Offset           *Offset `yaml:"offset,omitempty"`
}

// CorrelationRule says who owns a target.
type CorrelationRule struct {
	Identifier       string `yaml:"identifier,omitempty"`
	Policy           string `yaml:"policy,omitempty"`
	SourceBinding    string `yaml:"sourceBinding,omitempty"`
	SourceExpression string `yaml:"sourceExpression,omitempty"`
	TargetBinding    string `yaml:"targetBinding,omitempty"`
	TargetExpression string `yaml:"targetExpression,omitempty"`
	Confidence       int    `yaml:"confidence"`
}

// ClassifyRule says which resource type an unowned target is.
type ClassifyRule struct {
	Identifier string `yaml:"identifier,omitempty"`
	Policy     string `yaml:"policy,omitempty"`
	Expression string `yaml:"expression"`
	Confidence int    `yaml:"confidence"`
}

// ContextRule turns records into contexts (role-model 4.3).
type ContextRule struct {
	Identifier        string            `yaml:"identifier"`
	DisplayName       string            `yaml:"displayName,omitempty"`
	Policy            string            `yaml:"policy,omitempty"`
	SourceEntityType  string            `yaml:"sourceEntityType"`
	ResourcesBinding  string            `yaml:"resourcesBinding,omitempty"`
	StartBinding      string            `yaml:"startBinding,omitempty"`
	EndBinding        string            `yaml:"endBinding,omitempty"`
	ExcludeExpression string            `yaml:"excludeExpression,omitempty"`
	Dimensions        map[string]string `yaml:"dimensions,omitempty"`
}

// Job is an ordered set of tasks (provisioning spec 9.2).
type Job struct {
	Identifier      string `yaml:"identifier"`
	DisplayName     string `yaml:"displayName,omitempty"`
	Cron            string `yaml:"cron,omitempty"`
	CronTimeZone    string `yaml:"cronTimeZone,omitempty"`
	IsIncremental   bool   `yaml:"isIncremental,omitempty"`
	UserStartDenied bool   `yaml:"userStartDenied,omitempty"`
	// NeedsSecondPerson keeps whoever launched a run from resuming it over a limit.
	NeedsSecondPerson bool   `yaml:"needsSecondPerson,omitempty"`
	ScheduleEnabled   *bool  `yaml:"scheduleEnabled,omitempty"` // false: the schedule is there and switched off; default: as it is, on for a new job
	Steps             []Step `yaml:"steps"`
}

// Step of a job; level -1 (default): after the one before it.
type Step struct {
	Task        string         `yaml:"task"` // identifier
	DisplayName string         `yaml:"displayName,omitempty"`
	Type        string         `yaml:"type"`
	Level       *int           `yaml:"level,omitempty"`
	DependsOn   []string       `yaml:"dependsOn,omitempty"`
	Options     map[string]any `yaml:"options,omitempty"`
}

// Profile with its access control rules (provisioning spec 10.1).
type Profile struct {
	Identifier  string       `yaml:"identifier"`
	DisplayName string       `yaml:"displayName,omitempty"`
	Rules       []AccessRule `yaml:"rules,omitempty"`
}

// AccessRule gives permissions on a data set.
type AccessRule struct {
	Identifier  string         `yaml:"identifier"`
	DisplayName string         `yaml:"displayName,omitempty"`
	EntityType  string         `yaml:"entityType,omitempty"` // "*" (default): any
	Filters     []AccessFilter `yaml:"filters,omitempty"`
	Entries     []AccessEntry  `yaml:"entries"`
}

// AccessFilter narrows a rule to rows; exactly one of value, dimension, currentUser.
type AccessFilter struct {
	Binding     string `yaml:"binding"`
	Value       string `yaml:"value,omitempty"`
	Dimension   string `yaml:"dimension,omitempty"`
	CurrentUser bool   `yaml:"currentUser,omitempty"`
}

// AccessEntry is one permission. Execute and notify default to true.
type AccessEntry struct {
	Permission string `yaml:"permission"`
	CanExecute *bool  `yaml:"canExecute,omitempty"`
	Notify     *bool  `yaml:"notify,omitempty"`
	Priority   int    `yaml:"priority,omitempty"`

	FullAccessProperties bool `yaml:"fullAccessProperties,omitempty"`
}

// User is a local sign-in with its profiles.
type User struct {
	Username    string            `yaml:"username"`
	DisplayName string            `yaml:"displayName,omitempty"`
	Email       string            `yaml:"email,omitempty"`
	Resource    *ResourceRef      `yaml:"resource,omitempty"`
	Password    string            `yaml:"password,omitempty"` // plain at first, or env:/file: reference; never exported
	Demo        bool              `yaml:"demo,omitempty"`
	Disabled    *bool             `yaml:"disabled,omitempty"` // cannot sign in; default: as it is
	Profiles    []AssignedProfile `yaml:"profiles,omitempty"`
}

// ResourceRef names a directory resource.
type ResourceRef struct {
	EntityType string `yaml:"entityType"`
	Key        string `yaml:"key"`
}

// AssignedProfile gives a profile to a user.
type AssignedProfile struct {
	Profile   string            `yaml:"profile"`
	Context   map[string]string `yaml:"context,omitempty"`
	StartDate string            `yaml:"startDate,omitempty"` // a day or RFC 3339; an end that is a day counts
	EndDate   string            `yaml:"endDate,omitempty"`
	IsDenied  bool              `yaml:"isDenied,omitempty"`
	Email     string            `yaml:"email,omitempty"`
}
