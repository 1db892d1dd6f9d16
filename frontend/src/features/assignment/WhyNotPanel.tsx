import { Link } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import type { WhyNotQuery } from './WhyTab.generated'
import classes from './WhyTab.module.css'

type Answer = WhyNotQuery['whyNot']

/** What would give what is lacking, the smallest change first; then what stands against it. Of what is given: what is still to be done. */
export function WhyNotPanel({ answer }: { answer: Answer }) {
  if (answer.isGiven) {
    if (answer.reasons.length === 0) return null
    return (
      <Section title={t.why.waits} panel>
        <Reasons reasons={answer.reasons} />
      </Section>
    )
  }
  return (
    <>
      <Section title={t.why.wouldGive} panel>
        {answer.ways.length === 0 ? (
          <p className="dim">{t.why.noWay}</p>
        ) : (
          <ol className={classes.ways}>
            {answer.ways.map((way, index) => (
              <li key={index}>
                <span className={classes.count}>{t.why.changes(way.changes.length)}</span>
                <ul>
                  {way.changes.map((change, at) => (
                    <li key={at}>
                      {change.text}{' '}
                      {change.resourceId && (
                        <Link to="/person/$id" params={{ id: change.resourceId }}>
                          {t.why.open}
                        </Link>
                      )}
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ol>
        )}
        <p className="dim">{answer.isPartial ? t.why.partial : t.why.tried}</p>
      </Section>
      <Section title={t.why.against} panel>
        <Reasons reasons={answer.reasons} />
      </Section>
    </>
  )
}

function Reasons({ reasons }: { reasons: Answer['reasons'] }) {
  return (
    <ul className={classes.reasons}>
      {reasons.map((reason, index) => (
        <li key={index}>
          <span className={classes.kind}>{t.why.kinds[reason.kind]}</span>
          <span>
            {reason.text} {reason.of > 0 && <span className="dim">{t.why.failing(reason.failing, reason.of)}</span>}{' '}
            {reason.orderId && (
              <Link to="/order/$orderId" params={{ orderId: reason.orderId }}>
                {t.assignment.openOrder}
              </Link>
            )}
          </span>
        </li>
      ))}
    </ul>
  )
}
