import { getRouteApi, Link, useNavigate, useParams } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { Skeleton } from '../../ui/Skeleton'
import { ResourceTypeByNameDocument, type ResourceTypeFieldsFragment } from './rolemodel.generated'
import { RuleDetails } from './RuleDetails'
import { SettingsSection } from './SettingsSection'
import classes from './RuleTable.module.css'
import { KindName } from '../../graphql/KindName'
import { mayReconcile } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'

const route = getRouteApi('/shell/model/resource-types')

/** One resource type: how it is provisioned, and its rules. */
export function ResourceTypeDrawer() {
  const { resourceType: identifier = '' } = useParams({ strict: false })
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const [{ data }] = useReading({ query: ResourceTypeByNameDocument, variables: { identifier } })
  const type = data?.resourceTypesPage.nodes[0]
  const [{ data: before }] = useReading({
    query: ResourceTypeByNameDocument,
    variables: { identifier: type?.dependsOn ?? '' },
    pause: !type?.dependsOn,
  })
  return (
    <Drawer
      title={type?.displayName ?? identifier}
      sub={type?.description}
      subject={identifier}
      onClose={() => void navigate({ to: '/model/resource-types', search })}
    >
      {!data ? (
        <Skeleton />
      ) : !type ? (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
      ) : (
        <>
          <Fields
            rows={[
              [t.model.source, <KindName key="source" of={type.sourceEntityType} />],
              [t.model.target, <KindName key="target" of={type.targetEntityType} />],
              [t.common.system, type.connector?.displayName],
              [t.model.category, type.category?.displayName],
              [t.model.policy, type.policy],
              [t.model.answers, type.owner && `${type.owner.displayName}, ${type.owner.key}`],
              [t.model.tags, type.tags.join(', ')],
              [t.model.fulfilment, type.isManual ? t.model.byHand : t.model.automated],
              [t.model.review, type.blockProvisioning ? t.model.reviewRequired : t.model.reviewNone],
              [t.model.ownOrders, type.allowOwnDecisions ? t.model.ownOrdersAllowed : t.model.ownOrdersRefused],
              [t.model.allowAdd, type.allowAdd ? t.common.yes : t.common.no],
              [t.model.allowRemove, type.allowRemove ? t.common.yes : t.common.no],
              [t.model.dependsOn, before?.resourceTypesPage.nodes[0]?.displayName],
              [
                t.model.validity,
                type.transmittedStateValidityPeriod > 0 ? t.model.minutes(type.transmittedStateValidityPeriod) : null,
              ],
              [t.model.ahead, type.fulfillHoursAheadOfTime > 0 ? t.model.hours(type.fulfillHoursAheadOfTime) : null],
              [t.model.thresholds, thresholds(type)],
              [
                t.reconcile.title,
                mayReconcile(me) && (
                  <Link key="differences" to="/reconcile/resources" search={{ types: [type.identifier] }}>
                    {t.reconcile.ofType}
                  </Link>
                ),
              ],
              [t.common.identifier, <code key="id">{type.identifier}</code>],
            ]}
          />
          <Section title={t.model.rules}>
            {!type.rules?.length ? (
              <p className="dim">{t.model.noRules}</p>
            ) : (
              <ul className={classes.rules}>
                {type.rules.map((rule) => (
                  <li key={rule.id}>
                    <span className={classes.head}>
                      <strong>{rule.propertyDisplayName ?? t.model.ruleKind(rule.kind)}</strong>
                      {rule.propertyDisplayName && <span className="dim">{t.model.ruleKind(rule.kind)}</span>}
                    </span>
                    {/* A rule may hold a formula, which is spelt as the machine does. */}
                    <span data-machine>{rule.sentence}</span>
                    <RuleDetails identifier={rule.identifier} />
                  </li>
                ))}
              </ul>
            )}
          </Section>
          <SettingsSection of={type.settings} policy={type.policy} />
        </>
      )}
    </Drawer>
  )
}

function thresholds(type: ResourceTypeFieldsFragment): string {
  const one = (word: string, count: number, percent: number) => {
    const limits = [count > 0 && String(count), percent > 0 && `${percent} %`].filter(Boolean)
    return limits.length ? `${word} ${limits.join(' / ')}` : ''
  }
  return [
    one(t.model.insert, type.maximumInsert, type.maximumInsertPercent),
    one(t.model.update, type.maximumUpdate, type.maximumUpdatePercent),
    one(t.model.remove, type.maximumDelete, type.maximumDeletePercent),
  ]
    .filter(Boolean)
    .join(', ')
}
