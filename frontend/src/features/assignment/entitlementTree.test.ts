import { describe, expect, it } from 'vitest'
import type { EntitlementRowFragment } from './assignment.generated'
import { treeRows } from './entitlementTree'

function entitlement(
  id: string,
  parentId: string | null,
  change: Partial<EntitlementRowFragment> = {},
): EntitlementRowFragment {
  return {
    id,
    parentId,
    indirect: null,
    foundRoleId: null,
    warnings: [],
    prolongedRoleId: null,
    kind: 'PROPERTY',
    name: id,
    identifier: id,
    value: null,
    currentValue: null,
    workflow: 'CALCULATED',
    provisioningState: null,
    startDate: null,
    endDate: null,
    reasons: [],
    waitReason: null,
    error: null,
    hiddenInSimplifiedView: false,
    inForce: true,
    category: null,
    orderId: null,
    differenceId: null,
    parameters: [],
    target: null,
    ...change,
  }
}

const all = [
  entitlement('role', null),
  entitlement('account', 'role', { provisioningState: 'VERIFIED' }),
  entitlement('login', 'account', { value: 'plang', provisioningState: 'VERIFIED' }),
  entitlement('mail', 'account', { value: 'petra@example.org', provisioningState: 'ERRORED', error: 'refused' }),
  entitlement('technical', null, { hiddenInSimplifiedView: true }),
  entitlement('below', 'technical'),
]
const view = { simplified: true, text: '', onlyProblems: false, closed: new Set<string>() }
const names = (change: Partial<typeof view>) => treeRows(all, { ...view, ...change }).rows.map((r) => r.entitlement.id)

describe('treeRows', () => {
  it('hides what is flagged, with everything below, in the simplified view', () => {
    const { rows, hidden } = treeRows(all, view)
    expect(rows.map((r) => `${r.depth} ${r.entitlement.id}`)).toEqual(['0 role', '1 account', '2 login', '2 mail'])
    expect(hidden).toBe(2)
  })

  it('shows everything in the advanced view', () => {
    expect(names({ simplified: false })).toHaveLength(6)
  })

  it('brings the ancestors of what matches', () => {
    expect(names({ text: 'petra' })).toEqual(['role', 'account', 'mail'])
    expect(names({ onlyProblems: true })).toEqual(['role', 'account', 'mail'])
  })

  it('leaves out what is below a closed row, but not while searching', () => {
    expect(names({ closed: new Set(['account']) })).toEqual(['role', 'account'])
    expect(names({ closed: new Set(['account']), text: 'plang' })).toEqual(['role', 'account', 'login'])
  })
})
