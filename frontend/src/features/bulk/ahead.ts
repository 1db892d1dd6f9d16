import { asked, firstPage } from '../../graphql/ahead'
import { BulkDetailDocument, BulkListDocument } from './bulk.generated'

// What the pages of bulk changes ask for first.

export const changes = () => firstPage(BulkListDocument, {})
export const change = (params: Record<string, string>) => asked(BulkDetailDocument, { id: params.bulkId ?? '' })
