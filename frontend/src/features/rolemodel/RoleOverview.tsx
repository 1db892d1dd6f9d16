import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { KindName } from '../../graphql/KindName'
import { maySeePeople } from '../../graphql/may'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import { useCan, useMe } from '../../graphql/SessionContext'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { addressOf, kindOfRole } from './addressOf'
import classes from './RuleTable.module.css'
import type { GivingRuleFragment } from './RolePage.generated'
import { SettingsSection } from './SettingsSection'
import { useRole } from './useRole'

const route = getRouteApi('/shell/model/roles/$role')

/** What a role is, who gets it, what it brings and what it gives. */
export function RoleOverview() {
  const { role: identifier } = route.useParams()
  const { kind } = route.useSearch()
  const { role } = useRole(identifier, kind)
  if (!role) return null
  const h = role.holders
  const split = h && [
    h.byRule > 0 && t.catalogue.split(t.catalogue.origins.RULE, h.byRule),
    h.byRole > 0 && t.catalogue.split(t.catalogue.origins.INFERRED, h.byRole),
    h.byRequest > 0 && t.catalogue.split(t.catalogue.origins.MANUAL, h.byRequest),
    h.byGrace > 0 && t.catalogue.split(t.catalogue.origins.GRACE, h.byGrace),
    h.found > 0 && t.catalogue.split(t.catalogue.origins.FOUND, h.found),
  ]
  return (
    <div className={classes.overview}>
      <Section title={t.catalogue.overview}>
        <Fields
          rows={[
            [t.model.description, role.description],
            [t.catalogue.holders, split && (split.filter(Boolean).join(', ') || t.catalogue.noHolders)],
            [t.model.owner, role.owner && `${role.owner.displayName}, ${role.owner.key}`],
            [t.model.alsoIn, role.secondaryCategories.map((c) => c.displayName).join(', ')],
            [t.model.required, role.requiredParameters.join(', ')],
            [t.model.imposed, role.imposedDimensions.map((d) => `${d.name} ${d.value}`).join(', ')],
            [t.model.tags, role.tags.join(', ')],
            [t.model.made, role.state === 'GENERATED' && t.model.madeByMapping],
            [t.model.entityType, <KindName key="kind" of={role.entityType} />],
            [t.model.policy, role.policy],
            [t.common.identifier, <code key="id">{role.identifier}</code>],
          ]}
        />
      </Section>
      <Section title={t.catalogue.rulesGive}>
        <RoleRules rules={role.rules} none={t.catalogue.rulesGiveNone} />
      </Section>
      {role.kind === 'COMPOSITE' && (
        <Section title={t.catalogue.bundles}>
          <RoleRules rules={role.bundles} none={t.catalogue.bundlesNone} withRole />
        </Section>
      )}
      {role.kind === 'SINGLE' && (
        <Section title={t.catalogue.gives}>
          {!role.gives?.length ? (
            <p className="dim">{t.catalogue.givesNone}</p>
          ) : (
            <ul className={classes.rules}>
              {role.gives.map((rule) => (
                <li key={rule.id}>
                  <span className={classes.head}>
                    <Link {...addressOf({ name: 'resourceType' }, rule.resourceType)}>
                      <strong>{rule.resourceTypeDisplayName}</strong>
                    </Link>
                    <span className="dim">{t.model.ruleKind(rule.kind)}</span>
                  </span>
                  <span data-machine>{rule.sentence}</span>
                </li>
              ))}
            </ul>
          )}
        </Section>
      )}
      <SettingsSection of={role.settings} policy={role.policy} />
      <WhoLacks role={role.identifier} entityType={role.entityType} />
    </div>
  )
}

/** Leads to why somebody does not have the role. */
function WhoLacks({ role, entityType }: { role: string; entityType: string }) {
  const navigate = useNavigate()
  const me = useMe()
  const { can } = useCan()
  if (!can(permissions.assignments) || !maySeePeople(me)) return null
  return (
    <Section title={t.why.whoLacks}>
      <ResourcePicker
        label={t.why.who}
        entityType={entityType}
        value=""
        onChange={(_key, id) => {
          if (id) void navigate({ to: '/person/$id/why', params: { id }, search: { role } })
        }}
      />
    </Section>
  )
}

function RoleRules(props: { rules: GivingRuleFragment[] | null | undefined; none: string; withRole?: boolean }) {
  if (!props.rules?.length) return <p className="dim">{props.none}</p>
  return (
    <ul className={classes.rules}>
      {props.rules.map((rule) => (
        <li key={rule.id}>
          {props.withRole && (
            <Link {...addressOf({ name: kindOfRole(rule.roleKind) }, rule.role)}>
              <strong>{rule.roleDisplayName}</strong>
            </Link>
          )}
          <span className={classes.words}>{rule.sentence}</span>
          <Link
            className="underlined"
            to="/model/rules/$kind/$owner"
            params={{ kind: kindOfRole(rule.roleKind), owner: rule.role }}
            search={{ rule: rule.identifier }}
          >
            {t.catalogue.editRule}
          </Link>
        </li>
      ))}
    </ul>
  )
}
