import { Button, Switch, TextInput } from '@mantine/core'
import {
  IconBriefcase,
  IconChevronDown,
  IconChevronRight,
  IconId,
  IconPackages,
  IconPoint,
  IconRoute,
  type Icon,
} from '@tabler/icons-react'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { mayReconcileResources, mayReconcileRoles, mayReviewRoles } from '../../graphql/may'
import { useCan, useMe } from '../../graphql/SessionContext'
import type { EntitlementKind } from '../../graphql/types.generated'
import { useMayAskFor } from '../../graphql/useMayAskFor'
import { usePersonChanges } from '../../graphql/usePersonChanges'
import { useReading } from '../../graphql/useReading'
import { formatExact, formatPeriod, span } from '../../lib/format'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import { EmptyNote } from '../../ui/EmptyNote'
import { SearchFilter } from '../../ui/Filters'
import { ProblemNote } from '../../ui/ProblemNote'
import { useNow } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { StateBadge } from '../../ui/StateBadge'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { PermissionsViewDocument, type EntitlementRowFragment } from './assignment.generated'
import { RiskNote } from './RiskNote'
import { treeRows, type TreeRow } from './entitlementTree'
import type { PermissionsSearch } from './permissionsSearch'
import classes from './PermissionsTab.module.css'
import { AskLink } from './AskLink'
import { WhyPopover } from './WhyPopover'

const route = getRouteApi('/shell/person/$id/')

const kindIcons: Record<EntitlementKind, Icon> = {
  COMPOSITE_ROLE: IconPackages,
  SINGLE_ROLE: IconBriefcase,
  RESOURCE_TYPE: IconId,
  PROPERTY: IconPoint,
}

/** View Permissions: every entitlement with its state, at every step (provisioning spec 12.2). */
export function PermissionsTab() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const { can } = useCan()
  const allowed = can(permissions.assignments)
  const setSearch = (change: Partial<PermissionsSearch>) =>
    void navigate({ to: '/person/$id', params: { id }, search: { ...search, ...change }, replace: true })
  const [{ data, error }, read] = useReading({
    query: PermissionsViewDocument,
    variables: { resourceId: id, at: search.asOf, knownAt: search.knownAt ?? search.asOf },
    requestPolicy: 'cache-and-network',
    pause: !allowed,
  })
  usePersonChanges(id, () => read({ requestPolicy: 'network-only' }), { pause: search.asOf !== undefined })

  const owner = data?.permissionsView.owner
  const asks = useMayAskFor(search.asOf === undefined ? owner : undefined)
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const entitlements = data?.permissionsView.entitlements
  const { rows, hidden } = useMemo(
    () =>
      treeRows(entitlements ?? [], {
        simplified: search.view !== 'advanced',
        text: search.text ?? '',
        onlyProblems: search.problems ?? false,
        closed,
      }),
    [entitlements, search.view, search.text, search.problems, closed],
  )
  const toggle = (key: string) =>
    setClosed((old) => {
      const next = new Set(old)
      if (!next.delete(key)) next.add(key)
      return next
    })

  if (!allowed) {
    return (
      <div className={classes.tab}>
        <EmptyNote title={t.problem.forbiddenTitle} hint={t.problem.forbidden} />
      </div>
    )
  }
  return (
    <div className={classes.tab}>
      <div className={classes.bar}>
        <SearchFilter
          label={t.assignment.search}
          placeholder={t.assignment.search}
          value={search.text}
          onChange={(text) => setSearch({ text })}
        />
        <ViewSwitch
          label={t.assignment.view}
          value={search.view ?? 'simplified'}
          options={[
            { value: 'simplified', label: t.assignment.simplified },
            { value: 'advanced', label: t.assignment.advanced },
          ]}
          onChange={(view) => setSearch({ view: view === 'advanced' ? 'advanced' : undefined })}
        />
        <Switch
          label={t.assignment.problems}
          checked={search.problems ?? false}
          onChange={(event) => setSearch({ problems: event.currentTarget.checked ? true : undefined })}
        />
        <span className={classes.asOf}>
          <InstantInput
            label={t.assignment.asOf}
            hint={t.assignment.asOfHint}
            value={search.asOf}
            onChange={(asOf) => setSearch({ asOf, knownAt: asOf && search.knownAt })}
          />
          {search.asOf && (
            <>
              <InstantInput
                label={t.assignment.knownAt}
                hint={t.assignment.knownAtHint}
                value={search.knownAt ?? search.asOf}
                onChange={(knownAt) => setSearch({ knownAt })}
              />
              <Button variant="subtle" onClick={() => setSearch({ asOf: undefined, knownAt: undefined })}>
                {t.assignment.asOfNow}
              </Button>
            </>
          )}
        </span>
        {hidden > 0 && <span className="dim">{t.assignment.hidden(hidden)}</span>}
      </div>
      {search.asOf === undefined && <RiskNote id={id} />}
      {error && !entitlements ? (
        <div className={classes.note}>
          <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
        </div>
      ) : !entitlements ? (
        <div className={classes.note}>
          <Skeleton lines={10} />
        </div>
      ) : rows.length === 0 ? (
        <EmptyNote title={t.assignment.empty} hint={t.assignment.emptyHint} />
      ) : (
        <div className={classes.scroll} tabIndex={0} role="group" aria-label={t.assignment.title}>
          <div role="treegrid" aria-label={t.assignment.title} className={classes.tree}>
            <div role="row" className={classes.head}>
              <span role="columnheader">{t.assignment.what}</span>
              <span role="columnheader">{t.assignment.value}</span>
              <span role="columnheader">{t.assignment.provisioning}</span>
              <span role="columnheader">{t.assignment.workflow}</span>
              <span role="columnheader">{t.assignment.dates}</span>
              <span role="columnheader">{t.assignment.why}</span>
            </div>
            {rows.map((row) => (
              <EntitlementLine
                key={row.entitlement.id}
                row={row}
                typeOfValue={entitlements.find((e) => e.id === row.entitlement.parentId)?.identifier}
                ownerId={id}
                onToggle={() => toggle(row.entitlement.id)}
                asks={asks}
                at={search.asOf}
                knownAt={search.knownAt ?? search.asOf}
              />
            ))}
          </div>
        </div>
      )}
    </div>
  )
}

