import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useRequestChanges } from '../../graphql/live'
import { maySeeOrders } from '../../graphql/may'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { clampText, longerText, periodText } from './dates'
import classes from './Request.module.css'
import { RequestHistoryDocument, type RequestDetailFragment } from './request.generated'
import { Conversation } from './Conversation'
import { RequestSteps } from './RequestSteps'
import { itemLook, sentence } from './requestWords'

/** All of one item: who asked for what and why, where it is, and how it came there. */
export function RequestBody({ item }: { item: RequestDetailFragment }) {
  const me = useMe()
  const look = itemLook(item)
  const opens = me.scopes.queryResources.includes(item.owner.entityType)
  return (
    <>
      <div className={classes.badges}>
        <Badge tone={look.tone} icon={look.icon} word={look.word} hint={look.hint} />
        <span className="dim">{t.request.roleKind[item.roleKind]}</span>
      </div>
      {item.problem && (
        <p className={classes.problem} role="status" data-machine>
          {sentence(item.problem)}
        </p>
      )}
      <Fields
        rows={[
          [
            t.request.who,
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
          [t.request.from_, item.requesterName],
          [
            t.request.reason,
            item.justification && (
              <span className={classes.reason} data-machine>
                {item.justification}
              </span>
            ),
          ],
          [
            t.request.dates,
            item.action === 'REMOVE' ? null : (
              <span className={classes.stacked}>
                {item.action === 'EXTEND' ? longerText(item.endDate) : periodText(item.startDate, item.endDate)}
                {item.clamps.map((clamp) => (
                  <span key={clamp.field} className={classes.clamp}>
                    {clampText(clamp)}
                  </span>
                ))}
              </span>
            ),
          ],
          [
            t.request.risks,
            item.risks.length > 0 && (
              <ul className={classes.risks}>
                {item.risks.map((risk) => (
                  <li key={risk.id}>
                    <IconAlertTriangle size={15} aria-hidden color="var(--tone-amber-text)" />
                    <span>
                      {risk.displayName} <span className="dim">{risk.remediation}</span>
                    </span>
                  </li>
                ))}
              </ul>
            ),
          ],
          [t.request.values, item.parameters.map((p) => p.value.displayName).join(', ')],
          [t.request.expires, item.state === 'IN_APPROVAL' && item.expireAt && <RelativeTime at={item.expireAt} />],
          [
            t.request.howEnded,
            [item.closedReason && sentence(item.closedReason), item.outcome && t.request.outcome[item.outcome]]
              .filter(Boolean)
              .join(' '),
          ],
        ]}
      />
      <Section title={t.request.progress}>
        <RequestSteps item={item} seesOrders={maySeeOrders(me)} />
      </Section>
      <Conversation item={item} />
      <History item={item} />
    </>
  )
}

/** What happened to the item, read when it is asked for. */
function History({ item }: { item: RequestDetailFragment }) {
  const [open, setOpen] = useState(false)
  const [{ data, error }, read] = useReading({
    query: RequestHistoryDocument,
    variables: { id: item.requestId },
    pause: !open,
    requestPolicy: 'cache-and-network',
  })
  const again = () => read({ requestPolicy: 'network-only' })
  useRequestChanges(() => {
    if (open) again()
  })
  if (!open)
    return (
      <Button variant="default" className={classes.historyButton} onClick={() => setOpen(true)}>
        {t.request.showHistory}
      </Button>
    )
  const entries = (data?.request?.history ?? []).filter((e) => e.itemId === null || e.itemId === item.id)
  return (
    <Section title={t.request.history}>
      {error ? (
        <ProblemNote problem={toProblem(error)} onRetry={again} />
      ) : !data ? (
        <Skeleton lines={4} />
      ) : (
        <ol className={classes.history}>
          {entries.map((e, at) => (
            <li key={`${e.at} ${at}`}>
              <span>
                {e.stepId ? `${t.request.level(item.steps.find((s) => s.id === e.stepId)?.level ?? 1)}: ` : ''}
                {t.request.moves[e.action] ?? e.action} <span className="dim">{t.common.by(actorName(e.actor))}</span>
                {e.comment && (
                  <span className={classes.historySaid} data-machine>
                    {e.comment}
                  </span>
                )}
              </span>
              <span className="dim">
                <RelativeTime at={e.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  )
}
