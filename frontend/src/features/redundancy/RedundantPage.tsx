import { Button } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { mayLeaveToRules, maySeeModel } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { amount } from '../../lib/texts/plural'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { ClearFilters, ManyFilter, SearchFilter, SelectFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { redundantColumns, redundantPhrase } from './columns'
import { LastAnalysis } from './LastAnalysis'
import {
  LastRedundancyRunDocument,
  RedundancyPoliciesDocument,
  RedundantListDocument,
  type RedundantRowFragment,
} from './redundancy.generated'
import {
  countRedundantFilters,
  kindList,
  parseRedundantSearch,
  redundantVariables,
  toRedundantFilter,
  type RedundantSearch,
} from './redundantSearch'
import { useAnalysis, useLeaveToRules, useRedundancyChanges } from './useRedundancy'

/** What people approved although rules give the same, and leaving it to them (role-model 12.10). */
export function RedundantPage() {
  const search = parseRedundantSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  const me = useMe()
  const may = mayLeaveToRules(me)
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [asking, setAsking] = useState(false)
  const list = useConnection({
    document: RedundantListDocument,
    variables: redundantVariables(search),
    select: (data) => data.redundantAssignments,
  })
  const [{ data: runs }, readRun] = useReading({
    query: LastRedundancyRunDocument,
    requestPolicy: 'cache-and-network',
  })
  const refresh = () => {
    readRun({ requestPolicy: 'network-only' })
    list.refresh()
  }
  useRedundancyChanges(refresh)
  const { busy, start, stop } = useAnalysis(refresh)
  const { busy: leaving, leave } = useLeaveToRules()
  const run = runs?.redundancyRuns.nodes[0]
  const moving = run?.state === 'QUEUED' || run?.state === 'IN_PROGRESS'
  const set = (change: Partial<RedundantSearch>) =>
    void navigate({ to: '/redundant', search: { ...search, ...change }, replace: true })
  const picked = list.rows.filter((row) => isSelected(selection, row.id) && !row.isOwn)
  const total = list.total ?? list.rows.length
  const count = selection.all ? selectionCount(selection, amount(total, list.isEstimate)) : picked.length

  const confirmed = async (comment: string) => {
    const what = selection.all ? { filter: toRedundantFilter(search) } : { ids: picked.map((row) => row.id) }
    const id = await leave(what, comment)
    setAsking(false)
    if (id === null) return
    setSelection(noSelection)
    void navigate({ to: '/bulk/$bulkId', params: { bulkId: id } })
  }

  return (
    <Page
      title={t.redundant.title}
      hint={t.redundant.hint}
      actions={
        may &&
        (moving ? (
          <Button variant="default" onClick={() => stop(run.id)} loading={busy}>
            {t.redundant.stop}
          </Button>
        ) : (
          <Button onClick={start} loading={busy}>
            {t.redundant.start}
          </Button>
        ))
      }
      nav={run && <LastAnalysis run={run} />}
    >
      <Table
        label={t.redundant.title}
        name="redundant-assignments"
        list={list}
        columns={redundantColumns}
        getId={(row: RedundantRowFragment) => row.id}
        empty={
          run
            ? { title: t.redundant.empty, hint: t.redundant.emptyHint }
            : { title: t.redundant.never, hint: t.redundant.neverHint }
        }
        onClear={countRedundantFilters(search) > 0 ? () => void navigate({ to: '/redundant', search: {} }) : undefined}
        onOpen={(row) => void navigate({ to: '/person/$id', params: { id: row.owner.id } })}
        selection={may ? selection : undefined}
        onSelection={may ? setSelection : undefined}
        wholeFilter
        isFaint={(row) => row.isOwn}
        filters={<RedundantFilters search={search} set={set} withPolicies={maySeeModel(me)} />}
        bulk={
          <Button onClick={() => setAsking(true)} disabled={!selection.all && picked.length === 0}>
            {t.redundant.leave}…
          </Button>
        }
      />
      {asking && (
        <ConfirmDialog
          title={t.redundant.ask(count)}
          text={
            <>
              {!selection.all && (
                <p>
                  {t.order.fewAndMore(
                    picked.slice(0, 5).map(redundantPhrase).join('; '),
                    Math.max(0, picked.length - 5),
                  )}
                </p>
              )}
              <p>{t.redundant.consequence}</p>
            </>
          }
          action={t.redundant.leave}
          reason={{ label: t.redundant.comment, max: 2000 }}
          busy={leaving}
          onConfirm={(comment) => void confirmed(comment)}
          onClose={() => setAsking(false)}
        />
      )}
    </Page>
  )
}

function RedundantFilters(props: {
  search: RedundantSearch
  set: (change: Partial<RedundantSearch>) => void
  withPolicies: boolean
}) {
  const { search, set } = props
  const [{ data }] = useReading({ query: RedundancyPoliciesDocument, pause: !props.withPolicies })
  const policies = data?.policies ?? []
  return (
    <>
      <SearchFilter
        label={t.redundant.owner}
        placeholder={t.redundant.owner}
        value={search.text}
        onChange={(text) => set({ text })}
      />
      <ManyFilter
        label={t.redundant.kind}
        values={search.kinds}
        options={kindList.map((value) => ({ value, label: t.redundant.kinds[value] }))}
        onChange={(kinds) => set({ kinds })}
      />
      {policies.length > 1 && (
        <SelectFilter
          label={t.redundant.policy}
          any={t.redundant.anyPolicy}
          value={search.policy}
          options={policies.map((p) => ({ value: p.identifier, label: p.displayName }))}
          onChange={(policy) => set({ policy })}
        />
      )}
      <SelectFilter
        label={t.redundant.part}
        any={t.redundant.anyPart}
        value={search.part}
        options={[
          { value: 'whole', label: t.redundant.parts.whole },
          { value: 'part', label: t.redundant.parts.part },
        ]}
        onChange={(part) => set({ part })}
      />
      {countRedundantFilters(search) > 0 && (
        <ClearFilters onClick={() => set({ text: undefined, kinds: undefined, policy: undefined, part: undefined })} />
      )}
    </>
  )
}
