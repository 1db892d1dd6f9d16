import { Button } from '@mantine/core'
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { PlanButton } from '../../graphql/PlanButton'
import type { MakePlanInput } from '../../graphql/types.generated'
import { formatName } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Diff } from '../../ui/Diff'
import { Section } from '../../ui/Page'
import type { Plan } from './documents'
import classes from './Editor.module.css'
import { kindOf } from './shape'

const badges = {
  CREATE: { tone: 'green', icon: IconPlus },
  UPDATE: { tone: 'blue', icon: IconPencil },
  DELETE: { tone: 'red', icon: IconTrash },
} as const

/** Fields by their names: rules . Reader-1 . priority. */
const pathOf = (path: string) =>
  path
    .split('.')
    .map((part) => t.edit.fields[part] ?? (/^[a-z][A-Za-z]*$/.test(part) ? formatName(part) : part))
    .join(' · ')

/** What saving would change, object by object and field by field; it is carried out from here. */
export function PlanPanel(props: {
  plan: Plan
  busy: boolean
  /** The same as a plan of everybody. */
  simulate?: () => MakePlanInput
  onApply?: () => void
  onBack?: () => void
}) {
  const { plan } = props
  const wrong = plan.problems.filter((p) => p.severity === 'ERROR')
  const warnings = plan.problems.filter((p) => p.severity === 'WARNING')
  // What goes stands before what comes.
  const order = { DELETE: 0, UPDATE: 1, CREATE: 2 }
  const changes = plan.changes.toSorted((a, b) => order[a.action] - order[b.action])
  return (
    <Section title={t.edit.plan} panel>
      <div className={classes.plan} data-machine>
        {changes.length === 0 && <p>{t.edit.planNothing}</p>}
        {changes.map((c) => (
          <div key={`${c.kind}/${c.identifier}`} className={classes.change}>
            <p>
              <Badge {...badges[c.action]} word={t.edit.actions[c.action]} />{' '}
              {kindOf(c.kind)?.word ?? formatName(c.kind)} <strong>{c.identifier}</strong>
            </p>
            {c.action !== 'DELETE' && (
              <dl>
                {c.fields.map((f) => (
                  <div key={f.path}>
                    <dt>{pathOf(f.path)}</dt>
                    <dd>
                      <Diff before={f.before} after={f.after} />
                    </dd>
                  </div>
                ))}
              </dl>
            )}
          </div>
        ))}
        {[...wrong, ...warnings].map((p, i) => (
          <p key={i} className={p.severity === 'ERROR' ? classes.error : 'dim'}>
            <strong>{p.severity === 'ERROR' ? t.edit.mistakes(1) : t.edit.warnings(1)}</strong> {p.identifier}:{' '}
            {p.message}
          </p>
        ))}
        {changes.length > 0 && <p className="dim">{t.edit.planAlso}</p>}
        <div className={classes.bar}>
          {props.onApply && (
            <Button loading={props.busy} disabled={wrong.length > 0 || changes.length === 0} onClick={props.onApply}>
              {t.edit.apply}
            </Button>
          )}
          {props.simulate && wrong.length === 0 && changes.length > 0 && <PlanButton input={props.simulate} />}
          {props.onBack && (
            <Button variant="default" onClick={props.onBack}>
              {t.edit.backToForm}
            </Button>
          )}
        </div>
      </div>
    </Section>
  )
}
