import type { DeliveryMode, OrderKind, RequestAction } from '../../graphql/types.generated'
import { formatName, formatNumber } from '../../lib/format'
import { moveWord, orderKinds, provisioningStates } from '../../lib/states'
import { t } from '../../lib/texts'

/** One thing that an event tells, by its name and in words. */
export type Told = [name: string, value: string]

type KindName = (identifier: string) => string

/** What an event says, for people: states, counters and kinds by their words; ids, versions and what is zero or empty is left out. */
export function eventWords(kind: string, data: unknown, kindName: KindName): Told[] {
  const all = (data ?? {}) as Record<string, unknown>
  if (kind === 'order.changed') return orderWords(all)
  const told: Told[] = []
  const move = moved(all.from, all.to)
  if (move) told.push([t.common.state, move])
  for (const [name, value] of Object.entries(all)) {
    if (name === 'from' || name === 'to' || isTechnical(name)) continue
    if (name === 'role' && all.object) continue // what it is called stands beside
    const said = valueWords(name, value, kindName)
    if (said) told.push([t.audit.names[name] ?? t.job.counterWord[name] ?? formatName(name), said])
  }
  return told
}

/** The same on one line. */
export function eventLine(kind: string, data: unknown, kindName: KindName): string {
  const told = eventWords(kind, data, kindName)
  if (kind === 'order.changed') return told.map(([, value]) => value).join(' · ')
  return told.map((pair) => pair.join(': ')).join(' · ')
}

/** They stand for something that the event names already, or serve programs. */
const technical = new Set(['version', 'hash', 'id', 'connector'])

const isTechnical = (name: string) => technical.has(name) || /Ids?$/.test(name)

const states = { ...t.jobState, ...t.taskState, ...t.deliveryState } as Record<string, string>

function orderWords(data: Record<string, unknown>): Told[] {
  const { from, to, action, kind } = data as { from?: number | null; to?: number; action?: string; kind?: OrderKind }
  const move = [from, to].filter((code) => code != null).map(stateWord)
  const told: (Told | null)[] = [
    kind ? [t.order.what, orderKinds[kind]] : null,
    move.length ? [t.common.state, [...new Set(move)].join(' → ')] : null,
    action ? [t.help.action, moveWord(action) ?? formatName(action)] : null,
  ]
  return told.filter((pair) => pair !== null)
}

function stateWord(code: number): string {
  return Object.values(provisioningStates).find((state) => state.code === code)?.word ?? String(code)
}

function moved(from: unknown, to: unknown): string {
  return [from, to]
    .filter((state) => typeof state === 'string')
    .map((state) => states[state] ?? formatName(state))
    .join(' → ')
}

function valueWords(name: string, value: unknown, kindName: KindName): string {
  if (value === null || value === undefined || value === '' || value === 0) return ''
  if (typeof value === 'number') return formatNumber(value)
  if (typeof value === 'boolean') return value ? t.common.yes : t.common.no
  if (typeof value === 'string') {
    if (/^(source)?entityTypes?$/i.test(name)) return kindName(value)
    if (name === 'mode') return t.job.deliveryMode[value as DeliveryMode] ?? formatName(value)
    if (name === 'wish') return t.request.action[value as RequestAction] ?? formatName(value)
    if (name === 'change') return t.audit.changes[value] ?? value
    return (
      states[value] ?? (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(value) && value.length > 4 ? formatName(value) : value)
    )
  }
  if (Array.isArray(value)) {
    if (name === 'tasks') return taskWords(value as { from?: string; to?: string }[])
    return value
      .map((item) => (isLimit(item) ? limitWords(item) : valueWords(name, item, kindName)))
      .filter(Boolean)
      .join(', ')
  }
  return Object.entries(value)
    .filter(([inner]) => !isTechnical(inner))
    .map(([inner, of]) => [t.job.counterWord[inner] ?? formatName(inner), valueWords(inner, of, kindName)])
    .filter(([, said]) => said !== '')
    .map((pair) => pair.join(' '))
    .join(', ')
}

/** "3 × Waiting → Cancelled": many tasks move together. */
function taskWords(tasks: { from?: string; to?: string }[]): string {
  const count = new Map<string, number>()
  for (const { from, to } of tasks) count.set(moved(from, to), (count.get(moved(from, to)) ?? 0) + 1)
  return [...count].map(([move, many]) => (many === 1 ? move : `${formatNumber(many)} × ${move}`)).join(', ')
}

interface Limit {
  name: string
  counter: string
  value: number
  limit: number
  percent?: boolean
}

function isLimit(item: unknown): item is Limit {
  const { counter, limit, value } = (item ?? {}) as Partial<Limit>
  return typeof counter === 'string' && typeof limit === 'number' && typeof value === 'number'
}

function limitWords({ name, counter, value, limit, percent }: Limit): string {
  const what = (t.job.counterWord[counter] ?? formatName(counter)).toLowerCase()
  return t.audit.overLimit(name, what, formatNumber(value), percent ? `${limit} %` : formatNumber(limit))
}
