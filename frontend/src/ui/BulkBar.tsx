import { ActionIcon, Button } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { noSelection, wholeSelection, type Selection } from '../lib/selection'
import { t } from '../lib/texts'
import type { Amount } from '../lib/texts/plural'
import classes from './Table.module.css'

/** What can be done with the selected rows; below the list, only while some are selected. */
export function BulkBar(props: {
  selection: Selection
  onSelection: (selection: Selection) => void
  /** How many are selected. */
  chosen: Amount
  /** Offers to select everything that the filter matches, so many rows. */
  offer?: Amount
  children: ReactNode
}) {
  const { selection, onSelection, chosen, offer } = props
  return (
    <div className={classes.bulk} role="toolbar" aria-label={t.table.selected(chosen)}>
      <strong className="num">{selection.all ? t.table.allSelected(chosen) : t.table.selected(chosen)}</strong>
      {offer !== undefined && (
        <Button variant="subtle" onClick={() => onSelection(wholeSelection)}>
          {t.table.selectFilter(offer)}
        </Button>
      )}
      <span className={classes.bulkActions}>{props.children}</span>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t.table.clearSelection}
        onClick={() => onSelection(noSelection)}
      >
        <IconX size={16} />
      </ActionIcon>
    </div>
  )
}