function InstantInput(props: {
  label: string
  hint: string
  value: string | undefined
  onChange: (value: string | undefined) => void
}) {
  return (
    <TextInput
      type="datetime-local"
      aria-label={props.label}
      title={props.hint}
      leftSection={<span className={classes.asOfWord}>{props.label}</span>}
      leftSectionWidth={64}
      value={props.value ? toLocal(props.value) : ''}
      onChange={(event) => {
        const at = new Date(event.currentTarget.value)
        props.onChange(Number.isNaN(at.getTime()) ? undefined : at.toISOString())
      }}
    />
  )
}

function EntitlementLine(props: {
  row: TreeRow
  typeOfValue?: string
  ownerId: string
  onToggle: () => void
  /** The caller may ask for what the person has to be changed. */
  asks: boolean
  at?: string
  knownAt?: string
}) {
  const { row, ownerId, onToggle } = props
  const now = useNow()
  const { entitlement: e, depth, hasChildren, isOpen } = row
  const me = useMe()
  const reconciles = mayReconcileResources(me)
  const Glyph = kindIcons[e.kind]
  return (
    <div
      role="row"
      aria-level={depth + 1}
      aria-expanded={hasChildren ? isOpen : undefined}
      className={cx(classes.row, depth === 0 && classes.top)}
    >
      <span role="gridcell" className={classes.what} style={{ paddingLeft: depth * 20 }}>
        {hasChildren ? (
          <button
            type="button"
            className={classes.toggle}
            aria-label={isOpen ? t.assignment.collapse(e.name) : t.assignment.expand(e.name)}
            onClick={onToggle}
          >
            {isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
          </button>
        ) : (
          <span className={classes.toggle} />
        )}
        <Glyph size={15} stroke={1.7} className={classes.kind} aria-label={t.assignment.kinds[e.kind]} role="img" />
        <span className={cx('cut', e.kind !== 'PROPERTY' && classes.name)} title={e.identifier}>
          {e.name}
          {e.parameters.length > 0 && (
            <span className="dim"> ({e.parameters.map((p) => p.value.displayName).join(', ')})</span>
          )}
        </span>
        {e.indirect && (
          <IconRoute size={15} stroke={1.7} className={classes.kind} aria-label={t.indirect.icon} role="img" />
        )}
        {e.category && <span className="dim cut">{e.category}</span>}
      </span>
      <span role="gridcell" className={cx(classes.value, e.value === null && !e.target && !e.indirect && classes.none)}>
        <EntitlementValue e={e} />
      </span>
      <span role="gridcell" className={cx(classes.state, !e.provisioningState && classes.none)}>
        {e.provisioningState && (
          <>
            {e.orderId ? (
              <Link to="/order/$orderId" params={{ orderId: e.orderId }} title={t.assignment.openOrder}>
                <StateBadge state={e.provisioningState} />
              </Link>
            ) : (
              <StateBadge state={e.provisioningState} />
            )}
          </>
        )}
        {e.differenceId && reconciles && (
          <Link
            to="/reconcile/resources/$itemId"
            params={{ itemId: e.differenceId }}
            search={{ view: 'rows' }}
            title={t.reconcile.decideTitle}
          >
            {t.reconcile.decide}
          </Link>
        )}
        {e.foundRoleId && mayReconcileRoles(me) && (
          <Link
            to="/reconcile/roles/$foundId"
            params={{ foundId: e.foundRoleId }}
            search={{ view: 'rows' }}
            title={t.reconcile.role.decideTitle}
          >
            {t.reconcile.decide}
          </Link>
        )}
        {e.prolongedRoleId && mayReviewRoles(me) && (
          <Link
            to="/reconcile/prolonged/$prolongedId"
            params={{ prolongedId: e.prolongedRoleId }}
            search={{}}
            title={t.reconcile.prolonged.decideTitle}
          >
            {t.reconcile.decide}
          </Link>
        )}
        {e.error ? (
          <span className={cx('cut', classes.error)} title={e.error}>
            {e.error}
          </span>
        ) : (
          e.waitReason && <span className="dim cut">{t.waitReason[e.waitReason]}</span>
        )}
        {e.warnings.length > 0 && (
          <span className="dim cut" title={e.warnings.map((w) => w.text).join('\n')}>
            {[...new Set(e.warnings.map((w) => t.assignment.warning[w.code]))].join(', ')}
          </span>
        )}
      </span>
      <span role="gridcell" className="cut">
        {t.workflowState[e.workflow]}
      </span>
      <span role="gridcell" className={cx('num dim', classes.dates)} title={exactDates(e)}>
        {formatPeriod(e.startDate, e.endDate)}
      </span>
      <span role="gridcell" className={classes.last}>
        {props.asks && <AskLink entitlement={e} ownerId={ownerId} now={now} />}
        <WhyPopover
          entitlement={e}
          typeOfValue={props.typeOfValue}
          ownerId={ownerId}
          at={props.at}
          knownAt={props.knownAt}
        />
      </span>
    </div>
  )
}

function EntitlementValue({ e }: { e: EntitlementRowFragment }) {
  if (e.kind === 'RESOURCE_TYPE')
    return e.target ? (
      <Link to="/person/$id" params={{ id: e.target.id }} className="cut">
        {e.target.displayName}
      </Link>
    ) : null
  return (
    <>
      <span className="cut" title={e.value ?? undefined}>
        {e.value}
      </span>
      {e.indirect && e.indirect.path.length > 0 && <Way of={e.indirect} />}
      {e.currentValue !== null && e.currentValue !== e.value && (
        <span className={cx('cut', classes.current)} title={`${t.assignment.currentValue}: ${e.currentValue}`}>
          {t.assignment.currentValue}: {e.currentValue}
        </span>
      )}
    </>
  )
}

/** How something is had through others. */
function Way({ of }: { of: NonNullable<EntitlementRowFragment['indirect']> }) {
  const way = t.indirect.way(of.path, of.leftOut)
  return (
    <span className={cx('cut dim', classes.way)} title={way}>
      {way}
    </span>
  )
}

function exactDates(e: EntitlementRowFragment): string {
  return span(e.startDate ? formatExact(e.startDate) : '', e.endDate ? formatExact(e.endDate) : '')
}

function toLocal(iso: string): string {
  const date = new Date(iso)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
