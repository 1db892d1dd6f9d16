import { Textarea } from '@mantine/core'
import { t } from '../../lib/texts'
import classes from './Editor.module.css'
import type { Draft } from './shape'
import { useProperties } from './useProperties'

/** Where something is computed: with what can be used there, and what is wrong at its place. */
export function FormulaInput(props: {
  label: string
  says: string
  value: string
  whole: Draft
  errors: string[]
  disabled?: boolean
  onChange: (value: string) => void
}) {
  const source = useProperties(String(props.whole.sourceEntityType ?? props.whole.entityType ?? ''))
  const names = source.slice(0, 12).map((p) => p.identifier)
  return (
    <div className={classes.stacked}>
      <Textarea
        label={props.label}
        description={props.says}
        error={
          props.errors.length > 0
            ? props.errors.map((message, i) => (
                // With the line and a sign below the place, when the server knows it.
                <span key={i} className={message.includes('\n') ? classes.formulaError : undefined}>
                  {message}{' '}
                </span>
              ))
            : undefined
        }
        disabled={props.disabled}
        autosize
        minRows={1}
        maxRows={12}
        spellCheck={false}
        classNames={{ input: classes.formula }}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      />
      <details>
        <summary className="dim">{t.formula.help}</summary>
        <div className={classes.help} data-machine>
          {names.length > 0 && (
            <p>
              {t.formula.values} <code>{names.map((n) => `source.${n}`).join(', ')}</code>
              {source.length > names.length && ' …'}
            </p>
          )}
          <dl>
            {t.formula.examples.map(([example, says]) => (
              <div key={example} style={{ display: 'contents' }}>
                <dt>{example}</dt>
                <dd>{says}</dd>
              </div>
            ))}
          </dl>
        </div>
      </details>
    </div>
  )
}
