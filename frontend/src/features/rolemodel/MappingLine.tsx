import { IconAlertTriangle, IconCheck, IconEqualNot } from '@tabler/icons-react'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import classes from './Editor.module.css'
import { useTried } from './TrialContext'
import { useProperties } from './useProperties'
import { fromOf, whenOf } from './mapping'
import type { Draft } from './shape'

/** A rule of a resource type in one line: what it fills, from what, when, and what that is for the person on whom it is tried. */
export function MappingLine({ rule, whole }: { rule: Draft; whole: Draft }) {
  const property = String(rule.property ?? '')
  const properties = useProperties(String(whole.targetEntityType ?? ''))
  const { value, hasAccount, differs } = useTried(property)
  const from = fromOf(rule)
  return (
    <span className={classes.mapping}>
      <strong>{properties.find((p) => p.identifier === property)?.displayName ?? (property || t.mapping.none)}</strong>
      <span className={from.isFormula ? classes.formula : undefined} data-machine>
        {from.text || <span className="dim">{t.mapping.noSource}</span>}
      </span>
      <span className="dim" data-machine>
        {whenOf(rule)}
      </span>
      <span>
        {value &&
          (value.error ? (
            <Badge tone="red" icon={IconAlertTriangle} word={t.trial.error} />
          ) : (
            <>
              {value.computed.join(', ') || <span className="dim">{t.common.nothing}</span>}{' '}
              {hasAccount &&
                (value.isSame ? (
                  <Badge tone="green" icon={IconCheck} word={t.trial.same} quiet />
                ) : (
                  <Badge tone={value.createOnly ? 'grey' : 'amber'} icon={IconEqualNot} word={t.trial.differs} />
                ))}
            </>
          ))}
        {differs && <span className="dim"> {t.differs.of(differs.differs, differs.errors)}</span>}
      </span>
      {value?.error && (
        <span className={classes.mappingError} role="alert">
          {value.error}
        </span>
      )}
    </span>
  )
}
