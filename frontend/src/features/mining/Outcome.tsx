import { t } from '../../lib/texts'
import classes from './Mining.module.css'
import type { MiningResultRowFragment } from './MiningRunPage.generated'

/** Whom the rules of a role get right and wrong, as a bar; its text says the same. */
export function Outcome({
  of,
}: {
  of: Pick<MiningResultRowFragment, 'rightly' | 'wrongly' | 'unexplained' | 'holders'>
}) {
  const whole = Math.max(1, of.rightly + of.wrongly + of.unexplained)
  const parts = [
    [classes.right, of.rightly],
    [classes.given, of.wrongly],
    [classes.left, of.unexplained],
  ] as const
  return (
    <span
      className={classes.bar}
      role="img"
      aria-label={t.mining.sentence(of.rightly, of.holders, of.wrongly, of.unexplained)}
    >
      {parts.map(
        ([look, count]) => count > 0 && <span key={look} className={look} style={{ flexGrow: count / whole }} />,
      )}
    </span>
  )
}
