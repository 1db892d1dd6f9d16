import { asked, firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { ManualQueueDocument } from './ManualPage.generated'
import { OrderListDocument } from './OrderListPage.generated'
import { ReviewQueueDocument } from './ReviewPage.generated'
import { OrderDetailDocument } from './useOrderInDrawer.generated'
import { OrderRecordDocument } from './useOrderRecord.generated'
import { errorVariables, manualVariables, orderVariables, parseOrderSearch, reviewVariables } from './orderSearch'

// What the pages of orders ask for first.

export const review = (search: RawSearch) => firstPage(ReviewQueueDocument, reviewVariables(parseOrderSearch(search)))
export const errors = (search: RawSearch) => firstPage(ReviewQueueDocument, errorVariables(parseOrderSearch(search)))
export const manual = (search: RawSearch) => firstPage(ManualQueueDocument, manualVariables(parseOrderSearch(search)))
export const orders = (search: RawSearch) => firstPage(OrderListDocument, orderVariables(parseOrderSearch(search)))
export const detail = (params: Record<string, string>) => asked(OrderDetailDocument, { id: params.orderId ?? '' })
export const record = (params: Record<string, string>) => asked(OrderRecordDocument, { id: params.orderId ?? '' })
