import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { getRouteApi, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { DelegationsChangedDocument } from '../../graphql/live.generated'
import { mayDelegate, mayManageDelegations } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { useTold } from '../../graphql/useTold'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { ClearFilters, SearchFilter, SelectFilter } from '../../ui/Filters'
import { useKeys } from '../../ui/keys'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { DelegationsDocument, type DelegationRowFragment } from './delegation.generated'
import { delegationVariables, type DelegationSearch } from './delegationSearch'
import { coversText, delegationPeriod } from './delegationWords'
import { delegationLooks } from './looks'
import { NewDelegation } from './NewDelegation'

const route = getRouteApi('/shell/delegations')

/** Who acts for whom. */
export function DelegationsPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const [adding, setAdding] = useState(false)
  const list = useConnection({
    document: DelegationsDocument,
    variables: delegationVariables(search),
    select: (data) => data.delegations,
  })
  useTold(DelegationsChangedDocument, {}, list.refresh)
  const set = (change: Partial<DelegationSearch>) =>
    void navigate({ to: '/delegations', search: { ...search, ...change }, replace: true })
  const mayAdd = mayDelegate(me)
  useKeys(mayAdd && !adding ? [{ key: 'n', label: t.delegation.add, run: () => setAdding(true) }] : [])
  const isFiltered = search.show !== undefined || search.text !== undefined
  const clear = () => set({ show: undefined, text: undefined })
  return (
    <Page
      title={t.delegation.title}
      hint={t.delegation.hint}
      actions={
        mayAdd && (
          <Button leftSection={<IconPlus size={15} />} onClick={() => setAdding(true)}>
            {t.delegation.add}
          </Button>
        )
      }
    >
      <Table
        label={t.delegation.title}
        name="delegations"
        list={list}
        columns={columns}
        getId={(row) => row.id}
        empty={{
          title: search.view === 'ALL' ? t.delegation.noneSeen : t.delegation.none,
          hint: t.delegation.noneHint,
        }}
        onClear={isFiltered ? clear : undefined}
        onOpen={(row) => void navigate({ to: '/delegations/$delegationId', params: { delegationId: row.id }, search })}
        filters={
          <>
            <ViewSwitch
              label={t.delegation.view}
              value={search.view ?? 'MINE'}
              options={[
                { value: 'MINE', label: t.delegation.views.MINE },
                { value: 'FOR_ME', label: t.delegation.views.FOR_ME },
                ...(mayManageDelegations(me) ? [{ value: 'ALL' as const, label: t.delegation.views.ALL }] : []),
              ]}
              onChange={(view) => set({ view: view === 'MINE' ? undefined : view })}
            />
            <SearchFilter
              label={t.delegation.search}
              placeholder={t.delegation.search}
              value={search.text}
              onChange={(text) => set({ text })}
            />
            <SelectFilter
              label={t.delegation.which}
              any={t.delegation.open}
              value={search.show}
              options={[
                { value: 'over', label: t.delegation.over },
                { value: 'any', label: t.delegation.anyState },
              ]}
              onChange={(show) => set({ show })}
            />
            {isFiltered && <ClearFilters onClick={clear} />}
          </>
        }
      />
      {adding && (
        <NewDelegation
          onClose={() => setAdding(false)}
          onDone={(id) => {
            setAdding(false)
            list.refresh()
            void navigate({ to: '/delegations/$delegationId', params: { delegationId: id }, search })
          }}
        />
      )}
      <Outlet />
    </Page>
  )
}

const columns: Column<DelegationRowFragment>[] = [
  {
    id: 'who',
    header: t.delegation.who,
    width: 'minmax(220px, 1.4fr)',
    lasting: true,
    cell: (d) => <Stack main={t.delegation.actsFor(d.deputy.name, d.delegator.name)} sub={d.reason} />,
    text: (d) => t.delegation.actsFor(d.deputy.name, d.delegator.name),
    also: [{ header: t.delegation.reason, text: (d) => d.reason }],
  },
  {
    id: 'what',
    header: t.delegation.what,
    width: 'minmax(150px, 1fr)',
    cell: (d) => <span className="cut">{coversText(d)}</span>,
    text: coversText,
  },
  {
    id: 'when',
    header: t.delegation.when,
    width: 'minmax(220px, 1.1fr)',
    lasting: true,
    cell: (d) => <span className="cut num">{delegationPeriod(d)}</span>,
    text: delegationPeriod,
  },
  {
    id: 'state',
    header: t.common.state,
    width: '130px',
    lasting: true,
    cell: (d) => <Badge {...delegationLooks[d.state]} />,
    text: (d) => delegationLooks[d.state].word,
  },
  {
    id: 'done',
    header: t.delegation.done,
    width: '80px',
    align: 'right',
    cell: (d) => <Count value={d.acts} />,
    text: (d) => String(d.acts),
  },
]
