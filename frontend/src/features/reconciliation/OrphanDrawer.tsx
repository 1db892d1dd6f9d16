import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useReconciliationChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { formatLastDay } from '../../lib/format'
import { neighbour } from '../../lib/selection'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { useQueue } from '../../ui/queue'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { DecideBar, PostponedNote } from './DecideBar'
import { reasonLooks } from './looks'
import { OrphanDetailDocument } from './OrphanDrawer.generated'
import { OtherDifferences } from './OtherDifferences'
import { OwnerChoice, type Orphan } from './OwnerChoice'
import type { OrphanSearch } from './reconcileSearch'
import { useDifference } from './useDifference'

/** One account without an owner: why, the nearest people, and what can be decided. */
export function OrphanDrawer() {
  const { accountId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as OrphanSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const [{ data, error, fetching }, read] = useReading({
    query: OrphanDetailDocument,
    variables: { id: accountId },
    requestPolicy: 'cache-and-network',
  })
  const account = data?.accountsWithoutOwner.nodes[0]
  const difference = useDifference(account?.itemId ?? null)
  const reload = () => {
    read({ requestPolicy: 'network-only' })
    difference.reload()
  }
  useReconciliationChanges(reload)
  const close = () => void navigate({ to: '/reconcile/orphans', search })
  const decided = () => {
    const next = neighbour(accountId, queue.ids)
    if (next && next !== accountId)
      void navigate({ to: '/reconcile/orphans/$accountId', params: { accountId: next }, search, replace: true })
    else close()
  }
  const { item } = difference
  const own = item && item.id === account?.itemId ? item : null
  return (
    <Drawer
      title={
        account
          ? [account.resourceTypeName, account.account.displayName].filter(Boolean).join(' · ')
          : t.reconcile.account
      }
      subject={account?.id ?? ''}
      busy={fetching && !account}
      onClose={close}
      sub={
        account && (
          <>
            <Badge {...reasonLooks[account.reason]} />
            {account.systemName && <span>{t.review.onConnector(account.systemName)}</span>}
            <RelativeTime at={account.since} />
          </>
        )
      }
      footer={own && <DecideBar item={own} ready={difference.ready} onDecided={decided} reload={reload} />}
    >
      {account ? (
        <>
          {own && <PostponedNote item={own} />}
          <p>{whyOf(account)}</p>
          <Facts account={account} />
          {account.orderId === null && account.itemId === null && account.resourceType !== null && (
            <p className="dim">{t.reconcile.orphan.settledHint}</p>
          )}
          {account.isOwn && <p className="dim">{t.reconcile.own}</p>}
          {!account.isOwn && account.orderId === null && (own !== null || account.resourceType === null) && (
            <OwnerChoice account={account} item={own} onDecided={decided} reload={reload} />
          )}
          {account.owner && own && <OtherDifferences ownerId={account.owner.id} but={own.id} />}
        </>
      ) : error ? (
        <ProblemNote problem={toProblem(error)} onRetry={reload} />
      ) : fetching ? (
        <Skeleton lines={8} />
      ) : (
        <EmptyNote title={t.reconcile.orphan.settled} hint={t.reconcile.orphan.emptyHint} />
      )}
    </Drawer>
  )
}

function whyOf({ reason, owner, leftAt }: Orphan): string {
  const { why } = t.reconcile.orphan
  if (reason === 'LEAVER') return why.LEAVER(owner?.displayName ?? '', leftAt ? formatLastDay(leftAt) : '')
  if (reason === 'OWNER_GONE') return why.OWNER_GONE(owner?.displayName ?? '')
  return why[reason]
}

function Facts({ account }: { account: Orphan }) {
  const { scopes } = useMe()
  const opens = (entityType: string) => scopes.queryResources.includes(entityType)
  const { owner } = account
  return (
    <Section title={t.reconcile.account}>
      <Fields
        rows={[
          [
            t.reconcile.account,
            opens(account.account.entityType) ? (
              <Link to="/person/$id" params={{ id: account.id }}>
                {account.account.displayName}
              </Link>
            ) : (
              <span data-machine>{account.account.displayName}</span>
            ),
          ],
          [t.order.resourceType, account.resourceTypeName ?? t.reconcile.orphan.unknown],
          [t.common.system, account.systemName],
          [
            t.reconcile.owner,
            owner && (
              <>
                {opens(owner.entityType) ? (
                  <Link to="/person/$id" params={{ id: owner.id }}>
                    {owner.displayName}
                  </Link>
                ) : (
                  owner.displayName
                )}{' '}
                <span className="mono dim">{owner.key}</span>
              </>
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
    </Section>
  )
}
