import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { useKindName } from '../../graphql/useKindName'
import { useReading } from '../../graphql/useReading'
import { formatName } from '../../lib/format'
import { permissionWords } from '../../lib/permissionWords'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { SelectFilter } from '../../ui/Filters'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { AccessRulesDocument, type AccessRuleFieldsFragment } from './AccessRulesTab.generated'
import { useProfileNames } from './useProfileNames'
import classes from './Access.module.css'

const route = getRouteApi('/shell/access/rules')

/** What each profile may do, and on which rows. */
export function AccessRulesTab() {
  const { profile } = route.useSearch()
  const navigate = useNavigate()
  const kindName = useKindName()
  const profiles = useProfileNames()
  const [{ data, error }, read] = useReading({
    query: AccessRulesDocument,
    variables: { profile },
    requestPolicy: 'cache-and-network',
  })
  return (
    <div className={classes.tab}>
      <SelectFilter
        label={t.access.profile}
        any={t.access.allProfiles}
        value={profile}
        options={profiles}
        onChange={(value) =>
          void navigate({ to: '/access/rules', search: value ? { profile: value } : {}, replace: true })
        }
      />
      {error && !data ? (
        <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
      ) : !data ? (
        <Skeleton lines={8} />
      ) : data.accessRules.length === 0 ? (
        <EmptyNote title={t.access.empty} hint={t.access.emptyHint} />
      ) : (
        <ul className={classes.rules}>
          {data.accessRules.map((rule) => (
            <li key={rule.id} className="panel">
              <div className={classes.head}>
                <h2>
                  {t.access.sees(
                    rule.profile.displayName,
                    rule.entityType === '*' ? t.access.anyKind : kindName(rule.entityType),
                  )}
                </h2>
                {rule.displayName !== rule.identifier && <span className="dim">{rule.displayName}</span>}
              </div>
              <ul className={classes.entries} aria-label={t.access.permissions}>
                {rule.entries.map((entry) => (
                  <li key={entry.permission}>
                    <span>{permissionWords(entry.permission, kindName)}</span>
                    {!entry.canExecute && <span className="dim">{t.access.readOnly}</span>}
                    {!entry.notify && <span className="dim">{t.access.noMail}</span>}
                  </li>
                ))}
              </ul>
              <p className="dim">
                {t.access.filters}: {filterWords(rule)}
              </p>
              <details className="dim">
                <summary>{t.common.details}</summary>
                <ul className={classes.entries}>
                  <li>
                    {t.common.identifier} <code>{rule.identifier}</code>
                  </li>
                  {rule.entries.map((entry) => (
                    <li key={entry.permission}>
                      <code>{entry.permission}</code>
                    </li>
                  ))}
                </ul>
              </details>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function filterWords(rule: AccessRuleFieldsFragment): string {
  if (rule.filters.length === 0) return t.access.noFilters
  return rule.filters
    .map((f) => {
      const to = f.currentUser ? t.access.currentUser : f.dimension ? t.access.dimension(f.dimension) : (f.value ?? '')
      return t.access.equals(f.binding.split('.').map(formatName).join(`, ${t.access.pathOf} `), to)
    })
    .join(', ')
}
