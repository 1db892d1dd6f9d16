import { TextInput } from '@mantine/core'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useConnection } from '../../graphql/useConnection'
import { useKindName } from '../../graphql/useKindName'
import { actorName } from '../../lib/actor'
import { dayOf, endOfDay, startOfDay } from '../../lib/day'
import { formatExact, formatName } from '../../lib/format'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { Fields } from '../../ui/Fields'
import { ClearFilters, ManyFilter, SearchFilter } from '../../ui/Filters'
import { Json } from '../../ui/Json'
import { Page, Section } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { AuditLogDocument, type AuditRowFragment } from './AuditPage.generated'
import { auditVariables, type AuditSearch } from './auditSearch'
import { eventLine, eventWords } from './eventWords'

const route = getRouteApi('/shell/audit')

const columns: Column<AuditRowFragment>[] = [
  { id: 'at', header: t.audit.at, width: '110px', cell: (e) => <RelativeTime at={e.at} />, text: (e) => e.at },
  {
    id: 'kind',
    header: t.audit.kind,
    width: 'minmax(150px, 1fr)',
    cell: (e) => <span className="cut">{kindWord(e.kind)}</span>,
    text: (e) => kindWord(e.kind),
    also: [{ header: t.audit.code, text: (e) => e.kind }],
  },
  {
    id: 'actor',
    header: t.audit.actor,
    width: 'minmax(120px, 1fr)',
    cell: (e) =>
      e.actorName ? <Stack main={e.actorName} sub={e.actor} /> : <span className="cut">{actorName(e.actor)}</span>,
    text: (e) => e.actor,
    lasting: true,
  },
  {
    id: 'subject',
    header: t.audit.subject,
    width: 'minmax(160px, 1.4fr)',
    cell: (e) => <Subject event={e} />,
    text: (e) => `${e.subjectName ?? e.subjectType} ${e.subjectId ?? ''}`,
    lasting: true,
  },
  {
    id: 'data',
    header: t.audit.data,
    width: 'minmax(200px, 2.4fr)',
    noCard: true,
    cell: (e) => (
      <span className="cut dim">
        <Told event={e} />
      </span>
    ),
    text: (e) => JSON.stringify(e.data),
  },
]

const commonKinds = [
  'order.changed',
  'assignment.changed',
  'assignment.failed',
  'resource.changed',
  'job.changed',
  'synchronization.ended',
  'generation.blocked',
  'ticket.opened',
  'configuration.changed',
]

