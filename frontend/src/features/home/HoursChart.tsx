import { useMediaQuery } from '@mantine/hooks'
import { Bar, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { formatNumber } from '../../lib/format'
import { series } from './series'

interface Hour {
  hour: string
  created: number
  executed: number
  verified: number
  errored: number
}

const tick = { fontSize: 11, fill: 'var(--w-dim)' }

/** Pixels for the longest number of the axis: the axis may end above the largest value, with a digit more. */
function axisWidth(hours: Hour[]): number {
  const largest = Math.max(1, ...hours.flatMap((hour) => series.map((s) => hour[s.key])))
  return 14 + 6.5 * formatNumber(largest * 1.25).length
}

/** Bars for what came, steps for what became of it: a number belongs to its whole hour. */
export function HoursChart({ hours }: { hours: Hour[] }) {
  const still = useMediaQuery('(prefers-reduced-motion: reduce)', false, { getInitialValueInEffect: false })
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={hours} margin={{ top: 6, right: 4, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--w-border)" />
        <XAxis dataKey="hour" tick={tick} tickLine={false} axisLine={false} minTickGap={36} />
        <YAxis
          tick={tick}
          tickLine={false}
          axisLine={false}
          width={axisWidth(hours)}
          allowDecimals={false}
          domain={[0, 'auto']}
          tickFormatter={formatNumber}
        />
        <Tooltip
          cursor={{ fill: 'var(--w-hover)' }}
          isAnimationActive={!still}
          formatter={(value) => formatNumber(Number(value))}
          contentStyle={{
            background: 'var(--w-surface)',
            border: '1px solid var(--w-border-strong)',
            borderRadius: 6,
            fontSize: 12,
            padding: '6px 10px',
          }}
          itemStyle={{ color: 'var(--w-text)', padding: 0 }}
          labelStyle={{ color: 'var(--w-dim)' }}
        />
        {series.map((s) =>
          s.key === 'created' ? (
            <Bar
              key={s.key}
              dataKey={s.key}
              name={s.word}
              fill={`var(--tone-${s.tone}-solid)`}
              fillOpacity={0.35}
              radius={[2, 2, 0, 0]}
              isAnimationActive={false}
            />
          ) : (
            <Line
              key={s.key}
              dataKey={s.key}
              name={s.word}
              stroke={`var(--tone-${s.tone}-solid)`}
              strokeWidth={1.8}
              dot={false}
              type="step"
              isAnimationActive={false}
            />
          ),
        )}
      </ComposedChart>
    </ResponsiveContainer>
  )
}
