import type { CommentActivation, ReconciliationDecision, ReconciliationKind } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { n, sizeOf, type Amount } from '../../lib/texts/plural'
import type { DifferenceRowFragment } from './DifferenceList.generated'

interface Asked {
  danger?: boolean
  /** Asks to type the name of what it is about. */
  typed?: boolean
  /** Asks to type the number of what it is about, from so many on. */
  typedFrom?: number
}

/** What is asked before a decision: here alone. */
const asked: Record<ReconciliationDecision, Asked> = {
  USE_PROPOSED: { typedFrom: 21 },
  KEEP_CURRENT: {},
  AUTHORIZE: {},
  AUTHORIZE_WITHOUT_OWNER: { typed: true, typedFrom: 1 },
  DELETE_ACCOUNT: { danger: true, typed: true, typedFrom: 1 },
  KEEP_ROLE: { typedFrom: 21 },
  REMOVE_ROLE: { danger: true, typedFrom: 1 },
  POSTPONE: {},
  TAKE_UP_AGAIN: {},
}

/** The field for the comment of a decision, as a policy says; undefined: none is asked for. */
export function reasonOf(activation: CommentActivation) {
  if (activation === 'DISABLED') return undefined
  const required = activation === 'REQUIRED'
  return { label: required ? t.reconcile.reason : t.reconcile.comment, required, max: 2000 }
}

/** Whether a decision about some things takes a comment: as whatever asks for most. */
export function activationOf(decision: ReconciliationDecision, items: Pick<DifferenceRowFragment, 'comments'>[]) {
  const said = items.flatMap((item) => item.comments.filter((c) => c.decision === decision).map((c) => c.activation))
  return said.includes('REQUIRED')
    ? 'REQUIRED'
    : said.length === 0 || said.includes('OPTIONAL')
      ? 'OPTIONAL'
      : 'DISABLED'
}

/** Done at once, since it can be taken back. */
export const isAtOnce = (decision: ReconciliationDecision) => decision === 'POSTPONE' || decision === 'TAKE_UP_AGAIN'

export const isDangerous = (decision: ReconciliationDecision) => asked[decision].danger ?? false

/** The one letter of a decision: the yes, the no, later. */
export const keyOf: Partial<Record<ReconciliationDecision, string>> = {
  USE_PROPOSED: 'a',
  KEEP_ROLE: 'a',
  REMOVE_ROLE: 'd',
  AUTHORIZE: 'a',
  KEEP_CURRENT: 'd',
  DELETE_ACCOUNT: 'd',
  POSTPONE: 'p',
  TAKE_UP_AGAIN: 'p',
}

const aboutValues: ReconciliationDecision[] = ['USE_PROPOSED', 'KEEP_CURRENT']
const aboutAccounts: ReconciliationDecision[] = ['AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT']

/** What can be decided about many of one kind at once; of no kind: only what fits everything. */
export function decisionsFor(kind: ReconciliationKind | undefined, postponed: boolean): ReconciliationDecision[] {
  const both: ReconciliationDecision[] = postponed ? ['TAKE_UP_AGAIN'] : ['POSTPONE']
  if (kind === undefined) return both
  if (kind === 'UNAUTHORIZED') return [...aboutAccounts, ...both]
  if (kind === 'ORPHAN') return [...aboutAccounts.filter((d) => d !== 'AUTHORIZE'), ...both]
  return [...aboutValues, ...both]
}

/** The question before a decision about one thing. */
export function questionOfOne(decision: ReconciliationDecision, item: DifferenceRowFragment) {
  const { danger, typed } = asked[decision]
  const word = accountName(item)
  return {
    title: t.reconcile.ask[decision](phrase(item)),
    text: t.reconcile.consequence[decision],
    action: t.reconcile.decisions[decision],
    danger,
    reason: reasonOf(activationOf(decision, [item])),
    typed: typed ? { label: t.reconcile.typeName(word), word } : undefined,
  }
}

/** The question before a decision about many. */
export function questionOfMany(
  decision: ReconciliationDecision,
  count: Amount,
  items: Pick<DifferenceRowFragment, 'comments'>[],
) {
  const { danger, typedFrom = Infinity } = asked[decision]
  return {
    title: t.reconcile.askMany[decision](count),
    text: t.reconcile.consequence[decision],
    action: t.reconcile.manyDecisions[decision],
    danger,
    reason: reasonOf(activationOf(decision, items)),
    typed:
      sizeOf(count) >= typedFrom
        ? { label: `${t.reconcile.typeCount}: ${n(sizeOf(count))}`, word: String(sizeOf(count)) }
        : undefined,
  }
}

/** An account as its system calls it. */
const accountName = (item: DifferenceRowFragment) => item.target?.displayName ?? item.current

const whom = (item: DifferenceRowFragment) =>
  item.owner ? `${item.owner.displayName}, ${item.owner.key}` : accountName(item)

/** A difference inside a sentence: "Site of Petra Lang, E10002", "Intranet user svc-backup in Intranet". */
export function phrase(item: DifferenceRowFragment): string {
  if (item.propertyName) return t.reconcile.valueOf(item.propertyName, whom(item))
  const account = t.reconcile.accountIn(`${item.resourceTypeName} ${accountName(item)}`, item.systemName ?? '')
  return item.owner ? t.reconcile.valueOf(account, whom(item)) : account
}

/** The title of a drawer: what, then whose. */
export function title(item: DifferenceRowFragment): string {
  const what = item.propertyName ?? item.resourceTypeName
  return `${what} · ${item.owner?.displayName ?? accountName(item)}`
}
