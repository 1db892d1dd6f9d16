import { Button } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useCounters } from '../../graphql/live'
import { t } from '../../lib/texts'
import { ClearFilters, ManyFilter, SearchFilter, SelectFilter } from '../../ui/Filters'
import { useKeys } from '../../ui/keys'
import { Tile, Tiles } from '../../ui/Tiles'
import { useSeen } from '../../ui/useSeen'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { DifferenceList } from './DifferenceList'
import { PatternList } from './PatternList'
import classes from './Reconciliation.module.css'
import { countFilters, showsRows, stateList, type DifferenceSearch } from './reconcileSearch'

const route = getRouteApi('/shell/reconcile/resources')

const kinds = ['UNAUTHORIZED', 'UNRECONCILED', 'MISSING'] as const

/** Unauthorized accounts, values that differ, values that are missing: as patterns of one cause, or one by one. */
export function DifferencesTab() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const counters = useCounters()?.reconciliation
  const setSearch = (change: Partial<DifferenceSearch>) =>
    void navigate({ to: '/reconcile/resources', search: { ...search, ...change }, replace: !change.pattern })
  const clear = () => void navigate({ to: '/reconcile/resources', search: { kind: search.kind, view: search.view } })
  const rows = showsRows(search)
  const show = (view: 'patterns' | 'rows') =>
    setSearch(view === 'rows' ? { view: 'rows' } : { view: undefined, pattern: undefined })
  useKeys([{ key: 'v', label: t.reconcile.view, run: () => show(rows ? 'patterns' : 'rows') }])

  const counts = counters && {
    UNAUTHORIZED: counters.unauthorized,
    UNRECONCILED: counters.unreconciled,
    MISSING: counters.missing,
  }
  const filters = (seen: Seen[]) => (
    <DifferenceFilters search={search} seen={seen} onChange={setSearch} onClear={clear} />
  )
  const common = { search, onChange: setSearch, onClear: clear, filters }
  return (
    <>
      <div className={classes.over}>
        <Tiles label={t.reconcile.of}>
          <Link
            to="/reconcile/resources"
            search={{ ...search, kind: undefined, pattern: undefined }}
            activeOptions={{ includeSearch: true, exact: true }}
          >
            <Tile
              word={t.reconcile.all}
              count={counts ? counts.UNAUTHORIZED + counts.UNRECONCILED + counts.MISSING : null}
            />
          </Link>
          {kinds.map((kind) => (
            <Link
              key={kind}
              to="/reconcile/resources"
              search={{ ...search, kind, pattern: undefined }}
              activeOptions={{ includeSearch: true, exact: true }}
            >
              <Tile word={t.reconcile.kinds[kind]} count={counts ? counts[kind] : null} />
            </Link>
          ))}
        </Tiles>
        <ViewSwitch
          label={t.reconcile.view}
          value={rows ? 'rows' : 'patterns'}
          options={[
            { value: 'patterns', label: t.reconcile.patterns },
            { value: 'rows', label: t.reconcile.rows },
          ]}
          onChange={show}
        />
      </div>
      {rows ? <DifferenceList {...common} /> : <PatternList {...common} />}
    </>
  )
}

interface Seen {
  system: string | null
  systemName: string | null
  resourceType: string
  resourceTypeName: string
  property: string | null
  propertyName: string | null
}

function DifferenceFilters(props: {
  search: DifferenceSearch
  seen: Seen[]
  onChange: (change: Partial<DifferenceSearch>) => void
  onClear: () => void
}) {
  const { search, seen, onChange } = props
  const systems = useSeen(
    'reconcile.systems',
    seen.flatMap((s) => (s.system ? [[s.system, s.systemName ?? s.system]] : [])),
    search.systems,
  )
  const types = useSeen(
    'reconcile.types',
    seen.map((s) => [s.resourceType, s.resourceTypeName]),
    search.types,
  )
  const properties = useSeen(
    'reconcile.properties',
    seen.flatMap((s) => (s.property ? [[s.property, s.propertyName ?? s.property]] : [])),
    search.property ? [search.property] : undefined,
  )
  return (
    <>
      <SearchFilter
        label={t.reconcile.search}
        placeholder={t.reconcile.search}
        value={search.text}
        onChange={(text) => onChange({ text })}
      />
      {search.pattern && (
        <Button
          variant="default"
          data-set
          rightSection={<IconX size={13} aria-hidden />}
          onClick={() => onChange({ pattern: undefined })}
        >
          {t.reconcile.onePattern}
        </Button>
      )}
      <ManyFilter
        label={t.order.systemFilter}
        values={search.systems}
        options={systems}
        onChange={(value) => onChange({ systems: value })}
      />
      <ManyFilter
        label={t.order.typeFilter}
        values={search.types}
        options={types}
        onChange={(value) => onChange({ types: value })}
      />
      <SelectFilter
        label={t.reconcile.property}
        any={t.reconcile.anyProperty}
        value={search.property}
        options={properties}
        onChange={(property) => onChange({ property })}
      />
      <ManyFilter
        label={t.reconcile.stateFilter}
        values={search.states}
        options={stateList.map((value) => ({ value, label: t.reconcile.states[value] }))}
        onChange={(states) => onChange({ states })}
      />
      <SelectFilter
        label={t.reconcile.postponed}
        value={search.postponed ? 'postponed' : 'waiting'}
        isSet={search.postponed}
        options={[
          { value: 'waiting', label: t.reconcile.notPostponed },
          { value: 'postponed', label: t.reconcile.postponed },
        ]}
        onChange={(value) => onChange({ postponed: value === 'postponed' ? true : undefined })}
      />
      {countFilters(search) > 0 && <ClearFilters onClick={props.onClear} />}
    </>
  )
}
