import { useCan } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import classes from './StoredValues.module.css'
import { StoredValuesDocument } from './StoredValues.generated'

/** Which values of a resource are computed, by what and from what; nothing is drawn when none is. */
export function StoredValues({ id }: { id: string }) {
  const { can } = useCan()
  const [{ data }] = useReading({
    query: StoredValuesDocument,
    variables: { input: { resourceId: id, save: null } },
    pause: !can(permissions.assignments),
    requestPolicy: 'cache-and-network',
  })
  const values = data?.storedValues.values ?? []
  if (values.length === 0) return null
  return (
    <Section title={t.stored.title} panel>
      <p className="dim">{t.stored.hint}</p>
      {values.map((v) => (
        <details key={v.property} className={classes.value}>
          <summary>
            <span>{v.displayName}</span>
            <span className={v.error ? classes.failed : undefined}>
              {v.error ? t.stored.fails : (v.computed ?? t.common.nothing)}
            </span>
          </summary>
          {v.error && <p className={classes.failed}>{v.error}</p>}
          {v.error && <p>{t.stored.keeps(v.kept ?? t.common.nothing)}</p>}
          {v.expression && (
            <p className="dim">
              {t.stored.by}: <span data-machine>{v.expression}</span>
            </p>
          )}
          <dl className={classes.inputs}>
            {v.inputs.map((i) => (
              <div key={i.path}>
                <dt data-machine>{i.path}</dt>
                <dd>{i.isHidden ? <span className="dim">{t.stored.hidden}</span> : (i.value ?? t.common.nothing)}</dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </Section>
  )
}
