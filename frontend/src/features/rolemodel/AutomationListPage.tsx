import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { mayEditModel } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { AutomationDecision, AutomationState } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { useKeys } from '../../ui/keys'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { automationVariables, offeredStates, type AutomationSearch } from './automation'
import { AutomationListDocument, type AutomationRowFragment } from './AutomationListPage.generated'

const route = getRouteApi('/shell/model/automation')

const columns: Column<AutomationRowFragment>[] = [
  {
    id: 'name',
    header: t.common.name,
    width: 'minmax(200px, 1.6fr)',
    cell: (r) => <Stack main={r.displayName} sub={r.isEnabled ? undefined : t.automation.switchedOff} />,
    text: (r) => r.displayName,
    also: [{ header: t.common.identifier, text: (r) => r.identifier }],
  },
  {
    id: 'about',
    header: t.automation.about,
    width: 'minmax(180px, 1.4fr)',
    lasting: true,
    cell: (r) => <Stack main={r.targetDisplayName} sub={t.automation.types[r.type]} />,
    text: (r) => `${t.automation.types[r.type]} ${r.targetDisplayName}`,
  },
  {
    id: 'state',
    header: t.common.state,
    width: 'minmax(130px, 1fr)',
    lasting: true,
    cell: (r) => <span className="cut">{t.automation.states[r.workflowState]}</span>,
    text: (r) => t.automation.states[r.workflowState],
  },
  {
    id: 'wait',
    header: t.automation.wait,
    width: 'minmax(110px, 0.8fr)',
    lasting: true,
    cell: (r) => <span className="cut">{t.automation.after(r.hoursToWait)}</span>,
    text: (r) => t.automation.after(r.hoursToWait),
  },
  {
    id: 'decision',
    header: t.automation.decision,
    width: '110px',
    lasting: true,
    cell: (r) => t.automation.decisions[r.decision],
    text: (r) => t.automation.decisions[r.decision],
  },
]

/** Rules that decide in the place of reviewers. */
export function AutomationListPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const mayEdit = mayEditModel(useMe())
  const list = useConnection({
    document: AutomationListDocument,
    variables: automationVariables(search),
    select: (data) => data.automationRules,
  })
  const filter = (change: Partial<AutomationSearch>) =>
    void navigate({ to: '/model/automation', search: { ...search, ...change }, replace: true })
  const make = () => void navigate({ to: '/model/new/$kind', params: { kind: 'automationRule' } })
  useKeys(mayEdit ? [{ key: 'n', label: t.automation.make, run: make }] : [])
  return (
    <Page
      title={t.automation.title}
      hint={t.automation.hint}
      actions={
        mayEdit && (
          <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={make}>
            {t.automation.make}
          </Button>
        )
      }
    >
      <Table
        label={t.automation.title}
        name="automation-rules"
        list={list}
        columns={columns}
        getId={(r) => r.id}
        empty={{ title: t.automation.empty, hint: t.automation.emptyHint }}
        onOpen={(r) =>
          void navigate({
            to: '/model/edit/$kind/$identifier',
            params: { kind: 'automationRule', identifier: r.identifier },
          })
        }
        filters={
          <>
            <SearchFilter
              label={t.automation.search}
              placeholder={t.automation.search}
              value={search.text}
              onChange={(text) => filter({ text: text || undefined })}
            />
            <SelectFilter<AutomationState>
              label={t.common.state}
              any={`${t.common.state}: ${t.common.any}`}
              value={search.state}
              options={offeredStates.map((value) => ({ value, label: t.automation.states[value] }))}
              onChange={(state) => filter({ state })}
            />
            <SelectFilter<AutomationDecision>
              label={t.automation.decision}
              any={`${t.automation.decision}: ${t.common.any}`}
              value={search.decision}
              options={(['APPROVE', 'DECLINE'] as const).map((value) => ({
                value,
                label: t.automation.decisions[value],
              }))}
              onChange={(decision) => filter({ decision })}
            />
          </>
        }
      />
    </Page>
  )
}
