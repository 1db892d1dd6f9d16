import { Button } from '@mantine/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useReconciliationChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useOfflineSince } from '../../graphql/socketStatus'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { recognitionLooks } from './looks'
import { RecognitionDetailDocument, type RecognitionRowFragment } from './RecognitionTab.generated'
import classes from './Reconciliation.module.css'
import type { RecognitionSearch } from './reconcileSearch'
import { useReset } from './useReset'

/** One account: whose it is taken to be, and what, what rules say now, and taking back what somebody decided. */
export function RecognitionDrawer() {
  const { accountId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as RecognitionSearch
  const navigate = useNavigate()
  const [{ data, error, fetching }, read] = useReading({
    query: RecognitionDetailDocument,
    variables: { id: accountId },
    requestPolicy: 'cache-and-network',
  })
  const account = data?.recognizedAccounts.nodes[0]
  const reload = () => read({ requestPolicy: 'network-only' })
  useReconciliationChanges(reload)
  return (
    <Drawer
      title={
        account
          ? [account.resourceTypeName, account.account.displayName].filter(Boolean).join(' · ')
          : t.recognition.account
      }
      subject={account?.id ?? ''}
      busy={fetching && !account}
      onClose={() => void navigate({ to: '/reconcile/recognition', search })}
      sub={
        account && (
          <>
            <Badge {...recognitionLooks[account.state]} />
            {account.systemName && <span>{t.review.onConnector(account.systemName)}</span>}
            <RelativeTime at={account.since} />
          </>
        )
      }
      footer={account && <ResetBar account={account} reload={reload} />}
    >
      {account ? (
        <>
          <p>{t.recognition.stateHint[account.state]}</p>
          <Facts account={account} />
          <Rules account={account} />
        </>
      ) : error ? (
        <ProblemNote problem={toProblem(error)} onRetry={reload} />
      ) : fetching ? (
        <Skeleton lines={8} />
      ) : (
        <EmptyNote title={t.recognition.empty} hint={t.recognition.emptyHint} />
      )}
    </Drawer>
  )
}

function Facts({ account }: { account: RecognitionRowFragment }) {
  const { scopes } = useMe()
  const { owner } = account
  const named = ({ id, entityType, displayName }: { id: string; entityType: string; displayName: string }) =>
    scopes.queryResources.includes(entityType) ? (
      <Link to="/person/$id" params={{ id }}>
        {displayName}
      </Link>
    ) : (
      displayName
    )
  return (
    <Section title={t.recognition.account}>
      <Fields
        rows={[
          [t.recognition.account, <span data-machine>{named(account.account)}</span>],
          [t.recognition.what, account.resourceTypeName ?? t.reconcile.orphan.unknown],
          [t.common.system, account.systemName],
          [
            t.recognition.who,
            owner ? (
              <>
                {named(owner)} <span className="mono dim">{owner.key}</span>
              </>
            ) : (
              t.recognition.nobody
            ),
          ],
          [
            t.order.one,
            account.orderId && (
              <Link to="/order/$orderId" params={{ orderId: account.orderId }}>
                {t.reconcile.orphan.openOrder}
              </Link>
            ),
          ],
        ]}
      />
      {account.isFrozen ? (
        <p>
          {t.recognition.frozenBy(actorName(account.frozenBy ?? '', account.frozenByName))}{' '}
          {account.frozenAt && <RelativeTime at={account.frozenAt} />}
          {account.comment && `: ${account.comment}`}
        </p>
      ) : (
        <p className="dim">{t.recognition.notFrozen}</p>
      )}
    </Section>
  )
}

function Rules({ account }: { account: RecognitionRowFragment }) {
  return (
    <Section title={t.recognition.rules}>
      {account.rules.length === 0 ? (
        <p className="dim">{t.recognition.noRules}</p>
      ) : (
        <table className={classes.candidates}>
          <thead>
            <tr>
              <th scope="col">{t.recognition.who}</th>
              <th scope="col">{t.recognition.rule}</th>
              <th scope="col">{t.recognition.value}</th>
              <th scope="col">{t.recognition.sure}</th>
            </tr>
          </thead>
          <tbody>
            {account.rules.map((rule, at) => (
              <tr key={at}>
                <th scope="row">
                  {rule.owner ? (
                    <>
                      {rule.owner.displayName} <span className="mono dim">{rule.owner.key}</span>
                    </>
                  ) : (
                    rule.resourceTypeName
                  )}
                  {rule.isCurrent && <span className="dim"> {t.recognition.current}</span>}
                </th>
                <td data-machine>{rule.rule}</td>
                <td>
                  <span data-machine>{rule.value ?? ''}</span>
                  {rule.isShared && <span className="dim"> {t.recognition.shared}</span>}
                </td>
                <td className="num">{t.recognition.percent(rule.confidence)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  )
}

/** Taking back whose an account is, and what, with what would come of it. */
function ResetBar({ account, reload }: { account: RecognitionRowFragment; reload: () => void }) {
  const [asking, setAsking] = useState(false)
  const { busy, resetThese } = useReset()
  const offline = useOfflineSince() !== null
  const { forecast } = account
  const refused = account.isOwn ? t.reconcile.own : forecast.refusal
  const held = refused !== null || offline || busy
  const name = t.reconcile.accountIn(account.account.displayName, account.systemName ?? '')
  useKeys(held ? [] : [{ key: 'r', label: t.recognition.reset, run: () => setAsking(true) }])

  const send = async (comment: string) => {
    const { failed, problem } = await resetThese([account], comment)
    setAsking(false)
    const against = problem ?? failed[0]
    if (against) notifyProblem(against)
    else notifyDone(`${t.recognition.done(1)}: ${name}`)
    reload()
  }
  return (
    <div className={classes.foot}>
      {refused !== null && (
        <p className="dim" role="status">
          {refused}
        </p>
      )}
      {offline && <p className="dim">{t.app.offlineHint}</p>}
      <div className={classes.buttons}>
        <Button variant="default" disabled={held} onClick={() => setAsking(true)} rightSection={<kbd>r</kbd>}>
          {t.recognition.reset}…
        </Button>
      </div>
      {asking && (
        <ConfirmDialog
          title={t.recognition.ask(name)}
          action={t.recognition.reset}
          reason={{ label: t.reconcile.comment, max: 2000 }}
          text={
            <>
              <p>
                {t.recognition.outcome[forecast.outcome](
                  forecast.owner?.displayName ?? t.recognition.somebody,
                  t.recognition.percent(forecast.confidence ?? 0),
                )}
              </p>
              <p>{t.recognition.text}</p>
            </>
          }
          busy={busy}
          onConfirm={(comment) => void send(comment)}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  )
}
