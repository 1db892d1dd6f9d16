import { useMediaQuery } from '@mantine/hooks'
import { Bar, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { series } from './series'

interface Hour {
  hour: string
  created: number
  executed: number
  verified: number
  errored: number
}

const tick = { fontSize: 11, fill: 'var(--w-dim)' }

/** Bars for what came, lines for what became of it. */
export function HoursChart({ hours }: { hours: Hour[] }) {
  const still = useMediaQuery('(prefers-reduced-motion: reduce)', false, { getInitialValueInEffect: false })
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={hours} margin={{ top: 6, right: 4, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--w-border)" />
        <XAxis dataKey="hour" tick={tick} tickLine={false} axisLine={false} minTickGap={36} />
        <YAxis tick={tick} tickLine={false} axisLine={false} width={34} allowDecimals={false} />
        <Tooltip
          cursor={{ fill: 'var(--w-hover)' }}
          isAnimationActive={!still}
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
              type="monotone"
              isAnimationActive={false}
            />
          ),
        )}
      </ComposedChart>
    </ResponsiveContainer>
  )
}
