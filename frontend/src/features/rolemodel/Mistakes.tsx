import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import classes from './Editor.module.css'
import type { Mistake } from './shape'

/** Everything that must be mended, on top of the form; each stands beside its field, too. */
export function Mistakes({ mistakes }: { mistakes: Mistake[] }) {
  const wrong = mistakes.filter((m) => !m.isWarning)
  const warnings = mistakes.filter((m) => m.isWarning)
  return (
    <>
      {wrong.length > 0 && (
        <div className={cx(classes.note, classes.wrong)} role="alert" data-machine>
          <strong>{t.edit.mistakes(wrong.length)}</strong>
          <ul>
            {wrong.map((m, i) => (
              <li key={i}>{m.message}</li>
            ))}
          </ul>
        </div>
      )}
      {warnings.length > 0 && (
        <div className={classes.note} role="status" data-machine>
          <strong>{t.edit.warnings(warnings.length)}</strong>
          <ul>
            {warnings.map((m, i) => (
              <li key={i}>{m.message}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  )
}
