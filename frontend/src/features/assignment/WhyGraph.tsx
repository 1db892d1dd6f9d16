import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { maySeeModel, maySeeOrders, maySeePeople } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import { useKeys } from '../../ui/keys'
import { RelativeTime } from '../../ui/RelativeTime'
import type { WhyNodeFragment } from './WhyTab.generated'
import classes from './WhyGraph.module.css'
import { neighbour, nodeHeight, nodeWidth, placed } from './whyLayout'

interface Leads {
  from: string
  to: string
}

interface View {
  x: number
  y: number
  zoom: number
}

const least = 0.2
const most = 3

/** An explanation as a picture: what leads to what, to be zoomed, moved and walked along with the keys. The sentences are the same as in the text. */
export function WhyGraph({ nodes, links }: { nodes: WhyNodeFragment[]; links: Leads[] }) {
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const place = useMemo(() => placed(nodes, links, phone), [nodes, links, phone])
  const [view, setView] = useState<View | null>(null)
  const [current, setCurrent] = useState<string | null>(null)
  const box = useRef<SVGSVGElement>(null)
  const drag = useRef<{ x: number; y: number; view: View } | null>(null)
  const shown = view ?? whole
  const zoomBy = (factor: number) =>
    setView((old) => {
      const from = old ?? whole
      return { ...from, zoom: Math.min(most, Math.max(least, from.zoom * factor)) }
    })
  useKeys([
    { key: '+', label: t.why.zoomIn, run: () => zoomBy(1.25) },
    { key: '-', label: t.why.zoomOut, run: () => zoomBy(0.8) },
    { key: '0', label: t.why.zoomWhole, run: () => setView(null) },
  ])
  useEffect(() => {
    const svg = box.current
    if (!svg) return
    // React listens passively: only a listener of one's own may keep the page from zooming instead.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      zoomBy(event.deltaY < 0 ? 1.1 : 0.9)
    }
    svg.addEventListener('wheel', wheel, { passive: false })
    return () => svg.removeEventListener('wheel', wheel)
  }, [])
  const focus = (id: string) => {
    setCurrent(id)
    box.current?.querySelector<SVGGElement>(`[data-node="${CSS.escape(id)}"]`)?.focus()
  }
  const open = useOpen()
  const onKey = (event: KeyboardEvent, id: string) => {
    const next = neighbour(event.key, id, links, place.at, phone)
    if (event.key.startsWith('Arrow')) event.preventDefault()
    if (next) focus(next)
    const node = nodes.find((n) => n.id === id)
    if (event.key === 'Enter' && node) {
      event.preventDefault()
      event.stopPropagation()
      open(node)
    }
  }
  const onMove = (event: PointerEvent) => {
    const from = drag.current
    const width = box.current?.clientWidth
    if (!from || !width) return
    const scale = place.width / from.view.zoom / width
    setView({
      ...from.view,
      x: from.view.x + (from.x - event.clientX) * scale,
      y: from.view.y + (from.y - event.clientY) * scale,
    })
  }
  const near = new Set(
    current ? [current, ...links.flatMap((e) => (e.from === current ? [e.to] : e.to === current ? [e.from] : []))] : [],
  )
  const chosen = nodes.find((n) => n.id === current)
  const first = nodes[0]?.id
  if (nodes.length === 0) return <p className="dim">{t.why.nothingDrawn}</p>
  const [width, height] = [place.width / shown.zoom, place.height / shown.zoom]
  return (
    <div className={classes.graph}>
      <div className={classes.tools}>
        <Button variant="default" size="compact-sm" onClick={() => zoomBy(1.25)} aria-label={t.why.zoomIn}>
          +
        </Button>
        <Button variant="default" size="compact-sm" onClick={() => zoomBy(0.8)} aria-label={t.why.zoomOut}>
          −
        </Button>
        <Button variant="default" size="compact-sm" onClick={() => setView(null)}>
          {t.why.zoomWhole}
        </Button>
        <span className="dim">{t.why.graphHint}</span>
      </div>
      <svg
        ref={box}
        className={classes.drawing}
        viewBox={`${shown.x + (place.width - width) / 2} ${shown.y + (place.height - height) / 2} ${width} ${height}`}
        style={{ aspectRatio: `${place.width} / ${place.height}`, maxWidth: view ? undefined : place.width * 1.15 }}
        role="group"
        aria-label={t.why.graphTitle}
        onPointerDown={(event) => {
          drag.current = { x: event.clientX, y: event.clientY, view: shown }
        }}
        onPointerMove={onMove}
        onPointerUp={() => (drag.current = null)}
        onPointerLeave={() => (drag.current = null)}
      >
        <defs>
          <marker id="why-arrow" viewBox="0 0 8 8" refX="2" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0.5L7.5 4L0 7.5z" className={classes.arrow} />
          </marker>
        </defs>
        {links.map((edge, index) => (
          <path
            key={index}
            d={place.paths[index]}
            className={cx(classes.edge, (edge.from === current || edge.to === current) && classes.edgeNear)}
            markerEnd="url(#why-arrow)"
          />
        ))}
        {nodes.map((node) => {
          const [x, y] = place.at.get(node.id) ?? [0, 0]
          return (
            <g
              key={node.id}
              data-node={node.id}
              role="button"
              tabIndex={node.id === (current ?? first) ? 0 : -1}
              aria-label={`${t.why.nodes[node.kind]}: ${node.title}${node.matched ? '' : `, ${t.assignment.notMatched}`}`}
              transform={`translate(${x - nodeWidth / 2} ${y - nodeHeight / 2})`}
              className={cx(
                classes.node,
                !node.matched && classes.lacking,
                current !== null && !near.has(node.id) && classes.far,
              )}
              onFocus={() => setCurrent(node.id)}
              onClick={() => focus(node.id)}
              onDoubleClick={() => open(node)}
              onKeyDown={(event) => onKey(event, node.id)}
            >
              <rect width={nodeWidth} height={nodeHeight} rx="7" className={cx(classes.box, classes[node.kind])} />
              <text x="10" y="17" className={classes.kind}>
                {t.why.nodes[node.kind]}
              </text>
              <text x="10" y="35" className={classes.name}>
                {short(node.title)}
                <title>{node.title}</title>
              </text>
            </g>
          )
        })}
      </svg>
      <div className={classes.chosen} role="status">
        {chosen ? (
          <>
            <h3>
              {t.why.nodes[chosen.kind]}: {chosen.title} <NodeLink node={chosen} />
            </h3>
            {chosen.since && (
              <p className="dim">
                {chosen.kind === 'RULE' ? t.why.ruleSince : t.why.since} <RelativeTime at={chosen.since} />
              </p>
            )}
            <ul>
              {[...new Set(chosen.texts)].slice(0, 12).map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          </>
        ) : (
          <p className="dim">{t.why.chooseNode}</p>
        )}
      </div>
    </div>
  )
}

