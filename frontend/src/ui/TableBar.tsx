import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import { IconAdjustments, IconDownload, IconFilter, IconRefresh } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { download, toCsv } from '../lib/csv'
import { t } from '../lib/texts'
import { exportCells, type Column, type List } from './column'
import { cx } from './cx'
import { notifyDone } from './notify'
import { SavedFilters } from './SavedFilters'
import classes from './Table.module.css'

/** The bar above a table: filters on the left; count, saved filters, columns, export and refresh on the right. */
export function TableBar<Row>(props: {
  /** The name of the exported file and of what is stored. */
  name: string
  list: List<Row>
  columns: Column<Row>[]
  getId: (row: Row) => string
  isVisible: (id: string) => boolean
  onToggle: (id: string) => void
  /** No room: only the search and the filters that are set are shown, the others on demand. */
  folds: boolean
  filters?: ReactNode
  savedFilters?: { search: object; apply: (search: object) => void }
}) {
  const { name, list, columns, folds, isVisible } = props
  const [filtersOpen, setFiltersOpen] = useState(false)
  const [exporting, setExporting] = useState<number | null>(null)

  const exportRows = async () => {
    const cells = exportCells(columns, isVisible, props.getId)
    setExporting(list.rows.length)
    const rows = list.all ? await list.all(setExporting) : list.rows
    setExporting(null)
    const head = cells.map((cell) => cell.header)
    const lines = rows.map((row) => cells.map((cell) => cell.text(row)))
    download(`writ-${name}.csv`, toCsv(head, lines))
    notifyDone(t.table.exported(rows.length))
  }

  return (
    <div className={classes.bar}>
      <div className={cx(classes.filters, folds && !filtersOpen && classes.folded)}>
        {props.filters}
        {folds && props.filters && (
          <ActionIcon
            variant="default"
            size={30}
            className={classes.fold}
            aria-label={t.common.filters}
            aria-expanded={filtersOpen}
            onClick={() => setFiltersOpen(!filtersOpen)}
          >
            <IconFilter size={15} />
          </ActionIcon>
        )}
      </div>
      <div className={classes.tools}>
        <span className={cx(classes.total, 'num')} aria-live="polite">
          {list.total === null ? '' : t.table.rows(list.total)}
        </span>
        {props.savedFilters && <SavedFilters name={name} {...props.savedFilters} />}
        <Menu position="bottom-end" closeOnItemClick={false}>
          <Menu.Target>
            <Tooltip label={t.common.columns}>
              <ActionIcon variant="subtle" color="gray" aria-label={t.common.columns} className={classes.noCards}>
                <IconAdjustments size={16} />
              </ActionIcon>
            </Tooltip>
          </Menu.Target>
          <Menu.Dropdown>
            {columns.map((c) => (
              <Menu.Item
                key={c.id}
                role="menuitemcheckbox"
                aria-checked={isVisible(c.id)}
                leftSection={<span aria-hidden>{isVisible(c.id) ? '✓' : '\u2003'}</span>}
                onClick={() => props.onToggle(c.id)}
              >
                {c.header}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <Tooltip label={exporting === null ? t.common.export : t.table.exporting(exporting)}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t.common.export}
            loading={exporting !== null}
            disabled={list.rows.length === 0}
            onClick={() => void exportRows()}
          >
            <IconDownload size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t.common.refresh}>
          <ActionIcon variant="subtle" color="gray" aria-label={t.common.refresh} onClick={list.refresh}>
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  )
}
