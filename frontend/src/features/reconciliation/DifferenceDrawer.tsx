import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMe } from '../../graphql/SessionContext'
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
import { AutomaticNote } from './AutomaticNote'
import { DecideBar, PostponedNote } from './DecideBar'
import { title } from './decisions'
import { Value } from './differenceColumns'
import type { DifferenceDetailFragment } from './DifferenceDrawer.generated'
import { kindLooks, stateLooks } from './looks'
import { MakeRule, ruleOfDifference, useMayMakeRule } from './MakeRule'
import { OtherDifferences } from './OtherDifferences'
import classes from './Reconciliation.module.css'
import type { DifferenceSearch } from './reconcileSearch'
import { useDifference } from './useDifference'

/** One difference to decide, beside the list. */
export function DifferenceDrawer() {
  const { itemId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as DifferenceSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const { item, ready, problem, loading, reload } = useDifference(itemId)
  const close = () => void navigate({ to: '/reconcile/resources', search })
  const decided = () => {
    const next = neighbour(itemId, queue.ids)
    queue.onDecided(itemId)
    if (next && next !== itemId)
      void navigate({ to: '/reconcile/resources/$itemId', params: { itemId: next }, search, replace: true })
    else close()
  }
  return (
    <Drawer
      title={item ? title(item) : t.reconcile.item}
      subject={item?.id ?? ''}
      busy={!ready && loading}
      onClose={close}
      sub={
        item && (
          <>
            <Badge {...kindLooks[item.kind]} />
            <Badge {...stateLooks[item.state]} quiet />
            {item.systemName && <span>{t.review.onConnector(item.systemName)}</span>}
            <RelativeTime at={item.foundAt} />
          </>
        )
      }
      footer={item && <DecideBar item={item} ready={ready} onDecided={decided} reload={reload} />}
    >
      {item ? (
        <DifferenceBody item={item} />
      ) : problem ? (
        <ProblemNote problem={problem} onRetry={reload} />
      ) : loading ? (
        <Skeleton lines={8} />
      ) : (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
      )}
    </Drawer>
  )
}

/** What differs, whose it is, and what else of the same owner does. */
export function DifferenceBody({ item }: { item: DifferenceDetailFragment }) {
  const { scopes } = useMe()
  const isForRules = useMayMakeRule() && item.isForRules
  const { owner, target } = item
  const opens = (entityType: string) => scopes.queryResources.includes(entityType)
  return (
    <>
      <PostponedNote item={item} />
      <p>{t.reconcile.kindHint[item.kind]}</p>
      {item.state === 'QUESTIONED' && <p>{t.reconcile.stateHint.QUESTIONED}</p>}
      {item.foundRoles.length > 0 && item.closedAt === null && <p>{t.reconcile.settlesRole(item.foundRoles)}</p>}
      <AutomaticNote of={item.automatic} />
      {item.confidence !== null && <p>{t.reconcile.guessed(item.confidence)}</p>}
      {item.property !== null && (
        <Section title={t.reconcile.whatDiffers}>
          <dl className={classes.values}>
            <div className={classes.value}>
              <dt>{t.reconcile.current}</dt>
              <dd>
                <Value of={item.current} whole />
              </dd>
            </div>
            <div className={classes.value}>
              <dt>{t.reconcile.proposed}</dt>
              <dd>
                <Value of={item.proposed} whole />
              </dd>
            </div>
          </dl>
        </Section>
      )}
      <Section title={t.reconcile.account}>
        <Fields
          rows={[
            [
              t.reconcile.owner,
              owner ? (
                <>
                  {opens(owner.entityType) ? (
                    <Link to="/person/$id" params={{ id: owner.id }}>
                      {owner.displayName}
                    </Link>
                  ) : (
                    owner.displayName
                  )}{' '}
                  <span className="mono dim">{owner.key}</span>
                  {item.isOwnerGone && <span className="dim"> ({t.reconcile.gone})</span>}
                </>
              ) : (
                <Link to="/reconcile/orphans/$accountId" params={{ accountId: target?.id ?? '' }} search={{}}>
                  {t.reconcile.noOwner}
                </Link>
              ),
            ],
            [t.order.resourceType, item.resourceTypeName],
            [t.common.system, item.systemName],
            [t.suggestion.rule, isForRules && <MakeRule place={ruleOfDifference(item)} />],
            [
              t.reconcile.account,
              target &&
                (opens(target.entityType) ? (
                  <Link to="/person/$id" params={{ id: target.id }}>
                    {target.displayName}
                  </Link>
                ) : (
                  <span data-machine>{target.displayName}</span>
                )),
            ],
          ]}
        />
      </Section>
      {owner && <OtherDifferences ownerId={owner.id} but={item.id} />}
    </>
  )
}
