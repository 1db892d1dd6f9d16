import { ActionIcon, Button, Checkbox, Menu, Tooltip } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import {
  IconAdjustments,
  IconArrowDown,
  IconArrowUp,
  IconDownload,
  IconFilter,
  IconRefresh,
  IconX,
} from '@tabler/icons-react'
import { columnVisibilityFeature, tableFeatures, useTable, type ColumnDef } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useId, useImperativeHandle, useMemo, useRef, useState, type ReactNode, type Ref } from 'react'
import { download, toCsv } from '../lib/csv'
import { formatNumber } from '../lib/format'
import { isSelected, moveActive, selectionCount, selectRange, toggle, toggleShown } from '../lib/selection'
import { noSelection, wholeSelection, type Selection } from '../lib/selection'
import { readStored, writeStored } from '../lib/storage'
import { t } from '../lib/texts'
import { cx } from './cx'
import { EmptyNote } from './EmptyNote'
import { useKeys } from './keys'
import { notifyDone } from './notify'
import { ProblemNote } from './ProblemNote'
import { SavedFilters } from './SavedFilters'
import classes from './Table.module.css'

/** A column as data. The first column is the title of the card on small screens. */
export interface Column<Row> {
  id: string
  header: string
  /** A grid track: `140px`, `minmax(120px, 2fr)`. */
  width: string
  cell: (row: Row) => ReactNode
  /** For CSV; without it the column is not exported. */
  text?: (row: Row) => string
  /** The values of `sort` that order by this column. */
  sort?: { up?: string; down?: string }
  align?: 'right'
  /** Left out until the person asks for it. */
  hidden?: boolean
  /** Left out on cards. */
  noCard?: boolean
}

interface List<Row> {
  rows: Row[]
  total: number | null
  loading: boolean
  fetching: boolean
  problem: { code: string; message: string; id?: string } | null
  hasMore: boolean
  loadMore: () => void
  refresh: () => void
  /** Brings every row of the filter, for exports; without it the rows shown are exported. */
  all?: (progress: (rows: number) => void) => Promise<Row[]>
}

export interface TableHandle {
  focus: () => void
}

interface TableProps<Row> {
  /** Names the list for people and, by `name`, its stored columns and filters. */
  label: string
  name: string
  list: List<Row>
  columns: Column<Row>[]
  getId: (row: Row) => string
  empty: { title: string; hint?: string; action?: ReactNode }
  /** Filter fields, drawn left in the bar above. */
  filters?: ReactNode
  onOpen?: (row: Row) => void
  /** The row whose drawer is open; moving by keys then opens the next one. */
  openId?: string | null
  selection?: Selection
  onSelection?: (selection: Selection) => void
  /** "All of this filter" makes no sense for every list. */
  wholeFilter?: boolean
  /** Actions on the selection. */
  bulk?: ReactNode
  sort?: string
  onSort?: (sort: string) => void
  flash?: ReadonlySet<string>
  /** How many rows arrived that are not shown yet. */
  fresh?: number
  /** Drawn at the left of each line, outside the columns. */
  lead?: (row: Row) => ReactNode
  leadWidth?: string
  isFaint?: (row: Row) => boolean
  savedFilters?: { search: object; apply: (search: object) => void }
  ref?: Ref<TableHandle>
}

const features = tableFeatures({ columnVisibilityFeature })

