import { formatName } from '../../lib/format'
import { t } from '../../lib/texts'
import { kindShapes, structShapes } from './shapes.generated'

/** What a property holds: one value, links, or a file. */
export type Holds = 'scalar' | 'navigation' | 'file'

/** One field of an object of the configuration, as the server declares it. */
export interface FieldShape {
  name: string
  /** What it is called here; else by its name. */
  label?: string
  type: 'text' | 'int' | 'float' | 'bool' | 'word' | 'criteria' | 'values' | 'texts' | 'ints' | 'list' | 'part'
  /** The struct of a list or a part. */
  of?: string
  /** The list of the words it may have. */
  words?: string
  /** The table of what it names. */
  ref?: string
  /** What the property it names must hold. */
  holds?: Holds
  required?: boolean
  /** It may be left out, which is not the same as any value. */
  nullable?: boolean
  default?: string
  min?: string
  max?: string
  /** It is written and never read. */
  secret?: boolean
  says: string
}

/** A kind of objects that is edited here. */
export interface KindShape {
  name: string
  list: string
  of: string
  /** What one is called, and what all are. */
  word: string
  title: string
  /** Who may change access may change it, not who may change the role model. */
  ofAccess?: boolean
}

/** An object, or a part of one, as it is typed. */
export type Draft = Record<string, unknown>

export const kindOf = (name: string): KindShape | undefined => kindShapes.find((k) => k.name === name)
export const fieldsOf = (struct: string): FieldShape[] => structShapes[struct] ?? []

/** A field with what it is called in one kind alone, where that differs. */
export const labelled = (struct: string, f: FieldShape): FieldShape => ({
  ...f,
  label: t.edit.fieldsIn[struct]?.[f.name],
})

/** What a field is called on the page. */
export const labelOf = (f: FieldShape): string => f.label ?? t.edit.fields[f.name] ?? formatName(f.name)

/** What stands in a field before anybody typed. */
function emptyValue(f: FieldShape): unknown {
  const said = f.default !== undefined && f.default !== '' && !f.default.startsWith('=')
  switch (f.type) {
    case 'list':
    case 'criteria':
    case 'values':
    case 'texts':
    case 'ints':
      return []
    case 'part':
      return null
    case 'bool':
      return f.default === 'true'
    case 'int':
    case 'float':
      return f.nullable ? null : said ? Number(f.default) : 0
    case 'word':
      return said ? f.default : ''
    case 'text':
      return said && f.ref ? f.default : ''
  }
}

/** A new object of a struct. */
export function blank(struct: string, given: Draft = {}): Draft {
  return { ...Object.fromEntries(fieldsOf(struct).map((f) => [f.name, emptyValue(f)])), ...given }
}

/** Takes out what is the server's alone, and what the cache adds. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '__typename' && name !== 'version')
      .map(([name, v]) => [name, plain(v)]),
  )
}

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The same with another value at a path such as rules.0.priority. */
export function withValue<T>(draft: T, path: string, value: unknown): T {
  const [key = '', ...rest] = path.split('.')
  const next = rest.length ? withValue((draft as Record<string, unknown>)[key] ?? {}, rest.join('.'), value) : value
  if (Array.isArray(draft)) return draft.map((v, i) => (String(i) === key ? next : v)) as T
  return { ...draft, [key]: next }
}

const listsOf = (struct: string) => fieldsOf(struct).filter((f) => f.type === 'list' && f.of !== undefined)
const named = (struct: string) => fieldsOf(struct).some((f) => f.name === 'identifier')

/** A name that no element of the lists has yet: that of the object, what it is, and a number. */
export function freeName(draft: Draft, list: string): string {
  const taken = new Set(
    Object.values(draft)
      .filter(Array.isArray)
      .flat()
      .map((e) => (e as Draft).identifier),
  )
  const word = list === 'rules' ? '' : `${list.replace(/Rules$/, '').toLowerCase()}-`
  for (let n = 1; ; n++) {
    const name = `${String(draft.identifier || 'new')}-${word}${n}`
    if (!taken.has(name)) return name
  }
}

/** Something the server has against an object, and the field where it stands; empty: the whole. */
export interface Mistake {
  place: string
  message: string
  isWarning?: boolean
}

/** Turns where the server says that something is wrong into a path of the form: singleRole/Reader.Reader-1.dimensions.Site. */
export function placeOf(kind: KindShape, draft: Draft, field: string): string {
  const head = `${kind.name}/${String(draft.identifier)}`
  if (!field.startsWith(head)) return ''
  return placeIn(kind.of, draft, field.slice(head.length).replace(/^\./, ''))
}

