import { Button } from '@mantine/core'
import { useElementSize, useMediaQuery, useMergedRef } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useId, useImperativeHandle, useMemo, useRef, useState, type ReactNode, type Ref } from 'react'
import { isSelected, moveActive, selectionCount, selectRange, toggle, toggleShown } from '../lib/selection'
import { noSelection, type Selection } from '../lib/selection'
import { t } from '../lib/texts'
import { amount } from '../lib/texts/plural'
import { BulkBar } from './BulkBar'
import type { Column, List } from './column'
import { cx } from './cx'
import { EmptyNote } from './EmptyNote'
import { ProblemNote } from './ProblemNote'
import { TableBar } from './TableBar'
import { TableHead } from './TableHead'
import { TableGhosts, TableNotice } from './TableNotes'
import { TableRow } from './TableRow'
import { useColumns } from './useColumns'
import { useTableKeys } from './useTableKeys'
import classes from './Table.module.css'

interface TableHandle {
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
  /** Filters are set, and this takes them away: an empty list then says that nothing matches. */
  onClear?: () => void
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
  /** A grid track in pixels. */
  leadWidth?: string
  isFaint?: (row: Row) => boolean
  savedFilters?: { search: object; apply: (search: object) => void }
  ref?: Ref<TableHandle>
}

/** What ARIA says of a list that was not counted to its end. */
const unknownCount = -1

/** Below this width there is no room for all filters beside the tools. */
const roomForFilters = 760

/** The one table: virtual rows, keys, selection, columns, CSV. What it shows is decided by the list it is given. */
export function Table<Row extends object>(props: TableProps<Row>) {
  const { label, name, list, columns, getId, onOpen, openId = null, selection = noSelection, onSelection } = props
  const cards = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const scroller = useRef<HTMLDivElement>(null)
  const { ref: measured, width } = useElementSize()
  const scrollerRef = useMergedRef(scroller, measured)
  const anchor = useRef<string | null>(null)
  const base = useId()
  const [activeId, setActiveId] = useState<string | null>(null)

  const {
    shown,
    isVisible,
    toggle: toggleColumn,
    count,
    template,
    leastWidth,
  } = useColumns({
    name,
    columns,
    rows: list.rows,
    getId,
    before: [...(onSelection ? ['32px'] : []), ...(props.lead ? [props.leadWidth ?? '80px'] : [])],
    width,
    cards,
  })
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
  useTableKeys({
    move,
    open:
      onOpen &&
      (() => {
        const row = rows[ids.indexOf(current ?? '')]
        if (row) onOpen(row)
      }),
    select: onSelection && ((range) => current && choose(current, range)),
  })

  const chosen = selectionCount(selection, amount(list.total ?? rows.length, list.isEstimate))
  const everyShown = rows.length > 0 && ids.every((id) => isSelected(selection, id))

  return (
    <section className={classes.root} aria-label={label}>
      <TableBar
        name={name}
        list={list}
        columns={columns}
        getId={getId}
        isVisible={isVisible}
        onToggle={toggleColumn}
        folds={cards || (width > 0 && width < roomForFilters)}
        filters={props.filters}
        savedFilters={props.savedFilters}
      />
      {props.fresh ? (
        <button type="button" className={classes.pill} title={t.table.freshHint} onClick={list.refresh}>
          {t.table.fresh(props.fresh)}
        </button>
      ) : null}
      <div
        ref={scrollerRef}
        className={cx(classes.scroller, cards && classes.cards)}
        role="grid"
        aria-label={label}
        aria-rowcount={list.isEstimate ? unknownCount : (list.total ?? rows.length) + 1}
        aria-colcount={count}
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
        <TableHead
          columns={shown}
          template={template}
          leastWidth={leastWidth}
          check={
            onSelection && {
              checked: everyShown,
              indeterminate: !everyShown && chosen !== 0,
              disabled: rows.length === 0,
              onChange: () => onSelection(toggleShown(selection, ids)),
            }
          }
          hasLead={props.lead !== undefined}
          sort={props.sort}
          onSort={props.onSort}
        />
        {list.loading ? (
          <TableGhosts template={template} columns={count} />
        ) : list.problem ? (
          <TableNotice>
            <ProblemNote problem={list.problem} onRetry={list.refresh} title={t.problem.page} />
          </TableNotice>
        ) : rows.length === 0 ? (
          <TableNotice>
            <EmptyNote
              {...(props.onClear
                ? {
                    title: t.table.noMatch,
                    hint: t.table.noMatchHint,
                    action: (
                      <Button variant="default" onClick={props.onClear}>
                        {t.table.clear}
                      </Button>
                    ),
                  }
                : props.empty)}
            />
          </TableNotice>
        ) : (
          <div
            role="rowgroup"
            className={classes.body}
            style={{ height: virtual.getTotalSize(), minWidth: leastWidth }}
          >
            {items.map((item) => {
              const row = rows[item.index] as Row
              const id = ids[item.index] as string
              return (
                <TableRow
                  key={item.key}
                  measure={cards ? virtual.measureElement : undefined}
                  row={row}
                  columns={shown}
                  domId={`${base}-${id}`}
                  index={item.index}
                  start={item.start}
                  template={cards ? undefined : template}
                  look={{
                    isActive: id === current,
                    isOpened: id === openId,
                    isFlashing: props.flash?.has(id) ?? false,
                    isFaint: props.isFaint?.(row) ?? false,
                  }}
                  picked={onSelection ? isSelected(selection, id) : undefined}
                  onPick={(range) => choose(id, range)}
                  lead={props.lead?.(row)}
                  onOpen={
                    onOpen &&
                    (() => {
                      setActiveId(id)
                      onOpen(row)
                    })
                  }
                />
              )
            })}
          </div>
        )}
        {list.hasMore && !list.loading && <p className={classes.more}>{t.table.loadingRows}</p>}
      </div>
      {onSelection && chosen !== 0 && (
        <BulkBar
          selection={selection}
          onSelection={onSelection}
          chosen={chosen}
          offer={
            props.wholeFilter && everyShown && !selection.all && list.total !== null && list.total > rows.length
              ? amount(list.total, list.isEstimate)
              : undefined
          }
        >
          {props.bulk}
        </BulkBar>
      )}
    </section>
  )
}

function rowHeight(): number {
  return document.documentElement.dataset.density === 'roomy' ? 46 : 36
}
