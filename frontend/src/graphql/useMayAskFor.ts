import { MayAskForDocument } from './mayAskFor.generated'
import { mayRequest } from './may'
import { useMe } from './SessionContext'
import { useReading } from './useReading'

/** Whether the caller asks for entitlements of this resource. Until the server said so, no. */
export function useMayAskFor(of: { id: string; key: string } | undefined): boolean {
  const me = useMe()
  const [{ data }] = useReading({
    query: MayAskForDocument,
    variables: { key: of?.key ?? '' },
    pause: of === undefined || !mayRequest(me),
  })
  return data?.requestTargets.nodes.some((r) => r.id === of?.id) ?? false
}