/** The one table: virtual rows, keys, selection, columns, CSV. What it shows is decided by the list it is given. */
export function Table<Row extends object>(props: TableProps<Row>) {
  const { label, name, list, columns, getId, onOpen, openId = null, selection = noSelection, onSelection } = props
  const cards = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const scroller = useRef<HTMLDivElement>(null)
  const anchor = useRef<string | null>(null)
  const base = useId()
  const [activeId, setActiveId] = useState<string | null>(null)
  const [filtersOpen, setFiltersOpen] = useState(false)
  const [exporting, setExporting] = useState<number | null>(null)

  const definitions = useMemo<ColumnDef<typeof features, Row>[]>(
    () => columns.map((c) => ({ id: c.id, header: c.header, cell: (cell) => c.cell(cell.row.original) })),
    [columns],
  )
  const [visibility, setVisibility] = useState<Record<string, boolean>>(() =>
    readStored(`columns.${name}`, Object.fromEntries(columns.filter((c) => c.hidden).map((c) => [c.id, false]))),
  )
  const table = useTable({
    features,
    columns: definitions,
    data: list.rows,
    getRowId: getId,
    state: { columnVisibility: visibility },
    onColumnVisibilityChange: (update) => {
      const next = typeof update === 'function' ? update(visibility) : update
      setVisibility(next)
      writeStored(`columns.${name}`, next)
    },
  })
  const shownColumns = columns.filter((c) => table.getColumn(c.id)?.getIsVisible() ?? true)
  const rows = list.rows
  const ids = useMemo(() => rows.map(getId), [rows, getId])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (cards ? 84 : rowHeight()),
    overscan: 12,
    getItemKey: (index) => ids[index] ?? index,
  })

  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0
  const { hasMore, loadMore } = list
  useEffect(() => {
    if (hasMore && lastShown >= rows.length - 30) loadMore()
  }, [hasMore, loadMore, lastShown, rows.length])
  useEffect(() => virtual.measure(), [cards, virtual])

  useImperativeHandle(props.ref, () => ({ focus: () => scroller.current?.focus({ preventScroll: true }) }))

  // A row that has left the list is not the current one any more.
  const wanted = openId ?? activeId
  const current = wanted !== null && ids.includes(wanted) ? wanted : null
  const move = (by: number) => {
    const next = moveActive(current, by, ids)
    if (next === null) return
    setActiveId(next)
    const index = ids.indexOf(next)
    virtual.scrollToIndex(index, { align: 'auto' })
    if (openId !== null && onOpen) onOpen(rows[index] as Row)
  }
  const choose = (id: string, range: boolean) => {
    if (!onSelection) return
    onSelection(range && anchor.current ? selectRange(selection, anchor.current, id, ids) : toggle(selection, id, ids))
    anchor.current = id
  }
  useKeys([
    { key: 'j', label: t.keys.next, run: () => move(1) },
    { key: 'k', label: t.keys.previous, run: () => move(-1) },
    ...(onOpen
      ? [
          {
            key: 'Enter',
            label: t.keys.open,
            run: () => {
              const row = rows[ids.indexOf(current ?? '')]
              if (row) onOpen(row)
            },
          },
        ]
      : []),
    ...(onSelection
      ? [{ key: 'x', label: t.keys.select, run: (e: KeyboardEvent) => current && choose(current, e.shiftKey) }]
      : []),
    {
      key: '/',
      label: t.keys.search,
      run: () => document.querySelector<HTMLInputElement>('[data-list-search] input, input[data-list-search]')?.focus(),
    },
  ])

  const exportRows = async () => {
    const exported = shownColumns.filter((c) => c.text)
    setExporting(rows.length)
    const all = list.all ? await list.all(setExporting) : rows
    setExporting(null)
    const lines = all.map((row) => exported.map((c) => c.text?.(row) ?? ''))
    download(
      `writ-${name}.csv`,
      toCsv(
        exported.map((c) => c.header),
        lines,
      ),
    )
    notifyDone(t.table.exported(all.length))
  }

  const chosen = selectionCount(selection, list.total ?? rows.length)
  const everyShown = rows.length > 0 && ids.every((id) => isSelected(selection, id))
  const lead = onSelection ? '32px ' : ''
  const template = `${lead}${props.lead ? `${props.leadWidth ?? 'auto'} ` : ''}${shownColumns.map((c) => c.width).join(' ')}`
  const offset = (onSelection ? 1 : 0) + (props.lead ? 1 : 0)

  return (
    <section className={classes.root} aria-label={label}>
      <div className={classes.bar}>
        <div className={cx(classes.filters, cards && !filtersOpen && classes.folded)}>
          {props.filters}
          {cards && props.filters && (
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
              {columns.map((c) => {
                const column = table.getColumn(c.id)
                return (
                  <Menu.Item
                    key={c.id}
                    role="menuitemcheckbox"
                    aria-checked={column?.getIsVisible() ?? true}
                    leftSection={<span aria-hidden>{column?.getIsVisible() ? '✓' : '\u2003'}</span>}
                    onClick={() => column?.toggleVisibility()}
                  >
                    {c.header}
                  </Menu.Item>
                )
              })}
            </Menu.Dropdown>
          </Menu>
          <Tooltip label={exporting === null ? t.common.export : t.table.exporting(exporting)}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t.common.export}
              loading={exporting !== null}
              disabled={rows.length === 0}
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
      {props.fresh ? (
        <button type="button" className={classes.pill} title={t.table.freshHint} onClick={list.refresh}>
          {t.table.fresh(props.fresh)}
        </button>
      ) : null}
      <div
        ref={scroller}
        className={cx(classes.scroller, cards && classes.cards)}
        role="grid"
        aria-label={label}
        aria-rowcount={(list.total ?? rows.length) + 1}
        aria-colcount={shownColumns.length + offset}
        aria-busy={list.fetching}
        aria-multiselectable={onSelection ? true : undefined}
        tabIndex={0}
        aria-activedescendant={current && items.some((i) => i.key === current) ? `${base}-${current}` : undefined}
        onKeyDown={(event) => {
          if (event.target !== scroller.current) return
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            move(event.key === 'ArrowDown' ? 1 : -1)
          }
        }}
      >
        <div className={classes.head} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
          {onSelection && (
            <span role="columnheader" className={classes.check}>
              <Checkbox
                aria-label={t.table.selectAll}
                checked={everyShown}
                indeterminate={!everyShown && chosen > 0}
                disabled={rows.length === 0}
                onChange={() => onSelection(toggleShown(selection, ids))}
              />
            </span>
          )}
          {props.lead && (
            <span role="columnheader">
              <span className="sr-only">{t.common.details}</span>
            </span>
          )}
          {shownColumns.map((c) => (
            <HeadCell key={c.id} column={c} sort={props.sort} onSort={props.onSort} />
          ))}
        </div>
        {list.loading ? (
          <SkeletonRows template={template} columns={shownColumns.length + offset} />
        ) : list.problem ? (
          <Notice>
            <ProblemNote problem={list.problem} onRetry={list.refresh} title={t.problem.page} />
          </Notice>
        ) : rows.length === 0 ? (
          <Notice>
            <EmptyNote {...props.empty} />
          </Notice>
        ) : (
          <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = rows[item.index] as Row
              const id = ids[item.index] as string
              const picked = isSelected(selection, id)
              return (
                <div
                  key={item.key}
                  id={`${base}-${id}`}
                  ref={cards ? virtual.measureElement : undefined}
                  data-index={item.index}
                  role="row"
                  aria-rowindex={item.index + 2}
                  aria-selected={onSelection ? picked : undefined}
                  className={cx(
                    classes.row,
                    id === current && classes.active,
                    id === openId && classes.opened,
                    picked && classes.picked,
                    props.flash?.has(id) && classes.flash,
                    onOpen && classes.clickable,
                    props.isFaint?.(row) && classes.faint,
                  )}
                  style={{
                    transform: `translateY(${item.start}px)`,
                    gridTemplateColumns: cards ? undefined : template,
                  }}
                  onClick={(event) => {
                    if (!onOpen || (event.target as HTMLElement).closest('a, button, input, label, [data-no-open]'))
                      return
                    if (window.getSelection()?.toString()) return
                    setActiveId(id)
                    onOpen(row)
                  }}
                >
                  {onSelection && (
                    <span role="gridcell" className={classes.check}>
                      <Checkbox
                        aria-label={t.table.select}
                        checked={picked}
                        tabIndex={-1}
                        onChange={(event) => choose(id, (event.nativeEvent as MouseEvent).shiftKey)}
                      />
                    </span>
                  )}
                  {props.lead && (
                    <span role="gridcell" className={classes.lead}>
                      {props.lead(row)}
                    </span>
                  )}
                  {shownColumns.map((c, index) => (
                    <span
                      key={c.id}
                      role="gridcell"
                      className={cx(
                        classes.cell,
                        c.align === 'right' && classes.right,
                        index === 0 && classes.first,
                        c.noCard && classes.noCard,
                      )}
                      data-label={c.header}
                    >
                      {c.cell(row)}
                    </span>
                  ))}
                </div>
              )
            })}
          </div>
        )}
        {list.hasMore && !list.loading && <p className={classes.more}>{t.table.loadingRows}</p>}
      </div>
      {onSelection && chosen > 0 && (
        <div className={classes.bulk} role="toolbar" aria-label={t.table.selected(chosen)}>
          <strong className="num">{selection.all ? t.table.allSelected(chosen) : t.table.selected(chosen)}</strong>
          {props.wholeFilter && everyShown && !selection.all && list.total !== null && list.total > rows.length && (
            <Button variant="subtle" onClick={() => onSelection(wholeSelection)}>
              {t.table.selectFilter(list.total)}
            </Button>
          )}
          <span className={classes.bulkActions}>{props.bulk}</span>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t.table.clearSelection}
            onClick={() => onSelection(noSelection)}
          >
            <IconX size={16} />
          </ActionIcon>
        </div>
      )}
    </section>
  )
}

