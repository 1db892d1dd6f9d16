import { Button } from '@mantine/core'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useJobChanges, useRequestChanges } from '../../graphql/live'
import { mayRequest, maySeeIdentifiedRisks, maySeePeople } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { formatLastDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { ClearFilters, SearchFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { Tabs } from '../../ui/Tabs'
import { MyTeamDocument, type TeamRowFragment } from './desk.generated'
import { teamStandings, teamVariables, type TeamSearch } from './deskSearch'
import { teamLooks } from './looks'

const route = getRouteApi('/shell/team')

const figure = (value: number | null | undefined) =>
  value == null ? (
    <span className="dim" title={t.team.hidden}>
      –
    </span>
  ) : (
    <Count value={value} />
  )

const counted = (id: 'roles' | 'byRequest' | 'accounts' | 'waiting', width: string): Column<TeamRowFragment> => ({
  id,
  header: t.team[id],
  width,
  align: 'right',
  cell: (r) => figure(r[id]),
  text: (r) => String(r[id] ?? ''),
})

const columns: Column<TeamRowFragment>[] = [
  {
    id: 'who',
    header: t.team.who,
    width: 'minmax(170px, 1.3fr)',
    lasting: true,
    cell: (r) => <Stack main={r.person.displayName} sub={r.person.key} />,
    text: (r) => r.person.displayName,
    also: [{ header: t.order.ownerKey, text: (r) => r.person.key }],
  },
  {
    id: 'standing',
    header: t.team.state,
    width: 'minmax(180px, 1fr)',
    lasting: true,
    cell: (r) => {
      const { tone, icon, word, hint } = teamLooks[r.standing]
      return r.standing === 'PLAIN' ? (
        <span className="dim">{word}</span>
      ) : (
        <Badge tone={tone} icon={icon} word={word} hint={hint} />
      )
    },
    text: (r) => t.team.standing[r.standing],
    also: [{ header: t.help.code, text: (r) => r.standing }],
  },
  {
    id: 'contract',
    header: t.team.contract,
    width: '124px',
    cell: (r) => (r.contractEnd ? formatLastDay(r.contractEnd) : <span className="dim">{t.held.open}</span>),
    text: (r) => r.contractEnd ?? '',
  },
  counted('roles', '72px'),
  counted('byRequest', '92px'),
  counted('accounts', '84px'),
  counted('waiting', '80px'),
  {
    id: 'risks',
    header: t.team.risks,
    width: '132px',
    align: 'right',
    cell: (r) => (r.risks && r.riskLevel ? t.team.risk(r.risks, r.riskLevel) : figure(r.risks)),
    text: (r) => String(r.risks ?? ''),
    also: [{ header: t.risk.level, text: (r) => String(r.riskLevel ?? '') }],
  },
]

/** Who reports to one: who left and still has something, whose contract ends, and who is at risk, before the others. */
export function TeamPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const set = (change: Partial<TeamSearch>) =>
    void navigate({ to: '/team', search: { ...search, ...change }, replace: true })
  const list = useConnection({
    document: MyTeamDocument,
    variables: teamVariables(search),
    select: (data) => data.myTeam,
  })
  useRequestChanges(list.refresh)
  useJobChanges(list.refresh)
  const opens = maySeePeople(me)
  return (
    <Page
      title={t.team.title}
      hint={t.team.hint}
      actions={
        mayRequest(me) && (
          <Button component={Link} to="/request">
            {t.team.askAny}
          </Button>
        )
      }
      nav={
        <Tabs label={t.team.view}>
          {([undefined, ...teamStandings] as const)
            .filter((tab) => tab !== 'AT_RISK' || maySeeIdentifiedRisks(me))
            .map((tab) => (
              <Link
                key={tab ?? 'ALL'}
                to="/team"
                search={tab ? { standing: tab } : {}}
                aria-current={search.standing === tab ? 'page' : undefined}
                data-status={search.standing === tab ? 'active' : undefined}
                activeOptions={{ exact: true, includeSearch: true }}
              >
                {t.team.views[tab ?? 'ALL']}
              </Link>
            ))}
        </Tabs>
      }
    >
      <Table
        key={search.standing ?? 'ALL'}
        label={t.team.title}
        name="team"
        list={list}
        columns={columns}
        getId={(row) => row.id}
        empty={{
          title: search.standing ? t.team.noneView : t.team.none,
          hint: search.standing ? undefined : t.team.noneHint,
        }}
        onClear={search.text === undefined ? undefined : () => set({ text: undefined })}
        onOpen={(row) =>
          void navigate(
            opens
              ? { to: '/person/$id', params: { id: row.person.id } }
              : { to: '/request', search: { for: row.person.id } },
          )
        }
        filters={
          <>
            <SearchFilter
              label={t.team.search}
              placeholder={t.team.search}
              value={search.text}
              onChange={(text) => set({ text })}
            />
            {search.text !== undefined && <ClearFilters onClick={() => set({ text: undefined })} />}
          </>
        }
      />
    </Page>
  )
}
