import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../lib/texts'
import type { List } from './column'
import { EmptyNote } from './EmptyNote'
import { ProblemNote } from './ProblemNote'
import { TableGhosts, TableNotice } from './TableNotes'

/** What fills an empty list, or the way out of a filter that leaves nothing. */
export interface EmptyList {
  title: string
  hint?: string
  action?: ReactNode
}

/** What a table shows while it has no rows: that it loads, what went wrong, or what would fill it. */
export function TableInstead<Row>(props: {
  list: List<Row>
  template: string
  columns: number
  empty: EmptyList
  onClear?: () => void
}) {
  const { list, onClear } = props
  if (list.loading) return <TableGhosts template={props.template} columns={props.columns} />
  if (list.problem)
    return (
      <TableNotice>
        <ProblemNote problem={list.problem} onRetry={list.refresh} title={t.problem.page} />
      </TableNotice>
    )
  const clear = onClear && (
    <Button variant="default" onClick={onClear}>
      {t.table.clear}
    </Button>
  )
  return (
    <TableNotice>
      <EmptyNote {...(clear ? { title: t.table.noMatch, hint: t.table.noMatchHint, action: clear } : props.empty)} />
    </TableNotice>
  )
}
