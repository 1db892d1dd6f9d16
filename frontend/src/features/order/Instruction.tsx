import { t } from '../../lib/texts'
import { CopyButton } from '../../ui/CopyButton'
import classes from './Instruction.module.css'
import type { InstructionFragment } from './Instruction.generated'
import type { OrderLinesFragment } from './OrderLines.generated'
import { lineName } from './OrderLines'

/** What to do in the managed system, step by step, each value with a button to copy it. */
export function Instruction({ order }: { order: InstructionFragment }) {
  const system = order.connector?.displayName ?? t.common.unnamed
  const target = order.target?.displayName ?? order.owner?.displayName ?? ''
  const values = order.lines.filter((line) => line.property !== null && line.state !== 'INACTIVE')
  const steps = t.manual.steps
  return (
    <section className={classes.instruction} aria-labelledby="instruction">
      <h3 id="instruction">{t.manual.instruction[order.kind](order.resourceType.displayName, system)}</h3>
      <ol>
        <li>{steps.open(system)}</li>
        {order.kind === 'CREATE' && <li>{steps.create}</li>}
        {(order.kind === 'UPDATE' || order.kind === 'ASSOCIATE') && (
          <>
            <li>
              {steps.find(target)}{' '}
              {order.target && <CopyButton text={order.target.key} what={order.target.displayName} />}
            </li>
            <li>{steps.change}</li>
          </>
        )}
        {order.kind === 'DELETE' && <li>{steps.delete(target)}</li>}
        <li className={classes.values}>
          {order.kind === 'DELETE' ? (
            <dl>
              {(order.target?.values ?? []).map((v) => (
                <Value key={v.property} name={v.displayName} value={v.value} />
              ))}
            </dl>
          ) : (
            <dl>
              {values.map((line) => (
                <Value
                  key={line.id}
                  name={lineName(line)}
                  verb={verb(line)}
                  value={line.proposedValue ?? ''}
                  was={line.currentValue}
                />
              ))}
            </dl>
          )}
        </li>
        <li>{steps.say}</li>
      </ol>
    </section>
  )
}

function verb(line: OrderLinesFragment): string | undefined {
  const action = line.action.toLowerCase()
  if (action.includes('remove') || action.includes('delete')) return t.manual.removeLink
  if (action.includes('add')) return t.manual.addLink
  return undefined
}

function Value({ name, verb, value, was }: { name: string; verb?: string; value: string; was?: string | null }) {
  const shown = verb === t.manual.removeLink && value === '' ? (was ?? '') : value
  return (
    <div>
      <dt>
        {name}
        {verb && <span className={classes.verb}>{verb}</span>}
      </dt>
      <dd>
        {shown === '' ? (
          <em className="dim">{t.manual.clearValue}</em>
        ) : (
          <>
            <code>{shown}</code>
            <CopyButton text={shown} what={name} />
          </>
        )}
        {was && was !== shown && (
          <span className="dim">
            {t.manual.from} {was}
          </span>
        )}
      </dd>
    </div>
  )
}