/** Everything that happened, newest first. */
export function AuditPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const [open, setOpen] = useState<AuditRowFragment | null>(null)
  const kindName = useKindName()
  const list = useConnection({
    document: AuditLogDocument,
    variables: auditVariables(search),
    select: (data) => data.auditEvents,
  })
  const kinds = useMemo(
    () => [...new Set([...commonKinds, ...list.rows.map((e) => e.kind), ...(search.kinds ?? [])])].sort(),
    [list.rows, search.kinds],
  )
  const setSearch = (change: Partial<AuditSearch>) =>
    void navigate({ to: '/audit', search: { ...search, ...change }, replace: true })
  return (
    <Page title={t.audit.title} hint={t.audit.hint}>
      <Table
        label={t.audit.title}
        name="audit"
        list={list}
        columns={columns}
        getId={rowId}
        openId={open?.cursor ?? null}
        onOpen={setOpen}
        empty={{ title: t.audit.empty, hint: t.audit.emptyHint }}
        onClear={Object.keys(search).length > 0 ? () => void navigate({ to: '/audit', search: {} }) : undefined}
        savedFilters={{ search, apply: (saved) => void navigate({ to: '/audit', search: saved }) }}
        filters={
          <>
            <SearchFilter
              label={t.audit.textFilter}
              placeholder={t.audit.textFilter}
              value={search.text}
              onChange={(text) => setSearch({ text })}
            />
            <SearchFilter
              label={t.audit.actorFilter}
              placeholder={t.audit.actorFilter}
              value={search.actor}
              onChange={(actor) => setSearch({ actor })}
            />
            <ManyFilter
              label={t.audit.kindFilter}
              values={search.kinds}
              options={kinds.map((value) => ({ value, label: kindWord(value) }))}
              onChange={(value) => setSearch({ kinds: value })}
            />
            <DateFilter label={t.audit.after} value={search.after} onChange={(after) => setSearch({ after })} />
            <DateFilter
              label={t.audit.before}
              isEnd
              value={search.before}
              onChange={(before) => setSearch({ before })}
            />
            {Object.keys(search).length > 0 && (
              <ClearFilters onClick={() => void navigate({ to: '/audit', search: {} })} />
            )}
          </>
        }
      />
      {open && (
        <Drawer
          title={kindWord(open.kind)}
          sub={formatExact(open.at)}
          subject={open.cursor}
          onClose={() => setOpen(null)}
        >
          <Fields
            rows={[
              [t.audit.actor, open.actorName ? `${open.actorName} · ${open.actor}` : actorName(open.actor)],
              [t.audit.subject, <Subject key="subject" event={open} />],
              [t.audit.code, <code key="kind">{open.kind}</code>],
              [t.audit.position, <code key="cursor">{open.cursor}</code>],
            ]}
          />
          <Section title={t.audit.data}>
            {Object.keys((open.data ?? {}) as object).length === 0 ? (
              <p className="dim">{t.audit.noDetails}</p>
            ) : (
              <>
                <Fields rows={eventWords(open.kind, open.data, kindName)} />
                <details className="dim">
                  <summary>{t.audit.recorded}</summary>
                  <Json value={open.data} label={t.audit.recorded} />
                </details>
              </>
            )}
          </Section>
        </Drawer>
      )}
    </Page>
  )
}

/** What happened, in words; a kind that is new here as its own name says it. */
function kindWord(kind: string): string {
  return t.audit.kinds[kind] ?? formatName(kind.replace('.', '_'))
}

const rowId = (event: AuditRowFragment) => event.cursor

/** What the event is about, by name, as a link where it has a page. */
function Subject({ event }: { event: AuditRowFragment }) {
  const kind = formatName(event.subjectType)
  const id = event.subjectId
  if (!id) return <span className="cut">{event.subjectName ?? '–'}</span>
  const name = event.subjectName ?? `${kind} ${id}`
  const common = { className: 'cut', title: `${kind} ${id}`, children: name }
  switch (event.subjectType) {
    case 'order':
      return <Link to="/order/$orderId" params={{ orderId: id }} {...common} />
    case 'job_instance':
      return <Link to="/runs/$id" params={{ id }} {...common} />
    case 'resource':
      return <Link to="/person/$id" params={{ id }} {...common} />
    case 'delivery':
      return <Link to="/deliveries/$id" params={{ id }} {...common} />
    case 'webhook':
      return <Link to="/webhooks/$id" params={{ id }} {...common} />
    default:
      return <span {...common} />
  }
}

function DateFilter(props: {
  label: string
  /** The day itself counts: the instant is the beginning of the next one. */
  isEnd?: boolean
  value: string | undefined
  onChange: (value: string | undefined) => void
}) {
  const shown = props.value ? dayOf(new Date(Date.parse(props.value) - (props.isEnd ? 1 : 0))) : ''
  return (
    <TextInput
      type="date"
      wrapperProps={{ 'data-set': props.value ? true : undefined }}
      aria-label={props.label}
      leftSection={<span className="dim">{props.label}</span>}
      leftSectionWidth={46}
      value={shown}
      onChange={(event) => {
        const day = event.currentTarget.value
        const at = props.isEnd && day ? endOfDay(day) : startOfDay(day)
        props.onChange(Number.isNaN(at.getTime()) ? undefined : at.toISOString())
      }}
    />
  )
}

function Told({ event }: { event: AuditRowFragment }) {
  return eventLine(event.kind, event.data, useKindName())
}
