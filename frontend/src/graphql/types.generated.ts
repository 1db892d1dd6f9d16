export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An instant, RFC 3339, UTC, e.g. 2026-03-01T09:30:00Z. */
  DateTime: { input: string; output: string; }
  /** A 64 bit integer; larger than GraphQL's Int, written as a JSON number. */
  Int64: { input: number; output: number; }
  /** Any JSON value. */
  JSON: { input: unknown; output: unknown; }
};

/** All given fields must hold. */
export type AuditFilter = {
  /** By this actor. */
  actor?: InputMaybe<Scalars['String']['input']>;
  /** Not before this instant. */
  after?: InputMaybe<Scalars['DateTime']['input']>;
  /** Before this instant. */
  before?: InputMaybe<Scalars['DateTime']['input']>;
  /** Any of these kinds of events. */
  kinds?: InputMaybe<Array<Scalars['String']['input']>>;
  /** About this object. */
  subjectId?: InputMaybe<Scalars['ID']['input']>;
  /** About this kind of object. */
  subjectType?: InputMaybe<Scalars['String']['input']>;
};

/** Orders by id, or by a filter: never both. */
export type BulkOrdersInput = {
  /** Kept in the history of each order. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** All orders that match and that the caller may act on. */
  filter?: InputMaybe<OrderFilter>;
  /** These orders. */
  orderIds?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** Manual orders that were carried out: by id, or by a filter, never both. */
export type ConfirmManualOrdersInput = {
  /** Kept in the history of each order. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** Key the target system gave, for one creation. */
  createdKey?: InputMaybe<Scalars['String']['input']>;
  /** All open tickets that match and that the caller may act on. */
  filter?: InputMaybe<OrderFilter>;
  /** These orders. */
  orderIds?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** How a connector does. */
export type ConnectorHealth =
  /** Somebody switched it off. */
  | 'DEACTIVATED'
  /** It does not answer, or refuses us. */
  | 'ERROR'
  /** The last test and the last calls succeeded. */
  | 'OK'
  /** Nobody has tried yet. */
  | 'UNKNOWN'
  /** It works; a synchronization is blocked, rows were set aside, or records cannot be matched with their owners. */
  | 'WARNING';

/** Which connector. */
export type ConnectorInput = {
  /** Its identifier. */
  identifier: Scalars['String']['input'];
};

/** When a connector moves. */
export type ConnectorMode =
  /** Changes move on their own within a second. */
  | 'CONTINUOUS'
  /** Moves only inside jobs. */
  | 'SCHEDULED';

/** A resource to add by hand. */
export type CreateResourceInput = {
  /** Identifier of its entity type. */
  entityType: Scalars['String']['input'];
  /** Primary key; unique among the living resources of the entity type. */
  key: Scalars['String']['input'];
  /** Its values; properties left out are empty. */
  values: Array<PropertyValueInput>;
};

/** An endpoint to call. */
export type CreateWebhookInput = {
  /** For people. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** Only orders that match; null: all in the creator's scope. */
  filter?: InputMaybe<OrderFilter>;
  /** http or https; private addresses only when the server allows them. */
  url: Scalars['String']['input'];
};

/** A resource to remove. */
export type DeleteResourceInput = {
  /** Its id. */
  id: Scalars['ID']['input'];
  /** Version the caller saw; STALE_ITEM when it changed since. */
  version: Scalars['Int']['input'];
};

/** Which synchronization, and why it is decided so. */
export type DeliveryInput = {
  /** Id of the delivery. */
  id: Scalars['ID']['input'];
  /** Why, at most 4,000 characters: kept in the audit log. `resumeDelivery` needs one. */
  reason?: InputMaybe<Scalars['String']['input']>;
};

/** How far a delivery is. */
export type DeliveryState =
  /** In the directory. */
  | 'APPLIED'
  /** A threshold holds it; a person resumes or drops it. */
  | 'BLOCKED'
  /** Given up without being applied. */
  | 'DROPPED'
  /** The system is being read. */
  | 'EXPORTING'
  /** Could not be read or applied. */
  | 'FAILED'
  /** Read and compared; nothing applied yet. */
  | 'PREPARED';

/** Kinds of lines of View Permissions. */
export type EntitlementKind =
  /** A composite role. */
  | 'COMPOSITE_ROLE'
  /** One value of such a resource. */
  | 'PROPERTY'
  /** An account or other resource the person owns or should own. */
  | 'RESOURCE_TYPE'
  /** A single role. */
  | 'SINGLE_ROLE';

/** The closed list of `extensions.code` on errors and of `ItemError.code` (provisioning spec 13.2). */
export type ErrorCode =
  /** The agent that has to do it is away. */
  | 'AGENT_OFFLINE'
  /** Somebody else did it first. */
  | 'ALREADY_DONE'
  /** The job runs already. */
  | 'ALREADY_RUNNING'
  /** Another object stands in the way. */
  | 'CONFLICT'
  /** Signed in, but without the permission. */
  | 'FORBIDDEN'
  /** A fault of the server; extensions.id is found in its log. */
  | 'INTERNAL'
  /** The state machine does not allow that move from the current state. */
  | 'INVALID_TRANSITION'
  /** No such object, or not in the caller's scope. */
  | 'NOT_FOUND'
  /** The object changed since the caller read it: read it again. */
  | 'STALE_ITEM'
  /** A threshold stopped the run before anything was written. */
  | 'THRESHOLD_EXCEEDED'
  /** The request is over a documented limit. */
  | 'TOO_LARGE'
  /** Nobody is signed in, or the access token is not valid any more: refresh it or sign in. */
  | 'UNAUTHENTICATED'
  /** A system outside does not answer now. */
  | 'UNAVAILABLE'
  /** The input is wrong; extensions.field says where. */
  | 'VALIDATION';

/** Whose entitlements to explain. */
export type ExplainInput = {
  /** The person (or other owner). */
  ownerId: Scalars['ID']['input'];
  /** Identifier of a property of the resource type: of the values only this one. */
  property?: InputMaybe<Scalars['String']['input']>;
  /** Only steps that lead to this resource type: the roles that give it, its values, and what was done about it. */
  resourceType?: InputMaybe<Scalars['String']['input']>;
  /** Only steps that lead to this role, and what it gives. */
  role?: InputMaybe<Scalars['String']['input']>;
};

/** A way out. */
export type FencedKind =
  /** For a person. */
  | 'MAIL'
  /** For a target system. */
  | 'ORDER'
  /** For an endpoint. */
  | 'WEBHOOK';

/** Which run. */
export type JobInstanceInput = {
  /** Id of the job instance. */
  id: Scalars['ID']['input'];
  /** Why, at most 4,000 characters: kept in the event and in the log of what was blocked. Null: no reason. */
  reason?: InputMaybe<Scalars['String']['input']>;
};

/** States of a run (provisioning spec 9.5). */
export type JobInstanceState =
  /** Its process died and it could not be taken up again. */
  | 'ABORTED'
  /** A threshold stopped it; a person resumes or cancels it. */
  | 'BLOCKED'
  /** A person stopped it. */
  | 'CANCELLED'
  /** All tasks ended well. */
  | 'COMPLETED'
  /** A task failed. */
  | 'ERRORED'
  /** A task is running. */
  | 'IN_PROGRESS'
  /** Launched, waits for a worker. */
  | 'QUEUED'
  /** Ended, with warnings. */
  | 'WARNING';

/** Switches the schedule of a job. */
export type JobScheduleInput = {
  /** On or off. */
  enabled: Scalars['Boolean']['input'];
  /** Identifier of the job. */
  job: Scalars['String']['input'];
};

/** Why it is safe to send what waits. */
export type LiftFenceInput = {
  /** For the audit log, 1 to 1000 characters. */
  comment: Scalars['String']['input'];
};

/** What a reviewer decides. */
export type LineDecision =
  /** It may be provisioned. */
  | 'APPROVE'
  /** It is ignored from now on. */
  | 'DECLINE'
  /** Later: it stays, marked as seen. */
  | 'POSTPONE';

/** A decision on one line. version is the one the caller saw: STALE_ITEM when it changed. */
export type LineDecisionInput = {
  /** The decision. */
  decision: LineDecision;
  /** The line. */
  lineId: Scalars['ID']['input'];
  /** OrderLine.version as shown to the reviewer. */
  version: Scalars['Int']['input'];
};

/** Name and password of a local user. */
export type LoginInput = {
  /** The password. */
  password: Scalars['String']['input'];
  /** Login name, without regard to case. */
  username: Scalars['String']['input'];
};

/** All given fields must hold. */
export type MailFilter = {
  /** To this address. */
  recipient?: InputMaybe<Scalars['String']['input']>;
  /** In any of these states. */
  states?: InputMaybe<Array<MailState>>;
  /** Of any of these templates. */
  templates?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** What became of a mail. */
export type MailState =
  /** It will not be sent: mail is switched off, or the recipient's domain is not allowed. */
  | 'DROPPED'
  /** The last try failed. It is tried again, unless the server refused it for good or all five retries are used up. */
  | 'FAILED'
  /** Not tried yet. */
  | 'QUEUED'
  /** The mail server took it, or it lies in the pickup folder. */
  | 'SENT';

/** Why a row was set aside. */
export type MendKind =
  /** Another row has the same key and other values. */
  | 'DUPLICATE'
  /** The key is empty. */
  | 'NO_KEY'
  /** A value is none of its kind, or the row has not the columns of the table. */
  | 'UNREADABLE';

/** All given fields must hold; inside a list any value will do. */
export type OrderFilter = {
  /** Identifiers of connectors. */
  connectors?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Not before this instant. */
  createdAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Before this instant. */
  createdBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** Errors of this class. */
  errorClass?: InputMaybe<Scalars['String']['input']>;
  /** Leave out what was postponed. */
  hidePostponed?: InputMaybe<Scalars['Boolean']['input']>;
  /** Of these kinds. */
  kinds?: InputMaybe<Array<OrderKind>>;
  /** Only open (true) or only ended (false) orders. */
  open?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the owners' entity type. */
  ownerEntityType?: InputMaybe<Scalars['String']['input']>;
  /** Of this owner. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** Identifiers of resource types. */
  resourceTypes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** In one of these states. */
  states?: InputMaybe<Array<ProvisioningState>>;
  /** Each word stands in the name, the key or a mail address of the owner or of the target: in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
  /** They wait for one of these reasons (`Order.waitReason`), e.g. threshold. */
  waitReasons?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** What an order does to its target. */
export type OrderKind =
  /** Takes an existing one over. */
  | 'ASSOCIATE'
  /** Creates it. */
  | 'CREATE'
  /** Removes it. */
  | 'DELETE'
  /** Changes values. */
  | 'UPDATE';

/** Orders of a list. */
export type OrderSort =
  /** Oldest first. */
  | 'CREATED_ASC'
  /** Newest first. */
  | 'CREATED_DESC'
  /** By name of the owner. */
  | 'OWNER_ASC'
  /** Last changed first. */
  | 'UPDATED_DESC';

/** What applying does to an object. */
export type PlanAction =
  /** It is new. */
  | 'CREATE'
  /** It goes. */
  | 'DELETE'
  /** It changes. */
  | 'UPDATE';

/** A configuration. */
export type PlanInput = {
  /** Configuration as YAML documents, concatenated. */
  yaml: Scalars['String']['input'];
};

/** A property compared with a value. */
export type PropertyFilter = {
  /** Identifier of the property, or a path such as Department.Site. */
  property: Scalars['String']['input'];
  /** What it must equal. */
  value: Scalars['String']['input'];
};

/** Types of properties (role-model 1.3). */
export type PropertyType =
  /** true or false. */
  | 'BOOL'
  /** An instant. */
  | 'DATE_TIME'
  /** A floating-point number. */
  | 'DOUBLE'
  /** A navigation: points to resources. */
  | 'FOREIGN_KEY'
  /** A globally unique id. */
  | 'GUID'
  /** A whole number of 32 bits. */
  | 'INT32'
  /** A whole number of 64 bits. */
  | 'INT64'
  /** Text. */
  | 'STRING';

/** A scalar, or a navigation by keys. Neither: the property is cleared. */
export type PropertyValueInput = {
  /** Keys of the resources a navigation points to. */
  keys?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Identifier of the property. */
  property: Scalars['String']['input'];
  /** The value of a scalar, as text. */
  value?: InputMaybe<Scalars['String']['input']>;
};

/** The nine provisioning states (provisioning spec 1.1). */
export type ProvisioningState =
  /** 5: held until somebody reviews it. */
  | 'AWAITING_APPROVAL'
  /** 7: a rule or expression failed for it. */
  | 'ERROR'
  /** 3: the system or the operator reported an error. */
  | 'ERRORED'
  /** 8: answered OK, not seen in synchronized data yet. */
  | 'EXECUTED'
  /** 6: serves no purpose any more: past, or declined. */
  | 'INACTIVE'
  /** 0: needs no provisioning, or not due yet. */
  | 'NONE'
  /** 1: ready, not sent. */
  | 'PENDING'
  /** 2: handed over, no answer yet; manual: a ticket is open. */
  | 'TRANSMITTED'
  /** 4: seen in synchronized data. */
  | 'VERIFIED';

/** Which orders go on, and why. */
export type ReleaseHeldOrdersInput = {
  /** Identifier of the connector. */
  connector: Scalars['String']['input'];
  /** Why, at most 4,000 characters: kept in the audit log. */
  reason: Scalars['String']['input'];
};

/** What to deliver again. */
export type ReplayWebhookInput = {
  /** Cursor of an order change; everything after it is delivered again. VALIDATION for one of another server, or one that a restored backup does not reach. */
  after: Scalars['String']['input'];
  /** Id of the webhook. */
  id: Scalars['ID']['input'];
};

/** Manual orders that could not be carried out: by id, or by a filter, never both. */
export type ReportManualOrderErrorsInput = {
  /** All open tickets that match and that the caller may act on. */
  filter?: InputMaybe<OrderFilter>;
  /** What went wrong; 1 to 4000 characters. */
  message: Scalars['String']['input'];
  /** These orders. */
  orderIds?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** All given fields must hold. */
export type ResourceFilter = {
  /** One of these keys. */
  keys?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Property equals value; a navigation takes the key of the pointed resource. */
  properties?: InputMaybe<Array<PropertyFilter>>;
  /** Each word stands in the display name, the key or a mail address: in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** Orders of a list of resources. */
export type ResourceSort =
  /** By name. */
  | 'DISPLAY_NAME_ASC'
  /** By name, backwards. */
  | 'DISPLAY_NAME_DESC'
  /** By key. */
  | 'KEY_ASC'
  /** By key, backwards. */
  | 'KEY_DESC';

/** Decisions of a reviewer: one for whole orders, or one per line of a single order. */
export type ReviewOrdersInput = {
  /** Required to decline. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** For whole orders. */
  decision?: InputMaybe<LineDecision>;
  /** All waiting orders that match and that the caller may review. */
  filter?: InputMaybe<OrderFilter>;
  /** For one order: a decision per line. */
  lines?: InputMaybe<Array<LineDecisionInput>>;
  /** Orders to decide as a whole. Either ids or a filter, never both. */
  orderIds?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** Kinds of roles. */
export type RoleKind =
  /** A bundle of single roles. */
  | 'COMPOSITE'
  /** One entitlement in the language of the business. */
  | 'SINGLE';

/** Which job to launch. */
export type RunJobInput = {
  /** Do not ask the thresholds. */
  force?: Scalars['Boolean']['input'];
  /** Identifier of the first step to run; null: from the beginning. */
  fromStep?: InputMaybe<Scalars['String']['input']>;
  /** Only steps with this text in their identifier, in whatever case; null: all. */
  identifierContains?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the job. */
  job: Scalars['String']['input'];
  /** Identifier of the only step to run; null: all. */
  step?: InputMaybe<Scalars['String']['input']>;
  /** Only steps of this type of task; null: of all. */
  taskType?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the last step to run; null: to the end. */
  toStep?: InputMaybe<Scalars['String']['input']>;
};

/** States of a task (provisioning spec 9.5). */
export type TaskInstanceState =
  /** Its process died and it could not be taken up again. */
  | 'ABORTED'
  /** A threshold stopped it. */
  | 'BLOCKED'
  /** The run was stopped before it. */
  | 'CANCELLED'
  /** Ended well. */
  | 'COMPLETED'
  /** Ended well and produced nothing: tasks that depend on it are skipped. */
  | 'COMPLETED_NO_OUTPUT'
  /** Failed. */
  | 'ERRORED'
  /** Running. */
  | 'IN_PROGRESS'
  /** Not needed: what it depends on produced nothing. */
  | 'SKIPPED'
  /** Not started. */
  | 'WAITING'
  /** Ended, with warnings. */
  | 'WARNING';

/** New values of a resource; properties left out stay. */
export type UpdateResourceInput = {
  /** Its id. */
  id: Scalars['ID']['input'];
  /** The values to change. */
  values: Array<PropertyValueInput>;
  /** Version the caller read; STALE_ITEM when it changed since. */
  version: Scalars['Int']['input'];
};

/** How far a delivery is. */
export type WebhookDeliveryState =
  /** The receiver took it. */
  | 'DELIVERED'
  /** The last try failed; there will be another. */
  | 'FAILED'
  /** No more tries. */
  | 'GIVEN_UP'
  /** Waits for its first or next try. */
  | 'PENDING';

/** Which webhook. */
export type WebhookInput = {
  /** Its id. */
  id: Scalars['ID']['input'];
};
