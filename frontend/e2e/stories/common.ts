export const long = 'Maximiliane-Alexandra Freifrau von Oberwiesenfeld-Hohenstaufen'

export const nothing = () => undefined

export const failed = {
  class: 'CONFLICT',
  message: 'The name is already taken by another entry (409).',
  hint: 'Look which object stands in the way in the managed system, then send it again; or decline.',
  at: '2026-03-01T09:05:00Z',
} as const

export const page = (nodes: unknown[]) => ({
  nodes,
  totalCount: nodes.length,
  totalCountIsEstimate: false,
  pageInfo: { hasNextPage: false, endCursor: null },
})
