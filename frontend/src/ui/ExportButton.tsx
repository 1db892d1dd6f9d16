import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useContext, useEffect, useRef, useState } from 'react'
import { CsvFile } from '../lib/csv'
import { formatStampNow } from '../lib/format'
import { t } from '../lib/texts'
import { amount } from '../lib/texts/plural'
import { exportCells, type Column, type List } from './column'
import { ExportContext } from './ExportContext'
import { notifyDone, notifyProblem } from './notify'
import classes from './Table.module.css'

/**
 * Takes every row of a list into a CSV file, in portions: it shows how far it is and can be stopped. A list that breaks off gives no file, and neither does
 * one of which the server takes no note.
 */
export function ExportButton<Row>(props: {
  name: string
  list: List<Row>
  columns: Column<Row>[]
  getId: (row: Row) => string
  isVisible: (id: string) => boolean
}) {
  const { name, list, columns, getId, isVisible } = props
  const tell = useContext(ExportContext)
  const [done, setDone] = useState<number | null>(null)
  const stop = useRef<AbortController | null>(null)
  // Gone with the page.
  useEffect(() => () => stop.current?.abort(), [])

  const run = async () => {
    const cells = exportCells(columns, isVisible, getId)
    const file = new CsvFile()
    const abort = new AbortController()
    stop.current = abort
    let count = 0
    file.add([cells.map((cell) => cell.header)])
    const take = (rows: Row[]) => {
      file.add(rows.map((row) => cells.map((cell) => cell.text(row))))
      count += rows.length
      setDone(count)
    }
    setDone(0)
    try {
      if (list.each) await list.each(take, abort.signal, name)
      else {
        await tell(name, list.rows.length)
        take(list.rows)
      }
      file.save(`writ-${name}-${formatStampNow()}.csv`)
      notifyDone(t.table.exported(count))
    } catch (reason) {
      if (abort.signal.aborted) notifyDone(t.table.exportStopped)
      else
        notifyProblem({
          code: 'INTERNAL',
          ...problemOf(reason),
          message: t.table.exportFailed(count, String((reason as Error).message)),
        })
    } finally {
      stop.current = null
      setDone(null)
    }
  }

  if (done !== null) {
    return (
      <span className={classes.exporting} role="status">
        <span className="num">
          {t.table.exporting(done, list.total === null ? null : amount(list.total, list.isEstimate))}
        </span>
        <Button size="compact-xs" variant="default" onClick={() => stop.current?.abort()}>
          {t.common.cancel}
        </Button>
      </span>
    )
  }
  return (
    <Tooltip label={t.common.export}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t.common.export}
        disabled={list.rows.length === 0}
        onClick={() => void run()}
      >
        <IconDownload size={16} />
      </ActionIcon>
    </Tooltip>
  )
}

/** What the reading of a list says about why it broke off. */
function problemOf(reason: unknown): { code?: string; id?: string } {
  return (reason as { problem?: { code: string; id?: string } }).problem ?? {}
}
