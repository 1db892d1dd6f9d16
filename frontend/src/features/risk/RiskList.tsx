import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { SearchFilter } from '../../ui/Filters'
import { Table } from '../../ui/Table'
import { LevelBadge } from './LevelBadge'
import { RiskListDocument, type RiskRowFragment } from './risk.generated'
import { RiskDrawer } from './RiskDrawer'
import { riskVariables } from './riskSearch'

const route = getRouteApi('/shell/risks/')

/** What is dangerous. */
export function RiskList() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const [open, setOpen] = useState<RiskRowFragment | null>(null)
  const list = useConnection({ document: RiskListDocument, variables: riskVariables(search), select: (d) => d.risks })
  return (
    <>
      <Table
        label={t.risk.list}
        name="risks"
        list={list}
        columns={columns}
        getId={(r) => r.id}
        openId={open?.id ?? null}
        empty={{ title: t.risk.empty, hint: t.risk.emptyHint }}
        onOpen={setOpen}
        filters={
          <SearchFilter
            label={t.risk.search}
            placeholder={t.risk.search}
            value={search.text}
            onChange={(value) => void navigate({ to: '/risks', search: value ? { text: value } : {}, replace: true })}
          />
        }
      />
      {open && <RiskDrawer risk={open} onClose={() => setOpen(null)} />}
    </>
  )
}

const columns: Column<RiskRowFragment>[] = [
  {
    id: 'name',
    header: t.risk.name,
    width: 'minmax(220px, 1.6fr)',
    cell: (r) => <Stack main={r.displayName} />,
    text: (r) => r.displayName,
    also: [{ header: t.common.identifier, text: (r) => r.identifier }],
  },
  {
    id: 'level',
    header: t.risk.level,
    width: '120px',
    cell: (r) => <LevelBadge level={r.level} />,
    text: (r) => String(r.level),
  },
  {
    id: 'type',
    header: t.risk.type,
    width: 'minmax(150px, 1fr)',
    cell: (r) => <span className="cut">{t.risk.types[r.riskType]}</span>,
    text: (r) => t.risk.types[r.riskType],
  },
  {
    id: 'policy',
    header: t.risk.policy,
    width: 'minmax(170px, 1fr)',
    cell: (r) => <span className="cut">{t.risk.policies[r.exemptionPolicy]}</span>,
    text: (r) => t.risk.policies[r.exemptionPolicy],
  },
  {
    id: 'people',
    header: t.risk.people,
    width: '90px',
    align: 'right',
    cell: (r) => (r.people == null ? null : <Count value={r.people} />),
    text: (r) => String(r.people ?? ''),
  },
]