function rowHeight(): number {
  return document.documentElement.dataset.density === 'roomy' ? 46 : 36
}

function HeadCell<Row>(props: { column: Column<Row>; sort?: string; onSort?: (sort: string) => void }) {
  const { column, sort, onSort } = props
  const { up, down } = column.sort ?? {}
  const state = sort && sort === up ? 'ascending' : sort && sort === down ? 'descending' : 'none'
  const next = state === 'descending' ? (up ?? down) : (down ?? up)
  const className = cx(classes.headCell, column.align === 'right' && classes.right)
  if (!next || !onSort)
    return (
      <span role="columnheader" className={className}>
        <span className="cut">{column.header}</span>
      </span>
    )
  return (
    <span role="columnheader" aria-sort={state} className={className}>
      <button type="button" title={t.table.sortBy(column.header)} onClick={() => onSort(next)}>
        <span className="cut">{column.header}</span>
        {state === 'ascending' && <IconArrowUp size={12} aria-hidden />}
        {state === 'descending' && <IconArrowDown size={12} aria-hidden />}
      </button>
    </span>
  )
}

function Notice({ children }: { children: ReactNode }) {
  return (
    <div role="rowgroup">
      <div role="row">
        <div role="gridcell" className={classes.notice}>
          {children}
        </div>
      </div>
    </div>
  )
}

