import { Button } from '@mantine/core'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation } from 'urql'
import { mayRequest } from '../../graphql/may'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useOfflineSince } from '../../graphql/socketStatus'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import classes from './Request.module.css'
import { CancelRequestDocument, type RequestDetailFragment } from './request.generated'
import { RemindButton } from './RemindButton'
import { RequestBody } from './RequestBody'
import type { RequestListSearch } from './requestSearch'
import { itemPhrase, itemTitle } from './requestWords'
import { useItem } from './useItem'

/** One item that was asked for, beside the list. */
export function RequestDrawer() {
  const { itemId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as RequestListSearch
  const navigate = useNavigate()
  const { item, problem, fetching, reload } = useItem(itemId)
  return (
    <Drawer
      title={item ? itemTitle(item) : t.request.item}
      subject={item?.id ?? ''}
      busy={!item && fetching}
      onClose={() => void navigate({ to: '/requests', search })}
      sub={
        item && (
          <>
            <span className="mono">{item.requestNumber}</span> · <RelativeTime at={item.submittedAt} />
          </>
        )
      }
      footer={item && <MineBar key={item.id} item={item} reload={reload} />}
    >
      {item ? (
        <RequestBody item={item} />
      ) : problem ? (
        <ProblemNote problem={problem} onRetry={reload} />
      ) : fetching ? (
        <Skeleton lines={8} />
      ) : (
        <EmptyNote title={t.request.itemGone} hint={t.request.itemGoneHint} />
      )}
    </Drawer>
  )
}

/** Takes the item back while it waits, or asks for the same again. */
function MineBar({ item, reload }: { item: RequestDetailFragment; reload: () => void }) {
  const me = useMe()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const [{ fetching }, cancel] = useMutation(CancelRequestDocument)
  const offline = useOfflineSince() !== null
  const supervises = item.canWithdraw && !item.isOwn
  const again = item.closedAt !== null && item.state !== 'FULFILLED' && mayRequest(me)
  if (!item.canWithdraw && !again && !item.canRemind) return null

  const takeBack = async (comment: string) => {
    const { data, error } = await cancel({ input: { itemIds: [item.id], comment: comment || undefined } })
    setAsking(false)
    const refused = error ? toProblem(error) : data?.cancelRequest.results[0]?.error
    if (refused) {
      notifyProblem({ code: refused.code, message: refused.message })
      return reload()
    }
    notifyDone(t.request.takenBack(itemPhrase(item)))
  }
  return (
    <div className={classes.buttons}>
      <RemindButton item={item} reload={reload} />
      {item.canWithdraw && (
        <Button variant="default" disabled={offline} onClick={() => setAsking(true)}>
          {t.request.takeBack}…
        </Button>
      )}
      {again && (
        <Button
          variant="default"
          onClick={() =>
            void navigate({
              to: '/request',
              search: { role: item.role, for: item.owner.id, ...(item.action !== 'ADD' && { action: item.action }) },
            })
          }
        >
          {t.request.askAgain}
        </Button>
      )}
      {asking && (
        <ConfirmDialog
          title={t.request.takeBackAsk(itemPhrase(item))}
          text={t.request.takeBackText}
          action={t.request.takeBack}
          danger
          reason={{ label: t.common.reason, required: supervises }}
          busy={fetching}
          onConfirm={(comment) => void takeBack(comment)}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  )
}
