import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { clampText } from './dates'
import { severityLooks } from './looks'
import classes from './Request.module.css'
import type { CheckedFragment } from './request.generated'

type Checked = CheckedFragment['items'][number]

/** Numbers of requests in what the server says, e.g. RQ-17: they can be looked at. */
const numberOf = (message: string) => /\bRQ-\d+\b/.exec(message)?.[0]

/** People for whom the same would happen are said together. */
function alike(items: Checked[]): Checked[][] {
  const groups = new Map<string, Checked[]>()
  for (const item of items) {
    const { owner, position: _position, findings, ...rest } = item
    // What is said names the person.
    const said = findings.map((f) => ({ ...f, message: f.message.replaceAll(owner.displayName, '') }))
    const key = JSON.stringify({ ...rest, said })
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return [...groups.values()]
}

/** Fields of the line: what stands in the way there is put right there. */
const mended = ['parameters', 'startDate', 'endDate']

/** One remark as it is said about each of them, the same words once. */
const saidOf = (group: Checked[], f: Checked['findings'][number]) => [
  ...new Set(
    group.flatMap((g) => g.findings.find((other) => other.code === f.code && other.field === f.field)?.message ?? []),
  ),
]

/** What would become of one line of the basket: who decides, where something is written, and what stands in the way. */
export function CheckedResult(props: { items: Checked[]; onLeaveOut: (ownerId: string) => void }) {
  const groups = alike(props.items)
  const many = props.items.length > 1
  return groups.map((group) => {
    const item = group[0] as Checked
    const blocked = item.findings.some((f) => f.severity === 'BLOCKS')
    return (
      <div key={item.owner.id} className={classes.outcome}>
        {many && <strong>{group.map((g) => g.owner.displayName).join(', ')}</strong>}
        {item.findings.map((f) => {
          const { tone, icon: Glyph, word } = severityLooks[f.severity]
          const number = numberOf(f.message)
          return (
            <div
              key={`${f.code} ${f.field ?? ''} ${f.message}`}
              className={classes.finding}
              style={{ background: `var(--tone-${tone}-back)`, color: `var(--tone-${tone}-text)` }}
            >
              <Glyph size={15} stroke={2} role="img" aria-label={word} />
              <div className={classes.findingText} data-machine>
                {f.code === 'CLAMPED' && item.clamps.length > 0
                  ? item.clamps.map((clamp) => <p key={clamp.field}>{clampText(clamp)}</p>)
                  : saidOf(group, f).map((message) => <p key={message}>{message}</p>)}
                {f.severity === 'BLOCKS' && !mended.includes(f.field ?? '') && (
                  <span className={classes.ways}>
                    {number && (
                      <Link to="/requests" search={{ text: number }} className="underlined">
                        {t.request.seeIt}
                      </Link>
                    )}
                    {group.map((g) => (
                      <Button
                        key={g.owner.id}
                        size="compact-xs"
                        variant="default"
                        aria-label={t.request.leaveOut(many ? g.owner.displayName : item.object)}
                        onClick={() => props.onLeaveOut(g.owner.id)}
                      >
                        {many ? t.request.leaveOut(g.owner.displayName) : t.request.leaveOutShort}
                      </Button>
                    ))}
                  </span>
                )}
              </div>
            </div>
          )
        })}
        {blocked ? null : item.levels.length === 0 ? (
          <p className="dim">{t.request.noApproval}</p>
        ) : (
          <ol className={classes.route}>
            {item.levels.map((level) => (
              <li key={level.level}>
                <span className="dim">{t.request.level(level.level)}: </span>
                {level.skippedBecause
                  ? (t.request.skipped[level.skippedBecause] ?? t.request.skippedBecause(level.skippedBecause))
                  : t.request.approvers(level.approvers, level.more)}
                {level.rule && <span className="dim"> {t.request.byRule(level.rule)}</span>}
                {!level.skippedBecause && level.approvers.length + level.more > 1 && (
                  <span className="dim"> ({t.request.orAny})</span>
                )}
              </li>
            ))}
          </ol>
        )}
        {!blocked && (
          <p className="dim">
            {item.systems.length === 0
              ? t.request.writesNothing
              : t.request.writes(item.systems.map((s) => (s.isReviewed ? t.request.reviewed(s.name) : s.name)))}
          </p>
        )}
      </div>
    )
  })
}
