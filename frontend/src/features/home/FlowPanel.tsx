import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useCounters, useOrderChanges } from '../../graphql/live'
import type { ProvisioningState } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { formatNumber } from '../../lib/format'
import { provisioningStateList, provisioningStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { edgePath, edgeWidth, tall, usualMoves, wide } from './flowLayout'
import classes from './FlowPanel.module.css'
import { FlowDocument } from './home.generated'
import { useRefreshOnMoves } from './useRefreshOnMoves'

interface Pulse {
  id: number
  path: string
  state: ProvisioningState
}

/** The state machine itself: nine nodes with live counts, edges as thick as what passed, a pulse where something moves. */
export function FlowPanel() {
  const phone = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false })
  const still = useMediaQuery('(prefers-reduced-motion: reduce)', false, { getInitialValueInEffect: false })
  const layout = phone ? tall : wide
  const counters = useCounters()
  const [{ data }, read] = useReading({ query: FlowDocument, requestPolicy: 'cache-and-network' })
  useRefreshOnMoves(() => read({ requestPolicy: 'network-only' }))

  const [pulses, setPulses] = useState<Pulse[]>([])
  const nextId = useRef(0)
  useOrderChanges((changes) => {
    if (still || document.hidden) return
    const moves = new Map<string, { from: ProvisioningState; to: ProvisioningState }>()
    for (const change of changes) {
      const from = change.from ?? 'NONE'
      if (from !== change.to) moves.set(`${from} ${change.to}`, { from, to: change.to })
    }
    const fresh = [...moves.values()].map((move) => ({
      id: nextId.current++,
      path: edgePath(layout, move.from, move.to),
      state: move.to,
    }))
    setPulses((old) => [...old, ...fresh].slice(-16))
  })

  const passed = new Map<string, { from: ProvisioningState; to: ProvisioningState; count: number }>()
  for (const [from, to] of usualMoves) passed.set(`${from} ${to}`, { from, to, count: 0 })
  for (const edge of data?.flow ?? []) {
    const from = edge.from ?? 'NONE'
    if (from === edge.to) continue
    const known = passed.get(`${from} ${edge.to}`)
    passed.set(`${from} ${edge.to}`, { from, to: edge.to, count: (known?.count ?? 0) + edge.count })
  }
  const edges = [...passed.values()].sort((a, b) => a.count - b.count)
  const counts = new Map(counters?.ordersByState.map((s) => [s.state, s.count]))
  const { nodeWidth, nodeHeight } = layout

  return (
    <Section title={t.home.flow} aside={<span className={classes.hint}>{t.home.flowHint}</span>} panel>
      <svg
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        className={classes.flow}
        role="group"
        aria-label={t.home.flow}
        style={{ aspectRatio: `${layout.width} / ${layout.height}` }}
      >
        <defs>
          {(['quiet', 'busy'] as const).map((kind) => (
            <marker
              key={kind}
              id={`arrow-${kind}`}
              viewBox="0 0 8 8"
              refX="4"
              refY="4"
              markerWidth="8"
              markerHeight="8"
              markerUnits="userSpaceOnUse"
              orient="auto-start-reverse"
            >
              <path d="M0 0.5L7.5 4L0 7.5z" className={kind === 'busy' ? classes.arrowBusy : classes.arrow} />
            </marker>
          ))}
        </defs>
        {edges.map((edge) => (
          <path
            key={`${edge.from} ${edge.to}`}
            d={edgePath(layout, edge.from, edge.to)}
            className={edge.count > 0 ? classes.edgeBusy : classes.edge}
            strokeWidth={edgeWidth(edge.count)}
            markerEnd={`url(#arrow-${edge.count > 0 ? 'busy' : 'quiet'})`}
          >
            <title>
              {t.home.flowEdge(provisioningStates[edge.from].word, provisioningStates[edge.to].word, edge.count)}
            </title>
          </path>
        ))}
        {pulses.map((pulse) => (
          <circle
            key={pulse.id}
            r="4.5"
            className={classes.pulse}
            style={{
              offsetPath: `path('${pulse.path}')`,
              fill: `var(--tone-${provisioningStates[pulse.state].tone}-solid)`,
            }}
            onAnimationEnd={() => setPulses((old) => old.filter((p) => p.id !== pulse.id))}
          />
        ))}
        {provisioningStateList.map((state) => {
          const look = provisioningStates[state]
          const Glyph = look.icon
          const [x, y] = layout.at[state]
          const count = counts.get(state) ?? 0
          return (
            <Link
              key={state}
              to="/orders"
              search={state === 'VERIFIED' ? { states: [state] } : { states: [state], open: openOnly(state) }}
              className={classes.node}
              aria-label={t.home.flowNode(look.word, count)}
            >
              <title>{look.hint}</title>
              <g transform={`translate(${x - nodeWidth / 2} ${y - nodeHeight / 2})`}>
                <rect
                  width={nodeWidth}
                  height={nodeHeight}
                  rx="8"
                  className={count > 0 ? classes.boxFull : classes.box}
                  style={{ ['--tone' as string]: `var(--tone-${look.tone}-solid)` }}
                />
                <rect width="4" height={nodeHeight - 16} x="8" y="8" rx="2" fill={`var(--tone-${look.tone}-solid)`} />
                <Glyph x={nodeWidth - 24} y={10} size={15} color={`var(--tone-${look.tone}-text)`} aria-hidden />
                <text x="20" y="23" className={count > 0 ? classes.count : classes.zero}>
                  {counters ? formatNumber(count) : '–'}
                </text>
                <text x="20" y={nodeHeight - 12} className={classes.word}>
                  {look.word}
                </text>
                {state === 'VERIFIED' && (
                  <text x={nodeWidth - 30} y="22" textAnchor="end" className={classes.small}>
                    {t.home.last24}
                  </text>
                )}
              </g>
            </Link>
          )
        })}
      </svg>
    </Section>
  )
}

/** The counts are of open orders; Inactive and Error may have ended. */
function openOnly(state: ProvisioningState): 'yes' | undefined {
  return state === 'INACTIVE' ? undefined : 'yes'
}
