import { MiningChangeDialog } from '../../src/features/mining/MiningChangeDialog'
import { MatrixView } from '../../src/features/mining/MatrixView'
import { MiningResultDrawer } from '../../src/features/mining/MiningResultDrawer'
import { minedRole } from '../../src/test/factories'
import type { Story } from './Stage'
import { long, nothing, page } from './common'

const mined = (change: Parameters<typeof minedRole>[0], wrong: { id: string; person: object }[] = []): Story => ({
  at: '/model/mining/4/7',
  draw: () => <MiningResultDrawer />,
  answers: {
    MiningResultDetail: { miningResult: minedRole({ id: '7', ...change }) },
    MiningPeople: { miningPeople: page(wrong) },
  },
})

const minedChange = (replaced: { role: string; rule: string; isMined: boolean }[]): Story => ({
  draw: () => <MiningChangeDialog run="4" results={null} onClose={nothing} />,
  answers: {
    MiningChange: {
      miningChange: {
        yaml: 'singleRoles:\n- identifier: Payment_View\n  rules:\n  - identifier: mined-Payment_View-1\n    policy: Mined\n    dimensions: { Department: { key: FIN, inherit: true } }\n',
        roles: 1,
        rules: 1,
        explained: 46,
        given: 3,
        unexplained: 2,
        replaced,
      },
    },
  },
})

const matrix = (answer: object | null): Story => ({
  draw: () => (
    <div style={{ display: 'flex', flexDirection: 'column', height: 560 }}>
      <MatrixView run="4" search={{}} onSearch={nothing} onOpen={nothing} onChange={nothing} actions={null} />
    </div>
  ),
  answers: { MiningMatrix: { miningMatrix: answer } },
})

const matrixRole = (name: string, change: Parameters<typeof minedRole>[0] = {}) =>
  minedRole({ role: { id: name, identifier: name, displayName: name }, ...change })

export const miningStories: Record<string, Story> = {
  'mined role, people it gets wrong': mined({}, [
    { id: '1', person: { id: '1', key: 'E10042', displayName: long } },
    { id: '2', person: { id: '2', key: 'E10043', displayName: 'Ben Cole' } },
  ]),
  'mined role, everybody, search cut': mined({
    rule: null,
    isCut: true,
    wrongly: 0,
    unexplained: 0,
    proposals: [{ criteria: [], matched: 48, rightly: 48, fresh: 48, falsePositive: 0 }],
  }),
  'mined role, nothing proposed': mined({
    refused: 'PRECISION',
    proposals: [],
    rightly: 0,
    wrongly: 0,
    unexplained: 48,
  }),
  'mined change, replaces what somebody wrote': minedChange([
    { role: 'Payment_View', rule: 'Payment_View-1', isMined: false },
    { role: 'Payment_View', rule: 'mined-Payment_View-1', isMined: true },
  ]),
  'mined change, replaces nothing': minedChange([]),
  'matrix, all kinds of cells, more people': matrix({
    roles: [
      matrixRole('Payment view'),
      matrixRole(long),
      matrixRole('Ledger', { refused: 'FALSE_POSITIVE', proposals: [] }),
    ],
    rolesLeftOut: 12,
    rows: ['##.', '#o.', '#xx', '..x'].map((cells, i) => ({
      person: { id: `p${i}`, key: `E1004${i}`, displayName: i === 1 ? long : `Ben Cole ${i}` },
      cells,
    })),
    totalCount: 4_812,
    pageInfo: { hasNextPage: true, endCursor: 'x' },
  }),
  'matrix, nobody': matrix({
    roles: [],
    rolesLeftOut: 3,
    rows: [],
    totalCount: 0,
    pageInfo: { hasNextPage: false, endCursor: null },
  }),
}
