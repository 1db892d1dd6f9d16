import type { ReactNode } from 'react'
import classes from './Fields.module.css'

/** Names and values, aligned. Rows without a value are left out. */
export function Fields({ rows }: { rows: [name: string, value: ReactNode][] }) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
  return (
    <dl className={classes.fields}>
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
