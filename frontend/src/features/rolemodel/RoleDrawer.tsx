import { getRouteApi, useNavigate, useParams } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { Skeleton } from '../../ui/Skeleton'
import { RoleByNameDocument } from './rolemodel.generated'
import { RuleDetails } from './RuleDetails'
import { SettingsSection } from './SettingsSection'
import classes from './RuleTable.module.css'
import { KindName } from '../../graphql/KindName'
import { useReading } from '../../graphql/useReading'

const route = getRouteApi('/shell/model/roles')

/** One role and the rules that give it. */
export function RoleDrawer() {
  const { role: identifier = '' } = useParams({ strict: false })
  const search = route.useSearch()
  const navigate = useNavigate()
  const [{ data }] = useReading({ query: RoleByNameDocument, variables: { identifier } })
  const role = data?.rolesPage.nodes[0]
  return (
    <Drawer
      title={role?.displayName ?? identifier}
      sub={role && t.model.kinds[role.kind]}
      subject={identifier}
      onClose={() => void navigate({ to: '/model/roles', search })}
    >
      {!data ? (
        <Skeleton />
      ) : !role ? (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
      ) : (
        <>
          <Fields
            rows={[
              [t.model.description, role.description],
              [t.model.category, role.categoryPath.map((c) => c.displayName).join(' / ')],
              [t.model.alsoIn, role.secondaryCategories.map((c) => c.displayName).join(', ')],
              [t.model.owner, role.owner && `${role.owner.displayName}, ${role.owner.key}`],
              [t.model.tags, role.tags.join(', ')],
              [t.model.made, role.state === 'GENERATED' && t.model.madeByMapping],
              [t.model.policy, role.policy],
              [t.model.entityType, <KindName key="kind" of={role.entityType} />],
              [t.common.identifier, <code key="id">{role.identifier}</code>],
            ]}
          />
          <Section title={t.model.rules}>
            {!role.rules?.length ? (
              <p className="dim">{t.model.noRules}</p>
            ) : (
              <ul className={classes.rules}>
                {role.rules.map((rule) => (
                  <li key={rule.id}>
                    <span className={classes.words}>{rule.sentence}</span>
                    <RuleDetails identifier={rule.identifier} />
                  </li>
                ))}
              </ul>
            )}
          </Section>
          <SettingsSection of={role.settings} policy={role.policy} />
        </>
      )}
    </Drawer>
  )
}
