import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useRef, useState, type KeyboardEvent } from 'react'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { n } from '../../lib/texts/plural'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import classes from './CategoryTree.module.css'
import { CategoryBranchDocument } from './CategoryTree.generated'

interface TreeProps {
  /** Identifier of the chosen category; undefined: all. */
  chosen: string | undefined
  onChoose: (identifier: string | undefined) => void
}

/** The categories with how many roles stand in them and below; a branch is read when it is opened. Arrows walk and open. */
export function CategoryTree(props: TreeProps) {
  const tree = useRef<HTMLUListElement>(null)
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const toggle = (identifier: string, wanted: boolean) =>
    setOpen((old) => {
      const next = new Set(old)
      if (wanted) next.add(identifier)
      else next.delete(identifier)
      return next
    })
  const onKeyDown = (event: KeyboardEvent) => {
    const items = [...(tree.current?.querySelectorAll<HTMLElement>('[role=treeitem]') ?? [])]
    const at = items.indexOf(document.activeElement as HTMLElement)
    const item = items[at]
    if (!item) return
    const go = (i: number) => items[Math.max(0, Math.min(i, items.length - 1))]?.focus()
    const { id = '' } = item.dataset
    const isOpen = item.getAttribute('aria-expanded')
    switch (event.key) {
      case 'ArrowDown':
        go(at + 1)
        break
      case 'ArrowUp':
        go(at - 1)
        break
      case 'Home':
        go(0)
        break
      case 'End':
        go(items.length - 1)
        break
      case 'ArrowRight':
        if (isOpen === 'false') toggle(id, true)
        else if (isOpen === 'true') go(at + 1)
        break
      case 'ArrowLeft':
        if (isOpen === 'true') toggle(id, false)
        else go(items.findLastIndex((x, i) => i < at && Number(x.ariaLevel) < Number(item.ariaLevel)))
        break
      case 'Enter':
      case ' ':
        props.onChoose(id || undefined)
        break
      default:
        return
    }
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <ul ref={tree} role="tree" aria-label={t.catalogue.categories} className={classes.tree} onKeyDown={onKeyDown}>
      <li role="none">
        <div
          role="treeitem"
          aria-level={1}
          aria-selected={props.chosen === undefined}
          tabIndex={props.chosen === undefined ? 0 : -1}
          data-id=""
          className={classes.item}
          onClick={() => props.onChoose(undefined)}
        >
          <span className={classes.mark} />
          <span className="cut">{t.catalogue.everything}</span>
        </div>
      </li>
      <Branch {...props} level={1} open={open} toggle={toggle} />
    </ul>
  )
}

function Branch(
  props: TreeProps & {
    parent?: string
    level: number
    open: ReadonlySet<string>
    toggle: (identifier: string, open: boolean) => void
  },
) {
  const { parent, level, open, chosen } = props
  const [{ data, error }, read] = useReading({
    query: CategoryBranchDocument,
    variables: parent === undefined ? { isTop: true } : { parent },
    requestPolicy: 'cache-and-network',
  })
  if (error)
    return (
      <li role="none">
        <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
      </li>
    )
  if (!data)
    return (
      <li role="none">
        <Skeleton lines={3} />
      </li>
    )
  const { nodes, totalCount } = data.categoriesPage
  return (
    <>
      {nodes.map((c) => {
        const isOpen = open.has(c.identifier)
        return (
          <li key={c.id} role="none">
            <div
              role="treeitem"
              aria-level={level}
              aria-expanded={c.hasChildren ? isOpen : undefined}
              aria-selected={chosen === c.identifier}
              aria-label={`${c.displayName}, ${t.catalogue.roles(c.roleCount)}`}
              tabIndex={chosen === c.identifier ? 0 : -1}
              data-id={c.identifier}
              className={classes.item}
              style={{ paddingInlineStart: 8 + (level - 1) * 16 }}
              onClick={() => props.onChoose(c.identifier)}
            >
              <span
                className={classes.mark}
                onClick={(event) => {
                  if (!c.hasChildren) return
                  event.stopPropagation()
                  props.toggle(c.identifier, !isOpen)
                }}
              >
                {c.hasChildren &&
                  (isOpen ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />)}
              </span>
              <span className="cut">{c.displayName}</span>
              <span className={classes.count}>{n(c.roleCount)}</span>
            </div>
            {isOpen && c.hasChildren && (
              <ul role="group" className={classes.branch}>
                <Branch {...props} parent={c.identifier} level={level + 1} />
              </ul>
            )}
          </li>
        )
      })}
      {totalCount > nodes.length && (
        <li role="none" className="dim">
          {t.common.moreItems(totalCount - nodes.length)}
        </li>
      )}
    </>
  )
}
