import { expect, test } from 'vitest'
import { parseWhySearch } from './whySearch'

test('one thing is asked about; what does not belong to it falls away', () => {
  expect(parseWhySearch({ role: 'Reader', resourceType: 'User', property: 'Groups' })).toEqual({ role: 'Reader' })
  expect(parseWhySearch({ resourceType: 'User', property: 'Groups', value: 'g1', view: 'graph' })).toEqual({
    resourceType: 'User',
    property: 'Groups',
    value: 'g1',
    view: 'graph',
  })
  expect(parseWhySearch({ property: 'Groups', value: 'g1', at: 'never', view: 'table' })).toEqual({})
})
