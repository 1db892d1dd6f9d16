import { getRouteApi, Link } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { formatName } from '../../lib/format'
import { t } from '../../lib/texts'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { FileValue } from './FileValue'
import { PersonDocument } from './PersonPage.generated'
import { EntityTypesDocument } from './entityTypes.generated'
import { StoredValues } from './StoredValues'
import classes from './Tab.module.css'
import { useValueFormat } from './useValueFormat'

const route = getRouteApi('/shell/person/$id/properties')

/** The values of a resource, and what it points to. */
export function PropertiesTab() {
  const { id } = route.useParams()
  const [{ data, error }] = useReading({ query: PersonDocument, variables: { id }, requestPolicy: 'cache-and-network' })
  const [{ data: types }] = useReading({ query: EntityTypesDocument })
  const person = data?.resource
  const format = useValueFormat(person?.entityType)
  const system = types?.entityTypes.find((e) => e.identifier === person?.entityType)?.connector?.displayName
  if (error && !person) return <ProblemNote problem={toProblem(error)} />
  if (!person) return <Skeleton />
  return (
    <div className={classes.tab} tabIndex={0} role="group" aria-label={t.person.properties}>
      {system && !person.isManual && <p className={classes.source}>{t.person.readFromHint(system)}</p>}
      <div className={classes.two}>
        <Section title={t.person.properties} panel>
          {person.values.length === 0 ? (
            <p className="dim">{t.person.noProperties}</p>
          ) : (
            <Fields
              rows={person.values.map((v) => [
                v.displayName,
                v.file ? (
                  <FileValue key={v.property} name={v.displayName} file={v.file} />
                ) : (
                  format(v.property, v.value)
                ),
              ])}
            />
          )}
        </Section>
        <Section title={t.person.links} panel>
          <Fields
            rows={person.links
              .filter((l) => l.targets.length > 0)
              .map((l) => [
                l.displayName === l.property ? formatName(l.displayName) : l.displayName,
                <span key={l.property} className={classes.links}>
                  {l.targets.slice(0, 50).map((target) => (
                    <Link key={target.id} to="/person/$id" params={{ id: target.id }}>
                      {target.displayName}
                    </Link>
                  ))}
                  {l.targets.length > 50 && <span className="dim">{t.common.moreItems(l.targets.length - 50)}</span>}
                </span>,
              ])}
          />
        </Section>
        <StoredValues id={person.id} />
      </div>
    </div>
  )
}