function placeIn(struct: string, draft: Draft, rest: string): string {
  if (rest === '') return ''
  for (const f of fieldsOf(struct)) {
    if (rest !== f.name && !rest.startsWith(`${f.name}.`) && !rest.startsWith(`${f.name}[`)) continue
    const below = rest.slice(f.name.length).replace(/^[.[]/, '')
    if (f.type === 'list' && f.of) {
      const index = /^(\d+)\]?\.?(.*)$/.exec(below)
      const element = index && (draft[f.name] as Draft[] | undefined)?.[Number(index[1])]
      if (index && element) return joined(f.name, index[1] ?? '', placeIn(f.of, element, index[2] ?? ''))
    }
    if (f.type === 'part' && f.of && draft[f.name]) return joined(f.name, placeIn(f.of, draft[f.name] as Draft, below))
    return f.name
  }
  // An element of a list is told by its name, which may have dots: the longest that fits.
  let best = ''
  let length = -1
  for (const f of listsOf(struct)) {
    ;((draft[f.name] as Draft[] | undefined) ?? []).forEach((element, i) => {
      const name = String(element.identifier ?? '')
      if (name && name.length > length && (rest === name || rest.startsWith(`${name}.`))) {
        length = name.length
        best = joined(f.name, String(i), placeIn(f.of ?? '', element, rest.slice(name.length + 1)))
      }
    })
  }
  return best
}

const joined = (...parts: string[]) => parts.filter(Boolean).join('.')

/** Where a problem of the whole model stands, if it is about this object or a rule in it. */
export function placeOfProblem(
  kind: KindShape,
  draft: Draft,
  problem: { kind: string; identifier: string; field: string },
): string | undefined {
  if (/rule$/.test(problem.kind) && !/^(context|contextRule)/.test(problem.kind)) {
    for (const f of listsOf(kind.of)) {
      const list = (draft[f.name] as Draft[] | undefined) ?? []
      const i = list.findIndex((e) => e.identifier === problem.identifier)
      if (i >= 0) return joined(f.name, String(i), placeIn(f.of ?? '', list[i] as Draft, problem.field))
    }
    return undefined
  }
  if (problem.identifier !== draft.identifier) return undefined
  return placeIn(kind.of, draft, problem.field)
}

/** One field that somebody else changed meanwhile. */
export interface Change {
  path: string
  was: unknown
  mine: unknown
  theirs: unknown
}

/** Both sides put together: what only one changed is taken; what both changed stays mine, and is told. */
export function merged(struct: string, base: Draft, mine: Draft, theirs: Draft) {
  const taken: Change[] = []
  const clashes: Change[] = []
  const out = mergeInto(struct, base, mine, theirs, '', taken, clashes)
  return { draft: out, taken, clashes }
}

function mergeInto(
  struct: string,
  base: Draft,
  mine: Draft,
  theirs: Draft,
  at: string,
  taken: Change[],
  clashes: Change[],
): Draft {
  const out: Draft = {}
  for (const f of fieldsOf(struct)) {
    const [was, own, other] = [base[f.name], mine[f.name], theirs[f.name]]
    const path = joined(at, f.name)
    if (f.type === 'list' && f.of && named(f.of)) {
      out[f.name] = mergeLists(f.of, was as Draft[], own as Draft[], other as Draft[], path, taken, clashes)
    } else if (same(was, other) || same(own, other)) {
      out[f.name] = own
    } else if (same(was, own)) {
      out[f.name] = other
      taken.push({ path, was, mine: own, theirs: other })
    } else {
      out[f.name] = own
      clashes.push({ path, was, mine: own, theirs: other })
    }
  }
  return out
}

function mergeLists(
  struct: string,
  base: Draft[] = [],
  mine: Draft[] = [],
  theirs: Draft[] = [],
  at: string,
  taken: Change[],
  clashes: Change[],
): Draft[] {
  const find = (list: Draft[], name: unknown) => list.find((e) => e.identifier === name)
  const out: Draft[] = []
  for (const own of mine) {
    const was = find(base, own.identifier)
    const other = find(theirs, own.identifier)
    const path = joined(at, String(own.identifier))
    if (other) out.push(mergeInto(struct, was ?? other, own, other, path, taken, clashes))
    else if (was && same(was, own)) taken.push({ path, was, mine: own, theirs: null })
    else {
      out.push(own)
      if (was) clashes.push({ path, was, mine: own, theirs: null })
    }
  }
  for (const other of theirs) {
    if (find(mine, other.identifier)) continue
    const was = find(base, other.identifier)
    const path = joined(at, String(other.identifier))
    if (!was) {
      out.push(other)
      taken.push({ path, was: null, mine: null, theirs: other })
    } else if (!same(was, other)) clashes.push({ path, was, mine: null, theirs: other })
  }
  return out
}

/** The object with what somebody else made of one place. */
export function withTheirs(struct: string, draft: Draft, change: Change): Draft {
  const field = fieldsOf(struct).find((f) => change.path === f.name || change.path.startsWith(`${f.name}.`))
  if (!field) return draft
  if (change.path === field.name) return { ...draft, [field.name]: change.theirs }
  const rest = change.path.slice(field.name.length + 1)
  const list = (draft[field.name] as Draft[] | undefined) ?? []
  const known = list
    .map((e) => String(e.identifier))
    .filter((name) => rest === name || rest.startsWith(`${name}.`))
    .toSorted((a, b) => b.length - a.length)[0]
  if (known === undefined) return { ...draft, [field.name]: [...list, change.theirs] }
  const inside = rest.slice(known.length + 1)
  const next = list.flatMap((e) => {
    if (e.identifier !== known) return [e]
    if (inside) return [withTheirs(field.of ?? '', e, { ...change, path: inside })]
    return change.theirs === null ? [] : [change.theirs as Draft]
  })
  return { ...draft, [field.name]: next }
}