const whole: View = { x: 0, y: 0, zoom: 1 }

/** As much of a title as fits into a node. */
function short(title: string): string {
  return title.length > 22 ? `${title.slice(0, 21)}…` : title
}

/** Opens what a node stands for, where there is a page that one may see. */
function useOpen() {
  const navigate = useNavigate()
  const me = useMe()
  return (node: WhyNodeFragment) => {
    if (node.orderId && maySeeOrders(me)) {
      void navigate({ to: '/order/$orderId', params: { orderId: node.orderId } })
    } else if (node.resourceId && maySeePeople(me)) {
      void navigate({ to: '/person/$id', params: { id: node.resourceId } })
    } else if (node.role && maySeeModel(me)) {
      void navigate({ to: '/model/roles/$role', params: { role: node.role } })
    } else if (node.resourceType && maySeeModel(me)) {
      void navigate({ to: '/model/resource-types/$resourceType', params: { resourceType: node.resourceType } })
    }
  }
}

function NodeLink({ node }: { node: WhyNodeFragment }) {
  const me = useMe()
  if (node.orderId && maySeeOrders(me))
    return (
      <Link to="/order/$orderId" params={{ orderId: node.orderId }}>
        {t.why.open}
      </Link>
    )
  if (node.resourceId && maySeePeople(me))
    return (
      <Link to="/person/$id" params={{ id: node.resourceId }}>
        {t.why.open}
      </Link>
    )
  if (node.role && maySeeModel(me))
    return (
      <Link to="/model/roles/$role" params={{ role: node.role }}>
        {t.why.open}
      </Link>
    )
  if (node.resourceType && maySeeModel(me))
    return (
      <Link to="/model/resource-types/$resourceType" params={{ resourceType: node.resourceType }}>
        {t.why.open}
      </Link>
    )
  return null
}
