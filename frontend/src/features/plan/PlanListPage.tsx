import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useCan } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { actorName } from '../../lib/actor'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Page } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { isMoving, planStates } from './looks'
import { MakePlan } from './MakePlan'
import { PlanListDocument, type PlanRowFragment } from './plan.generated'
import { PlanProgress } from './PlanProgress'
import { PlansChangedDocument } from '../../graphql/live.generated'
import { useTold } from '../../graphql/useTold'

/** Changes that somebody thought through, the newest first. */
export function PlanListPage() {
  const navigate = useNavigate()
  const { can } = useCan()
  const list = useConnection({ document: PlanListDocument, variables: {}, select: (data) => data.plans })
  const [making, setMaking] = useState(false)
  useTold(PlansChangedDocument, {}, list.refresh)
  const open = (id: string) => void navigate({ to: '/plans/$planId', params: { planId: id } })
  return (
    <Page
      title={t.plan.title}
      hint={t.plan.hint}
      actions={can(permissions.plansStart) && <Button onClick={() => setMaking(true)}>{t.plan.make}</Button>}
    >
      <Table
        label={t.plan.title}
        name="plans"
        list={list}
        columns={columns}
        getId={(plan) => plan.id}
        empty={{ title: t.plan.empty, hint: t.plan.emptyHint }}
        onOpen={(plan) => open(plan.id)}
      />
      {making && <MakePlan onMade={open} onClose={() => setMaking(false)} />}
    </Page>
  )
}

const columns: Column<PlanRowFragment>[] = [
  {
    id: 'what',
    header: t.plan.what,
    width: 'minmax(220px, 2fr)',
    cell: (plan) => <Stack main={plan.title || t.plan.untitled} sub={t.plan.numbered(plan.id)} />,
    text: (plan) => plan.title,
  },
  {
    id: 'state',
    header: t.common.state,
    width: '150px',
    lasting: true,
    cell: (plan) => <Badge {...planStates[plan.state]} spin={isMoving(plan.state)} />,
    text: (plan) => planStates[plan.state].word,
  },
  {
    id: 'progress',
    header: t.plan.progress,
    width: 'minmax(140px, 1fr)',
    noCard: true,
    cell: (plan) => <PlanProgress plan={plan} />,
  },
  {
    id: 'by',
    header: t.plan.by,
    width: 'minmax(120px, 1fr)',
    cell: (plan) => <span className="cut">{actorName(plan.actor, plan.actorName)}</span>,
    text: (plan) => actorName(plan.actor, plan.actorName),
  },
  {
    id: 'made',
    header: t.plan.made,
    width: '110px',
    align: 'right',
    cell: (plan) => <RelativeTime at={plan.createdAt} />,
    text: (plan) => plan.createdAt,
  },
]
