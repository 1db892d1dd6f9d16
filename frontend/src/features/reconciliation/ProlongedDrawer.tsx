import { Button, TextInput } from '@mantine/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useReconciliationChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useOfflineSince } from '../../graphql/socketStatus'
import type { RoleReviewDecision } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { can, permissions } from '../../lib/permit'
import { neighbour } from '../../lib/selection'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import { useQueue } from '../../ui/queue'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { useDraft } from '../../ui/useDraft'
import { AutomaticNote } from './AutomaticNote'
import { causeWords, prolongedPhrase, questionOfProlonged, reviewDecisions, reviewKeys } from './prolonged'
import { ProlongedDetailDocument, type ProlongedRowFragment } from './ProlongedTab.generated'
import classes from './Reconciliation.module.css'
import type { ProlongedSearch } from './reconcileSearch'
import { useDecideProlonged } from './useDecideProlonged'

/** One role in its grace period to decide, beside the list. */
export function ProlongedDrawer() {
  const { prolongedId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as ProlongedSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const [{ data, error, fetching }, read] = useReading({
    query: ProlongedDetailDocument,
    variables: { id: prolongedId },
    requestPolicy: 'cache-and-network',
  })
  const reload = () => read({ requestPolicy: 'network-only' })
  useReconciliationChanges(reload)
  const item = data?.prolongedRole?.id === prolongedId ? data.prolongedRole : null
  const close = () => void navigate({ to: '/reconcile/prolonged', search })
  const decided = () => {
    const next = neighbour(prolongedId, queue.ids)
    queue.onDecided(prolongedId)
    if (next && next !== prolongedId)
      void navigate({ to: '/reconcile/prolonged/$prolongedId', params: { prolongedId: next }, search, replace: true })
    else close()
  }
  return (
    <Drawer
      title={item ? `${item.roleName} · ${item.owner.displayName}` : t.reconcile.prolonged.one}
      subject={item?.id ?? ''}
      busy={!item && fetching}
      onClose={close}
      sub={item && <RelativeTime at={item.since} />}
      footer={item && <ReviewBar key={item.id} item={item} onDecided={decided} reload={reload} />}
    >
      {item ? (
        <Body item={item} />
      ) : error ? (
        <ProblemNote problem={toProblem(error)} onRetry={reload} />
      ) : fetching ? (
        <Skeleton lines={8} />
      ) : (
        <EmptyNote title={t.reconcile.prolonged.over} hint={t.reconcile.prolonged.overHint} />
      )}
    </Drawer>
  )
}

/** Why the role is kept, until when, and whose it is. */
function Body({ item }: { item: ProlongedRowFragment }) {
  const me = useMe()
  const opens = me.scopes.queryResources.includes(item.owner.entityType)
  return (
    <>
      <p>{t.reconcile.prolonged.explains}</p>
      <AutomaticNote of={item.automatic} />
      <Fields
        rows={[
          [t.reconcile.prolonged.cause, <span data-machine>{causeWords(item)}</span>],
          [t.reconcile.prolonged.until, item.until ? <RelativeTime at={item.until} /> : t.common.none],
          [
            t.reconcile.owner,
            <>
              {opens ? (
                <Link to="/person/$id" params={{ id: item.owner.id }} className="underlined">
                  {item.owner.displayName}
                </Link>
              ) : (
                item.owner.displayName
              )}{' '}
              <span className="mono dim">{item.owner.key}</span>
            </>,
          ],
          [
            t.reconcile.role.name,
            opens && can(me.permissions, permissions.assignments) ? (
              <Link
                to="/person/$id/why"
                params={{ id: item.owner.id }}
                search={{ role: item.role }}
                className="underlined"
              >
                {t.reconcile.prolonged.why}
              </Link>
            ) : (
              item.roleName
            ),
          ],
        ]}
      />
    </>
  )
}

/** The comment and the decisions below one role, with their keys. */
function ReviewBar(props: { item: ProlongedRowFragment; onDecided: () => void; reload: () => void }) {
  const { item } = props
  const [comment, setComment] = useDraft(`prolonged-role.${item.id}`)
  const [asking, setAsking] = useState<RoleReviewDecision | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const { busy, decideThese } = useDecideProlonged()
  const offline = useOfflineSince() !== null
  const held = offline || busy
  const send = async (decision: RoleReviewDecision, reason: string) => {
    const { failed, problem } = await decideThese([item], decision, reason)
    setAsking(null)
    const refused = problem ?? failed[0]
    if (refused) {
      notifyProblem({ code: refused.code, message: refused.message })
      return props.reload()
    }
    setComment('')
    notifyDone(`${t.reconcile.prolonged.decided[decision]}: ${prolongedPhrase(item)}`)
    props.onDecided()
  }
  useKeys(
    item.isOwn || held
      ? []
      : [
          ...reviewDecisions.map((decision) => ({
            key: reviewKeys[decision],
            label: t.reconcile.prolonged.decisions[decision],
            run: () => setAsking(decision),
          })),
          { key: 'c', label: t.reconcile.comment, run: () => field.current?.focus() },
        ],
  )
  if (item.isOwn)
    return (
      <p className="dim" role="status">
        {t.reconcile.role.own}
      </p>
    )
  const question = asking && questionOfProlonged(asking, item)
  return (
    <div className={classes.foot}>
      <TextInput
        ref={field}
        aria-label={t.reconcile.comment}
        placeholder={`${t.reconcile.comment} (${t.common.optional})`}
        maxLength={2000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation()
            event.currentTarget.blur()
          }
        }}
      />
      {offline && <p className="dim">{t.app.offlineHint}</p>}
      <div className={classes.buttons}>
        {reviewDecisions.map((decision) => (
          <Button
            key={decision}
            variant={decision === 'APPROVE' ? 'filled' : 'default'}
            color={decision === 'DECLINE' ? 'red' : undefined}
            className={decision === 'DECLINE' ? classes.danger : undefined}
            disabled={held}
            onClick={() => setAsking(decision)}
            rightSection={<kbd>{reviewKeys[decision]}</kbd>}
          >
            {t.reconcile.prolonged.decisions[decision]}…
          </Button>
        ))}
      </div>
      {asking && question && (
        <ConfirmDialog
          {...question}
          reason={question.reason && { ...question.reason, value: comment, onChange: setComment }}
          busy={busy}
          onConfirm={(reason) => void send(asking, reason)}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  )
}
