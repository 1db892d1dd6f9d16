import type { RequestAssignmentsInput, RequestAction, RoleKind, FindingCode } from '../../graphql/types.generated'
import { endOfDay, startOfDay } from '../../lib/day'
import type { CatalogueRowFragment, RequestRefFragment } from './request.generated'

/** One role in the basket, for one or more people. */
export interface BasketLine {
  id: string
  action: RequestAction
  role: string
  kind: RoleKind
  name: string
  owners: RequestRefFragment[]
  /** Days, yyyy-MM-dd; empty: as soon as approved, as late as allowed. */
  from: string
  until: string
  /** Values by dimension, with the name that was chosen. */
  values: Record<string, { key: string; name: string }>
  /** What the role is asked for with. */
  parameters: CatalogueRowFragment['parameters']
  needsEnd: boolean
  takesEnd: boolean
}

/** What is going to be asked for. It is kept in the tab until it is sent. */
export interface Basket {
  /** For whom the next things are added. */
  people: RequestRefFragment[]
  /** Somebody chose for whom: nobody is chosen by himself any more. */
  chosen: boolean
  lines: BasketLine[]
  reason: string
  /** Names this request to the server: the same one is made once only. Another basket has another one. */
  key: string
  acknowledged: FindingCode[]
}

/** The server takes no more. */
const mostLines = 100
const mostPeople = 200

export const emptyBasket = (): Basket => ({
  people: [],
  chosen: false,
  lines: [],
  reason: '',
  key: newKey(),
  acknowledged: [],
})

/** A name that nobody else gives. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const changed = (basket: Basket, change: Partial<Basket>): Basket => ({ ...basket, ...change, key: newKey() })

export const isTaken = (basket: Basket, role: string, kind: RoleKind, ownerId: string) =>
  basket.lines.some((l) => l.role === role && l.kind === kind && l.owners.some((o) => o.id === ownerId))

export function addLine(basket: Basket, line: Omit<BasketLine, 'id' | 'from' | 'until' | 'values'>): Basket {
  const same = basket.lines.find((l) => l.role === line.role && l.kind === line.kind && l.action === line.action)
  if (!same) {
    if (basket.lines.length >= mostLines) return basket
    return changed(basket, {
      lines: [...basket.lines, { ...line, id: newKey(), from: '', until: '', values: {} }],
    })
  }
  // The same for others: one line with all of them.
  const owners = [...same.owners, ...line.owners.filter((o) => !same.owners.some((s) => s.id === o.id))]
  return owners.length === same.owners.length ? basket : changeLine(basket, same.id, { owners })
}

export const changeLine = (basket: Basket, id: string, change: Partial<BasketLine>): Basket =>
  changed(basket, { lines: basket.lines.map((l) => (l.id === id ? { ...l, ...change } : l)) })

export const dropLine = (basket: Basket, id: string): Basket =>
  changed(basket, { lines: basket.lines.filter((l) => l.id !== id) })

/** Leaves one person out of a line; a line of nobody goes. */
export const leaveOut = (basket: Basket, id: string, ownerId: string): Basket =>
  changed(basket, {
    lines: basket.lines.flatMap((l) => {
      if (l.id !== id) return [l]
      const owners = l.owners.filter((o) => o.id !== ownerId)
      return owners.length > 0 ? [{ ...l, owners }] : []
    }),
  })

/** Asks for somebody else, too: also for all that is given to everybody so far. */
export function addPerson(basket: Basket, person: RequestRefFragment): Basket {
  if (basket.people.some((p) => p.id === person.id) || basket.people.length >= mostPeople) return basket
  const all = (l: BasketLine) => basket.people.every((p) => l.owners.some((o) => o.id === p.id))
  return changed(basket, {
    people: [...basket.people, person],
    chosen: true,
    lines: basket.lines.map((l) =>
      l.action === 'ADD' && basket.people.length > 0 && all(l) ? { ...l, owners: [...l.owners, person] } : l,
    ),
  })
}

/** Does not ask for somebody any more. */
export const dropPerson = (basket: Basket, id: string): Basket =>
  changed(basket, {
    people: basket.people.filter((p) => p.id !== id),
    chosen: true,
    lines: basket.lines.flatMap((l) => {
      const owners = l.owners.filter((o) => o.id !== id)
      return owners.length > 0 ? [{ ...l, owners }] : []
    }),
  })

export const setReason = (basket: Basket, reason: string): Basket => changed(basket, { reason })

export function acknowledge(basket: Basket, code: FindingCode, on: boolean): Basket {
  const others = basket.acknowledged.filter((c) => c !== code)
  return changed(basket, { acknowledged: on ? [...others, code] : others })
}

/** What is left after it was sent: for whom one asked. */
export const sentBasket = (basket: Basket): Basket => ({
  ...emptyBasket(),
  people: basket.people,
  chosen: basket.chosen,
})

/** The basket as the server takes it, without the reason: what the server says does not depend on it. */
export function toInput(lines: BasketLine[]): RequestAssignmentsInput {
  return {
    items: lines.map((l) => ({
      action: l.action,
      role: l.role,
      roleKind: l.kind,
      ownerIds: l.owners.map((o) => o.id),
      ...((l.action === 'ADD' || l.action === 'EXTEND' || l.action === 'REMOVE') && {
        parameters: l.parameters.flatMap(({ dimension }) => {
          const key = l.values[dimension]?.key
          return key ? [{ dimension, key }] : []
        }),
      }),
      ...(l.from && { startDate: instant(startOfDay(l.from)) }),
      ...(l.until && { endDate: instant(endOfDay(l.until)) }),
    })),
  }
}

function instant(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

const place = (user: string) => `writ.basket.${user}`

/** What this tab kept of the basket of somebody; one that cannot be read is an empty one. */
export function readBasket(user: string): Basket {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place(user)) ?? 'null') as Basket | null
    return kept && Array.isArray(kept.lines) && Array.isArray(kept.people)
      ? { ...emptyBasket(), ...kept }
      : emptyBasket()
  } catch {
    return emptyBasket()
  }
}

export function writeBasket(user: string, basket: Basket) {
  try {
    sessionStorage.setItem(place(user), JSON.stringify(basket))
  } catch {
    // not kept: it stays as long as the page is drawn
  }
}
