import { t } from '../../lib/texts'
import { formatNumber } from '../../lib/format'
import type { PlanSumFragment } from './plan.generated'
import classes from './Plan.module.css'

/** What a plan would do, in numbers: what is lost first. */
export function PlanSum({ sum, objects, edits }: { sum: PlanSumFragment; objects: number; edits: number }) {
  if (sum.people + sum.hiddenPeople + sum.automatic === 0) return <p role="status">{t.plan.nothing}</p>
  const rows: [string, string][] = [
    [edits > 0 ? t.plan.resources(edits) : t.plan.objects(objects), t.plan.peopleSum(sum.people)],
    [t.plan.roles, t.plan.rolesText(sum.rolesRemoved, sum.rolesAdded, sum.rolesChanged)],
    ...(sum.rolesProlonged > 0
      ? ([[t.plan.prolonged, t.plan.prolongedText(sum.rolesProlonged)]] satisfies [string, string][])
      : []),
    [t.plan.accounts, t.plan.rolesText(sum.accountsRemoved, sum.accountsAdded, sum.accountsChanged)],
    [t.plan.orders, t.plan.ordersText(sum.creations, sum.updates, sum.deletions, sum.associations)],
    [t.plan.reviews, formatNumber(sum.reviews)],
    [t.plan.tickets, formatNumber(sum.tickets)],
    [t.plan.differences, formatNumber(sum.differences)],
  ]
  if (sum.automatic > 0) rows.push([t.plan.automatic, t.plan.automaticText(sum.automatic)])
  if (sum.mails.length > 0)
    rows.push([t.plan.mails, sum.mails.map((mail) => t.plan.mail(mail.recipients, mail.template)).join('; ')])
  return (
    <>
      <dl className={classes.sum} aria-label={t.plan.sum}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="dim">
        {t.plan.took(sum.looked, sum.seconds)}
        {sum.hiddenPeople > 0 && ` · ${t.plan.hidden(sum.hiddenPeople)}`}
        {sum.waiting > 0 && ` · ${t.plan.waiting(sum.waiting)}`}
        {sum.failures > 0 && ` · ${t.plan.failures(sum.failures)}`}
      </p>
      {sum.isDated && <p>{t.plan.dated}</p>}
      {sum.isImagined && <p>{t.plan.imagined}</p>}
      {sum.isOverLimit && (
        <section aria-label={t.plan.limits}>
          <p>{t.plan.overLimit}</p>
          <ul className={classes.notes}>
            {sum.limits.map((limit) => (
              <li key={limit.resourceType + limit.action + limit.message}>{limit.message}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
