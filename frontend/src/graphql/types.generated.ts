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

/** AccessEntry is one permission of a rule. */
export type AccessEntryConfigurationInput = {
  /** It opens the operation. False: the data is only readable in the course of it. Default: true. */
  canExecute?: InputMaybe<Scalars['Boolean']['input']>;
  /** No property is hidden by a visibility group yet: only false is taken. */
  fullAccessProperties?: InputMaybe<Scalars['Boolean']['input']>;
  /** With a full path: its holders are mailed, too. False: the right without the mail. Default: true. */
  notify?: InputMaybe<Scalars['Boolean']['input']>;
  /** Path in the permission tree (provisioning spec 10.3); it covers everything below it. */
  permission: Scalars['String']['input'];
  /** Rights add up: only 0 is taken. */
  priority?: InputMaybe<Scalars['Int']['input']>;
};

/** AccessFilter narrows a rule to some rows: a property compared with exactly one of value, dimension, currentUser. */
export type AccessFilterConfigurationInput = {
  /** Path from the entity type of the rule, e.g. Department. */
  binding: Scalars['String']['input'];
  /** It must lead to the person who is signed in. */
  currentUser?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the dimension whose value the context of the assigned profile gives. Empty: compared otherwise. */
  dimension?: InputMaybe<Scalars['String']['input']>;
  /** Constant to equal: the key, for a navigation. Empty: compared otherwise. */
  value?: InputMaybe<Scalars['String']['input']>;
};

/** AccessRule gives permissions on a data set. */
export type AccessRuleConfigurationInput = {
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type it is about; *: any. Default: *. */
  entityType?: InputMaybe<Scalars['String']['input']>;
  /** Its permissions; at least one. */
  entries: Array<AccessEntryConfigurationInput>;
  /** What a row must be; all of them must hold. None: every row. */
  filters?: InputMaybe<Array<AccessFilterConfigurationInput>>;
  /** Name, unique among the rules of all profiles. */
  identifier: Scalars['String']['input'];
};