function SkeletonRows({ template, columns }: { template: string; columns: number }) {
  return (
    <div role="rowgroup">
      <div role="row" className="sr-only">
        <span role="gridcell">{t.common.loading}</span>
      </div>
      <div aria-hidden>
        {Array.from({ length: 14 }, (_, row) => (
          <div key={row} className={classes.ghost} style={{ gridTemplateColumns: template }}>
            {Array.from({ length: columns }, (_, cell) => (
              <span key={cell}>
                <i style={{ width: `${[70, 55, 40, 62, 48][(row + cell) % 5]}%` }} />
              </span>
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}

/** For lists that are read whole: the shape that Table wants. */
export function wholeList<Row>(
  rows: Row[] | undefined,
  problem: List<Row>['problem'],
  fetching: boolean,
  refresh: () => void,
): List<Row> {
  return {
    rows: rows ?? [],
    total: rows ? rows.length : null,
    loading: !rows && !problem,
    fetching,
    problem: rows ? null : problem,
    hasMore: false,
    loadMore: () => undefined,
    refresh,
  }
}

/** Two lines in one cell: what, and something about it. */
export function Stack({ main, sub }: { main: ReactNode; sub?: ReactNode }) {
  return (
    <span className={classes.stack}>
      <span className="cut">{main}</span>
      {sub ? <span className={cx('cut', 'dim')}>{sub}</span> : null}
    </span>
  )
}

/** Counts with thin grouping, right-aligned. */
export function Count({ value }: { value: number }) {
  return <span className={cx('num', value === 0 && 'dim')}>{formatNumber(value)}</span>
}
