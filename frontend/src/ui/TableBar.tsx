import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import { IconAdjustments, IconFilter, IconRefresh } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { t } from '../lib/texts'
import { amount } from '../lib/texts/plural'
import type { Column, List } from './column'
import { cx } from './cx'
import { ExportButton } from './ExportButton'
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
          {list.total === null ? '' : t.table.rows(amount(list.total, list.isEstimate))}
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
        <ExportButton name={name} list={list} columns={columns} getId={props.getId} isVisible={isVisible} />
        <Tooltip label={t.common.refresh}>
          <ActionIcon variant="subtle" color="gray" aria-label={t.common.refresh} onClick={list.refresh}>
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  )
}
