import { Button } from '@mantine/core'
import { formatName } from '../../lib/format'
import { t } from '../../lib/texts'
import classes from './Editor.module.css'
import type { Change, Draft } from './shape'
import type { Conflict } from './useEditor'

const shown = (value: unknown): string => {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0))
    return t.edit.nothing
  if (typeof value === 'boolean') return value ? t.common.yes : t.common.no
  if (Array.isArray(value)) return value.map(shown).join(', ')
  if (typeof value === 'object') {
    const part = value as Draft
    if (typeof part.key === 'string' && typeof part.dimension === 'string') return `${part.dimension} ${part.key}`
    return Object.entries(part)
      .filter(([, v]) => v !== null && v !== '' && v !== false && v !== 0)
      .map(([name, v]) => `${t.edit.fields[name] ?? formatName(name)}: ${shown(v)}`)
      .join('; ')
  }
  return String(value)
}

const pathOf = (path: string) =>
  path
    .split('.')
    .map((part) => t.edit.fields[part] ?? part)
    .join(' · ')

/** What somebody else changed since the form was opened, beside what this person typed. */
export function ConflictNote({ conflict, onTake }: { conflict: Conflict; onTake: (change: Change) => void }) {
  return (
    <div className={classes.note} role="alert" data-machine>
      <strong>{t.edit.conflict}</strong>
      <p>{t.edit.conflictHint}</p>
      {conflict.taken.length > 0 && (
        <>
          <p className="dim">{t.edit.conflictTaken}</p>
          <ul>
            {conflict.taken.map((c) => (
              <li key={c.path}>
                {pathOf(c.path)}: {t.edit.was} {shown(c.was)}, {t.common.now} {shown(c.theirs)}
              </li>
            ))}
          </ul>
        </>
      )}
      {conflict.clashes.length > 0 && <p className="dim">{t.edit.conflictClash}</p>}
      {conflict.clashes.map((c) => (
        <div key={c.path} className={classes.clash}>
          <strong>{pathOf(c.path)}</strong>
          <span>
            <span className="dim">{t.edit.was}</span> {shown(c.was)}
          </span>
          <span>
            <span className="dim">{t.edit.yours}</span> {shown(c.mine)}
          </span>
          <span>
            <span className="dim">{t.edit.theirs}</span> {shown(c.theirs)}
          </span>
          <Button variant="default" onClick={() => onTake(c)}>
            {t.edit.useTheirs}
          </Button>
        </div>
      ))}
    </div>
  )
}
