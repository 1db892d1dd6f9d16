import { BulkUnderWayDocument } from './bulk.generated'
import { BulkChangesChangedDocument } from './live.generated'
import type { BulkKind } from './types.generated'
import { useReading } from './useReading'
import { useStopBulk } from './useStopBulk'
import { useTold } from './useTold'

/** The bulk changes of some kinds that the server carries out now, and how to stop one. */
export function useBulkUnderWay(kinds: BulkKind[], pause = false) {
  const [{ data }, read] = useReading({
    query: BulkUnderWayDocument,
    variables: { kinds },
    pause,
    requestPolicy: 'cache-and-network',
  })
  useTold(BulkChangesChangedDocument, {}, () => read({ requestPolicy: 'network-only' }), pause)
  const { stop, stopping } = useStopBulk()
  return { changes: data?.bulkChanges.nodes ?? [], stop, stopping }
}
