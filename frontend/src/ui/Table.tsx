import { useElementSize, useMediaQuery, useMergedRef } from '@mantine/hooks'
import { useId, useImperativeHandle, useRef, type ReactNode, type Ref } from 'react'
import { isSelected, noSelection, selectionCount, toggleShown, type Selection } from '../lib/selection'
import { t } from '../lib/texts'
import { amount } from '../lib/texts/plural'
import { BulkBar } from './BulkBar'
import type { Column, List } from './column'
import { cx } from './cx'
import { TableBar } from './TableBar'
import { TableHead } from './TableHead'
import { TableInstead, type EmptyList } from './TableInstead'
import { TableRow } from './TableRow'
import { useColumns } from './useColumns'
import { useCurrentRow } from './useCurrentRow'
import { useVirtualRows } from './useVirtualRows'
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
  empty: EmptyList
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
export function Table<Row extends object>({ ref, ...props }: TableProps<Row>) {
  const { label, name, list, columns, getId, onOpen, openId = null, selection = noSelection, onSelection } = props
  const { rows } = list
  const cards = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const scroller = useRef<HTMLDivElement>(null)
  const { ref: measured, width } = useElementSize()
  const scrollerRef = useMergedRef(scroller, measured)
  const base = useId()
  useImperativeHandle(ref, () => ({ focus: () => scroller.current?.focus({ preventScroll: true }) }))

  const before = [...(onSelection ? ['32px'] : []), ...(props.lead ? [props.leadWidth ?? '80px'] : [])]
  const shown = useColumns({ name, columns, rows, getId, before, width, cards })
  const virtual = useVirtualRows({ list, getId, scroller, cards })
  const items = virtual.getVirtualItems()
  const show = (index: number) => virtual.scrollToIndex(index, { align: 'auto' })
  const { ids, current, move, open, pick } = useCurrentRow({
    rows,
    getId,
    openId,
    onOpen,
    selection,
    onSelection,
    show,
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
        isVisible={shown.isVisible}
        onToggle={shown.toggle}
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
        aria-colcount={shown.count}
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
          columns={shown.shown}
          template={shown.template}
          leastWidth={shown.leastWidth}
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
        {list.loading || list.problem || rows.length === 0 ? (
          <TableInstead
            list={list}
            template={shown.template}
            columns={shown.count}
            empty={props.empty}
            onClear={props.onClear}
          />
        ) : (
          <div
            role="rowgroup"
            className={classes.body}
            style={{ height: virtual.getTotalSize(), minWidth: shown.leastWidth }}
          >
            {items.map((item) => {
              const row = rows[item.index] as Row
              const id = ids[item.index] as string
              return (
                <TableRow
                  key={item.key}
                  measure={cards ? virtual.measureElement : undefined}
                  row={row}
                  columns={shown.shown}
                  domId={`${base}-${id}`}
                  index={item.index}
                  start={item.start}
                  template={cards ? undefined : shown.template}
                  look={{
                    isActive: id === current,
                    isOpened: id === openId,
                    isFlashing: props.flash?.has(id) ?? false,
                    isFaint: props.isFaint?.(row) ?? false,
                  }}
                  picked={onSelection ? isSelected(selection, id) : undefined}
                  onPick={(range) => pick(id, range)}
                  lead={props.lead?.(row)}
                  onOpen={onOpen && (() => open(row))}
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
