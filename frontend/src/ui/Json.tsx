import classes from './Json.module.css'

/** Any document as it is, indented. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return (
    <pre className={classes.json} tabIndex={0} role="group" aria-label={label}>
      {JSON.stringify(value, null, 2)}
    </pre>
  )
}
