import { expect, test } from 'vitest'
import {
  heldVariables,
  parseHeldSearch,
  parseTaskSearch,
  parseTeamSearch,
  taskVariables,
  teamVariables,
} from './deskSearch'

test('an address says what is shown, and bad words fall away', () => {
  expect(parseHeldSearch({ view: 'ENDED', sort: 'END', text: ' mail ', open: 'role-1' })).toEqual({
    view: 'ENDED',
    sort: 'END',
    text: 'mail',
    open: 'role-1',
  })
  expect(parseHeldSearch({ view: 'NOW', sort: 'X', text: '' })).toEqual({})
  expect(parseTaskSearch({ kinds: 'APPROVAL,X,MANUAL_ORDER', late: 'true' })).toEqual({
    kinds: ['APPROVAL', 'MANUAL_ORDER'],
    late: true,
  })
  expect(parseTeamSearch({ standing: 'PLAIN' })).toEqual({})
})

test('what is asked of the server follows from it', () => {
  expect(heldVariables({})).toEqual({ filter: { view: 'NOW' }, orderBy: 'NAME' })
  expect(heldVariables({ view: 'ENDS_SOON', sort: 'END', open: 'role-1' })).toEqual({
    filter: { view: 'ENDS_SOON' },
    orderBy: 'END',
  })
  expect(taskVariables({ late: true })).toEqual({ filter: { late: true } })
  expect(teamVariables({ standing: 'LEFT' })).toEqual({ filter: { standings: ['LEFT'] } })
})
