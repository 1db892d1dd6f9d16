import { asked, firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { RequestItemDetailDocument, RequestItemsDocument } from './request.generated'
import { approvalVariables, mineVariables, parseRequestListSearch } from './requestSearch'

// What the pages of requests ask for first.

export const mine = (search: RawSearch) =>
  firstPage(RequestItemsDocument, mineVariables(parseRequestListSearch(search)))
export const approvals = (search: RawSearch) =>
  firstPage(RequestItemsDocument, approvalVariables(parseRequestListSearch(search)))
export const item = (params: Record<string, string>) => asked(RequestItemDetailDocument, { id: params.itemId ?? '' })
