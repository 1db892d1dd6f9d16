import { IdentifiedDrawer } from '../../src/features/risk/IdentifiedDrawer'
import { RiskMatrixPage } from '../../src/features/risk/RiskMatrixPage'
import { me } from '../../src/test/factories'
import type { Story } from './Stage'
import { long } from './common'

const item = (resourceDisplayName: string, people: number | null, roles: string[] = [resourceDisplayName]) => ({
  resourceType: 'Intranet_User',
  resourceTypeDisplayName: 'Intranet user',
  property: 'Groups',
  propertyDisplayName: 'Groups',
  resource: resourceDisplayName,
  resourceDisplayName,
  people,
  roles,
})

const cell = (first: number, second: number, both: number | null, could: number | null, level: number) => ({
  first,
  second,
  both,
  could,
  level,
  risks: [{ id: String(first * 100 + second), displayName: `Risk ${String(first)}` }],
})

const matrix = (items: unknown[], cells: unknown[], view = '', isWhole = true): Story => ({
  at: `/risks/matrix${view}`,
  who: me(),
  draw: () => <RiskMatrixPage />,
  answers: { RiskMatrix: { riskMatrix: { items, cells, isWhole } } },
})

const few = [item('Payment approval', 6), item('Payment entry', 48), item(long, 12, []), item('Administration', 3)]
const cells = [cell(0, 1, 2, 40, 80), cell(0, 2, 0, 12, 45), cell(1, 2, 1, 3, 10), cell(3, 3, 3, 0, 60)]
const many = Array.from({ length: 60 }, (_, i) => item(`Entitlement ${String(i + 1)}`, i))

const person = { id: '1', key: 'E10068', displayName: long, entityType: 'Directory_User' }
const identified = (more: object): Story => ({
  at: '/risks/identified/7',
  who: me(),
  draw: () => <IdentifiedDrawer />,
  answers: {
    IdentifiedRiskDetail: {
      identifiedRisk: {
        id: '7',
        rule: '',
        risk: {
          id: '3',
          identifier: 'Payments',
          displayName: 'Payment entry and approval',
          entityType: 'Directory_User',
          riskType: 'SEGREGATION_OF_DUTIES',
          level: 80,
          description: 'Whoever enters a payment and approves it too can pay himself.',
          remediation: 'Keep one of the two.',
          exemptionPolicy: 'WARNING',
        },
        owner: person,
        isComputed: false,
        attachment: { by: 'ada', byName: 'Ada Administrator', at: '2026-03-10T08:00:00Z', reason: long },
        startDate: null,
        endDate: null,
        detectedAt: '2026-03-10T08:00:00Z',
        contributors: [],
        ...more,
      },
    },
  },
})

export const riskStories: Record<string, Story> = {
  'risks, matrix': matrix(few, cells),
  'risks, matrix as a list': matrix(few, cells, '?view=list'),
  'risks, matrix of more than is drawn': matrix(
    many,
    many.slice(1).map((_, i) => cell(i, i + 1, i, 2 * i, i)),
    '',
    false,
  ),
  'risks, matrix without knowing of people': matrix(
    few.map((i) => ({ ...i, people: null })),
    cells.map((c) => ({ ...c, both: null, could: null })),
  ),
  'risks, empty matrix': matrix([], []),
  'risks, attached by hand': identified({}),
  'risks, computed': identified({ isComputed: true, attachment: null, rule: 'Payments-1' }),
}