/** Narrows the list of accounts without an owner: conditions are joined by AND, values of one by OR. */
export type AccountWithoutOwnerFilter = {
  /** This account alone. */
  accountId?: InputMaybe<Scalars['ID']['input']>;
  /** Whether the decision was put off. Default: all. */
  postponed?: InputMaybe<Scalars['Boolean']['input']>;
  /** Why they have none. */
  reasons?: InputMaybe<Array<OwnerlessReason>>;
  /** Identifiers of resource types. */
  resourceTypes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Identifiers of connectors. */
  systems?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Account or former owner, by name, key or mail address, as every search. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** The answer to what is asked about a step. */
export type AnswerInformationInput = {
  /** The answer, 1 to 4,000 characters. Everybody who sees the item reads it. */
  answer: Scalars['String']['input'];
  /** The step. */
  stepId: Scalars['ID']['input'];
};

/** All given fields must hold. */
export type ApiKeyFilter = {
  /** Of one kind. */
  kind?: InputMaybe<ApiKeyKind>;
  /** True: those of one's own account; false: those of others. */
  mine?: InputMaybe<Scalars['Boolean']['input']>;
  /** In one state now. */
  state?: InputMaybe<ApiKeyState>;
  /** Each word stands in the name of the key or of its account, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
  /** Of one account, by its login name in any case. */
  username?: InputMaybe<Scalars['String']['input']>;
};

/** What an API key is for. */
export type ApiKeyKind =
  /** It proves an API client, which gets access tokens for it at /oauth/token (OAuth 2.0 client credentials). */
  | 'CLIENT_SECRET'
  /** It acts for a person: sent as it is in the header `Authorization: Bearer`. */
  | 'PERSONAL_TOKEN';

/** Whether an API key opens anything. */
export type ApiKeyState =
  /** It does. */
  | 'ACTIVE'
  /** Its end has passed. */
  | 'EXPIRED'
  /** Somebody ended it. */
  | 'REVOKED';

/** Several objects to write and delete, all of them or none. */
export type ApplyConfigurationInput = {
  /** Objects to delete; those that are not there are gone already. Null: none. */
  delete?: InputMaybe<Array<ConfigurationNameInput>>;
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Objects to write, new or in place of those with their identifiers; null: none. */
  save?: InputMaybe<ConfigurationInput>;
  /** Versions that were read: CONFLICT when one of these objects is at another one by now. Null: none is looked at. */
  versions?: InputMaybe<Array<ConfigurationVersionInput>>;
};

/** Names a plan. */
export type ApplyPlanInput = {
  /** Its number. */
  id: Scalars['ID']['input'];
};

/** Kinds of approver combination. */
export type ApproverCombination =
  /** Those of all ways. */
  | 'ALL'
  /** Those of the first way that finds somebody. */
  | 'FIRST';

/** ApproverRule says who is asked when something that is asked for has to be approved (requests 5). Without one, whoever reviews the roles of the person is asked. How many approvals something needs is said by its role, and never by this. */
export type ApproverRuleConfigurationInput = {
  /** What is asked for: ADD, EXTEND, REMOVE, DENY, ALLOW. None: whatever it is. */
  actions?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Whom several ways make. Default: FIRST. */
  combine?: InputMaybe<ApproverCombination>;
  /** Who acts for somebody may decide in his place. Default: true. */
  deputies?: InputMaybe<Scalars['Boolean']['input']>;
  /** What a current context of the person who gets or loses it has to be. */
  dimensions?: InputMaybe<Array<CriterionConfigurationInput>>;
  /** Name to show, to whoever is asked, too. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Days after which an approval counts as late; 0: never. None: as the policy of the role says, as of the next two. */
  dueAfterDays?: InputMaybe<Scalars['Int']['input']>;
  /** Days after which others are asked besides; 0: never. */
  escalateAfterDays?: InputMaybe<Scalars['Int']['input']>;
  /** Who is asked besides when nobody decided in time, one way after the other. None: the managers of those who are asked. */
  escalateTo?: InputMaybe<Array<FinderConfigurationInput>>;
  /** How people are found, one way after the other: nobody who asked for it, who gets it or who decided before, and nobody who cannot sign in. */
  find: Array<FinderConfigurationInput>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Which approvals it is about: 1 to 3 by their order, 0 that of a risk. None: 1, 2 and 3, and of a risk 0. */
  levels?: InputMaybe<Array<Scalars['Int']['input']>>;
  /** Who is asked may hand the decision over to somebody else. Default: true. */
  mayDelegate?: InputMaybe<Scalars['Boolean']['input']>;
  /** What the values have to be that the role is asked for with: without a value of a dimension it is not meant. */
  parameters?: InputMaybe<Array<CriterionConfigurationInput>>;
  /** The smallest first, where several rules about the same have as many criteria; then the older. Default: 0. */
  priority?: InputMaybe<Scalars['Int']['input']>;
  /** Days after which those who are asked are reminded; 0: never. */
  remindAfterDays?: InputMaybe<Scalars['Int']['input']>;
  /** What it is about. None: what belongs to the policy Default. */
  target?: InputMaybe<ApproverTargetConfigurationInput>;
};

/** ApproverTarget is one of its fields. Of several rules about something one asks: that about the role or the risk itself before that about the nearest category, before that about the policy, before that about the entity type; then the one with more criteria. */
export type ApproverTargetConfigurationInput = {
  /** Identifier of a category of roles. */
  category?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of a composite role. */
  compositeRole?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of the people for whom something is asked. */
  entityType?: InputMaybe<Scalars['String']['input']>;
  /** Roles of categories below count, too. Default: true. */
  includeSubcategories?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of a policy of roles. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of a risk, whose approval it is about. */
  risk?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of a single role. */
  singleRole?: InputMaybe<Scalars['String']['input']>;
};

/** A question about steps, before they are decided. */
export type AskInformationInput = {
  /** The person who is asked: one who may see the request. Null: who asked for it, and whom it is about when that one has left. */
  addresseeId?: InputMaybe<Scalars['ID']['input']>;
  /** The question, 1 to 4,000 characters. Everybody who sees the item reads it. */
  question: Scalars['String']['input'];
  /** The steps, 500 at most. */
  stepIds: Array<Scalars['ID']['input']>;
};

/** AssignedProfile gives a profile to a user. */
export type AssignedProfileConfigurationInput = {
  /** What it is narrowed to: keys by dimension; none: everything. */
  context?: InputMaybe<Array<NamedValueInput>>;
  /** Address for mails because of this profile; empty: the user's own. */
  email?: InputMaybe<Scalars['String']['input']>;
  /** Until when; a day counts through its last instant. Empty: for ever. */
  endDate?: InputMaybe<Scalars['String']['input']>;
  /** It withholds the profile, even if something else grants it. */
  isDenied?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the profile. */
  profile: Scalars['String']['input'];
  /** From when: a day (2026-03-01) or an instant (RFC 3339); empty: since ever. */
  startDate?: InputMaybe<Scalars['String']['input']>;
};

/** What a warning is about. */
export type AssignmentWarningCode =
  /** A value gives way to another one of its group, of which one can be held at a time (role-model 1.4). */
  | 'GROUP_CONFLICT';

/** Who is said to have which risk. */
export type AttachRiskInput = {
  /** Id of who has it. */
  ownerId: Scalars['ID']['input'];
  /** Why, 1 to 2,000 characters. */
  reason: Scalars['String']['input'];
  /** Identifier of the risk. */
  risk: Scalars['String']['input'];
};

/** How a try ended. */
export type AttemptOutcome =
  /** It was so before. */
  | 'ALREADY_SO'
  /** The operator did it. */
  | 'CONFIRMED'
  /** Another object stands in the way. */
  | 'CONFLICT'
  /** The system made the change. */
  | 'DONE'
  /** No answer came in time. */
  | 'EXPIRED'
  /** The target is not there. */
  | 'NOT_FOUND'
  /** Its process died before it was sent. */
  | 'NOT_SENT'
  /** A ticket is open. */
  | 'OPENED'
  /** The operator could not do it. */
  | 'OPERATOR'
  /** The system said no. */
  | 'REFUSED'
  /** The system asks to slow down: the change was not made. */
  | 'THROTTLED'
  /** The answer was lost: the change may have been made. */
  | 'UNKNOWN'
  /** The system cannot be reached: the change was not made. */
  | 'UNREACHABLE'
  /** Synchronized data shows it, and the operator said nothing. */
  | 'VERIFIED_WITHOUT_FEEDBACK'
  /** The ticket is not wanted any more. */
  | 'WITHDRAWN';

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
  /** Words to look for: each stands in the name, the key or a mail address of what the event is about, or in the name of who did it, as in every list. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** Kinds of automation decision. */
export type AutomationDecision =
  /** It is approved; what was found is kept. */
  | 'APPROVE'
  /** It is declined; what was found goes. */
  | 'DECLINE';

/** An automation rule as somebody writes it. */
export type AutomationPreviewInput = {
  /** Cursor of the last row of the page before; null: the first page. */
  after?: InputMaybe<Scalars['String']['input']>;
  /** What is decided. */
  decision: AutomationDecision;
  /** What the assignment's own parameters have to be, 12 at most; null: anything. */
  dimensions?: InputMaybe<Array<RuleCriterionInput>>;
  /** Identifier of the entity type of the owners; with a category or a policy. */
  entityType?: InputMaybe<Scalars['String']['input']>;
  /** How many are listed, 0 to 500; 50 when left out. */
  first?: InputMaybe<Scalars['Int']['input']>;
  /** Hours since it came into that state; 0: at once, -1: never. Default -1. */
  hoursToWait?: InputMaybe<Scalars['Int']['input']>;
  /** Identifier of the rule in force that it replaces; null: it is new. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** What stands in categories below counts, too. Default true. */
  includeSubcategories?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the role, resource type, category or policy. */
  target: Scalars['String']['input'];
  /** What it is about. */
  type: AutomationTarget;
  /** State in which the assignment waits. */
  workflowState: AutomationState;
};

/** Decides in the place of reviewers, once an assignment has been in a state for long enough (role-model 7). */
export type AutomationRuleConfigurationInput = {
  /** Identifier of the category of roles and resource types; only with that type. */
  category?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the composite role; only with that type. */
  compositeRole?: InputMaybe<Scalars['String']['input']>;
  /** What is decided. Of several rules about the same, one that declines is stronger, then the shortest wait. */
  decision: AutomationDecision;
  /** What the assignment's own parameters have to be, not the data of its owner: one without a value of a dimension is not meant. */
  dimensions?: InputMaybe<Array<CriterionConfigurationInput>>;
  /** Name to show, and the comment of what it decides. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of the owners; needed with a category or a policy, and only there. */
  entityType?: InputMaybe<Scalars['String']['input']>;
  /** Hours since the assignment came into that state, however the clock is put; 0: at once, -1: never, so that a narrower rule takes something out of a wider one. Default: -1. */
  hoursToWait?: InputMaybe<Scalars['Int']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** What stands in categories below counts, too. Default: true. */
  includeSubcategories?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the policy of roles and resource types; only with that type. A rule of another type is switched off with the policy of what it is about. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the resource type; only with that type. Accounts without an owner are left to people. */
  resourceType?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the single role; only with that type. */
  singleRole?: InputMaybe<Scalars['String']['input']>;
  /** What it is about; the field of that name says which one. Where several rules are about an assignment, the one about the role or the resource type itself decides, before that of the nearest category, before that of the policy. */
  type: AutomationTarget;
  /** State in which the assignment waits. Taken are nonConforming and preExisting, what was found in a system; nothing else waits for a decision yet. */
  workflowState: AutomationState;
};

/** All given fields must hold. */
export type AutomationRuleFilter = {
  /** With this decision; null: whichever. */
  decision?: InputMaybe<AutomationDecision>;
  /** Only these; null: all. */
  identifiers?: InputMaybe<Array<Scalars['String']['input']>>;
  /** True: its policy is switched on. Null: whether or not. */
  isEnabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the policy that switches it on; null: whichever. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Each word stands in the name, the identifier or the name of what it is about, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
  /** About one of these; null: whatever. */
  types?: InputMaybe<Array<AutomationTarget>>;
  /** In this state; null: whichever. */
  workflowState?: InputMaybe<AutomationState>;
};

/** Kinds of automation state. */
export type AutomationState =
  /** 5: a rule gives it, and a parameter is missing. */
  | 'MISSING_PARAMETERS'
  /** 1: found in a system, and nothing explains it. */
  | 'NON_CONFORMING'
  /** 8: one approval is asked for. */
  | 'PENDING_APPROVAL'
  /** 11: the first of three is asked for. */
  | 'PENDING_FIRST_OF_THREE'
  /** 9: the first of two is asked for. */
  | 'PENDING_FIRST_OF_TWO'
  /** 25: an approval of a risk is asked for. */
  | 'PENDING_RISK_APPROVAL'
  /** 12: the second of three is asked for. */
  | 'PENDING_SECOND_OF_THREE'
  /** 10: the second of two is asked for. */
  | 'PENDING_SECOND_OF_TWO'
  /** 13: the third of three is asked for. */
  | 'PENDING_THIRD_OF_THREE'
  /** 3: as that, found by the first computation. */
  | 'PRE_EXISTING'
  /** 27: the rules do not give it any more, and it stays for the grace period. */
  | 'PROLONGED';

/** Kinds of automation target. */
export type AutomationTarget =
  /** What stands in a category. */
  | 'CATEGORY'
  /** A composite role. */
  | 'COMPOSITE_ROLE'
  /** What belongs to a policy. */
  | 'POLICY'
  /** A resource type. */
  | 'RESOURCE_TYPE'
  /** A single role. */
  | 'SINGLE_ROLE';

/** Copies a file of the owner, such as a photo, to the target (role-model 2.8). */
export type BinaryRuleConfigurationInput = {
  /** Path from the owner to a property that holds a file, e.g. Photo. */
  binding: Scalars['String']['input'];
  /** Name, unique among all rules of resource types. Default: that of the type, - and the property. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** When it applies; none: as long as the target is due. */
  offset?: InputMaybe<OffsetConfigurationInput>;
  /** Identifier of its policy. Default: that of the type. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the property of the target that holds the file. */
  property: Scalars['String']['input'];
  /** Identifier of the single role that owners need; empty: none. */
  singleRole?: InputMaybe<Scalars['String']['input']>;
};

/** Kinds of boundary kind. */
export type BoundaryKind =
  /** Since ever, for ever. */
  | 'KEPT'
  /** The first and the last date of the section without properties, over all records. */
  | 'NONE';

/** Narrows a list of bulk changes: conditions are joined by AND, values of one by OR. */
export type BulkChangeFilter = {
  /** What they are about. */
  kinds?: InputMaybe<Array<BulkKind>>;
  /** Where they are. */
  states?: InputMaybe<Array<BulkState>>;
};

/** What is done to each item of a bulk change. */
export type BulkDecision =
  /** Roles in their grace period: they stay until the contexts of their owners end. Requests: the step that waits is approved. Orders to review: they go on. */
  | 'APPROVE'
  /** Accounts: they stay with the owner they have. Their values remain to be decided. */
  | 'AUTHORIZE'
  /** Accounts: they stay, and are nobody's. */
  | 'AUTHORIZE_WITHOUT_OWNER'
  /** Tickets: they are done. */
  | 'CONFIRM'
  /** Roles in their grace period: they go now. Requests: they come to nothing. Orders to review: they are not carried out; needs a comment. */
  | 'DECLINE'
  /** Accounts: they are deleted. */
  | 'DELETE_ACCOUNT'
  /** Differences: the value that was found stays. */
  | 'KEEP_CURRENT'
  /** Found roles: they stay. */
  | 'KEEP_ROLE'
  /** Redundant assignments: where rules give them, the approval ends, and nobody loses anything. Needs no comment. */
  | 'LEAVE_TO_RULES'
  /** Differences, found roles and orders to review: the decision is put off. */
  | 'POSTPONE'
  /** Found roles: they are taken away. */
  | 'REMOVE_ROLE'
  /** Tickets: they cannot be done. */
  | 'REPORT_ERROR'
  /** A role: it is asked for, or its end is. */
  | 'REQUEST'
  /** Accounts: what was decided about whose they are, and what, is over. */
  | 'RESET'
  /** A property: it gets the value. */
  | 'SET_VALUE'
  /** Differences and found roles: the decision is not put off any more. */
  | 'TAKE_UP_AGAIN'
  /** Errored orders: they are sent again. */
  | 'UNBLOCK'
  /** Differences: the computed value is written. */
  | 'USE_PROPOSED';

/** Narrows the items of a bulk change. */
export type BulkItemFilter = {
  /** What became of them. */
  states?: InputMaybe<Array<BulkItemState>>;
};

/** What became of an item of a bulk change. */
export type BulkItemState =
  /** Done. */
  | 'DONE'
  /** It could not be done. */
  | 'FAILED'
  /** It was not any more what was frozen, so nothing was done. */
  | 'SKIPPED'
  /** Its turn has not come. */
  | 'TODO';

/** What a bulk change is about. */
export type BulkKind =
  /** People for whom a role is asked: each is a request of its own, with its approvals and risks. */
  | 'ASSIGN_ENTITLEMENTS'
  /** Tickets. */
  | 'MANUAL_PROVISIONING'
  /** Differences between what is computed and what a system holds. */
  | 'RECONCILE_RESOURCES'
  /** Roles that were read from what accounts hold. */
  | 'RECONCILE_ROLES'
  /** Roles and accounts that somebody approved although rules give them. */
  | 'REDUNDANT_ASSIGNMENTS'
  /** People for whom the end of a role is asked. */
  | 'REMOVE_ENTITLEMENTS'
  /** Accounts: rules say again whose they are, and what (role-model 5.5). */
  | 'RESET_RECOGNITION'
  /** Orders that wait for a review. */
  | 'REVIEW_ORDERS'
  /** Roles in their grace period, or requests that wait for an approval (role-model 13.5): isOfRequests says which. */
  | 'REVIEW_ROLES'
  /** Orders that a system refused. */
  | 'UNBLOCK_ORDERS'
  /** People of whom a property gets the same value. */
  | 'UPDATE_PROPERTY';

/** Orders by id, or by a filter: never both. */
export type BulkOrdersInput = {
  /** Kept in the history of each order. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** All orders that match and that the caller may act on. */
  filter?: InputMaybe<OrderFilter>;
  /** These orders. */
  orderIds?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** Where a bulk change is. */
export type BulkState =
  /** Somebody stopped it, or its account lost the right: what was done stays done. */
  | 'CANCELLED'
  /** No item is left, and none failed. */
  | 'DONE'
  /** No item is left, and some failed. */
  | 'DONE_WITH_ERRORS'
  /** Asked for; no item is done. */
  | 'QUEUED'
  /** Its items are done one after the other. */
  | 'RUNNING';

/** Which bulk change to stop. */
export type CancelBulkChangeInput = {
  /** Its number. */
  id: Scalars['ID']['input'];
};

/** A run to stop. */
export type CancelMiningInput = {
  /** Its number. */
  id: Scalars['ID']['input'];
};

/** Names a plan. */
export type CancelPlanInput = {
  /** Its number. */
  id: Scalars['ID']['input'];
};

/** Which analysis to stop. */
export type CancelRedundancyAnalysisInput = {
  /** Its number. */
  id: Scalars['ID']['input'];
};

/** What is taken back: a whole request, or items of any. Exactly one of both. */
export type CancelRequestInput = {
  /** Why; required of whoever takes back what somebody else asked for. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** Items, 500 at most. */
  itemIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** A request: all of it that waits. */
  requestId?: InputMaybe<Scalars['ID']['input']>;
};

/** Narrows the catalogue. */
export type CatalogueFilter = {
  /** Identifier of a category: those in it or below it. */
  category?: InputMaybe<Scalars['String']['input']>;
  /** What the person has of it. */
  statuses?: InputMaybe<Array<CatalogueStatus>>;
  /** Words of name, identifier, description, category or tags, in any order. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** What somebody has of an entry of the catalogue. */
export type CatalogueStatus =
  /** Nothing yet. */
  | 'CAN_BE_REQUESTED'
  /** Forbidden by a person. */
  | 'FORBIDDEN'
  /** Given by a person. */
  | 'HELD_BY_HAND'
  /** Given by a rule, or with another role. */
  | 'HELD_BY_RULE'
  /** Asked for, and not decided. */
  | 'REQUESTED';

/** Category is a folder of roles and resource types (role-model 2.3). */
export type CategoryConfigurationInput = {
  /** What belongs in it. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Folded when the catalogue opens. */
  isCollapsed?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the folder above; empty: top level. */
  parent?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of its policy. Default: Default. */
  policy?: InputMaybe<Scalars['String']['input']>;
};

/** All given fields must hold. */
export type CategoryFilter = {
  /** True: only those of the top level; false: only those below another. Null: both. */
  isTop?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the category they stand in directly. */
  parent?: InputMaybe<Scalars['String']['input']>;
  /** Each word stands in the name or the identifier, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** What is done to a resource. */
export type ChangeCommand =
  /** It goes. */
  | 'DELETE'
  /** It is new. */
  | 'INSERT'
  /** Values of it change. */
  | 'UPDATE';

/** What somebody is to get and to lose, all of it at one go: 100 things at most. */
export type CheckRisksInput = {
  /** What he is to get. */
  grant?: Array<RiskGrantInput>;
  /** Id of the person. */
  ownerId: Scalars['ID']['input'];
  /** What he is to lose; it counts as gone then, also where an account shows it until it is carried out. */
  take?: Array<RiskTakeInput>;
};

/** An account that nothing recognises: what it is, and whose. */
export type ChooseAccountOwnerInput = {
  /** Id of the account. */
  accountId: Scalars['ID']['input'];
  /** Why, at most 2,000 characters: kept in the history. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** Whose it is. Default: nobody's, and it stays. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** Identifier of its resource type. */
  resourceType: Scalars['String']['input'];
};

/** ClassifyRule says that a target without owner is of the type (role-model 5.4). */
export type ClassifyRuleConfigurationInput = {
  /** How sure it is; the highest decides. */
  confidence?: InputMaybe<Scalars['Int']['input']>;
  /** Condition over the target, CEL. */
  expression: Scalars['String']['input'];
  /** Name, unique among all rules of resource types. Default: that of the type, -classification- and a number. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of its policy. Default: that of the type. */
  policy?: InputMaybe<Scalars['String']['input']>;
};

/** Kinds of comment activation. */
export type CommentActivation =
  /** No comment is asked for. */
  | 'DISABLED'
  /** A comment may be given. */
  | 'OPTIONAL'
  /** A comment has to be given. */
  | 'REQUIRED';

/** Kinds of comment activation with inherited. */
export type CommentActivationWithInherited =
  /** No comment is asked for. */
  | 'DISABLED'
  /** As the policy says. */
  | 'INHERITED'
  /** A comment may be given. */
  | 'OPTIONAL'
  /** A comment has to be given. */
  | 'REQUIRED';

/** Options of every type of task. */
export type CommonOptionsInput = {
  /** The task ends WARNING where it would have failed, and the run goes on. Default false. */
  continueOnError?: InputMaybe<Scalars['Boolean']['input']>;
  /** Names what the task works on: two tasks of one type and scope never run at the same time; null: what its other options name. */
  scope?: InputMaybe<Scalars['String']['input']>;
};

/** Kinds of comparison. */
export type Comparison =
  /** As simplified, and letters that sound alike are equal. */
  | 'APPROXIMATE'
  /** Texts are equal when every character is. */
  | 'CASE_SENSITIVE'
  /** Case does not count. */
  | 'IGNORE_CASE'
  /** Neither accents nor case count. */
  | 'IGNORE_DIACRITICS'
  /** Only letters count, without accents and case. */
  | 'SIMPLIFIED';

/** Objects to write, by kind. */
export type ConfigurationInput = {
  /** Objects of the kind approver rule to write. */
  approverRules?: InputMaybe<Array<ApproverRuleConfigurationInput>>;
  /** Objects of the kind automation rule to write. */
  automationRules?: InputMaybe<Array<AutomationRuleConfigurationInput>>;
  /** Objects of the kind category to write. */
  categories?: InputMaybe<Array<CategoryConfigurationInput>>;
  /** Objects of the kind composite role to write. */
  compositeRoles?: InputMaybe<Array<RoleConfigurationInput>>;
  /** Objects of the kind connector to write. */
  connectors?: InputMaybe<Array<ConnectorConfigurationInput>>;
  /** Objects of the kind context rule to write. */
  contextRules?: InputMaybe<Array<ContextRuleConfigurationInput>>;
  /** Objects of the kind dimension to write. */
  dimensions?: InputMaybe<Array<DimensionConfigurationInput>>;
  /** Objects of the kind entity type to write. */
  entityTypes?: InputMaybe<Array<EntityTypeConfigurationInput>>;
  /** Objects of the kind identity provider to write. */
  identityProviders?: InputMaybe<Array<IdentityProviderConfigurationInput>>;
  /** Objects of the kind indirect resource rule to write. */
  indirectResourceRules?: InputMaybe<Array<IndirectResourceRuleConfigurationInput>>;
  /** Objects of the kind job to write. */
  jobs?: InputMaybe<Array<JobConfigurationInput>>;
  /** Objects of the kind mining rule to write. */
  miningRules?: InputMaybe<Array<MiningRuleConfigurationInput>>;
  /** Objects of the kind policy to write. */
  policies?: InputMaybe<Array<PolicyConfigurationInput>>;
  /** Objects of the kind profile to write. */
  profiles?: InputMaybe<Array<ProfileConfigurationInput>>;
  /** Objects of the kind property expression to write. */
  propertyExpressions?: InputMaybe<Array<PropertyExpressionConfigurationInput>>;
  /** Objects of the kind record section to write. */
  recordSections?: InputMaybe<Array<RecordSectionConfigurationInput>>;
  /** Objects of the kind resource type to write. */
  resourceTypes?: InputMaybe<Array<ResourceTypeConfigurationInput>>;
  /** Objects of the kind risk to write. */
  risks?: InputMaybe<Array<RiskConfigurationInput>>;
  /** Objects of the kind role mapping to write. */
  roleMappings?: InputMaybe<Array<RoleMappingConfigurationInput>>;
  /** Objects of the kind single role to write. */
  singleRoles?: InputMaybe<Array<RoleConfigurationInput>>;
  /** Objects of the kind user to write. */
  users?: InputMaybe<Array<UserConfigurationInput>>;
};

/** Kinds of configuration objects. */
export type ConfigurationKind =
  /** An approver rule. */
  | 'APPROVER_RULE'
  /** An automation rule. */
  | 'AUTOMATION_RULE'
  /** A category. */
  | 'CATEGORY'
  /** A composite role. */
  | 'COMPOSITE_ROLE'
  /** A connector. */
  | 'CONNECTOR'
  /** A context rule. */
  | 'CONTEXT_RULE'
  /** A dimension. */
  | 'DIMENSION'
  /** An entity type. */
  | 'ENTITY_TYPE'
  /** An identity provider. */
  | 'IDENTITY_PROVIDER'
  /** An indirect resource rule. */
  | 'INDIRECT_RESOURCE_RULE'
  /** A job. */
  | 'JOB'
  /** A mining rule. */
  | 'MINING_RULE'
  /** A policy. */
  | 'POLICY'
  /** A profile. */
  | 'PROFILE'
  /** A property expression. */
  | 'PROPERTY_EXPRESSION'
  /** A record section. */
  | 'RECORD_SECTION'
  /** A resource type. */
  | 'RESOURCE_TYPE'
  /** A risk. */
  | 'RISK'
  /** A role mapping. */
  | 'ROLE_MAPPING'
  /** A single role. */
  | 'SINGLE_ROLE'
  /** A user. */
  | 'USER';

/** The name of a configuration object. */
export type ConfigurationNameInput = {
  /** Its identifier. */
  identifier: Scalars['String']['input'];
  /** What it is. */
  kind: ConfigurationKind;
};

/** A configuration object at a version. */
export type ConfigurationVersionInput = {
  /** Its identifier. */
  identifier: Scalars['String']['input'];
  /** What it is. */
  kind: ConfigurationKind;
  /** The version that was read; "0": it must not exist. */
  version: Scalars['String']['input'];
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

/** Connection is one way into a system: a package with its settings. */
export type ConnectionConfigurationInput = {
  /** What it does not do. Default: NONE. */
  deactivated?: InputMaybe<Deactivation>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Name, unique among all connections in any case; stable, unlike the display name. */
  identifier: Scalars['String']['input'];
  /** Kind of connection, e.g. csv or postgres. */
  package: Scalars['String']['input'];
  /** Seconds between two looks in continuous mode. Default: 1. */
  pollSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** Secrets of the package, by name; replaced as a whole. Left out: as they are. env:NAME and file:NAME say where one lies. */
  secrets?: InputMaybe<Array<NamedValueInput>>;
  /** Settings of the package, by name. */
  settings?: InputMaybe<Array<NamedValueInput>>;
};

/** Connector is one managed system with its connections (provisioning spec 6.1). */
export type ConnectorConfigurationInput = {
  /** Its ways into the system. A connection that is not named any more stays. */
  connections?: InputMaybe<Array<ConnectionConfigurationInput>>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** When it moves. Default: CONTINUOUS. */
  mode?: InputMaybe<ConnectorMode>;
  /** How much one reading may change before a person is asked. Default: 100 lines, 5 percent, 1000 links; a part that is left out is off. */
  thresholds?: InputMaybe<ThresholdsConfigurationInput>;
};

/** All given fields must hold. */
export type ConnectorFilter = {
  /** Those with these identifiers. */
  identifiers?: InputMaybe<Array<Scalars['String']['input']>>;
  /** That neither read nor write; false: the others. */
  isDeactivated?: InputMaybe<Scalars['Boolean']['input']>;
  /** That move like this. */
  mode?: InputMaybe<ConnectorMode>;
  /** Each word stands in the name or the identifier, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
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

/** ContextRule turns the records of an owner, such as positions, into contexts (role-model 4.3). */
export type ContextRuleConfigurationInput = {
  /** Where a record has the value of each dimension: paths by dimension. */
  dimensions?: InputMaybe<Array<NamedValueInput>>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Path from a record to the date until which it counts; empty: for ever. */
  endBinding?: InputMaybe<Scalars['String']['input']>;
  /** Condition over a record under which it does not count; empty: all count. */
  excludeExpression?: InputMaybe<Scalars['String']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Mining: how many people a proposed rule must match. Default: 0. */
  minIdentitiesCount?: InputMaybe<Scalars['Int']['input']>;
  /** Identifier of its policy. Default: Default. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Mining: share of the people, in percent from 0 to 100, whose rare values are no criterion of a proposed rule. Default: 0. */
  reductionOutlierPercentage?: InputMaybe<Scalars['Float']['input']>;
  /** Path from the owner to its records; empty: the owner itself is the record. */
  resourcesBinding?: InputMaybe<Scalars['String']['input']>;
  /** How the levels of the risks that somebody has make his score; scores are made by the task ComputeRiskScores. Of several rules of an entity type that of the policy Default counts. Default: NONE. */
  riskFactorType?: InputMaybe<RiskFactorType>;
  /** Identifier of the entity type of the owners; one rule for each in a policy. */
  sourceEntityType: Scalars['String']['input'];
  /** Path from a record to the date from which it counts; empty: since ever. */
  startBinding?: InputMaybe<Scalars['String']['input']>;
};

/** CorrelationRule says who owns a target (role-model 5.2). */
export type CorrelationRuleConfigurationInput = {
  /** How sure it is: from 100 on it decides alone, below a person reviews. */
  confidence?: InputMaybe<Scalars['Int']['input']>;
  /** Name, unique among all rules of resource types. Default: that of the type, -correlation- and a number. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of its policy. Default: that of the type. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Path from the owner; empty: the expression computes alone. */
  sourceBinding?: InputMaybe<Scalars['String']['input']>;
  /** Expression over the owner; empty: the binding as it is. */
  sourceExpression?: InputMaybe<Scalars['String']['input']>;
  /** Path from the target; empty: the expression computes alone. */
  targetBinding?: InputMaybe<Scalars['String']['input']>;
  /** Expression over the target; empty: the binding as it is. */
  targetExpression?: InputMaybe<Scalars['String']['input']>;
};

/** A secret of an API client, beside those that it has. */
export type CreateClientSecretInput = {
  /** Login name of the client: a user with `client` in the configuration (saveUser). */
  client: Scalars['String']['input'];
  /** When it ends: at most 366 days from now. */
  expiresAt: Scalars['DateTime']['input'];
  /** What it is for: 1 to 100 characters, unlike those of the client's other living secrets. */
  name: Scalars['String']['input'];
};

/** Who shall act for whom, with what and until when (requests 10.1). */
export type CreateDelegationInput = {
  /** Account for which is acted; null: that of the caller. Another one needs /Custom/Delegations/{entityType}/Manage for the person. */
  delegatorId?: InputMaybe<Scalars['ID']['input']>;
  /** Account that acts: of another person, that can sign in. NOT_FOUND for one whose person the caller may not read. */
  deputyId: Scalars['ID']['input'];
  /** Until when, exclusive. Required, and at most --max-delegation-days (180) after the start; who manages delegations may leave the end open. */
  endDate?: InputMaybe<Scalars['DateTime']['input']>;
  /** Which work, one at least. */
  kinds: Array<DelegationKind>;
  /** Why, at most 2,000 characters. */
  reason?: InputMaybe<Scalars['String']['input']>;
  /** What narrows it; null: all of it. VALIDATION for what there is not. */
  scope?: InputMaybe<DelegationScopeInput>;
  /** From when; null, or past: from now on. */
  startDate?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A token for one's own account. */
export type CreatePersonalTokenInput = {
  /** When it ends: at most 366 days from now. */
  expiresAt: Scalars['DateTime']['input'];
  /** What it is for: 1 to 100 characters, unlike those of one's other living tokens. */
  name: Scalars['String']['input'];
  /** Permission paths that it is cut to, 1 to 50; `/`: all that one may do at the time. */
  scopes: Array<Scalars['String']['input']>;
};

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
  /** What it is told of; null or none: ORDER_CHANGED. Differences and found roles come to creators who may reconcile them. */
  events?: InputMaybe<Array<WebhookEvent>>;
  /** Only orders that match; null: all in the creator's scope. VALIDATION without ORDER_CHANGED. */
  filter?: InputMaybe<OrderFilter>;
  /** http or https; private addresses only when the server allows them. */
  url: Scalars['String']['input'];
};

/** A value that a context must have. */
export type CriterionConfigurationInput = {
  /** Identifier of the dimension; once in a list. */
  dimension: Scalars['String']['input'];
  /** What is below the value counts, too; hierarchical dimensions only. Default false. */
  inherit?: InputMaybe<Scalars['Boolean']['input']>;
  /** Key of the value. */
  key: Scalars['String']['input'];
};

/** Kinds of deactivation. */
export type Deactivation =
  /** It does not read. */
  | 'EXPORT'
  /** It does not write: orders stay Pending. */
  | 'FULFIL'
  /** It reads and writes. */
  | 'NONE';

/** Which prolonged roles, and what is decided about all of them. Either items or a filter. */
export type DecideProlongedRolesInput = {
  /** Why, at most 2,000 characters. Policies and roles say which decisions need one. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** What is decided. */
  decision: RoleReviewDecision;
  /** All that it finds now: the server goes through them, as bulkChange of the payload says. */
  filter?: InputMaybe<ProlongedRoleFilter>;
  /** These, at most 500, each once. */
  items?: Array<ReconciliationItemInput>;
};

/** What is decided, about which differences: by id, or by a filter, never both. */
export type DecideReconciliationInput = {
  /** Why, at most 2,000 characters: kept in the history. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** What is decided. */
  decision: ReconciliationDecision;
  /** All that match now and about which the caller may decide: the server goes through them, and the payload has the bulk change to follow. */
  filter?: InputMaybe<ReconciliationFilter>;
  /** These, at most 500. */
  items?: InputMaybe<Array<ReconciliationItemInput>>;
  /** Whose the accounts are, for AUTHORIZE of items. Default: the owner each has. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
};

/** What is decided, about which found roles: by id, or by a filter, never both. */
export type DecideRoleReconciliationInput = {
  /** Why, at most 2,000 characters: kept in the history. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** KEEP_ROLE, REMOVE_ROLE, POSTPONE or TAKE_UP_AGAIN. */
  decision: ReconciliationDecision;
  /** All that match now and about which the caller may decide: the server goes through them, and the payload has the bulk change to follow. */
  filter?: InputMaybe<RoleReconciliationFilter>;
  /** These, at most 500. */
  items?: InputMaybe<Array<ReconciliationItemInput>>;
};

/** Hands the caller's place at steps over to another person. */
export type DelegateStepsInput = {
  /** Why, 1 to 4,000 characters. Everybody who sees the item reads it. */
  reason: Scalars['String']['input'];
  /** The steps, 500 at most. */
  stepIds: Array<Scalars['ID']['input']>;
  /** Who decides in the caller's place. */
  toPersonId: Scalars['ID']['input'];
};

/** Narrows delegations; conditions are joined by AND, values of one by OR. */
export type DelegationFilter = {
  /** The caller is the deputy; false: he is not. */
  forMe?: InputMaybe<Scalars['Boolean']['input']>;
  /** The caller is the delegator; false: he is not. */
  mine?: InputMaybe<Scalars['Boolean']['input']>;
  /** In one of these states. */
  states?: InputMaybe<Array<DelegationState>>;
  /** Words of the names of the two. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** A part of somebody's work that a deputy may do (requests 10.1). Only what deputies can do wholly is there. */
export type DelegationKind =
  /** To decide on requests. */
  | 'APPROVALS';

/** What narrows a delegation, by identifiers; 200 roles, categories and policies at most. */
export type DelegationScopeInput = {
  /** Categories, with those below them. */
  categories?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Entity types of those whom it concerns. */
  entityTypes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Policies. */
  policies?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Roles. */
  roles?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** Where a delegation is (requests 10.2). */
export type DelegationState =
  /** It is in force. */
  | 'ACTIVE'
  /** Its time is over, or one of the two is not there any more. */
  | 'ENDED'
  /** It begins later. */
  | 'PLANNED'
  /** The deputy did not want to. */
  | 'REFUSED'
  /** It was taken back before its end. */
  | 'REVOKED';

/** Something that narrows a delegation. */
export type DelegationSubjectKind =
  /** A category, with those below it. */
  | 'CATEGORY'
  /** A policy. */
  | 'POLICY'
  /** A role. */
  | 'ROLE';

/** Narrows accounts. */
export type DelegationTargetFilter = {
  /** For whom others may be let act, by who manages that; null or false: who may act. */
  asDelegator?: InputMaybe<Scalars['Boolean']['input']>;
  /** Words of name or user name. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** An object to delete. */
export type DeleteConfigurationInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its identifier. */
  identifier: Scalars['String']['input'];
  /** Version that was read: CONFLICT when the object is at another one by now. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** Names a plan. */
export type DeletePlanInput = {
  /** Its number. */
  id: Scalars['ID']['input'];
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

/** How a system was read (provisioning spec 7.2). */
export type DeliveryMode =
  /** Its tables are the whole truth. */
  | 'COMPLETE'
  /** Only what changed. */
  | 'INCREMENTAL'
  /** There was nothing of it before: no limits. */
  | 'INITIAL';

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

/** Whom to make leave at once, and why. */
export type DepartNowInput = {
  /** The number of accounts that was shown (DepartureOutlook.accounts). STALE_ITEM when there is another number now. */
  confirmAccounts: Scalars['Int']['input'];
  /** The person. */
  personId: Scalars['ID']['input'];
  /** Why; 1 to 4,000 characters. It is kept, and everybody reads it who sees the proof. */
  reason: Scalars['String']['input'];
};

/** What somebody had who was made to leave at once. */
export type DepartureKind =
  /** An account in a managed system. */
  | 'ACCOUNT'
  /** An approval that was asked of him by name. */
  | 'APPROVAL'
  /** A delegation, whichever of its two he was. */
  | 'DELEGATION'
  /** A personal token, or the secret of a program. */
  | 'KEY'
  /** Something that was asked for him, and was not over. */
  | 'REQUEST'
  /** A session in which he was signed in. */
  | 'SESSION'
  /** An account of Writ itself. */
  | 'SIGN_IN';

/** What became of it. */
export type DepartureOutcome =
  /** It ended in Writ itself. */
  | 'ENDED'
  /** The system or the operator said that it is done; nobody has read it back yet. */
  | 'EXECUTED'
  /** The system refused, or did not answer. The order is tried again. */
  | 'FAILED'
  /** Nothing has happened yet. */
  | 'OPEN'
  /** It is on its way to the system, or a ticket for an operator. */
  | 'SENT'
  /** Nothing is ordered about it: somebody has to look. */
  | 'STAYS'
  /** It may be his, and nobody has said so. It is never touched by guess. */
  | 'TO_LOOK_AT'
  /** It was seen in the system. */
  | 'VERIFIED';

/** Where a departure is (requests 12.8). */
export type DepartureState =
  /** In force: whatever the source says, everything that the person has ends. */
  | 'DEPARTED'
  /** No second person confirmed it within an hour. */
  | 'LAPSED'
  /** The person came back. */
  | 'RETURNED'
  /** A second person has to confirm it. */
  | 'WAITING';

/** What is taken back. */
export type DetachRiskInput = {
  /** Id of the identified risk. */
  id: Scalars['ID']['input'];
  /** Why, 1 to 2,000 characters. */
  reason: Scalars['String']['input'];
};

/** Dimension is a criterion of rules: the resources of an entity type are its values (role-model 1.6). */
export type DimensionConfigurationInput = {
  /** Its number, 0 to 127, which no other dimension has. */
  column?: InputMaybe<Scalars['Int']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of its values. */
  entityType: Scalars['String']['input'];
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Mining proposes no rule with it. */
  isExcludedFromRoleMining?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its values form a tree; needs parentProperty. */
  isHierarchical?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the navigation that leads from a value to the one above; empty: none. */
  parentProperty?: InputMaybe<Scalars['String']['input']>;
};

/** Where people stand. */
export type DimensionValueInput = {
  /** Identifier of the dimension. */
  dimension: Scalars['String']['input'];
  /** Id of the value. Null: nowhere. */
  value?: InputMaybe<Scalars['ID']['input']>;
};

/** Kinds of end date lock. */
export type EndDateLock =
  /** The end is that of the context. */
  | 'ALWAYS_LOCKED'
  /** An end may be given; none is given unless somebody does. */
  | 'FREE'
  /** The end is that of the context unless somebody gives another. */
  | 'LOCKED'
  /** An end has to be given. */
  | 'NEVER_LOCKED';

/** Kinds of end date lock with inherited. */
export type EndDateLockWithInherited =
  /** The end is that of the context. */
  | 'ALWAYS_LOCKED'
  /** An end may be given; none is given unless somebody does. */
  | 'FREE'
  /** As the policy says. */
  | 'INHERITED'
  /** The end is that of the context unless somebody gives another. */
  | 'LOCKED'
  /** An end has to be given. */
  | 'NEVER_LOCKED';

/** Which delegation is to be over. */
export type EndDelegationInput = {
  /** What is said with it, at most 2,000 characters. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** Which. */
  id: Scalars['ID']['input'];
};

/** A role that many are to have, or to have no more (role-model 10.2). */
export type EntitlementInput = {
  /** Findings that only warn, and are accepted for all. Whoever has another one is not asked for: his item fails, and says why. */
  acknowledgeFindings?: InputMaybe<Array<FindingCode>>;
  /** Until when. Null: without an end, or as long as the policy allows. */
  endDate?: InputMaybe<Scalars['DateTime']['input']>;
  /** Values that the role is asked for with. */
  parameters?: InputMaybe<Array<RequestParameterInput>>;
  /** Identifier of the role. */
  role: Scalars['String']['input'];
  /** Needed where a single and a composite role share the identifier. */
  roleKind?: InputMaybe<RoleKind>;
  /** From when. Null: from the approval on. */
  startDate?: InputMaybe<Scalars['DateTime']['input']>;
};

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

/** EntityType is the data shape of resources, and where they are read from (role-model 1.2). */
export type EntityTypeConfigurationInput = {
  /** Identifier of the system its resources belong to; empty: kept in Writ only. */
  connector?: InputMaybe<Scalars['String']['input']>;
  /** How a resource is shown, e.g. {FirstName} {LastName}; empty: by its key. */
  displayExpression?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Navigation that leads from a resource to its manager, or several with dots between them: whom approver rules find as manager. Empty: nobody. */
  managerBinding?: InputMaybe<Scalars['String']['input']>;
  /** Its properties, in the order in which they are shown. One that is used and not named any more refuses the change. */
  properties: Array<PropertyConfigurationInput>;
  /** Where its resources are read from; none: they are not. */
  source?: InputMaybe<SourceConfigurationInput>;
};

/** Why an order failed. */
export type ErrorClass =
  /** Another object stands in the way. */
  | 'CONFLICT'
  /** A rule or an expression failed. */
  | 'EVALUATION'
  /** The target is not there. */
  | 'NOT_FOUND'
  /** The operator could not do it. */
  | 'OPERATOR'
  /** The system said no: repeating will not help. */
  | 'REFUSED'
  /** The system asks to slow down: the change was not made. */
  | 'THROTTLED'
  /** No answer came in time. */
  | 'TIMEOUT'
  /** The answer was lost: the change may have been made. */
  | 'UNKNOWN'
  /** The system cannot be reached: the change was not made. */
  | 'UNREACHABLE';

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
  /** The input is wrong; extensions.field says where. When it has several mistakes, extensions.problems lists all: code, message, field. */
  | 'VALIDATION';

/** Kinds of exemption policy. */
export type ExemptionPolicy =
  /** It needs an approval of its own. */
  | 'APPROVAL_REQUIRED'
  /** It needs an approval of its own, unless who asks may override that. */
  | 'APPROVAL_REQUIRED_UNLESS_OVERRIDE'
  /** It is not given. */
  | 'BLOCKING'
  /** It is not given, unless who asks may override that. */
  | 'BLOCKING_UNLESS_OVERRIDE'
  /** People are told. */
  | 'WARNING';

/** Whose entitlements to explain. */
export type ExplainInput = {
  /** When it holds; may lie ahead. Null: at knownAt. */
  at?: InputMaybe<Scalars['DateTime']['input']>;
  /** By what was known then: the role model, the data, and what had been done. Null, or later than now: by what is known now. */
  knownAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** The person (or other owner). */
  ownerId: Scalars['ID']['input'];
  /** Identifier of a property of the resource type: of the values only this one. */
  property?: InputMaybe<Scalars['String']['input']>;
  /** Only steps that lead to this resource type: the roles that give it, its values, and what was done about it. */
  resourceType?: InputMaybe<Scalars['String']['input']>;
  /** Only steps that lead to this role, and what it gives. */
  role?: InputMaybe<Scalars['String']['input']>;
};

/** What a node of an explanation stands for, in the order in which one leads to the next. */
export type ExplainNodeKind =
  /** A resource type that the owner gets, or its resource. */
  | 'ACCOUNT'
  /** One time that it was sent. */
  | 'ATTEMPT'
  /** What an owner is to the rules during a time, such as his department. */
  | 'CONTEXT'
  /** An order. */
  | 'ORDER'
  /** A record of the owner that a context comes from, such as a position. */
  | 'RECORD'
  /** A role. */
  | 'ROLE'
  /** A rule. */
  | 'RULE'
  /** A value of an account, or several. */
  | 'VALUE'
  /** Whether synchronized data shows it. */
  | 'VERIFICATION';

/** What a step of an explanation is about. */
export type ExplainStepKind =
  /** One time it was sent. */
  | 'ATTEMPT'
  /** An automation rule that decided about it, or will: from is since when it waited, to when the rule decides. */
  | 'AUTOMATION'
  /** A risk keeps a role or a value back, and together with what. */
  | 'BLOCKED'
  /** A rule about a composite role. */
  | 'COMPOSITE_ROLE'
  /** Which record of the owner counts. */
  | 'CONTEXT'
  /** A target that a key finds. */
  | 'CORRELATION'
  /** What the system shows and nobody asked for. */
  | 'DIFFERENCE'
  /** A value that an account holds, from which a role was read. */
  | 'FOUND_VALUE'
  /** What is had through others, as the last complete computation found it. */
  | 'INDIRECT'
  /** One value of an order. */
  | 'LINE'
  /** The order about it. */
  | 'ORDER'
  /** A rule that computes a value. */
  | 'PROPERTY'
  /** Of the past: what was kept then is not what the model and the data of then come to. */
  | 'RECORD'
  /** Somebody approved a role or a resource type by hand although rules give it (role-model 12.10), and when they do. */
  | 'REDUNDANT'
  /** A rule about a resource type. */
  | 'RESOURCE_TYPE'
  /** A person's decision. */
  | 'REVIEW'
  /** What rules come to: the role is held, or not. */
  | 'ROLE'
  /** A rule about a single role. */
  | 'SINGLE_ROLE'
  /** What rules come to: the owner gets the resource type, or not. */
  | 'TYPE'
  /** Whether synchronized data shows it. */
  | 'VERIFICATION';

/** Kinds of extension kind. */
export type ExtensionKind =
  /** They may: from what went before, else from what comes next. */
  | 'DEFAULT'
  /** Never: there is nothing then. */
  | 'NONE';

/** A way out. */
export type FencedKind =
  /** For a person. */
  | 'MAIL'
  /** For a target system. */
  | 'ORDER'
  /** For an endpoint. */
  | 'WEBHOOK';

/** Finder is one way to find people who may approve. */
export type FinderConfigurationInput = {
  /** Who is asked. */
  finder: FinderKind;
  /** Keys of the people, resources of the entity type of the beneficiary; only of person. */
  keys?: InputMaybe<Array<Scalars['String']['input']>>;
  /** How many steps up, 1 to 3; only of managers. Left out: 1. */
  level?: InputMaybe<Scalars['Int']['input']>;
  /** Identifiers of dimensions that the context of the held profile must name as a current context of the beneficiary does; only of profile. */
  match?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Identifier of the profile whose holders are asked; only of profile. */
  profile?: InputMaybe<Scalars['String']['input']>;
};

/** Kinds of finder kind. */
export type FinderKind =
  /** The manager of the person, or the manager of that one. */
  | 'MANAGER'
  /** The managers of those who were asked; only of who is asked besides. */
  | 'MANAGER_OF_CANDIDATE'
  /** People by name. */
  | 'PERSON'
  /** Who holds a profile. */
  | 'PROFILE'
  /** The manager of who asks, or the manager of that one. */
  | 'REQUESTER_MANAGER'
  /** Who answers for the resource types that the role leads to. */
  | 'RESOURCE_TYPE_OWNER'
  /** Whoever may review the roles of the person. */
  | 'REVIEWERS'
  /** Who answers for the risk; nobody does: whoever reviews the roles of the person. */
  | 'RISK_OWNER'
  /** Who answers for the role. */
  | 'ROLE_OWNER';

/** What a remark of the basket is about (requests 7.3). */
export type FindingCode =
  /** Had already, by hand, for the whole time. */
  | 'ALREADY_HELD'
  /** Asked for already. */
  | 'ALREADY_REQUESTED'
  /** A rule gives it: taken away it is forbidden. */
  | 'BECOMES_DENIAL'
  /** The person has left. */
  | 'BENEFICIARY_LEFT'
  /** Limits changed the dates. */
  | 'CLAMPED'
  /** To be given and taken at once. */
  | 'CONTRADICTION'
  /** The role was forbidden by hand: this asks to allow it again. */
  | 'DENIED_BY_HAND'
  /** A rule forbids the role to such people. */
  | 'DENIED_BY_RULE'
  /** In the basket twice. */
  | 'DUPLICATE_IN_BASKET'
  /** Nothing is left of the time. */
  | 'EMPTY_PERIOD'
  /** The role always ends with the contract. */
  | 'END_NOT_ALLOWED'
  /** The role is given until a day only. */
  | 'END_REQUIRED'
  /** Had already, through a rule, for the whole time. */
  | 'GIVEN_BY_RULE'
  /** It was found in a system. */
  | 'HELD_FOUND'
  /** It comes with another role. */
  | 'INFERRED_BY_ROLE'
  /** A required parameter has no value. */
  | 'MISSING_PARAMETER'
  /** There is nothing to take away, to forbid or to allow. */
  | 'NOT_HELD'
  /** Nobody asks for the role: rules alone give it, its policy is off or another tool's, or it is for others. */
  | 'NOT_REQUESTABLE'
  /** Nobody, or not enough people, can approve it yet. */
  | 'NO_APPROVER'
  /** The person is outside of the policy of the role. */
  | 'OUT_OF_POLICY'
  /** A parameter has a value that the role does not take. */
  | 'PARAMETER_INVALID'
  /** A risk comes of it that has to be approved apart. */
  | 'RISK_APPROVAL'
  /** A risk comes of it that forbids it. */
  | 'RISK_BLOCKED'
  /** A risk comes of it. */
  | 'RISK_WARNING'
  /** The start lies too far ahead. */
  | 'START_TOO_FAR';

/** What a remark of the basket means for the submission. */
export type FindingSeverity =
  /** It cannot be submitted. */
  | 'BLOCKS'
  /** It is said only. */
  | 'INFORMS'
  /** It can when the remark is acknowledged. */
  | 'WARNS';

/** GroupProfile gives a profile to the members of a group. */
export type GroupProfileConfigurationInput = {
  /** Name of the group as the provider writes it; *: everybody who signs in through it. */
  group: Scalars['String']['input'];
  /** Identifier of the profile. */
  profile: Scalars['String']['input'];
};

/** Where something comes from that somebody has. */
export type HeldBecause =
  /** It was found in a system. */
  | 'FOUND'
  /** The rules gave it, and it stays for its grace period (role-model 12.9). */
  | 'GRACE'
  /** A person gave it, without a request. */
  | 'HAND'
  /** It was asked for and approved, or waits for that. */
  | 'REQUEST'
  /** It comes with another role. */
  | 'ROLE'
  /** A rule gives it. */
  | 'RULE';

/** Narrows what somebody has; conditions are joined by AND. */
export type HeldFilter = {
  /** Words of name, identifier or description. */
  text?: InputMaybe<Scalars['String']['input']>;
  /** Which part; null: NOW. */
  view?: InputMaybe<HeldView>;
};

/** What somebody has. */
export type HeldKind =
  /** An account, or another resource, that no role brings. */
  | 'ACCOUNT'
  /** A role. */
  | 'ROLE';

/** The order of what somebody has. */
export type HeldSort =
  /** What ends first, then what does not end. */
  | 'END'
  /** By name. */
  | 'NAME'
  /** What began last, first. */
  | 'NEWEST';

/** How far something is that somebody has, in words for whoever has it. */
export type HeldState =
  /** It is over. */
  | 'ENDED'
  /** Its end is reached, and it is being taken away. */
  | 'ENDING'
  /** It begins later. */
  | 'LATER'
  /** Something of it is being written, or waits to be seen in its system. */
  | 'ON_THE_WAY'
  /** All of it is there. */
  | 'READY'
  /** Writing something of it failed; whoever runs the systems sees it. */
  | 'TROUBLE'
  /** Somebody has to approve it, or a value that it needs is lacking. */
  | 'WAITS';

/** A part of what somebody has. */
export type HeldView =
  /** What ended during the last two years and is not had again. */
  | 'ENDED'
  /** What ends within 30 days. */
  | 'ENDS_SOON'
  /** All there is, also what is on its way. */
  | 'NOW'
  /** What waits, is being written, begins later, or is being taken away. */
  | 'ON_THE_WAY';

/** Why somebody holds a role. */
export type HolderOrigin =
  /** It was found in a managed system, and nothing explains it. */
  | 'FOUND'
  /** It stays for a while though the rules do not give it any more. */
  | 'GRACE'
  /** A composite role brings it. */
  | 'INFERRED'
  /** A person gave it. */
  | 'MANUAL'
  /** A rule of the role gives it. */
  | 'RULE';

/** Narrows the list of identified risks; what is null does not. */
export type IdentifiedRiskFilter = {
  /** Only those that somebody attached by hand, or only the others. Of what is kept back nothing is attached. */
  isAttached?: InputMaybe<Scalars['Boolean']['input']>;
  /** Only risks of this level and above. */
  minimumLevel?: InputMaybe<Scalars['Int']['input']>;
  /** Id of who has it. */
  owner?: InputMaybe<Scalars['ID']['input']>;
  /** Identifier of the risk. */
  risk?: InputMaybe<Scalars['String']['input']>;
  /** In name, key or values of who has it. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** An order of the list of identified risks. */
export type IdentifiedRiskSort =
  /** The newest first. */
  | 'NEWEST'
  /** Those of the most dangerous people first, by their scores; of one person the newest first (role-model 9.6). */
  | 'SCORE_DESC';

/** IdentityProvider is an OpenID provider through which people sign in (provisioning 13.2). */
export type IdentityProviderConfigurationInput = {
  /** What this server is called there. */
  clientId: Scalars['String']['input'];
  /** Secret of this server there; env:NAME and file:NAME say where it lies. Left out: as it is, but another issuer needs it anew; a new provider without one knows this server as a public client. */
  clientSecret?: InputMaybe<Scalars['String']['input']>;
  /** Who signs in for the first time and has no account gets one. False: only those with an account that belongs to the same person come in. Default: true. */
  createsAccounts?: InputMaybe<Scalars['Boolean']['input']>;
  /** Nobody signs in through it, and who did is signed out. Left out: as it is; a new one is not. */
  disabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name to show on the sign-in page. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Claim that lists the groups of whoever signs in. Default: groups. */
  groupsClaim?: InputMaybe<Scalars['String']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name, since it stands in the address to which the provider sends people back: /auth/oidc/<identifier>/callback. Letters, digits, _ - and . only. */
  identifier: Scalars['String']['input'];
  /** Its address, exactly as the provider itself writes it. It begins with https://; its discovery document lies below. */
  issuer: Scalars['String']['input'];
  /** How the person in the directory is found. None: who signs in is nobody of the directory, unless his account says so. */
  person?: InputMaybe<PersonClaimConfigurationInput>;
  /** How many days such a profile lasts after a sign-in. Default: 7. */
  profileDays?: InputMaybe<Scalars['Int']['input']>;
  /** Which profiles groups give. They are taken over at each sign-in; those given by hand stay. */
  profiles?: InputMaybe<Array<GroupProfileConfigurationInput>>;
  /** What is asked for beside openid. Default: profile and email. */
  scopes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Claim that names new accounts. A claim inside of others is a path: realm_access.name. Default: preferred_username. */
  usernameClaim?: InputMaybe<Scalars['String']['input']>;
};

/** Kinds of implicit approval. */
export type ImplicitApproval =
  /** Every step is taken. */
  | 'EXPLICIT'
  /** Steps that the requester could take himself are left out. */
  | 'IMPLICIT'
  /** As the policy says. */
  | 'INHERITED';

/** An indirect resource rule as somebody writes it. */
export type IndirectPreviewInput = {
  /** Identifier of the navigation to the twin in another system; null or empty: none. */
  correspondence?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the navigation that says what a twin is a member of; with correspondence. */
  correspondenceMembershipProperty?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the navigation from a twin to what it grants; null or empty: the twin itself counts. */
  entitlement?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the rule in force that it replaces; null: a new one. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the navigation that says what something is a member of. */
  property: Scalars['String']['input'];
  /** Identifier of the resource type at whose accounts the walk starts. */
  resourceType: Scalars['String']['input'];
};

/** Tells what people have through nesting, such as a group that is a member of a group, and through twins in another system (role-model 6). It gives nothing: no order comes of it, nobody reviews it. Complete computations find what it is about, those of a single person or of changes leave it as it is. */
export type IndirectResourceRuleConfigurationInput = {
  /** Identifier of the navigation from what accounts are members of to its twin in another system; only with correspondenceMembershipProperty. Empty: the walk stays in its system. */
  correspondence?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the navigation that says what a twin is a member of in its system; only with correspondence. There is no way back. */
  correspondenceMembershipProperty?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the navigation from a twin to what it grants, which is told of in its place; only with correspondence. Empty: the twin itself is what one has. */
  entitlement?: InputMaybe<Scalars['String']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Identifier of the navigation that says what something is a member of: of the accounts, and by the same name of what they point to. */
  property: Scalars['String']['input'];
  /** Identifier of the resource type at whose accounts the walk starts. One rule for each resource type and property. */
  resourceType: Scalars['String']['input'];
};

/** Job is an ordered set of tasks (provisioning spec 9.2). */
export type JobConfigurationInput = {
  /** Crontab expression; empty: launched by hand only. */
  cron?: InputMaybe<Scalars['String']['input']>;
  /** IANA name of the zone the crontab expression is meant in. Default: UTC. */
  cronTimeZone?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** It reads and computes changes only. */
  isIncremental?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whoever launched a run may not resume that run over a limit: somebody else has to. */
  needsSecondPerson?: InputMaybe<Scalars['Boolean']['input']>;
  /** False: the schedule is there and switched off. Left out: as it is; on for a new job. */
  scheduleEnabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its tasks in order; at least one. The list is replaced as a whole. */
  steps: Array<StepConfigurationInput>;
  /** Only the schedule may launch it. */
  userStartDenied?: InputMaybe<Scalars['Boolean']['input']>;
};

/** All given fields must hold. */
export type JobFilter = {
  /** That read and compute changes only; false: the others. */
  isIncremental?: InputMaybe<Scalars['Boolean']['input']>;
  /** With a schedule that is on; false: the others. */
  scheduleEnabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Each word stands in the name or the identifier, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
};

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

/** What is counted against a limit. */
export type LimitCounter =
  /** Targets that orders remove. */
  | 'DELETE'
  /** Rows that are gone. */
  | 'DELETED'
  /** Targets that orders create. */
  | 'INSERT'
  /** Rows that are new. */
  | 'INSERTED'
  /** Links that are gone. */
  | 'LINKS_DELETED'
  /** Links that are new. */
  | 'LINKS_INSERTED'
  /** Targets that orders change. */
  | 'UPDATE'
  /** Rows that changed. */
  | 'UPDATED';

/** What a line does. */
export type LineAction =
  /** One value of several is added. */
  | 'ADD'
  /** An existing target is taken over. */
  | 'ASSOCIATE'
  /** The target is created. */
  | 'CREATE'
  /** The target is removed. */
  | 'DELETE'
  /** One value of several is removed. */
  | 'REMOVE'
  /** A value is set, or cleared. */
  | 'SET';

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

/** LineThresholds of one entity type: more than that in one reading blocks it. 0 (default): no limit. */
export type LineThresholdsConfigurationInput = {
  /** Rows that are gone in percent of those there were. */
  maxPercentageDeletedLines?: InputMaybe<Scalars['Int']['input']>;
  /** New rows in percent of those there were. */
  maxPercentageInsertedLines?: InputMaybe<Scalars['Int']['input']>;
  /** Changed rows in percent of those there were. */
  maxPercentageUpdatedLines?: InputMaybe<Scalars['Int']['input']>;
  /** Rows that are gone. */
  maximumDeletedLines?: InputMaybe<Scalars['Int']['input']>;
  /** New rows. */
  maximumInsertedLines?: InputMaybe<Scalars['Int']['input']>;
  /** Changed rows. */
  maximumUpdatedLines?: InputMaybe<Scalars['Int']['input']>;
};

/** How much a line of a log matters. */
export type LogLevel =
  /** For whoever looks for a fault. */
  | 'DEBUG'
  /** It failed. */
  | 'ERROR'
  /** It went as it should. */
  | 'INFO'
  /** It went on, and somebody should look. */
  | 'WARN';

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

/** A change to think through. */
export type MakePlanInput = {
  /** Number of a plan to make again: the same is proposed to the world as it is by now. Then nothing else but title and asOf may be given. Null: what follows is proposed. */
  again?: InputMaybe<Scalars['ID']['input']>;
  /** The instant that counts as now, to look into the future; such a plan can only be read. Null: when it is computed. */
  asOf?: InputMaybe<Scalars['DateTime']['input']>;
  /** Resources that would be added, as createResource does: not people and others for whom roles and accounts are computed. Null: none. */
  createResources?: InputMaybe<Array<CreateResourceInput>>;
  /** Objects of the configuration to delete, in place of yaml. Null: none. */
  delete?: InputMaybe<Array<ConfigurationNameInput>>;
  /** Resources that would be ended, as deleteResource does; those of a managed system as above. Null: none. */
  deleteResources?: InputMaybe<Array<DeleteResourceInput>>;
  /** Objects of the configuration to write, in place of yaml. Null: none. */
  save?: InputMaybe<ConfigurationInput>;
  /** What it is for, 200 characters at most. Null: nothing is said, or what was said of the plan that is made again. */
  title?: InputMaybe<Scalars['String']['input']>;
  /** Resources that would have other values, as updateResource changes them. What is read from a managed system may be given, too: such a plan can only be read. Null: none. */
  updateResources?: InputMaybe<Array<UpdateResourceInput>>;
  /** Versions that were read: CONFLICT when one of these objects is at another one by now. Null: none is looked at. */
  versions?: InputMaybe<Array<ConfigurationVersionInput>>;
  /** Configuration as YAML documents, concatenated; what it does not name stays as it is. Null: no change, which shows what the present model has not done yet. */
  yaml?: InputMaybe<Scalars['String']['input']>;
};

/** Why a row was set aside. */
export type MendKind =
  /** Another row has the same key and other values. */
  | 'DUPLICATE'
  /** The key is empty. */
  | 'NO_KEY'
  /** A value is none of its kind, or the row has not the columns of the table. */
  | 'UNREADABLE';

/** What a matrix shows. */
export type MiningMatrixFilter = {
  /** Roles of this entity type; null: of the one that holds most of them. */
  entityType?: InputMaybe<Scalars['String']['input']>;
  /** Roles for which something is proposed, or nothing. */
  hasProposal?: InputMaybe<Scalars['Boolean']['input']>;
  /** Only people who stand there at the moment. */
  place?: InputMaybe<MiningPlace>;
  /** Only the roles of these results, at most 500. */
  resultIds?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** A value of a dimension that people have at the moment. */
export type MiningPlace = {
  /** Identifier of the dimension. */
  dimension: Scalars['String']['input'];
  /** What is below the value counts, too. */
  inherit?: InputMaybe<Scalars['Boolean']['input']>;
  /** Key of the value. */
  key: Scalars['String']['input'];
};

/** Why nothing is proposed for a role. */
export type MiningRefusal =
  /** Every rule would give it to too many who do not hold it, or matches too few people. */
  | 'FALSE_POSITIVE'
  /** Nobody with a context holds it. */
  | 'NO_HOLDERS'
  /** The rules together decide wrongly about too many. */
  | 'PRECISION';

/** Which results of a run. */
export type MiningResultFilter = {
  /** Something is proposed, or nothing. */
  hasProposal?: InputMaybe<Scalars['Boolean']['input']>;
  /** Each word stands in the name or the identifier of the role. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** MiningRule says which single roles mining explains by rules, and how well the rules must do (role-model 8.2). */
export type MiningRuleConfigurationInput = {
  /** Identifier of the category of the roles; empty: any. */
  category?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of the holders. */
  entityType: Scalars['String']['input'];
  /** Nothing is proposed for its roles, by no mining rule that comes after it either. */
  excludeRole?: InputMaybe<Scalars['Boolean']['input']>;
  /** Most of those whom a proposed rule may give the role although they do not hold it, in percent from 0 to 100. Default: 0; 1 is good advice. */
  falsePositiveMaxPercentage?: InputMaybe<Scalars['Float']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** It looks at roles that need two approvals. Default: true. */
  includeDoubleValidation?: InputMaybe<Scalars['Boolean']['input']>;
  /** It looks at roles that need no approval, or cannot be requested. Default: true. */
  includeNoValidation?: InputMaybe<Scalars['Boolean']['input']>;
  /** It looks at roles that need one approval. Default: true. */
  includeSimpleValidation?: InputMaybe<Scalars['Boolean']['input']>;
  /** It looks at roles that need three approvals. Default: true. */
  includeTripleValidation?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the policy whose roles it looks at. Default: Default. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Least share of right decisions about all people, in percent from 0 to 100. Default: 100; 99.5 is good advice. */
  precisionMinPercentage?: InputMaybe<Scalars['Float']['input']>;
  /** The highest comes first: a role that got a proposal is left alone by the others. Default: 0. */
  priority?: InputMaybe<Scalars['Int']['input']>;
  /** Identifier of the policy of the rules that it proposes. Default: that of the mining rule; one of its own is better, since what is proposed replaces all rules there. */
  rulePolicy?: InputMaybe<Scalars['String']['input']>;
  /** How strongly the proposed rules give. Only the first is taken: there are no requests yet. Default: REQUIRED. */
  ruleType?: InputMaybe<RuleStrength>;
};

/** Where a run of mining is. */
export type MiningRunState =
  /** Somebody stopped it; nothing is kept. */
  | 'CANCELLED'
  /** What was found is kept. */
  | 'COMPLETED'
  /** Something went wrong; nothing is kept. */
  | 'FAILED'
  /** Rules are looked for, with or without anybody watching. */
  | 'IN_PROGRESS'
  /** It waits for a worker. */
  | 'QUEUED';

/** A text by its name. */
export type NamedValueInput = {
  /** Its name; once in a list. */
  name: Scalars['String']['input'];
  /** The text. */
  value: Scalars['String']['input'];
};

/** Holds for a resource whose property has the value. */
export type NamingItemConfigurationInput = {
  /** Identifier of a scalar property of the resources that become roles. */
  property: Scalars['String']['input'];
  /** What it must equal; empty: it has no value. */
  value: Scalars['String']['input'];
};

/** Holds for a resource when every item does. */
export type NamingRuleConfigurationInput = {
  /** What must hold, all of it. */
  items: Array<NamingItemConfigurationInput>;
};

/** NavigationRule puts one fixed resource into a navigation of the target (role-model 2.8). */
export type NavigationRuleConfigurationInput = {
  /** Values that the context of owners needs; none: any. */
  dimensions?: InputMaybe<Array<CriterionConfigurationInput>>;
  /** Name, unique among all rules of resource types. Default: that of the type, -navigation- and a number. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** It forbids the value instead of giving it. */
  isDenied?: InputMaybe<Scalars['Boolean']['input']>;
  /** When it applies; none: as long as owners meet it. */
  offset?: InputMaybe<OffsetConfigurationInput>;
  /** Identifier of its policy. Default: that of the type. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the navigation property of the target. */
  property: Scalars['String']['input'];
  /** Key of the resource to put there. */
  resource: Scalars['String']['input'];
  /** Identifier of the single role that owners need; empty: none. */
  singleRole?: InputMaybe<Scalars['String']['input']>;
};

/** Offset shifts the time of a rule (role-model 2.9). */
export type OffsetConfigurationInput = {
  /** Minutes added to the end; negative: earlier. Default: 0. */
  after?: InputMaybe<Scalars['Int']['input']>;
  /** Minutes added to the beginning; negative: earlier. Default: 0. */
  before?: InputMaybe<Scalars['Int']['input']>;
  /** What the minutes count from. Default: DEFAULT. */
  reference?: InputMaybe<OffsetReference>;
};

/** Kinds of offset reference. */
export type OffsetReference =
  /** The period lies around the end. */
  | 'AFTER'
  /** Both ends of the period are moved. */
  | 'AROUND'
  /** The period lies around the beginning. */
  | 'BEFORE'
  /** The rule applies as long as what it stands on. */
  | 'DEFAULT';

/** What moves an order or a line. */
export type OrderAction =
  /** A reviewer approved it. */
  | 'APPROVE'
  /** A reviewer approved it before its date. */
  | 'APPROVE_EARLY'
  /** It must be done. */
  | 'COMPUTE'
  /** The operator did it. */
  | 'CONFIRM'
  /** The operator did it, and the system is not read. */
  | 'CONFIRM_UNSYNCHRONIZED'
  /** A reviewer declined it. */
  | 'DECLINE'
  /** What was reached is no longer expected either. */
  | 'END'
  /** The system did it. */
  | 'EXECUTE'
  /** Its time is past. */
  | 'EXPIRE'
  /** A rule failed. */
  | 'FAIL'
  /** It passed the checks. */
  | 'GENERATE'
  /** The ticket was given back. */
  | 'GIVE_BACK'
  /** Not now. */
  | 'HOLD'
  /** Something holds it. */
  | 'HOLD_BACK'
  /** A reviewer keeps what is there. */
  | 'KEEP'
  /** The answer was lost. */
  | 'LOSE'
  /** A reviewer put it off. */
  | 'POSTPONE'
  /** A person took it up again. */
  | 'RECONSIDER'
  /** A person took it up again, to be reviewed. */
  | 'RECONSIDER_FOR_REVIEW'
  /** The same, with fresh content. */
  | 'REFRESH'
  /** The system refused it. */
  | 'REFUSE'
  /** Its date is reached. */
  | 'RELEASE'
  /** Its date is reached, and a person decides first. */
  | 'RELEASE_FOR_REVIEW'
  /** The operator could not. */
  | 'REPORT'
  /** It is sent again by itself. */
  | 'RETRY'
  /** It must be done, and a person decides first. */
  | 'REVIEW'
  /** An operator took the ticket. */
  | 'TAKE'
  /** No answer came in time. */
  | 'TIME_OUT'
  /** It was handed over, or a ticket was opened. */
  | 'TRANSMIT'
  /** A person sent it again. */
  | 'UNBLOCK'
  /** Synchronized data shows it. */
  | 'VERIFY'
  /** It is no longer expected. */
  | 'WITHDRAW';

/** All given fields must hold; inside a list any value will do. */
export type OrderFilter = {
  /** Identifiers of connectors. */
  connectors?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Not before this instant. */
  createdAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Before this instant. */
  createdBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** Errors of this class. */
  errorClass?: InputMaybe<ErrorClass>;
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
  /** They wait for one of these reasons. */
  waitReasons?: InputMaybe<Array<WaitReason>>;
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

/** Options of the tasks that generate orders and carry them out. */
export type OrderOptionsInput = {
  /** Identifier of the connector; null: of all. */
  connector?: InputMaybe<Scalars['String']['input']>;
  /** Do not ask the thresholds. Default false. */
  forceProvisioning?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifiers of the resource types; null: all. */
  resourceTypes?: InputMaybe<Array<Scalars['String']['input']>>;
};

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

/** Owner names the resource that answers for something. */
export type OwnerConfigurationInput = {
  /** Identifier of its entity type. */
  entityType: Scalars['String']['input'];
  /** Its key. It need not be there yet. */
  key: Scalars['String']['input'];
};

/** Why an account has nobody whose it could be. */
export type OwnerlessReason =
  /** Two people or more have as good a claim. */
  | 'AMBIGUOUS'
  /** Its owner is known and has left: his last position has ended. */
  | 'LEAVER'
  /** No rule finds its owner. */
  | 'NEVER_MATCHED'
  /** Its owner is not in his source any more. */
  | 'OWNER_GONE';

/** Resources of one entity type. */
export type PeopleFilter = {
  /** Identifier of the entity type. */
  entityType: Scalars['String']['input'];
  /** Which of it. Null: all that the caller may change or ask for so. */
  filter?: InputMaybe<ResourceFilter>;
};

/** Finds a person: the one whose property is what the claim says. */
export type PersonClaimConfigurationInput = {
  /** Claim, or path of one, with a value that nobody can choose himself. Of email only an address counts that the provider has verified. */
  claim: Scalars['String']['input'];
  /** Identifier of the entity type of people. */
  entityType: Scalars['String']['input'];
  /** Its property that holds the same, e.g. the employee number. */
  property: Scalars['String']['input'];
};

/** What applying does to an object. */
export type PlanAction =
  /** It is new. */
  | 'CREATE'
  /** It goes. */
  | 'DELETE'
  /** It changes. */
  | 'UPDATE';

/** What happens to what a difference is about. */
export type PlanEffect =
  /** It would be new. */
  | 'ADDED'
  /** It would be another one. */
  | 'CHANGED'
  /** It would be lost, or taken back. */
  | 'REMOVED';

/** Chooses plans. */
export type PlanFilter = {
  /** Made by the caller. Null: by anybody. */
  mine?: InputMaybe<Scalars['Boolean']['input']>;
  /** In one of these states. Null: any. */
  states?: InputMaybe<Array<PlanState>>;
};

/** What differences have in common. */
export type PlanGrouping =
  /** Where those stand whom they are about: the value of a dimension. */
  | 'DIMENSION'
  /** Whom they are about. */
  | 'PERSON'
  /** The resource type. */
  | 'RESOURCE_TYPE'
  /** The role. */
  | 'ROLE'
  /** The managed system. */
  | 'SYSTEM';

/** A configuration. */
export type PlanInput = {
  /** Configuration as YAML documents, concatenated. */
  yaml: Scalars['String']['input'];
};

/** Chooses what a plan would do. */
export type PlanItemFilter = {
  /** Where those stand whom it is about. Null: anywhere. */
  dimension?: InputMaybe<DimensionValueInput>;
  /** With these effects. Null: any. */
  effects?: InputMaybe<Array<PlanEffect>>;
  /** Of these kinds. Null: any. */
  kinds?: InputMaybe<Array<PlanItemKind>>;
  /** Whether a person would carry it out. Null: either. */
  manual?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the role or resource type. Null: any. */
  object?: InputMaybe<Scalars['String']['input']>;
  /** Id of whom it is about. Null: anybody. */
  owner?: InputMaybe<Scalars['ID']['input']>;
  /** Whether it would wait for a review. Null: either. */
  review?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of the connector; empty: none. Null: any. */
  system?: InputMaybe<Scalars['String']['input']>;
  /** Part of the name or key of whom it is about, of the object, or of a value. Null: any. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** What a difference is about. */
export type PlanItemKind =
  /** An account that somebody should have. */
  | 'ACCOUNT'
  /** One value that a risk would keep back (role-model 9.5); `error` says which. What it keeps back already is not told. */
  | 'BLOCKED'
  /** Something that would wait for reconciliation, or not any more. */
  | 'DIFFERENCE'
  /** Somebody who could not be computed. */
  | 'FAILURE'
  /** One value, creation or deletion that an order would ask for. */
  | 'LINE'
  /** A role that somebody has. */
  | 'ROLE';

/** Where a plan is. */
export type PlanState =
  /** It is so. */
  | 'APPLIED'
  /** Computed once more and compared, then written. */
  | 'APPLYING'
  /** Somebody stopped it. */
  | 'CANCELLED'
  /** It could not be computed. */
  | 'FAILED'
  /** Computed: it can be read, and applied. */
  | 'FINISHED'
  /** The world moved, so it was not applied: plan again. */
  | 'OUT_OF_DATE'
  /** Asked for; no process has begun. */
  | 'QUEUED'
  /** Being computed. */
  | 'RUNNING';

/** Policy is a set of roles, types and rules that belong together (role-model 2.2). */
export type PolicyConfigurationInput = {
  /** Whether approving a role takes a comment. Default: OPTIONAL. */
  commentActivationOnApproveInReview?: InputMaybe<CommentActivation>;
  /** Whether declining a role takes a comment. Default: REQUIRED. */
  commentActivationOnDeclineInReview?: InputMaybe<CommentActivation>;
  /** Whether refusing what was found in a system takes a comment: deleting an account, using the proposed value. Default: OPTIONAL. */
  commentActivationOnDeleteGapInReconciliation?: InputMaybe<CommentActivation>;
  /** Whether keeping what was found in a system takes a comment: authorizing an account, keeping the current value. Default: REQUIRED. */
  commentActivationOnKeepGapInReconciliation?: InputMaybe<CommentActivation>;
  /** What a context must be for the rules of the policy to be looked at; none: every context. */
  dimensions?: InputMaybe<Array<CriterionConfigurationInput>>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Days after which an approval whose turn it is counts as late; 0: never. A rule may say otherwise, as of the next two. What waits keeps the days it began with. Default: 5. */
  dueAfterDays?: InputMaybe<Scalars['Int']['input']>;
  /** Days after which others are asked besides; 0: never. Default: 5. */
  escalateAfterDays?: InputMaybe<Scalars['Int']['input']>;
  /** Days after which what was asked for and nobody decided expires; 0: never. Default: 60. */
  expireAfterDays?: InputMaybe<Scalars['Int']['input']>;
  /** Who is asked for an approval when neither an approver rule nor the right to review roles finds anybody, one way after the other. None: it waits, and whoever supervises requests is told. */
  fallbackApprovers?: InputMaybe<Array<FinderConfigurationInput>>;
  /** Who has something by hand gives it back without an approval. Default: true. */
  giveBackWithoutApproval?: InputMaybe<Scalars['Boolean']['input']>;
  /** Minutes for which roles stay that a change of the rules takes away. 0 (default): none. */
  gracePeriod?: InputMaybe<Scalars['Int']['input']>;
  /** Approvals are left out that the requester could give himself. Requests follow it, once there are any, as the settings down to gracePeriod, which roles may say otherwise. */
  hasImplicitApproval?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Approvals are left out that the requester could give himself, also when it is for himself. Only with hasImplicitApproval. */
  implicitApprovalForSelf?: InputMaybe<Scalars['Boolean']['input']>;
  /** Another tool keeps what is in it: computations give and take away none of its roles. Said when the policy is made, and not changed afterwards. */
  isExternal?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its rules count. False: they give nothing, and what they gave before is taken away. */
  isProvisioningEnabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** People may make plans of changes of what is in it: what they would do to everybody. False: only the command line may. */
  isSimulationEnabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** How the end of what is given by hand goes with the contexts of its holder. Default: FREE. */
  manualAssignmentEndDateLockedToContextMode?: InputMaybe<EndDateLock>;
  /** Minutes that what is given by hand lasts at most; what was given before stays. 0 (default): no limit. */
  maxDuration?: InputMaybe<Scalars['Int']['input']>;
  /** The end of what was given by hand may be put off without an approval. */
  prolongationWithoutApproval?: InputMaybe<Scalars['Boolean']['input']>;
  /** Days after which those who are asked are reminded; 0: never. Default: 2. */
  remindAfterDays?: InputMaybe<Scalars['Int']['input']>;
};

/** All given fields must hold. */
export type PolicyFilter = {
  /** Each word stands in the name or the identifier, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** What must be mended, and what should be looked at. */
export type ProblemSeverity =
  /** It cannot be applied. */
  | 'ERROR'
  /** It can be applied, and is probably not meant so. */
  | 'WARNING';

/** Profile is a named set of rights: its access control rules (provisioning spec 10.1). */
export type ProfileConfigurationInput = {
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** What it allows. The list is replaced as a whole. */
  rules?: InputMaybe<Array<AccessRuleConfigurationInput>>;
};

/** All given fields must hold. */
export type ProfileFilter = {
  /** Each word stands in the name or the identifier, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** Kinds of prolongation. */
export type Prolongation =
  /** It may not. */
  | 'DISABLED'
  /** An end may be put off without an approval. */
  | 'ENABLED'
  /** As the policy says. */
  | 'INHERITED';

/** How the rules took a role away (role-model 12.9). */
export type ProlongedCause =
  /** Another rule forbids it. */
  | 'OVERRULED'
  /** The rule that gave it asks for something else, or gives nothing by itself any more. */
  | 'RULE_CHANGED'
  /** The rule that gave it was deleted, or its policy was switched off. */
  | 'RULE_GONE';

/** Narrows a list of prolonged roles: conditions are joined by AND, values of one by OR. */
export type ProlongedRoleFilter = {
  /** What the rules did. */
  causes?: InputMaybe<Array<ProlongedCause>>;
  /** These, at most 500. Not for decisions: they name items. */
  ids?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** Those of one owner. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** Identifiers of roles. */
  roles?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Owner, by name, key or mail address, as every search. */
  text?: InputMaybe<Scalars['String']['input']>;
  /** They go before, unless somebody approves them. */
  untilBefore?: InputMaybe<Scalars['DateTime']['input']>;
};

/** Property of an entity type: a scalar, or a navigation to other resources (role-model 1.3). */
export type PropertyConfigurationInput = {
  /** It has several values. */
  collection?: InputMaybe<Scalars['Boolean']['input']>;
  /** Column it is read from and written to; empty: kept in Writ only. */
  column?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the words of the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** How the column writes its values, e.g. date or a pattern; empty: as they are. */
  format?: InputMaybe<Scalars['String']['input']>;
  /** Of a navigation with several values: identifier of a scalar property of what it points to. Of resources with the same value of it an owner holds one at a time, the one that the strongest rule asks for (role-model 1.4). Empty: any number. */
  groupByProperty?: InputMaybe<Scalars['String']['input']>;
  /** Name, unique in the entity type. Letters without accents and digits, beginning with a letter; never Id. */
  identifier: Scalars['String']['input'];
  /** It names a resource, and rules may use it to do so. An entity type needs one. */
  isKey?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its column tells the rows of the table apart. An entity type that is read needs exactly one. */
  primaryKey?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name of the navigation back, on the pointed entity type; empty: none. */
  reverse?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type a navigation points to; empty: a scalar. */
  target?: InputMaybe<Scalars['String']['input']>;
  /** Type of its values; a target makes it a navigation, whatever stands here. Default: STRING. */
  type?: InputMaybe<PropertyType>;
  /** No two rows have the same value in its column. */
  uniqueKey?: InputMaybe<Scalars['Boolean']['input']>;
};

/** PropertyExpression computes the value of a property from others of the same resource, and of what that points to; the value is kept with the resource and can be used like any other (role-model 1.7). It is computed again when something that it reads changes, before anybody is computed who uses it; all of them by the task UpdateEntityPropertyExpressions. */
export type PropertyExpressionConfigurationInput = {
  /** Path of properties to the value, from the resource itself, such as Manager.Email. With an expression: what that is applied to. */
  binding?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type whose resources get the value. */
  entityType: Scalars['String']['input'];
  /** Function on the binding, such as ToUpper; literal; or expression, in which the resource is called source. */
  expression?: InputMaybe<Scalars['String']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Of several for the same property the one with the smallest number is asked first, and the next when it gives nothing. One that fails is not passed over: the property keeps its value. */
  priority?: InputMaybe<Scalars['Int']['input']>;
  /** Identifier of the property that gets it: a scalar, or a navigation to one resource, for which the key or a unique key of that resource is computed. Without a column, and filled by no rule. */
  property: Scalars['String']['input'];
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
  /** A file, such as a photo, of at most 4 MiB. Its value is text that stands for it: size and digest. */
  | 'BINARY'
  /** true or false. */
  | 'BOOL'
  /** A whole number from 0 to 255. */
  | 'BYTE'
  /** Bytes, in base 64; at most 1 MiB. */
  | 'BYTES'
  /** An instant. */
  | 'DATE_TIME'
  /** A floating-point number. */
  | 'DOUBLE'
  /** A navigation: points to resources. */
  | 'FOREIGN_KEY'
  /** A globally unique id. */
  | 'GUID'
  /** A whole number of 16 bits. */
  | 'INT16'
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
  /** The value of a scalar, as text; of a file its content in base 64 (a request has at most 1 MiB), or the value it has, which keeps it. */
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

/** QueryRule looks up what to put into a navigation of the target, from data of its owner (role-model 2.8). */
export type QueryRuleConfigurationInput = {
  /** How sure it is: from 100 on it decides alone, below a person reviews. Rules are tried from the highest on; the first that finds something wins. */
  confidence?: InputMaybe<Scalars['Int']['input']>;
  /** Name, unique among all rules of resource types. Default: that of the type, -query- and a number. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** When it applies; none: as long as the target is due. */
  offset?: InputMaybe<OffsetConfigurationInput>;
  /** Identifier of its policy. Default: that of the type. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the navigation property of the target. */
  property: Scalars['String']['input'];
  /** Path from the owner; empty: the expression computes alone. */
  sourceBinding?: InputMaybe<Scalars['String']['input']>;
  /** Expression over the owner; empty: the binding as it is. */
  sourceExpression?: InputMaybe<Scalars['String']['input']>;
  /** Path from the resource that is looked for; empty: the expression computes alone. */
  targetBinding?: InputMaybe<Scalars['String']['input']>;
  /** Expression over the resource that is looked for; empty: the binding as it is. */
  targetExpression?: InputMaybe<Scalars['String']['input']>;
};

/** Says who decides steps, in place of all who are asked. */
export type ReassignStepsInput = {
  /** Why, 1 to 4,000 characters. Everybody who sees the item reads it. */
  reason: Scalars['String']['input'];
  /** The steps, 500 at most. */
  stepIds: Array<Scalars['ID']['input']>;
  /** Who decides: one of them is enough. 1 to 20. */
  toPersonIds: Array<Scalars['ID']['input']>;
};

/** What rules would make of an account, were its recognition taken back now. */
export type RecognitionOutcome =
  /** They find two people or more who have as good a claim: nobody gets it by himself. */
  | 'AMBIGUOUS'
  /** They suggest an owner, and a person decides. */
  | 'GUESSED'
  /** They know what it is, and find no owner. Of a resource type that removes accounts without an owner (removeOrphans), it is removed. */
  | 'NOBODYS'
  /** They find an owner for it, or another one than it has. */
  | 'OTHER_OWNER'
  /** They find it where it is. A decision of a person about it is over all the same. */
  | 'STAYS'
  /** They know nothing of it. */
  | 'UNRECOGNIZED';

/** What kind of rule recognizes an account. */
export type RecognitionRuleKind =
  /** A classification rule: a condition says what it is (role-model 5.4). */
  | 'CLASSIFICATION'
  /** A correlation rule: equal keys say whose it is, and with that what (role-model 5.3). */
  | 'CORRELATION';

/** How far it is known whose an account is, and what (role-model 5). */
export type RecognitionState =
  /** Two people or more have as good a claim: nobody gets it by himself. */
  | 'AMBIGUOUS'
  /** A rule suggests the owner with less than 100 percent, and nobody has decided. */
  | 'GUESSED'
  /** It is known what it is, and it has no owner. */
  | 'NOBODYS'
  /** It has an owner and a type. */
  | 'OWNED'
  /** No rule says whose it is, or what. */
  | 'UNRECOGNIZED';

/** Narrows the list of accounts: conditions are joined by AND, values of one by OR. */
export type RecognizedAccountFilter = {
  /** This account alone. */
  accountId?: InputMaybe<Scalars['ID']['input']>;
  /** Whether somebody decided about that. Default: all. */
  frozen?: InputMaybe<Scalars['Boolean']['input']>;
  /** Those of one owner. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** Identifiers of resource types. */
  resourceTypes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** How far it is known whose they are, and what. */
  states?: InputMaybe<Array<RecognitionState>>;
  /** Identifiers of connectors. */
  systems?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Account or owner, by name, key or mail address, as every search. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** One account, as the caller saw it. */
export type RecognizedAccountInput = {
  /** Its id. */
  id: Scalars['ID']['input'];
  /** The version that was seen: another one by now is STALE_ITEM. Default: whatever it is. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** What a person decides about a difference. Decisions cannot be undone. */
export type ReconciliationDecision =
  /** About an account: it is its owner's, or that of the owner named, and is not matched again. The policy of the resource type says whether a comment is required: usually one is. */
  | 'AUTHORIZE'
  /** About an account: it stays and is nobody's. The policy of the resource type says whether a comment is required: usually one is. */
  | 'AUTHORIZE_WITHOUT_OWNER'
  /** About an account: it is deleted, also where its type does not allow removal. It needs no further review. */
  | 'DELETE_ACCOUNT'
  /** About a value: it stays as it is, until something else is computed. The policy of the resource type says whether a comment is required: usually one is. */
  | 'KEEP_CURRENT'
  /** About a found role: its owner holds it from now on, as if it had been requested; what it was read from is wanted then. A comment is required. Of a role that was to be removed: it stays after all. */
  | 'KEEP_ROLE'
  /** Not now: the difference is not listed, and nothing happens to it by itself. */
  | 'POSTPONE'
  /** About a found role: it goes, with those values that it was read from and no other role explains. It needs no further review. Of a role that was kept: it goes after all. */
  | 'REMOVE_ROLE'
  /** Ends a postponement. */
  | 'TAKE_UP_AGAIN'
  /** About a value: the computed one is written, or what nobody asked for is taken away. It needs no further review. */
  | 'USE_PROPOSED';

/** Narrows a list of differences: conditions are joined by AND, values of one by OR. */
export type ReconciliationFilter = {
  /** Found at or after. */
  foundAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Found before. */
  foundBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** These, at most 500, also those that are decided, put off or gone by now. Not for decisions: they name items. */
  ids?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** What they are about. */
  kinds?: InputMaybe<Array<ReconciliationKind>>;
  /** Those of one owner. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** Id of a pattern. */
  pattern?: InputMaybe<Scalars['ID']['input']>;
  /** True: those that were put off. Default: those that were not; with withoutOwner, as that filter says. */
  postponed?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifiers of properties. */
  properties?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Identifiers of resource types. */
  resourceTypes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** How they came to be. */
  states?: InputMaybe<Array<ReconciliationState>>;
  /** Identifiers of connectors. */
  systems?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Owner or account, by name, key or mail address, as every search. */
  text?: InputMaybe<Scalars['String']['input']>;
  /** Those that wait about accounts without an owner that this filter finds: decides about many of them at once. */
  withoutOwner?: InputMaybe<AccountWithoutOwnerFilter>;
};

/** One difference, or found role, as the caller saw it. */
export type ReconciliationItemInput = {
  /** Id of the difference or found role. */
  id: Scalars['ID']['input'];
  /** The version that was seen: another one by now is STALE_ITEM. Default: whatever it is. */
  version?: InputMaybe<Scalars['Int']['input']>;
};

/** What a difference is about; each is of exactly one kind. */
export type ReconciliationKind =
  /** A value that is computed, and of which the system has nothing. */
  | 'MISSING'
  /** An account without an owner, or whose owner is gone. */
  | 'ORPHAN'
  /** An account whose owner is known, and that nothing explains. */
  | 'UNAUTHORIZED'
  /** A value that is not the computed one, or that nothing explains. */
  | 'UNRECONCILED';

/** In which order differences are listed. */
export type ReconciliationSort =
  /** The newest first. */
  | 'NEWEST'
  /** As they were found. */
  | 'OLDEST';

/** How a difference came to be. */
export type ReconciliationState =
  /** Found since the type is computed (1). */
  | 'NON_CONFORMING'
  /** There already when the type was computed first (3). */
  | 'PRE_EXISTING'
  /** Somebody kept the value, and something else is computed by now (24). */
  | 'QUESTIONED';

/** Groups the properties of records that change together, such as those of a contract or of a position, so that a person can have several at the same time (role-model 4.5). */
export type RecordSectionConfigurationInput = {
  /** What a missing date means; of the section without properties always since ever and for ever. Default: NONE. */
  boundaryKind?: InputMaybe<BoundaryKind>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the date of a record until which the section counts, a day through its end; empty: see boundaryKind. */
  endProperty?: InputMaybe<Scalars['String']['input']>;
  /** Only records whose sort key is this or greater lend their values; empty: all may. */
  extendedSortKey?: InputMaybe<Scalars['String']['input']>;
  /** Whether values may fill times for which the section says nothing. Default: DEFAULT. */
  extensionKind?: InputMaybe<ExtensionKind>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Path or expression over a record (record) that tells apart what may be there several times at once, such as the number of a position. At each instant the latest record of one thing counts. Empty: dates and values tell things apart. */
  instanceKeyExpression?: InputMaybe<Scalars['String']['input']>;
  /** The dates of this section say when the owner is here; of one section only. None: those of the section without properties. */
  isDefaultBoundariesSection?: InputMaybe<Scalars['Boolean']['input']>;
  /** Order among the sections of the same records: of contexts that count at the same time the first section's sort key decides which is the main one. Default: 0; equal: the older section first. */
  position?: InputMaybe<Scalars['Int']['input']>;
  /** Its properties. One section lists none, or only those to leave out: it has all that no other lists. */
  properties?: InputMaybe<Array<SectionPropertyConfigurationInput>>;
  /** Identifier of the entity type of the records that the context rule leads to. */
  resourceEntityType: Scalars['String']['input'];
  /** Path or expression over a record that ranks it: the greatest text lends first and makes the main context. Empty: what went before lends, else what comes next. */
  sortKeyExpression?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of the owners, which needs a context rule. */
  sourceEntityType: Scalars['String']['input'];
  /** Identifier of the date of a record from which the section counts; empty: see boundaryKind. */
  startProperty?: InputMaybe<Scalars['String']['input']>;
};

/** Where an analysis is. */
export type RedundancyRunState =
  /** Somebody stopped it; what was found until then is kept. */
  | 'CANCELLED'
  /** Everybody was looked at. */
  | 'COMPLETED'
  /** Something went wrong; what was found until then is kept. */
  | 'FAILED'
  /** People are looked at, with or without anybody watching. */
  | 'IN_PROGRESS'
  /** It waits for a worker. */
  | 'QUEUED';

/** Narrows what is redundant: conditions are joined by AND, values of one by OR. */
export type RedundantAssignmentFilter = {
  /** Identifiers of the entity types of whom they are. */
  entityTypes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Only these, by their ids, at most 5,000. */
  ids?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** Redundant as a whole, or for a part of their time. */
  isWhole?: InputMaybe<Scalars['Boolean']['input']>;
  /** What they are. */
  kinds?: InputMaybe<Array<RedundantKind>>;
  /** Identifiers of roles and resource types. */
  objects?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Whose they are. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** Identifiers of policies. */
  policies?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Each word stands in the name, the key or a value of whom they are. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** What is redundant. */
export type RedundantKind =
  /** A composite role. */
  | 'COMPOSITE_ROLE'
  /** An account: a resource type. */
  | 'RESOURCE_TYPE'
  /** A single role. */
  | 'SINGLE_ROLE';

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

/** What is asked for (requests 8). */
export type RequestAction =
  /** The role is to be had. */
  | 'ADD'
  /** What was forbidden is to be allowed again: a rule gives it then, or it is given by hand. */
  | 'ALLOW'
  /** What rules give is to be withheld. */
  | 'DENY'
  /** What a person gave is to end later (requests 6.5). It ends on its day all the same until that is approved. */
  | 'EXTEND'
  /** What a person gave is to end. */
  | 'REMOVE';

/** A basket (requests 7): 1 to 100 objects, for 1 to 200 people each, 500 pairs in all. */
export type RequestAssignmentsInput = {
  /** The codes of severity WARNS that the requester has seen and accepts. CONFLICT when one is missing. */
  acknowledgeFindings?: InputMaybe<Array<FindingCode>>;
  /** The digest of the check that was shown; STALE_ITEM when the basket means something else by now. Null: whatever. */
  basketDigest?: InputMaybe<Scalars['String']['input']>;
  /** What the asking program calls it, 1 to 200 characters: the same key of the same user is the same request, and asks nothing again; with another basket it is refused (CONFLICT). Null: a new one. */
  clientKey?: InputMaybe<Scalars['String']['input']>;
  /** What is asked for. */
  items: Array<RequestItemInput>;
  /** Why, at most 4,000 characters. */
  justification?: InputMaybe<Scalars['String']['input']>;
};

/** What was said about a request (requests 9.1). */
export type RequestCommentKind =
  /** The answer. */
  | 'ANSWER'
  /** Something is asked before it is decided. */
  | 'QUESTION'
  /** The server tells that no answer came, or that the question was taken back. */
  | 'SYSTEM';

/** Narrows lists of requests and of their items: conditions are joined by AND, values of one by OR. */
export type RequestFilter = {
  /** What the caller gets or loses; false: what others do. */
  aboutMe?: InputMaybe<Scalars['Boolean']['input']>;
  /** Items that ask for one of these. */
  actions?: InputMaybe<Array<RequestAction>>;
  /** What waits for longer than its step should (RequestStep.dueAt); false: the rest. */
  late?: InputMaybe<Scalars['Boolean']['input']>;
  /** What the caller asked for; false: what others did. */
  mine?: InputMaybe<Scalars['Boolean']['input']>;
  /** Who gets or loses it. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** Of one request. */
  requestId?: InputMaybe<Scalars['ID']['input']>;
  /** Identifier of the role. */
  role?: InputMaybe<Scalars['String']['input']>;
  /** Items in one of these states. */
  states?: InputMaybe<Array<RequestState>>;
  /** What nobody may decide now; false: the rest. */
  stuck?: InputMaybe<Scalars['Boolean']['input']>;
  /** Number of the request, or words of the role or of the person. */
  text?: InputMaybe<Scalars['String']['input']>;
  /** What the caller is asked about and may answer now; false: the rest. */
  toAnswerByMe?: InputMaybe<Scalars['Boolean']['input']>;
  /** What the caller may decide now; false: the rest. */
  toDecideByMe?: InputMaybe<Scalars['Boolean']['input']>;
  /** What nobody may decide now and the caller supervises (/Custom/Workflows/Supervise/{entityType}); false: the rest. */
  toRouteByMe?: InputMaybe<Scalars['Boolean']['input']>;
};

/** One object of a basket, for one or more people. */
export type RequestItemInput = {
  /** What is asked for; null: ADD. */
  action?: InputMaybe<RequestAction>;
  /** Until when, exclusive; null: as late as allowed. */
  endDate?: InputMaybe<Scalars['DateTime']['input']>;
  /** For whom. NOT_FOUND for whoever the caller does not ask for. */
  ownerIds: Array<Scalars['ID']['input']>;
  /** The values that the role is asked for with; with REMOVE which one is meant, where it is held several times. ADD and REMOVE only. */
  parameters?: InputMaybe<Array<RequestParameterInput>>;
  /** Identifier of the role. */
  role: Scalars['String']['input'];
  /** Single or composite; null: whichever there is. VALIDATION when there are both. */
  roleKind?: InputMaybe<RoleKind>;
  /** From when; null: as soon as approved. What is past is the approval. None with REMOVE, which takes away with the approval. */
  startDate?: InputMaybe<Scalars['DateTime']['input']>;
};

/** How something ended, where the state alone does not tell. */
export type RequestOutcome =
  /** It came to be so otherwise. */
  | 'ALREADY_SO'
  /** All of it was seen. */
  | 'COMPLETE'
  /** Its time ended before anything was seen. */
  | 'ENDED_BEFORE_START'
  /** Some of it was declined at the provisioning review. */
  | 'PARTIAL'
  /** All of it was declined at the provisioning review; the assignment stays. */
  | 'REFUSED_AT_REVIEW';

/** A value that a role is asked for with. */
export type RequestParameterInput = {
  /** Identifier of the dimension. */
  dimension: Scalars['String']['input'];
  /** Key of the value. */
  key: Scalars['String']['input'];
};

/** The order of a list of requests. */
export type RequestSort =
  /** What is late first, then what is due next (RequestItem.dueAt); of requests the same as OLDEST. */
  | 'DUE'
  /** The last submitted first. */
  | 'NEWEST'
  /** What waits longest first. */
  | 'OLDEST';

/** Where something that is asked for is; of a request the first of these that one of its items is in (requests 3). */
export type RequestState =
  /** Decided; waits for its date, its orders, or for being seen in the managed systems. */
  | 'APPROVED'
  /** It lost its sense: the role or the person is gone, or a rule gives it by now. */
  | 'CANCELLED'
  /** Somebody declined it, or all that it wanted at the provisioning review. */
  | 'DECLINED'
  /** Nobody decided in time, or its time passed. */
  | 'EXPIRED'
  /** Seen in the managed systems, or nothing had to be written. */
  | 'FULFILLED'
  /** Somebody has to approve it. */
  | 'IN_APPROVAL'
  /** On its way to whoever decides; lasts no longer than the request itself. */
  | 'SUBMITTED'
  /** Taken back before it was approved. */
  | 'WITHDRAWN';

/** Where one approval is (requests 3.2). */
export type RequestStepState =
  /** Approved. */
  | 'APPROVED'
  /** What it is about ended otherwise. */
  | 'CLOSED'
  /** Declined. */
  | 'DECLINED'
  /** What it is about expired. */
  | 'EXPIRED'
  /** Somebody may decide, and somebody was asked something first; the clocks stand still meanwhile. */
  | 'INFO_REQUESTED'
  /** Somebody may decide. */
  | 'OPEN'
  /** It needed no decision. */
  | 'SKIPPED'
  /** Its turn, and nobody is there who may decide; looked for again and again. */
  | 'STUCK'
  /** An earlier level is not done. */
  | 'WAITING';

/** Steps of requests. */
export type RequestStepsInput = {
  /** The steps, 500 at most. */
  stepIds: Array<Scalars['ID']['input']>;
};

/** Which accounts rules are to recognize again: by id, or by a filter, never both. */
export type ResetRecognitionInput = {
  /** These, at most 500. */
  accounts?: InputMaybe<Array<RecognizedAccountInput>>;
  /** Why, at most 2,000 characters: kept in the history. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** All that match now and about which the caller may decide: the server goes through them, and the payload has the bulk change to follow. */
  filter?: InputMaybe<RecognizedAccountFilter>;
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

/** ResourceRef names a resource of the directory. */
export type ResourceRefConfigurationInput = {
  /** Identifier of its entity type. */
  entityType: Scalars['String']['input'];
  /** Its primary key. */
  key: Scalars['String']['input'];
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

/** ResourceType is a class of accounts or other targets owned by a kind of source, with all its rules (role-model 2.5). */
export type ResourceTypeConfigurationInput = {
  /** Targets may be created. Default: true. */
  allowAdd?: InputMaybe<Scalars['Boolean']['input']>;
  /** People may decide on orders about themselves. */
  allowOwnDecisions?: InputMaybe<Scalars['Boolean']['input']>;
  /** Targets may be deleted. Default: true. */
  allowRemove?: InputMaybe<Scalars['Boolean']['input']>;
  /** How many approvals a request for it needs, 0 to 3; 4: it cannot be requested. Default: 4. */
  approvalWorkflowType?: InputMaybe<Scalars['Int']['input']>;
  /** Expression that gives further arguments of an order (role-model 2.5); empty: none. */
  argumentsExpression?: InputMaybe<Scalars['String']['input']>;
  /** How often an errored order is tried again by itself. Default: 0. */
  autoRetryCount?: InputMaybe<Scalars['Int']['input']>;
  /** Minutes before the first such try; each further one waits twice as long. Default: 5. */
  autoRetryDelayMinutes?: InputMaybe<Scalars['Int']['input']>;
  /** What copies files, such as photos. */
  binaryRules?: InputMaybe<Array<BinaryRuleConfigurationInput>>;
  /** Orders wait for a review. Default: true. */
  blockProvisioning?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of its category; empty: none. */
  category?: InputMaybe<Scalars['String']['input']>;
  /** What says that a target without owner is of this type. */
  classificationRules?: InputMaybe<Array<ClassifyRuleConfigurationInput>>;
  /** Identifier of the connection that carries out its orders; empty: none does. */
  connection?: InputMaybe<Scalars['String']['input']>;
  /** An owner may have several targets, and a query several values. */
  correlateMultipleResources?: InputMaybe<Scalars['Boolean']['input']>;
  /** What says who owns a target. */
  correlationRules?: InputMaybe<Array<CorrelationRuleConfigurationInput>>;
  /** Identifier of the resource type of which the owner needs a target before one is created; empty: none. */
  dependsOn?: InputMaybe<Scalars['String']['input']>;
  /** Scalar property that the owner needs a value of before a target is created; empty: none. */
  dependsOnOwnerProperty?: InputMaybe<Scalars['String']['input']>;
  /** What it is for. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** When the source changes, values that somebody kept are overwritten instead of shown as questioned. */
  discardManualAssignments?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Hours before its start date at which an order becomes due. Default: 0. */
  fulfillHoursAheadOfTime?: InputMaybe<Scalars['Int']['input']>;
  /** Not shown to people who look at a short list, when a rule gives it. */
  hideOnSimplifiedView?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** How steps of an approval go that the requester could take himself. Default: INHERITED. */
  implicitApproval?: InputMaybe<ImplicitApproval>;
  /** How the end of what is given by hand goes with the contexts of its holder. Default: INHERITED. */
  manualAssignmentEndDateLockedToContextMode?: InputMaybe<EndDateLockWithInherited>;
  /** More deletions in one run block it; 0 (default): no limit. */
  maximumDelete?: InputMaybe<Scalars['Int']['input']>;
  /** More deletions in one run, in percent of the existing targets, block it; 0: no limit. Default: 30. */
  maximumDeletePercent?: InputMaybe<Scalars['Int']['input']>;
  /** More creations in one run block it; 0 (default): no limit. */
  maximumInsert?: InputMaybe<Scalars['Int']['input']>;
  /** More creations in one run, in percent of the existing targets, block it; 0: no limit. Default: 30. */
  maximumInsertPercent?: InputMaybe<Scalars['Int']['input']>;
  /** More updates in one run block it; 0 (default): no limit. */
  maximumUpdate?: InputMaybe<Scalars['Int']['input']>;
  /** More updates in one run, in percent of the existing targets, block it; 0: no limit. Default: 30. */
  maximumUpdatePercent?: InputMaybe<Scalars['Int']['input']>;
  /** What puts fixed resources into its navigations. */
  navigationRules?: InputMaybe<Array<NavigationRuleConfigurationInput>>;
  /** The resource, mostly a person, that answers for it; none: nobody. */
  owner?: InputMaybe<OwnerConfigurationInput>;
  /** Identifier of its policy. Default: Default. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Whether the end of what was given by hand may be put off without an approval. Default: INHERITED. */
  prolongationWithoutApproval?: InputMaybe<Prolongation>;
  /** What looks up resources for its navigations. */
  queryRules?: InputMaybe<Array<QueryRuleConfigurationInput>>;
  /** Targets whose owner is gone are deleted; needs allowRemove. */
  removeOrphans?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifiers of the dimensions that a request for it has to say. */
  requiredParameters?: InputMaybe<Array<Scalars['String']['input']>>;
  /** What computes its scalars. */
  scalarRules?: InputMaybe<Array<ScalarRuleConfigurationInput>>;
  /** Identifier of the entity type of its owners. */
  sourceEntityType: Scalars['String']['input'];
  /** Also what is less sure than another candidate is suggested. */
  suggestAllCorrelations?: InputMaybe<Scalars['Boolean']['input']>;
  /** Labels to find it by. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Identifier of the entity type of its targets. */
  targetEntityType: Scalars['String']['input'];
  /** Its system is never read: an order ends when a person confirms its ticket. */
  ticketSynchroIsNotAvailable?: InputMaybe<Scalars['Boolean']['input']>;
  /** Minutes after which silent Transmitted or Executed orders become Errored; 0 (default): never. */
  transmittedStateValidityPeriod?: InputMaybe<Scalars['Int']['input']>;
  /** What gives it. The list is replaced as a whole, as the other lists of rules are. */
  typeRules?: InputMaybe<Array<TypeRuleConfigurationInput>>;
};

/** A resource type as it would be saved, and how many owners are looked at. */
export type ResourceTypeDifferencesInput = {
  /** Cursor of the call before: goes on after its last owner. Null: the first ones, which are a sample by chance. */
  after?: InputMaybe<Scalars['String']['input']>;
  /** The instant that counts as now. Null: now. */
  at?: InputMaybe<Scalars['DateTime']['input']>;
  /** How many owners this call looks at, 1 to 500. */
  owners?: InputMaybe<Scalars['Int']['input']>;
  /** Identifier of the resource type. */
  resourceType: Scalars['String']['input'];
  /** The resource type, and what else is written with it; what is not named stays as it is. */
  save: ConfigurationInput;
};

/** All given fields must hold. */
export type ResourceTypeFilter = {
  /** Only these. */
  identifiers?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Identifier of their policy. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of their owners. */
  sourceEntityType?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of their targets. */
  targetEntityType?: InputMaybe<Scalars['String']['input']>;
  /** Each word stands in the name, the identifier or the names of its entity types, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** A resource type as it would be saved, and whose account is computed by it. */
export type ResourceTypeTrialInput = {
  /** The instant that counts as now. Null: now. */
  at?: InputMaybe<Scalars['DateTime']['input']>;
  /** Id of the owner. */
  ownerId: Scalars['ID']['input'];
  /** Identifier of the resource type. */
  resourceType: Scalars['String']['input'];
  /** The resource type, and what else is written with it; what is not named stays as it is. */
  save: ConfigurationInput;
};

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

/** Which steps, and what is decided: one decision for all of stepIds, or one for each of steps. 500 at most. */
export type ReviewRequestItemsInput = {
  /** What is said with it, at most 4,000 characters; required or not taken as commentOnApprove and commentOnDecline say. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** The decision about stepIds. */
  decision?: InputMaybe<StepDecision>;
  /** Account for which is decided, by its deputy (RequestItem.decideFor). Null: for oneself where one may, else for the only one for whom one may; VALIDATION when there are several. */
  forDelegatorId?: InputMaybe<Scalars['ID']['input']>;
  /** Steps that are all decided in the same way. Either these or steps. */
  stepIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** Steps with a decision each. Either these or stepIds. */
  steps?: InputMaybe<Array<StepDecisionInput>>;
};

/** An API key. */
export type RevokeApiKeyInput = {
  /** Its id. */
  id: Scalars['ID']['input'];
};

/** Risk is a dangerous combination of entitlements, which people are warned of, or kept from (role-model 9). */
export type RiskConfigurationInput = {
  /** Why it is dangerous, for whoever is about to get it. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of those who can have it. */
  entityType: Scalars['String']['input'];
  /** What it means for what is about to be requested. What is given already stays. What blocks keeps back what rules would newly give, too. Default: WARNING. */
  exemptionPolicy?: InputMaybe<ExemptionPolicy>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** How dangerous it is, from 0 to 100. Default: 0. */
  level?: InputMaybe<Scalars['Int']['input']>;
  /** The resource, mostly a person, that answers for it; none: nobody. */
  owner?: InputMaybe<OwnerConfigurationInput>;
  /** Identifier of its policy. Default: Default. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** What to do about it. */
  remediation?: InputMaybe<Scalars['String']['input']>;
  /** Why it is dangerous: segregation of duties needs a rule of at least two items. Default: SEGREGATION_OF_DUTIES. */
  riskType?: InputMaybe<RiskType>;
  /** What is dangerous: one of the rules is enough. */
  rules: Array<RiskRuleConfigurationInput>;
};

/** What a risk means for who is about to get it (role-model 9.4, requests 7.4), the weakest first. */
export type RiskEffect =
  /** Somebody who answers for the risk has to approve before anybody else does. */
  | 'APPROVAL'
  /** It cannot be asked for: the whole basket, not only what raises the risk. */
  | 'BLOCK'
  /** Nothing new is raised. */
  | 'NONE'
  /** Whoever asks is told, and goes on or does not. */
  | 'WARNING';

/** An entitlement, as a risk names it. */
export type RiskEntitlementInput = {
  /** Identifier of the property. */
  property: Scalars['String']['input'];
  /** Key of the resource; null: any value. */
  resource?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the resource type. */
  resourceType: Scalars['String']['input'];
};

/** Kinds of risk factor type. */
export type RiskFactorType =
  /** The mean of the levels, rounded half up. */
  | 'AVERAGE'
  /** The highest level. */
  | 'MAX'
  /** There are no scores. */
  | 'NONE';

/** Narrows the list of risks; what is null does not. */
export type RiskFilter = {
  /** Only these, by identifier. */
  identifiers?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Only this level and above. */
  minimumLevel?: InputMaybe<Scalars['Int']['input']>;
  /** Only these. */
  riskTypes?: InputMaybe<Array<RiskType>>;
  /** Each word stands in the name or the identifier. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** A role or a resource type that somebody is to get. Exactly one of them is named. */
export type RiskGrantInput = {
  /** Until when, that instant not included; null: for ever. */
  endDate?: InputMaybe<Scalars['DateTime']['input']>;
  /** With which parameters the role; none: with none. */
  parameters?: Array<RiskParameterInput>;
  /** Identifier of the resource type; empty: a role. */
  resourceType?: Scalars['String']['input'];
  /** Identifier of the role; empty: a resource type. */
  role?: Scalars['String']['input'];
  /** From when; null: now. */
  startDate?: InputMaybe<Scalars['DateTime']['input']>;
};

/** Holds for an owner whose account of a resource type has a value. */
export type RiskItemConfigurationInput = {
  /** Identifier of the property of the account. */
  property: Scalars['String']['input'];
  /** Key of the resource that a navigation must point to; empty: any. A scalar has none: any value that is not empty. */
  resource?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the resource type of the account. */
  resourceType: Scalars['String']['input'];
};

/** Two entitlements that a rule of some risk names together, or one that is dangerous alone, twice. */
export type RiskPairInput = {
  /** The one. */
  first: RiskEntitlementInput;
  /** The other. */
  second: RiskEntitlementInput;
};

/** A parameter of a role. */
export type RiskParameterInput = {
  /** Identifier of the dimension. */
  dimension: Scalars['String']['input'];
  /** Id of the resource that is its value. */
  value: Scalars['ID']['input'];
};

/** Holds for an owner who has every item at one time. Of the rules of a risk one is enough. */
export type RiskRuleConfigurationInput = {
  /** Name of the rule, unique in its risk. Default: that of the risk, - and its number. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** What must be there at the same time, all of it. */
  items: Array<RiskItemConfigurationInput>;
};

/** Narrows the list of scores. */
export type RiskScoreFilter = {
  /** Only this score and above. */
  minimumScore?: InputMaybe<Scalars['Int']['input']>;
  /** Id of whose it is. */
  owner?: InputMaybe<Scalars['ID']['input']>;
  /** In name, key or values of whose it is. */
  text?: InputMaybe<Scalars['String']['input']>;
  /** Those that were, too; null: only those that are so. */
  withPast?: InputMaybe<Scalars['Boolean']['input']>;
};

/** An order of the list of scores. */
export type RiskScoreSort =
  /** The newest first. */
  | 'NEWEST_FIRST'
  /** The least dangerous first. */
  | 'SCORE_ASC'
  /** The most dangerous first. */
  | 'SCORE_DESC';

/** A role or a resource type that somebody is to lose. Exactly one of them is named. What a person gave ends, what rules give is denied, what was found is refused. */
export type RiskTakeInput = {
  /** From when he has it no more; null, or earlier: now. */
  at?: InputMaybe<Scalars['DateTime']['input']>;
  /** Identifier of the resource type; empty: a role. */
  resourceType?: Scalars['String']['input'];
  /** Identifier of the role; empty: a resource type. */
  role?: Scalars['String']['input'];
};

/** Kinds of risk type. */
export type RiskType =
  /** One thing is enough. */
  | 'HIGH_PRIVILEGE'
  /** Things that nobody should have together. */
  | 'SEGREGATION_OF_DUTIES';

/** Role is a single or composite role with the rules that give it (role-model 2.4). */
export type RoleConfigurationInput = {
  /** How many approvals a request for it needs, 0 to 3; 4: it cannot be requested. Default: 0. */
  approvalWorkflowType?: InputMaybe<Scalars['Int']['input']>;
  /** Identifier of its category; empty: none. */
  category?: InputMaybe<Scalars['String']['input']>;
  /** Whether approving it takes a comment. Default: INHERITED. */
  commentActivationOnApproveInReview?: InputMaybe<CommentActivationWithInherited>;
  /** Whether declining it takes a comment. Default: INHERITED. */
  commentActivationOnDeclineInReview?: InputMaybe<CommentActivationWithInherited>;
  /** Whether removing it where it was found takes a comment. Default: INHERITED. */
  commentActivationOnDeleteGapInReconciliation?: InputMaybe<CommentActivationWithInherited>;
  /** Whether keeping it where it was found takes a comment. Default: INHERITED. */
  commentActivationOnKeepGapInReconciliation?: InputMaybe<CommentActivationWithInherited>;
  /** What it is for. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of its holders. */
  entityType: Scalars['String']['input'];
  /** Minutes for which it stays when a change of the rules takes it away; 0: not at all. Left out: as the policy says. */
  gracePeriod?: InputMaybe<Scalars['Int']['input']>;
  /** Not shown to people who look at a short list, when a rule gives it. */
  hideOnSimplifiedView?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** How steps of an approval go that the requester could take himself. Default: INHERITED. */
  implicitApproval?: InputMaybe<ImplicitApproval>;
  /** Values that its holders have of dimensions, in place of those of their contexts: keys by dimension. Single roles only. */
  imposedDimensions?: InputMaybe<Array<NamedValueInput>>;
  /** How the end of what is given by hand goes with the contexts of its holder. Default: INHERITED. */
  manualAssignmentEndDateLockedToContextMode?: InputMaybe<EndDateLockWithInherited>;
  /** Minutes that what is given by hand lasts at most; 0: no limit. Left out: as the policy says. */
  maxDuration?: InputMaybe<Scalars['Int']['input']>;
  /** The resource, mostly a person, that answers for it; none: nobody. */
  owner?: InputMaybe<OwnerConfigurationInput>;
  /** Identifier of its policy. Default: Default. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Whether the end of what was given by hand may be put off without an approval. Default: INHERITED. */
  prolongationWithoutApproval?: InputMaybe<Prolongation>;
  /** Identifiers of the dimensions that every assignment of it has a value for; what lacks one is not held (role-model 3.4). */
  requiredParameters?: InputMaybe<Array<Scalars['String']['input']>>;
  /** What gives it. The list is replaced as a whole. */
  rules?: InputMaybe<Array<RoleRuleConfigurationInput>>;
  /** Identifiers of other categories that show it, too. Approvals go by its category only. */
  secondaryCategories?: InputMaybe<Array<Scalars['String']['input']>>;
  /** How it was made. Default: MANUAL. */
  state?: InputMaybe<RoleState>;
  /** Labels to find it by. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** All given fields must hold. */
export type RoleFilter = {
  /** With category: also what stands in the categories below it. Default false. */
  below?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of their category. */
  category?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the entity type of their holders. */
  entityType?: InputMaybe<Scalars['String']['input']>;
  /** Only these. */
  identifiers?: InputMaybe<Array<Scalars['String']['input']>>;
  /** True: somebody holds it now whom one may see; false: nobody. Needs the right to read assignments. */
  isHeld?: InputMaybe<Scalars['Boolean']['input']>;
  /** True: it can be requested; false: only rules give it. */
  isRequestable?: InputMaybe<Scalars['Boolean']['input']>;
  /** Of this kind. */
  kind?: InputMaybe<RoleKind>;
  /** Identifier of their policy. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** With this label. */
  tag?: InputMaybe<Scalars['String']['input']>;
  /** Each word stands in the name, the identifier or the category's name, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
  /** Nobody answers for them (true), or somebody does (false). */
  withoutOwner?: InputMaybe<Scalars['Boolean']['input']>;
};

/** All given fields must hold. */
export type RoleHolderFilter = {
  /** Who holds it at this instant, by what is known now; null: now. */
  at?: InputMaybe<Scalars['DateTime']['input']>;
  /** For one of these reasons; null: whichever. */
  origin?: InputMaybe<Array<HolderOrigin>>;
  /** Each word stands in the name, the key or a mail address, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** Kinds of roles. */
export type RoleKind =
  /** A bundle of single roles. */
  | 'COMPOSITE'
  /** One entitlement in the language of the business. */
  | 'SINGLE';

/** Makes single roles of entitlements by a naming convention, when the task BuildRoleModel runs (role-model 3.3). What it made stays, whatever becomes of it. */
export type RoleMappingConfigurationInput = {
  /** How many approvals a request for such a role needs, 0 to 3; 4: it cannot be requested. Default: 0. */
  approvalWorkflowType?: InputMaybe<Scalars['Int']['input']>;
  /** Identifier of the category when none is computed; empty: none. */
  category?: InputMaybe<Scalars['String']['input']>;
  /** Path to the name of a category that is made. */
  categoryDisplayNameBinding?: InputMaybe<Scalars['String']['input']>;
  /** Expression that gives the name of a category that is made. Neither: its identifier. */
  categoryDisplayNameExpression?: InputMaybe<Scalars['String']['input']>;
  /** Path to the identifier of the category, which is made when there is none. */
  categoryIdentifierBinding?: InputMaybe<Scalars['String']['input']>;
  /** Expression that gives the identifier of the category. Neither, or it fails: the category below. */
  categoryIdentifierExpression?: InputMaybe<Scalars['String']['input']>;
  /** Name to show. Default: the identifier. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Path to the name to show. */
  displayNameBinding?: InputMaybe<Scalars['String']['input']>;
  /** Expression that gives the name to show. Neither: the identifier. */
  displayNameExpression?: InputMaybe<Scalars['String']['input']>;
  /** The roles are not shown to people who look at a short list. */
  hideOnSimplifiedView?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only. */
  identifier: Scalars['String']['input'];
  /** Path from the resource to the identifier of its role; empty: the expression computes alone. */
  identifierBinding?: InputMaybe<Scalars['String']['input']>;
  /** Expression that gives the identifier; empty: the binding as it is. */
  identifierExpression?: InputMaybe<Scalars['String']['input']>;
  /** Path to the identifier of the category above one that is made. */
  parentCategoryBinding?: InputMaybe<Scalars['String']['input']>;
  /** Expression that gives the identifier of the category above, which must be there. Neither: top level. */
  parentCategoryExpression?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the policy of the rules it makes. Default: Default. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the navigation of its targets: each resource it can point to becomes a role. */
  property: Scalars['String']['input'];
  /** Identifier of the resource type that the entitlements belong to. */
  resourceType: Scalars['String']['input'];
  /** Identifier of the policy of the roles. Default: that of the mapping. */
  rolePolicy?: InputMaybe<Scalars['String']['input']>;
  /** Which of these resources; one rule must hold. None: all. */
  rules?: InputMaybe<Array<NamingRuleConfigurationInput>>;
  /** Condition over the resource, CEL with the variable target; empty: none. */
  whereExpression?: InputMaybe<Scalars['String']['input']>;
};

/** Options of COMPUTE_ROLE_MODEL. */
export type RoleModelOptionsInput = {
  /** As blockProvisioning. Default false. */
  blockAllResourceTypeProvisioning?: InputMaybe<Scalars['Boolean']['input']>;
  /** Orders made by it await approval. Default false. */
  blockProvisioning?: InputMaybe<Scalars['Boolean']['input']>;
  /** Only owners that may have changed. Default false. */
  dirty?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifiers of the entity types of the owners; null: all. */
  entityTypes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** No order made by it awaits approval. Default false. */
  noProvisioningReview?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Narrows a list of found roles: conditions are joined by AND, values of one by OR. */
export type RoleReconciliationFilter = {
  /** Whether the owner holds everything that the role brings. Default: all. */
  complete?: InputMaybe<Scalars['Boolean']['input']>;
  /** Found at or after. */
  foundAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Found before. */
  foundBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** These, at most 500, also those that are decided or put off by now. Not for decisions: they name items. */
  ids?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** Those of one owner. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** Id of a pattern. */
  pattern?: InputMaybe<Scalars['ID']['input']>;
  /** True: those that were put off. Default: those that were not. */
  postponed?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifiers of roles. */
  roles?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Their states. Default: those that wait for a decision. */
  states?: InputMaybe<Array<RoleReconciliationState>>;
  /** Owner, by name, key or mail address, as every search. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** How a found role came to be, or what became of it. */
export type RoleReconciliationState =
  /** Somebody kept it (16). */
  | 'KEPT'
  /** Found since its owner is computed (1). */
  | 'NON_CONFORMING'
  /** There already when its owner was computed first (3). */
  | 'PRE_EXISTING'
  /** Somebody refused it, and its values are on their way out (20). */
  | 'REMOVED';

/** What may be decided about a prolonged role. */
export type RoleReviewDecision =
  /** It stays until the contexts of its owner end, as one that somebody gave (16). */
  | 'APPROVE'
  /** It goes now, with what it brings (17). */
  | 'DECLINE';

/** RoleRule gives a role to whoever meets it (role-model 3.1). */
export type RoleRuleConfigurationInput = {
  /** Identifier of the composite role that holders need; empty: none. For a composite role: its parent. */
  compositeRole?: InputMaybe<Scalars['String']['input']>;
  /** Values that the context of holders needs; none: any. */
  dimensions?: InputMaybe<Array<CriterionConfigurationInput>>;
  /** Name, unique among all rules of roles. Default: that of the role and a number. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** It withholds the role instead of giving it. */
  isDenied?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of its policy. Default: that of the role. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** The smallest decides between rules that contradict each other; between equal ones the one that withholds. Default: 0. */
  priority?: InputMaybe<Scalars['Int']['input']>;
  /** How strongly it gives. Only the first is taken: there are no requests yet. Default: REQUIRED. */
  type?: InputMaybe<RuleStrength>;
};

/** Kinds of role state. */
export type RoleState =
  /** By a role mapping. */
  | 'GENERATED'
  /** By hand. */
  | 'MANUAL';

/** What a rule would be for somebody, compared with the same rule as it is saved. */
export type RuleChange =
  /** It matches him now, and did not. */
  | 'GAINED'
  /** It matched him, and does not any more. */
  | 'LOST'
  /** It matches him as before. */
  | 'UNCHANGED';

/** A value that a context must have. */
export type RuleCriterionInput = {
  /** Identifier of the dimension; once in a list. */
  dimension: Scalars['String']['input'];
  /** What is below the value counts, too; hierarchical dimensions only. Default false. */
  inherit?: InputMaybe<Scalars['Boolean']['input']>;
  /** Key of the value. */
  key: Scalars['String']['input'];
};

/** What a rule of a resource type computes (role-model 2.6 to 2.8, 5.2). */
export type RuleKind =
  /** Copies a file of the owner, such as a photo, to the target (role-model 2.8). */
  | 'BINARY'
  /** Says that a target without owner is of the type (role-model 5.4). */
  | 'CLASSIFICATION'
  /** Says who owns a target (role-model 5.2). */
  | 'CORRELATION'
  /** Puts one fixed resource into a navigation of the target (role-model 2.8). */
  | 'NAVIGATION'
  /** Looks up what to put into a navigation of the target, from data of its owner (role-model 2.8). */
  | 'QUERY'
  /** Computes a scalar of the target from its owner (role-model 2.7). */
  | 'SCALAR'
  /** Gives the resource type to whoever meets it (role-model 2.6). */
  | 'TYPE';

/** A rule as somebody writes it: of a role, or of who gets a resource type or a link. */
export type RulePreviewInput = {
  /** Cursor of the last row of the page before; null: the first page. */
  after?: InputMaybe<Scalars['String']['input']>;
  /** Whom it matches at this instant, by what is known now; null: now. */
  at?: InputMaybe<Scalars['DateTime']['input']>;
  /** Values that the context needs, 12 at most; null: any. */
  dimensions?: InputMaybe<Array<RuleCriterionInput>>;
  /** Identifier of the entity type of those it may match. */
  entityType: Scalars['String']['input'];
  /** How many people, 0 to 500; 50 when left out. */
  first?: InputMaybe<Scalars['Int']['input']>;
  /** Identifier of the role that it gives: the preview then tells who has it anyway. Null: none. */
  gives?: InputMaybe<Scalars['String']['input']>;
  /** Kind of that role; null: whichever. */
  givesKind?: InputMaybe<RoleKind>;
  /** Identifier of its policy; null: Default. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the rule of a resource type that it replaces. Null: it replaces none. */
  resourceTypeRule?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the role that people must hold; null: none. */
  role?: InputMaybe<Scalars['String']['input']>;
  /** Kind of that role; null: whichever. */
  roleKind?: InputMaybe<RoleKind>;
  /** Identifier of the rule of a role that it replaces. Null: it replaces none. */
  roleRule?: InputMaybe<Scalars['String']['input']>;
  /** Of whom people are listed; null: of all. */
  show?: InputMaybe<RuleChange>;
};

/** Kinds of rule strength. */
export type RuleStrength =
  /** It fills the basket of a request in advance. */
  | 'REQUESTED_AUTOMATICALLY'
  /** It gives. */
  | 'REQUIRED'
  /** It suggests in a request. */
  | 'SUGGESTED';

/** What was found without a rule: a role, or a difference that is about an account, or about what an account points to. Exactly one of both. */
export type RuleSuggestionsInput = {
  /** Id of a difference of reconciliation, of an account that has an owner. */
  differenceId?: InputMaybe<Scalars['ID']['input']>;
  /** Identifier of the role that was found. */
  role?: InputMaybe<Scalars['String']['input']>;
  /** Needed where a single and a composite role share the identifier. */
  roleKind?: InputMaybe<RoleKind>;
};

/** Which job to launch. */
export type RunJobInput = {
  /** Do not ask the thresholds. FORBIDDEN for a job that wants a second person to do that. */
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
  taskType?: InputMaybe<TaskType>;
  /** Identifier of the last step to run; null: to the end. */
  toStep?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind approver rule to write. */
export type SaveApproverRuleInput = {
  /** The object as it shall be: what is left out gets its default. */
  approverRule: ApproverRuleConfigurationInput;
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind automation rule to write. */
export type SaveAutomationRuleInput = {
  /** The object as it shall be: what is left out gets its default. */
  automationRule: AutomationRuleConfigurationInput;
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind category to write. */
export type SaveCategoryInput = {
  /** The object as it shall be: what is left out gets its default. */
  category: CategoryConfigurationInput;
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind composite role to write. */
export type SaveCompositeRoleInput = {
  /** The object as it shall be: what is left out gets its default. */
  compositeRole: RoleConfigurationInput;
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind connector to write. */
export type SaveConnectorInput = {
  /** The object as it shall be: what is left out gets its default. */
  connector: ConnectorConfigurationInput;
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind context rule to write. */
export type SaveContextRuleInput = {
  /** The object as it shall be: what is left out gets its default. */
  contextRule: ContextRuleConfigurationInput;
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind dimension to write. */
export type SaveDimensionInput = {
  /** The object as it shall be: what is left out gets its default. */
  dimension: DimensionConfigurationInput;
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind entity type to write. */
export type SaveEntityTypeInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  entityType: EntityTypeConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind identity provider to write. */
export type SaveIdentityProviderInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  identityProvider: IdentityProviderConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind indirect resource rule to write. */
export type SaveIndirectResourceRuleInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  indirectResourceRule: IndirectResourceRuleConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind job to write. */
export type SaveJobInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  job: JobConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind mining rule to write. */
export type SaveMiningRuleInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  miningRule: MiningRuleConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind policy to write. */
export type SavePolicyInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  policy: PolicyConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind profile to write. */
export type SaveProfileInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  profile: ProfileConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind property expression to write. */
export type SavePropertyExpressionInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  propertyExpression: PropertyExpressionConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind record section to write. */
export type SaveRecordSectionInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  recordSection: RecordSectionConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind resource type to write. */
export type SaveResourceTypeInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  resourceType: ResourceTypeConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind risk to write. */
export type SaveRiskInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  risk: RiskConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind role mapping to write. */
export type SaveRoleMappingInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  roleMapping: RoleMappingConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind single role to write. */
export type SaveSingleRoleInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  singleRole: RoleConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** An object of the kind user to write. */
export type SaveUserInput = {
  /** Tells what would happen and writes nothing. Default false. */
  dryRun?: InputMaybe<Scalars['Boolean']['input']>;
  /** The object as it shall be: what is left out gets its default. */
  user: UserConfigurationInput;
  /** Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. Null: not looked at. */
  version?: InputMaybe<Scalars['String']['input']>;
};

/** ScalarRule computes a scalar of the target from its owner (role-model 2.7). */
export type ScalarRuleConfigurationInput = {
  /** Path from the owner, e.g. Department.Name; empty: the expression computes alone. */
  binding?: InputMaybe<Scalars['String']['input']>;
  /** When the value in the system counts as equal to the computed one. Default: CASE_SENSITIVE. */
  comparison?: InputMaybe<Comparison>;
  /** The value is sent when the target is created, and never compared afterwards. */
  createOnly?: InputMaybe<Scalars['Boolean']['input']>;
  /** CEL, a built-in function such as ToLower, or Literal:value; empty: the binding as it is. */
  expression?: InputMaybe<Scalars['String']['input']>;
  /** Name, unique among all rules of resource types. Default: that of the type, - and the property. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** When it applies; none: as long as the target is due. */
  offset?: InputMaybe<OffsetConfigurationInput>;
  /** Identifier of its policy. Default: that of the type. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the scalar property of the target. */
  property: Scalars['String']['input'];
  /** Identifier of the single role that owners need; empty: none. */
  singleRole?: InputMaybe<Scalars['String']['input']>;
};

/** SectionProperty is a property of records that belongs to a section. */
export type SectionPropertyConfigurationInput = {
  /** Whether its value reaches into times for which the section says nothing; only when that of the section does. Default: default. */
  extensionKind?: InputMaybe<ExtensionKind>;
  /** It is left out of contexts: nothing sees it. Only in the section that has no other properties. */
  isExcluded?: InputMaybe<Scalars['Boolean']['input']>;
  /** Identifier of a property of the records. */
  property: Scalars['String']['input'];
};

/** Says when steps are due. */
export type SetStepsDueInput = {
  /** When they count as late; in the future, at most 3,650 days. */
  dueAt: Scalars['DateTime']['input'];
  /** Why, 1 to 4,000 characters; null: nothing is said. */
  reason?: InputMaybe<Scalars['String']['input']>;
  /** The steps, 500 at most. */
  stepIds: Array<Scalars['ID']['input']>;
};

/** Source is the table that an entity type is read from, and how much of it one reading may change. */
export type SourceConfigurationInput = {
  /** Identifier of the connection. */
  connection: Scalars['String']['input'];
  /** How many rows of one reading may be set aside because they cannot be read; more refuse it. None: ten, or one of a hundred when that is more. */
  maximumRejected?: InputMaybe<Scalars['Int']['input']>;
  /** Table or file. */
  table: Scalars['String']['input'];
  /** Limits of this table beside those of its connector; none: only those. */
  thresholds?: InputMaybe<LineThresholdsConfigurationInput>;
};

/** What is done to which: the filter of the kind, ids, or both; with neither, all that the caller may decide about so. */
export type StartBulkChangeInput = {
  /** Number of a bulk change of the caller that has ended: its failed items are tried again, as it says. */
  again?: InputMaybe<Scalars['ID']['input']>;
  /** Which requests, for REVIEW_ROLES: of those that wait for a decision that the caller may make for himself, not as somebody's deputy. It needs MassReviewRoles of the beneficiary. */
  approvals?: InputMaybe<RequestFilter>;
  /** Why, at most 2,000 characters, about orders 4,000; for REPORT_ERROR what went wrong. With again, null: what was said then. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** What is done to each; needed unless again is given. */
  decision?: InputMaybe<BulkDecision>;
  /** Which differences, for RECONCILE_RESOURCES. */
  differences?: InputMaybe<ReconciliationFilter>;
  /** What role, for ASSIGN_ENTITLEMENTS and REMOVE_ENTITLEMENTS. */
  entitlement?: InputMaybe<EntitlementInput>;
  /** Of them these, by their ids, at most 5,000. Null: all of them. */
  ids?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** What it is about; needed unless again is given. */
  kind?: InputMaybe<BulkKind>;
  /** Which orders, for REVIEW_ORDERS, UNBLOCK_ORDERS and MANUAL_PROVISIONING. */
  orders?: InputMaybe<OrderFilter>;
  /** Which people, for ASSIGN_ENTITLEMENTS, REMOVE_ENTITLEMENTS and UPDATE_PROPERTY, which need it: it says the entity type. */
  people?: InputMaybe<PeopleFilter>;
  /** Which roles in their grace period, for REVIEW_ROLES. */
  prolonged?: InputMaybe<ProlongedRoleFilter>;
  /** Which accounts, for RESET_RECOGNITION. */
  recognized?: InputMaybe<RecognizedAccountFilter>;
  /** Which redundant assignments, for REDUNDANT_ASSIGNMENTS. */
  redundant?: InputMaybe<RedundantAssignmentFilter>;
  /** Which found roles, for RECONCILE_ROLES. */
  roles?: InputMaybe<RoleReconciliationFilter>;
  /** What value, for UPDATE_PROPERTY: of a property that is no key, no file, and not computed. Whoever has it already is left out. */
  value?: InputMaybe<PropertyValueInput>;
};

/** With which mining rules to look. */
export type StartMiningInput = {
  /** Identifiers of mining rules; none: all. */
  rules?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** What is looked at. */
export type StartRedundancyAnalysisInput = {
  /** Identifiers of policies; null or none: all. */
  policies?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** Step is one task of a job. */
export type StepConfigurationInput = {
  /** Options of every type of task. */
  common?: InputMaybe<CommonOptionsInput>;
  /** Names of steps of the job that must have produced something. */
  dependsOn?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Name to show. Default: the name of the task. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Tasks of one level run at the same time; -1: alone, after the one before. Default: -1. */
  level?: InputMaybe<Scalars['Int']['input']>;
  /**
   * Options of the type of task, by name.
   * @deprecated Use the typed options beside it.
   */
  options?: InputMaybe<Scalars['JSON']['input']>;
  /** Options of GENERATE_PROVISIONING_ORDERS and FULFILL. */
  orders?: InputMaybe<OrderOptionsInput>;
  /** Options of COMPUTE_ROLE_MODEL. */
  roleModel?: InputMaybe<RoleModelOptionsInput>;
  /** Options of the tasks that read a connector. */
  synchronization?: InputMaybe<SynchronizationOptionsInput>;
  /** Name, unique in the job. */
  task: Scalars['String']['input'];
  /** What it does. */
  type: TaskType;
};

/** What may be decided about a step. */
export type StepDecision =
  /** It goes on to the next level, or is given. */
  | 'APPROVE'
  /** It ends, and nothing of it is given. */
  | 'DECLINE';

/** A decision about one step. */
export type StepDecisionInput = {
  /** What is said with it, at most 4,000 characters. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** What is decided. */
  decision: StepDecision;
  /** Beside an approval of what is asked for anew: the first instant without it, not after what was asked for (else VALIDATION). Null: as it is. */
  endDate?: InputMaybe<Scalars['DateTime']['input']>;
  /** Beside an approval of what is asked for anew: it begins then, not before what was asked for (else VALIDATION). Null: as it is. */
  startDate?: InputMaybe<Scalars['DateTime']['input']>;
  /** The step. */
  stepId: Scalars['ID']['input'];
  /** The version that was seen; another one now is STALE_ITEM. Null: whichever. */
  version?: InputMaybe<Scalars['Int']['input']>;
};

/** Whose stored values are explained, and by which expressions. */
export type StoredValuesInput = {
  /** Id of the resource. */
  resourceId: Scalars['ID']['input'];
  /** Property expressions as they would be saved, and what else is written with them; what is not named stays as it is. Null: those in force. */
  save?: InputMaybe<ConfigurationInput>;
};

/** Options of the tasks that read a connector. */
export type SynchronizationOptionsInput = {
  /** Column that says what to do with a row, for INCREMENTAL; null: none. */
  commandColumn?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the connector; the task needs one. */
  connector?: InputMaybe<Scalars['String']['input']>;
  /** Do not ask the thresholds. Default false. */
  forceSynchronization?: InputMaybe<Scalars['Boolean']['input']>;
  /** How it is read; null: COMPLETE. */
  mode?: InputMaybe<DeliveryMode>;
};

/** What a task counts. */
export type TaskCounter =
  /** Resource types that were given, taken or found. */
  | 'ASSIGNMENTS'
  /** Categories that were made. */
  | 'CATEGORIES'
  /** Targets that orders remove. */
  | 'DELETE'
  /** Resources that are gone. */
  | 'DELETED'
  /** Further rows of a key, which were set aside. */
  | 'DUPLICATES'
  /** Orders that ended in an error. */
  | 'ERRORED'
  /** Orders that were carried out. */
  | 'EXECUTED'
  /** Owners or targets that could not be computed. */
  | 'FAILED'
  /** Differences that nobody decided about. */
  | 'GAPS'
  /** Orders that became Pending. */
  | 'GENERATED'
  /** Targets that orders create. */
  | 'INSERT'
  /** Resources that are new. */
  | 'INSERTED'
  /** Keys by which targets are matched with owners. */
  | 'KEYS'
  /** Links that are gone. */
  | 'LINKS_DELETED'
  /** Links that are new. */
  | 'LINKS_INSERTED'
  /** Rows without a key, which were set aside. */
  | 'NULL_KEYS'
  /** Orders that were opened or changed. */
  | 'ORDERS'
  /** Owners that were looked at. */
  | 'OWNERS'
  /** Rows that were read. */
  | 'READ'
  /** Rows that cannot be read, and were set aside. */
  | 'REJECTED'
  /** Resources of which roles are made. */
  | 'RESOURCES'
  /** Roles that were given or taken, or made of entitlements. */
  | 'ROLES'
  /** Rules that were made. */
  | 'RULES'
  /** Targets that were looked at. */
  | 'TARGETS'
  /** Tickets that were opened. */
  | 'TICKETS'
  /** Owners for whom nothing changed. */
  | 'UNCHANGED'
  /** Links of the rows written that point to nothing yet. */
  | 'UNRESOLVED'
  /** Targets that orders change. */
  | 'UPDATE'
  /** Resources that changed. */
  | 'UPDATED';

/** Narrows tasks; conditions are joined by AND, values of one by OR. */
export type TaskFilter = {
  /** Of these kinds; null: of all. */
  kinds?: InputMaybe<Array<TaskKind>>;
  /** Those that are late; false: the others. */
  late?: InputMaybe<Scalars['Boolean']['input']>;
  /** Words of the person, or of what it is about. Rows to mend are not searched. */
  text?: InputMaybe<Scalars['String']['input']>;
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

/** What kind of thing waits for somebody (requests 11.1). */
export type TaskKind =
  /** Somebody who decides on a request asks something. */
  | 'ANSWER'
  /** A request waits for an approval. */
  | 'APPROVAL'
  /** An order failed. */
  | 'ERRORED_ORDER'
  /** A ticket: somebody has to carry it out by hand. */
  | 'MANUAL_ORDER'
  /** A role is in its grace period: shall it stay? */
  | 'PROLONGED_ROLE'
  /** An order waits for its review before it is carried out. */
  | 'PROVISIONING_REVIEW'
  /** Something in a system is other than it should be. */
  | 'RESOURCE_RECONCILIATION'
  /** A role was found in a system, and no rule explains it. */
  | 'ROLE_RECONCILIATION'
  /** A request waits for an approval for which there is nobody; the caller supervises it. */
  | 'ROUTING'
  /** A row of a system could not be read. */
  | 'ROW_TO_MEND';

/** What a task does (provisioning spec 9.3). */
export type TaskType =
  /** Makes roles of entitlements, as role mappings say. */
  | 'BUILD_ROLE_MODEL'
  /** Computes the keys by which targets are matched with owners. */
  | 'COMPUTE_CORRELATION_KEYS'
  /** Computes how dangerous people are by the risks they have; in an incremental job of those whose risks are others. */
  | 'COMPUTE_RISK_SCORES'
  /** Computes what everybody should have. */
  | 'COMPUTE_ROLE_MODEL'
  /** Reads a system. */
  | 'EXPORT'
  /** Carries orders out. */
  | 'FULFILL'
  /** Turns what should change into orders, under the limits. */
  | 'GENERATE_PROVISIONING_ORDERS'
  /** Compares what was read with the directory. */
  | 'PREPARE_SYNCHRONIZATION'
  /** Writes what was compared into the directory. */
  | 'SYNCHRONIZE'
  /** Reads, compares and writes a system. */
  | 'SYNCHRONIZE_CONNECTOR'
  /** Finds resource types for targets that nobody owns. */
  | 'UPDATE_CLASSIFICATION'
  /** Derives again what follows from the metadata: display names, unique keys, links, hierarchies. */
  | 'UPDATE_ENTITY_PROPERTY_EXPRESSIONS';

/** Narrows a team; conditions are joined by AND, values of one by OR. */
export type TeamFilter = {
  /** Of these standings; null: of all. */
  standings?: InputMaybe<Array<TeamStanding>>;
  /** Words of name or key. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** What is to be known first of somebody in a team. */
export type TeamStanding =
  /** He has a risk (role-model 9). */
  | 'AT_RISK'
  /** His last contract ends within 30 days. */
  | 'ENDS_SOON'
  /** His contracts are over, and accounts of him are still there. */
  | 'LEFT'
  /** Nothing of that. */
  | 'PLAIN';

/** Thresholds of a connector: more than that in one reading blocks it (provisioning spec 8.2). 0: no limit. */
export type ThresholdsConfigurationInput = {
  /** Links that are gone in percent of those there were. */
  maxLinkPercentageDeletedLines?: InputMaybe<Scalars['Int']['input']>;
  /** New links in percent of those there were. */
  maxLinkPercentageInsertedLines?: InputMaybe<Scalars['Int']['input']>;
  /** Rows that are gone in percent of those there were. */
  maxPercentageDeletedLines?: InputMaybe<Scalars['Int']['input']>;
  /** New rows in percent of those there were. */
  maxPercentageInsertedLines?: InputMaybe<Scalars['Int']['input']>;
  /** Changed rows in percent of those there were. */
  maxPercentageUpdatedLines?: InputMaybe<Scalars['Int']['input']>;
  /** Rows that are gone. */
  maximumDeletedLines?: InputMaybe<Scalars['Int']['input']>;
  /** New rows. */
  maximumInsertedLines?: InputMaybe<Scalars['Int']['input']>;
  /** Links that are gone. */
  maximumLinkDeletedLines?: InputMaybe<Scalars['Int']['input']>;
  /** New links. */
  maximumLinkInsertedLines?: InputMaybe<Scalars['Int']['input']>;
  /** Changed rows. */
  maximumUpdatedLines?: InputMaybe<Scalars['Int']['input']>;
};

/** TypeRule gives the resource type to whoever meets it (role-model 2.6). */
export type TypeRuleConfigurationInput = {
  /** Values that the context of owners needs; none: any. */
  dimensions?: InputMaybe<Array<CriterionConfigurationInput>>;
  /** Name, unique among all rules of resource types. Default: that of the type, -type- and a number. */
  identifier?: InputMaybe<Scalars['String']['input']>;
  /** It withholds the type instead of giving it. */
  isDenied?: InputMaybe<Scalars['Boolean']['input']>;
  /** When it applies; none: as long as owners meet it. */
  offset?: InputMaybe<OffsetConfigurationInput>;
  /** Identifier of its policy. Default: that of the type. */
  policy?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the single role that owners need; empty: none. */
  singleRole?: InputMaybe<Scalars['String']['input']>;
  /** How strongly it gives. Only the first is taken: there are no requests yet. Default: REQUIRED. */
  type?: InputMaybe<RuleStrength>;
};

/** Whom to bring back, and why. */
export type UndoDepartureInput = {
  /** The person. */
  personId: Scalars['ID']['input'];
  /** Why; 1 to 4,000 characters. */
  reason: Scalars['String']['input'];
};

/** An earlier end of a delegation. */
export type UpdateDelegationInput = {
  /** What is said with it, at most 2,000 characters. */
  comment?: InputMaybe<Scalars['String']['input']>;
  /** Until when, exclusive: later than now, and not later than it was. VALIDATION otherwise; for more, make another one. */
  endDate: Scalars['DateTime']['input'];
  /** Which. */
  id: Scalars['ID']['input'];
  /** The version that was seen; another one now is STALE_ITEM. Null: whichever. */
  version?: InputMaybe<Scalars['Int']['input']>;
};

/** New values of a resource; properties left out stay. */
export type UpdateResourceInput = {
  /** Its id. */
  id: Scalars['ID']['input'];
  /** The values to change. */
  values: Array<PropertyValueInput>;
  /** Version the caller read; STALE_ITEM when it changed since. */
  version: Scalars['Int']['input'];
};

/** UserClient says that an account is a program's: it comes in with secrets (createClientSecret), has no password, and is nobody of the directory. */
export type UserClientConfigurationInput = {
  /** Permission paths that its rights are cut to, at least one; "/": all that its profiles give. */
  scopes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Until when it may come in: a day, which counts through its last instant, or an instant (RFC 3339). Empty: no end. */
  until?: InputMaybe<Scalars['String']['input']>;
};

/** User is a local sign-in with its profiles. */
export type UserConfigurationInput = {
  /** It is a program: an API client. None: a person's account. */
  client?: InputMaybe<UserClientConfigurationInput>;
  /** A user of the demo organisation. */
  demo?: InputMaybe<Scalars['Boolean']['input']>;
  /** Cannot sign in. Left out: as it is; a new user can. */
  disabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Name to show. Default: the login name. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** Mail address; empty: none. */
  email?: InputMaybe<Scalars['String']['input']>;
  /** Password to sign in with. Left out: as it is; a new user without one cannot sign in by password. */
  password?: InputMaybe<Scalars['String']['input']>;
  /** Profiles given by hand; the list is replaced as a whole. Those that rules give stay. */
  profiles?: InputMaybe<Array<AssignedProfileConfigurationInput>>;
  /** The person in the directory; none: nobody. */
  resource?: InputMaybe<ResourceRefConfigurationInput>;
  /** Login name, unique in any case. */
  username: Scalars['String']['input'];
};

/** Why something does not move. */
export type WaitReason =
  /** The agent is away. */
  | 'AGENT_OFFLINE'
  /** Somebody else has as good a claim to the target. */
  | 'AMBIGUOUS_OWNER'
  /** Somebody switched the system off. */
  | 'CONNECTOR_INACTIVE'
  /** The resource type allows no creation. */
  | 'CREATION_NOT_ALLOWED'
  /** A creation: on what it depends on; a removal: until what depends on it is gone. */
  | 'DEPENDENCY'
  /** Nothing but a found role, about which nobody decided yet, wants it. */
  | 'FOUND_ROLE'
  /** A removal: until it is known whether somebody takes the account of who is gone over. A creation: until it is known what became of one for who is gone, which would be his. */
  | 'HEIR'
  /** A value cannot be computed. */
  | 'ITEM_ERROR'
  /** A creation: until the line of its key is approved. Nothing is created without what designates it. */
  | 'KEY'
  /** It was in the system once, and is gone. */
  | 'MISSING_IN_TARGET'
  /** Its date is not reached. */
  | 'NOT_DUE'
  /** The resource type has no connection. */
  | 'NO_CONNECTION'
  /** The system cannot be reached, or asks to slow down. */
  | 'OUTAGE'
  /** The owner has no value of a property that is needed. */
  | 'OWNER_PROPERTY'
  /** Withdrawn before its system showed it; it goes once that is read. */
  | 'READING'
  /** Another order takes or gives up the same key first. */
  | 'TARGET_KEY'
  /** A limit holds it. */
  | 'THRESHOLD';

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

/** What an endpoint may be told of. */
export type WebhookEvent =
  /** Roles of somebody were found, changed or are over. */
  | 'FOUND_ROLE_CHANGED'
  /** Somebody decided about a found role. */
  | 'FOUND_ROLE_DECIDED'
  /** Differences of an account were found, changed or are over. */
  | 'GAP_CHANGED'
  /** Somebody decided about a difference. */
  | 'GAP_DECIDED'
  /** An order moved. */
  | 'ORDER_CHANGED'
  /** Rules took roles of somebody away that stay for their grace period, or that is over. */
  | 'PROLONGED_ROLE_CHANGED'
  /** Somebody decided about a role in its grace period. */
  | 'PROLONGED_ROLE_DECIDED';

/** All given fields must hold. */
export type WebhookFilter = {
  /** That are not called; false: the others. */
  isDisabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Each word stands in the description or the owner's user name, in any order and case, with or without accents. */
  text?: InputMaybe<Scalars['String']['input']>;
};

/** Which webhook. */
export type WebhookInput = {
  /** Its id. */
  id: Scalars['ID']['input'];
};

/** What would have to change. */
export type WhyNotChangeKind =
  /** What a person refused has to be given back. */
  | 'DENIAL'
  /** A policy has to be switched on, for everybody. */
  | 'POLICY'
  /** A record has to be added. */
  | 'RECORD'
  /** Nothing: it begins by itself. */
  | 'TIME'
  /** A value of a record, or of what a record leads to. */
  | 'VALUE';

/** Why does this owner not have it: exactly one of role and resourceType. */
export type WhyNotInput = {
  /** When it should hold; may lie ahead. Null: at knownAt. */
  at?: InputMaybe<Scalars['DateTime']['input']>;
  /** By what was known then. Null, or later than now: by what is known now. */
  knownAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** The person (or other owner). */
  ownerId: Scalars['ID']['input'];
  /** Identifier of a property of the resource type: a value of it is lacking. Null: the resource type itself. */
  property?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the resource type that is lacking, or a value of which is. */
  resourceType?: InputMaybe<Scalars['String']['input']>;
  /** Identifier of the role that is lacking. */
  role?: InputMaybe<Scalars['String']['input']>;
  /** The value, as explanations show it, or the key of the resource that it is. Null: any. */
  value?: InputMaybe<Scalars['String']['input']>;
};

/** What stands against something. */
export type WhyNotReasonKind =
  /** A risk keeps it back. */
  | 'BLOCKED'
  /** The rule asks for something else. */
  | 'CRITERIA'
  /** A person refused it. */
  | 'DENIED'
  /** The rule fails. */
  | 'FAILED'
  /** A rule forbids it. */
  | 'FORBIDDEN'
  /** It has not begun yet. */
  | 'LATER'
  /** No record of the owner counts. */
  | 'NO_RECORD'
  /** No rule gives it to anybody. */
  | 'NO_RULE'
  /** It has ended. */
  | 'OVER'
  /** Another rule takes precedence. */
  | 'OVERRULED'
  /** The rule belongs to a policy that is switched off. */
  | 'POLICY'
  /** The rule only suggests it. */
  | 'SUGGESTED'
  /** The rule asks for something that does not exist. */
  | 'UNKNOWN'
  /** It is ordered and not there yet, was declined, or a difference waits for a decision. */
  | 'WAITS';

/** How an assignment came about, and whether somebody still has to decide (role-model 12.6). */
export type WorkflowState =
  /** A person gave it (16). */
  | 'APPROVED'
  /** Approved in spite of a risk (116). */
  | 'APPROVED_RISK'
  /** A rule would give it, and a risk forbids (26). */
  | 'BLOCKED'
  /** A rule gives it (18). */
  | 'CALCULATED'
  /** Found and refused: to be removed (20). */
  | 'CANCELLATION'
  /** A person refused it (17). */
  | 'DECLINED'
  /** A resource type that comes with a role (118). */
  | 'GIVEN_BY_ROLE'
  /** Its end is reached (19). */
  | 'INACTIVE'
  /** No state of its own (0). */
  | 'NONE'
  /** Seen in a managed system, and neither a rule nor a person wants it (1). */
  | 'NON_CONFORMING'
  /** Waits for its only approval (8). */
  | 'PENDING_APPROVAL'
  /** Waits for the first of two approvals (9). */
  | 'PENDING_APPROVAL_1_OF_2'
  /** Waits for the first of three approvals (11). */
  | 'PENDING_APPROVAL_1_OF_3'
  /** Waits for the second of two approvals (10). */
  | 'PENDING_APPROVAL_2_OF_2'
  /** Waits for the second of three approvals (12). */
  | 'PENDING_APPROVAL_2_OF_3'
  /** Waits for the third of three approvals (13). */
  | 'PENDING_APPROVAL_3_OF_3'
  /** Requested, and a risk asks for an approval of its own (25). */
  | 'PENDING_APPROVAL_RISK'
  /** As NON_CONFORMING, found by the first run (3). */
  | 'PRE_EXISTING'
  /** Lost, and in its grace period (27). */
  | 'PROLONGED'
  /** A kept value whose source has changed (24). */
  | 'QUESTIONED'
  /** Submitted, not processed yet (4). */
  | 'REQUESTED'
  /** The same, for a new person; baskets only (23). */
  | 'REQUESTED_AUTOMATIC'
  /** Requested without a required parameter (2). */
  | 'REQUEST_MISSING_PARAMETERS'
  /** A rule gives it, and a required parameter is missing (5). */
  | 'RULE_MISSING_PARAMETERS'
  /** By a rule; baskets only (21). */
  | 'SUGGESTED'
  /** By a rule that requests for new people; baskets only (22). */
  | 'SUGGESTED_AUTOMATIC';
