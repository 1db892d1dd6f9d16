import { Button, TextInput } from '@mantine/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation } from 'urql'
import { DelegationsChangedDocument, RequestsChangedDocument } from '../../graphql/live.generated'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { useTold } from '../../graphql/useTold'
import { actorName } from '../../lib/actor'
import { dayOf, endOfDay } from '../../lib/day'
import { formatExact } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import classes from './Delegation.module.css'
import {
  DelegationActsDocument,
  DelegationOneDocument,
  RefuseDelegationDocument,
  RevokeDelegationDocument,
  UpdateDelegationDocument,
  type DelegationDetailFragment,
} from './delegation.generated'
import type { DelegationSearch } from './delegationSearch'
import { coversText, delegationPeriod } from './delegationWords'
import { delegationLooks } from './looks'

const actsShown = 50

/** One delegation: what it covers, what was done under it, and how it ends. */
export function DelegationDrawer() {
  const { delegationId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as DelegationSearch
  const navigate = useNavigate()
  const [{ data, error, fetching }, read] = useReading({
    query: DelegationOneDocument,
    variables: { id: delegationId },
    requestPolicy: 'cache-and-network',
  })
  const [{ data: acts }, readActs] = useReading({
    query: DelegationActsDocument,
    variables: { id: delegationId, first: actsShown },
    requestPolicy: 'cache-and-network',
  })
  const reload = () => {
    read({ requestPolicy: 'network-only' })
    readActs({ requestPolicy: 'network-only' })
  }
  useTold(DelegationsChangedDocument, {}, reload)
  useTold(RequestsChangedDocument, {}, () => readActs({ requestPolicy: 'network-only' })) // what a deputy does is done about requests
  const d = data?.delegation
  return (
    <Drawer
      title={d ? t.delegation.actsFor(d.deputy.name, d.delegator.name) : t.delegation.one(delegationId)}
      subject={d?.id ?? ''}
      busy={!d && fetching}
      onClose={() => void navigate({ to: '/delegations', search })}
      sub={d && <Badge {...delegationLooks[d.state]} />}
      footer={d && d.can.length > 0 && <Ways delegation={d} onDone={reload} />}
    >
      {d ? (
        <div className={classes.body}>
          <Fields
            rows={[
              [t.delegation.what, coversText(d)],
              [t.delegation.when, delegationPeriod(d)],
              [t.delegation.reason, d.reason],
              [t.delegation.made, `${actorName(d.createdBy)}, ${formatExact(d.createdAt)}`],
              [
                t.delegation.closed,
                d.closedAt &&
                  t.delegation.closedBy(
                    formatExact(d.closedAt),
                    d.closedBy === 'clock' ? t.delegation.byTime : actorName(d.closedBy ?? ''),
                  ),
              ],
            ]}
          />
          <section aria-label={t.delegation.acts}>
            <h3>{t.delegation.acts}</h3>
            {acts === undefined ? (
              <Skeleton lines={2} />
            ) : acts.delegationActs.nodes.length === 0 ? (
              <p className="dim">{t.delegation.noActs}</p>
            ) : (
              <ul className={classes.list}>
                {acts.delegationActs.nodes.map((act) => (
                  <li key={act.id}>
                    <RelativeTime at={act.at} /> {act.deputyName} {t.delegation.act[act.action] ?? act.action}{' '}
                    {act.about}{' '}
                    {act.number && act.subjectType === 'request_item' && (
                      <Link to="/approvals/$itemId" params={{ itemId: act.subjectId }} className="underlined mono">
                        {act.number}
                      </Link>
                    )}
                  </li>
                ))}
              </ul>
            )}
            {acts && acts.delegationActs.totalCount > actsShown && (
              <p className="dim">{t.delegation.moreActs(acts.delegationActs.totalCount - actsShown)}</p>
            )}
          </section>
          <section aria-label={t.delegation.history}>
            <h3>{t.delegation.history}</h3>
            <ul className={classes.list}>
              {d.history.map((entry, at) => (
                <li key={at}>
                  <RelativeTime at={entry.at} /> {actorName(entry.actor)}{' '}
                  {t.delegation.did[entry.action] ?? entry.action}
                  {entry.comment && <span className="dim"> · {entry.comment}</span>}
                </li>
              ))}
            </ul>
          </section>
        </div>
      ) : error ? (
        <ProblemNote problem={toProblem(error)} onRetry={reload} />
      ) : fetching ? (
        <Skeleton lines={8} />
      ) : (
        <EmptyNote title={t.delegation.gone} hint={t.delegation.goneHint} />
      )}
    </Drawer>
  )
}

type Way = 'shorten' | 'revoke' | 'refuse'

/** What may be done with it. */
function Ways(props: { delegation: DelegationDetailFragment; onDone: () => void }) {
  const { delegation: d } = props
  const [asking, setAsking] = useState<Way | null>(null)
  const [day, setDay] = useState('')
  const [revoking, revoke] = useMutation(RevokeDelegationDocument)
  const [refusing, refuse] = useMutation(RefuseDelegationDocument)
  const [shortening, shorten] = useMutation(UpdateDelegationDocument)
  const may = (way: Way) => d.can.includes(way)
  useKeys(may('revoke') && !asking ? [{ key: 'd', label: t.delegation.revoke, run: () => setAsking('revoke') }] : [])
  const send = async (comment: string) => {
    const input = { id: d.id, comment: comment || undefined }
    const { error } =
      asking === 'revoke'
        ? await revoke({ input })
        : asking === 'refuse'
          ? await refuse({ input })
          : await shorten({ input: { ...input, endDate: endOfDay(day).toISOString(), version: d.version } })
    setAsking(null)
    if (error) notifyProblem(toProblem(error))
    else
      notifyDone(
        { revoke: t.delegation.revoked, refuse: t.delegation.refused, shorten: t.delegation.shortened }[
          asking ?? 'revoke'
        ],
      )
    props.onDone()
  }
  const words = {
    revoke: {
      title: t.delegation.revokeTitle(d.deputy.name),
      text: t.delegation.revokeText(d.deputy.name, d.delegator.name),
      action: t.delegation.revoke,
    },
    refuse: {
      title: t.delegation.refuseTitle(d.delegator.name),
      text: t.delegation.refuseText(d.delegator.name),
      action: t.delegation.refuse,
    },
    shorten: {
      title: t.delegation.shortenTitle,
      text: (
        <div className={classes.form}>
          <p>{t.delegation.shortenText}</p>
          <TextInput
            type="date"
            label={t.delegation.until}
            required
            min={dayOf(new Date())}
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
          />
        </div>
      ),
      action: t.delegation.shorten,
    },
  }
  return (
    <div className={classes.buttons}>
      {may('revoke') && (
        <Button variant="default" onClick={() => setAsking('revoke')} rightSection={<kbd>d</kbd>}>
          {t.delegation.revoke}
        </Button>
      )}
      {may('shorten') && (
        <Button
          variant="default"
          onClick={() => {
            setDay(d.endDate ? dayOf(new Date(Date.parse(d.endDate) - 1)) : dayOf(new Date()))
            setAsking('shorten')
          }}
        >
          {t.delegation.shorten}
        </Button>
      )}
      {may('refuse') && (
        <Button variant="default" onClick={() => setAsking('refuse')}>
          {t.delegation.refuse}
        </Button>
      )}
      {asking && (
        <ConfirmDialog
          {...words[asking]}
          danger={asking !== 'shorten'}
          reason={{ label: t.common.comment, max: 2000 }}
          busy={revoking.fetching || refusing.fetching || shortening.fetching}
          onConfirm={(comment) => {
            if (asking !== 'shorten' || day) void send(comment)
          }}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  )
}
