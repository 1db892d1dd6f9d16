import { Button } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useReconciliationChanges } from '../../graphql/live'
import { mayReconcileManyRoles } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { ReconciliationDecision } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { amount } from '../../lib/texts/plural'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import type { Column } from '../../ui/column'
import { ClearFilters, ManyFilter, SearchFilter, SelectFilter } from '../../ui/Filters'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { QueueContext } from '../../ui/queue'
import { Table } from '../../ui/Table'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { isDangerous } from './decisions'
import { MakeRule, ruleOfRole, useMayMakeRule } from './MakeRule'
import classes from './Reconciliation.module.css'
import {
  countRoleFilters,
  rolePatternVariables,
  roleStateList,
  roleVariables,
  showsPeople,
  toRoleFilter,
  type RoleSearch,
} from './reconcileSearch'
import { foundRoleColumns, questionOfRoles, rolePatternColumns, rolePhrase } from './roles'
import {
  FoundRoleListDocument,
  FoundRolePatternListDocument,
  type FoundRoleRowFragment,
  type RolePatternRowFragment,
} from './RolesTab.generated'
import { useDecideRoles } from './useDecideRoles'

const route = getRouteApi('/shell/reconcile/roles')

/** So many are named one by one; more are decided by the filter, on the server. */
const mostNamed = 500

/** Roles that were read from accounts and that no rule explains: role by role, or person by person. */
export function RolesTab() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const set = (change: Partial<RoleSearch>) =>
    void navigate({ to: '/reconcile/roles', search: { ...search, ...change }, replace: !change.role })
  const people = showsPeople(search)
  const show = (view: 'patterns' | 'rows') =>
    set(view === 'rows' ? { view: 'rows' } : { view: undefined, role: undefined, decided: undefined })
  useKeys([{ key: 'v', label: t.reconcile.view, run: () => show(people ? 'patterns' : 'rows') }])
  return (
    <>
      <div className={classes.over}>
        <ViewSwitch
          label={t.reconcile.view}
          value={people ? 'rows' : 'patterns'}
          options={[
            { value: 'patterns', label: t.reconcile.role.name },
            { value: 'rows', label: t.reconcile.role.person },
          ]}
          onChange={show}
        />
      </div>
      {people ? <RoleList search={search} onChange={set} /> : <RolePatterns search={search} onChange={set} />}
    </>
  )
}

interface Part {
  search: RoleSearch
  onChange: (change: Partial<RoleSearch>) => void
}

function RoleFilters({ search, onChange }: Part) {
  const navigate = useNavigate()
  return (
    <>
      <SearchFilter
        label={t.reconcile.role.search}
        placeholder={t.reconcile.role.search}
        value={search.text}
        onChange={(text) => onChange({ text })}
      />
      {search.role && (
        <Button
          variant="default"
          data-set
          rightSection={<IconX size={13} aria-hidden />}
          onClick={() => onChange({ role: undefined })}
        >
          {search.role}
        </Button>
      )}
      <SelectFilter
        label={t.reconcile.role.complete}
        any={t.reconcile.role.anyComplete}
        value={search.complete}
        options={[
          { value: 'yes', label: t.reconcile.role.isComplete },
          { value: 'no', label: t.reconcile.role.isPart },
        ]}
        onChange={(complete) => onChange({ complete })}
      />
      {!search.decided && (
        <ManyFilter
          label={t.reconcile.stateFilter}
          values={search.states}
          options={roleStateList.map((value) => ({ value, label: t.reconcile.role.states[value] }))}
          onChange={(states) => onChange({ states })}
        />
      )}
      <SelectFilter
        label={t.reconcile.role.view}
        value={search.decided ? 'decided' : search.postponed ? 'postponed' : 'waiting'}
        isSet={search.postponed ?? search.decided}
        options={[
          { value: 'waiting', label: t.reconcile.role.waiting },
          { value: 'postponed', label: t.reconcile.postponed },
          { value: 'decided', label: t.reconcile.role.decided },
        ]}
        onChange={(value) =>
          onChange({
            postponed: value === 'postponed' ? true : undefined,
            decided: value === 'decided' ? true : undefined,
          })
        }
      />
      {countRoleFilters(search) > 0 && (
        <ClearFilters
          onClick={() =>
            void navigate({ to: '/reconcile/roles', search: { view: search.view, decided: search.decided } })
          }
        />
      )}
    </>
  )
}

function emptyNote(search: RoleSearch) {
  if (search.decided) return { title: t.reconcile.role.noneDecided, hint: t.reconcile.role.noneDecidedHint }
  return search.postponed
    ? { title: t.reconcile.nonePostponed, hint: t.reconcile.nonePostponedHint }
    : { title: t.reconcile.role.empty, hint: t.reconcile.role.emptyHint }
}

const ruleColumn: Column<RolePatternRowFragment> = {
  id: 'rule',
  header: t.suggestion.make,
  width: '108px',
  lasting: true,
  cell: (p) => <MakeRule place={ruleOfRole(p.role, p.roleKind)} />,
}

/** One row for each role, the most people first. */
function RolePatterns({ search, onChange }: Part) {
  const navigate = useNavigate()
  const mayMake = useMayMakeRule()
  const list = useConnection({
    document: FoundRolePatternListDocument,
    variables: rolePatternVariables(search),
    select: (data) => data.roleReconciliationPatterns,
  })
  useReconciliationChanges(list.refresh)
  return (
    <Table
      label={t.reconcile.role.title}
      name="found-role-patterns"
      list={list}
      columns={mayMake && !search.decided ? [...rolePatternColumns, ruleColumn] : rolePatternColumns}
      getId={(row: RolePatternRowFragment) => row.id}
      empty={emptyNote(search)}
      onClear={countRoleFilters(search) > 0 ? () => void navigate({ to: '/reconcile/roles', search: {} }) : undefined}
      onOpen={(row) => onChange({ role: row.role })}
      filters={<RoleFilters search={search} onChange={onChange} />}
    />
  )
}

/** Found roles person by person, with decisions about several of them, or about all that the filter finds. */
function RoleList({ search, onChange }: Part) {
  const navigate = useNavigate()
  const me = useMe()
  const { foundId } = useParams({ strict: false })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState<ReconciliationDecision | null>(null)
  const { busy, decideThese, decideAll } = useDecideRoles()
  const list = useConnection({
    document: FoundRoleListDocument,
    variables: roleVariables(search),
    select: (data) => data.roleReconciliationItems,
  })
  const refresh = () => {
    setGone(new Set())
    list.refresh()
  }
  useReconciliationChanges(refresh)
  const rows = useMemo(() => list.rows.filter((row) => !gone.has(row.id)), [list.rows, gone])
  const ids = useMemo(() => rows.map((row) => row.id), [rows])
  const queue = useMemo(
    () => ({
      ids,
      onDecided: (id: string, stays?: boolean) => {
        if (!stays) setGone((old) => new Set([...old, id]))
      },
    }),
    [ids],
  )
  const mayMany = mayReconcileManyRoles(me)
  const total = list.total === null ? 0 : Math.max(rows.length, list.total - gone.size)
  const picked = rows.filter((row) => isSelected(selection, row.id) && !row.isOwn)
  const fitting = asking ? picked.filter((row) => row.decisions.includes(asking)) : picked
  const count = selection.all ? selectionCount(selection, amount(total, list.isEstimate)) : fitting.length
  const named = fitting.slice(0, 5).map(rolePhrase)
  const adds = fitting.reduce((sum, row) => sum + row.lackingCount, 0)
  const offered: ReconciliationDecision[] = search.decided
    ? ['KEEP_ROLE', 'REMOVE_ROLE']
    : ['KEEP_ROLE', 'REMOVE_ROLE', search.postponed ? 'TAKE_UP_AGAIN' : 'POSTPONE']

  const decide = async (decision: ReconciliationDecision, reason: string) => {
    if (selection.all) {
      const { problem } = await decideAll(toRoleFilter(search), decision, reason)
      setAsking(null)
      if (problem) return notifyProblem(problem)
      setSelection(noSelection)
      return notifyDone(t.reconcile.begun)
    }
    const { done, failed, problem } = await decideThese(fitting, decision, reason)
    setAsking(null)
    setSelection(noSelection)
    if (problem) return notifyProblem(problem)
    const first = failed[0]
    if (first)
      notifyProblem({ code: first.code, message: `${t.reconcile.role.notDone(failed.length)}: ${first.message}` })
    if (done > 0) notifyDone(t.reconcile.role.done(done))
    refresh()
  }

  return (
    <>
      <Table
        label={t.reconcile.role.title}
        name="found-roles"
        list={{ ...list, rows, total: list.total === null ? null : total, refresh }}
        columns={foundRoleColumns}
        getId={(row: FoundRoleRowFragment) => row.id}
        empty={emptyNote(search)}
        onClear={
          countRoleFilters(search) > 0
            ? () => void navigate({ to: '/reconcile/roles', search: { view: 'rows' } })
            : undefined
        }
        onOpen={(row) =>
          void navigate({
            to: '/reconcile/roles/$foundId',
            params: { foundId: row.id },
            search,
            replace: foundId !== undefined,
          })
        }
        openId={foundId ?? null}
        selection={mayMany ? selection : undefined}
        onSelection={mayMany ? setSelection : undefined}
        wholeFilter
        sort={search.sort ?? 'OLDEST'}
        onSort={(sort) => onChange({ sort: sort === 'NEWEST' ? sort : undefined })}
        isFaint={(row) => row.isOwn}
        filters={<RoleFilters search={search} onChange={onChange} />}
        bulk={offered.map((decision, at) => (
          <Button
            key={decision}
            variant={at === 0 ? 'filled' : 'default'}
            className={isDangerous(decision) ? classes.danger : undefined}
            disabled={!selection.all && picked.length > mostNamed}
            onClick={() => setAsking(decision)}
          >
            {t.reconcile.manyDecisions[decision]}…
          </Button>
        ))}
      />
      {asking && (
        <ConfirmDialog
          {...questionOfRoles(asking, count, selection.all ? rows : fitting)}
          text={
            <>
              <p>
                {selection.all
                  ? t.reconcile.manyWhere(count)
                  : t.order.fewAndMore(named.join('; '), fitting.length - named.length)}
              </p>
              {!selection.all && fitting.length < selection.ids.size && (
                <p>{t.reconcile.fits(fitting.length, selection.ids.size)}</p>
              )}
              <p>{t.reconcile.consequence[asking]}</p>
              {asking === 'KEEP_ROLE' && (
                <p>
                  {selection.all
                    ? t.reconcile.role.addsMany(rows.reduce((sum, row) => sum + row.lackingCount, 0))
                    : t.reconcile.role.adds(adds)}
                </p>
              )}
            </>
          }
          busy={busy || (!selection.all && fitting.length === 0)}
          onConfirm={(reason) => void decide(asking, reason)}
          onClose={() => setAsking(null)}
        />
      )}
      <QueueContext value={queue}>
        <Outlet />
      </QueueContext>
    </>
  )
}
