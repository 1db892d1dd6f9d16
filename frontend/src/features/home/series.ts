import { t } from '../../lib/texts'
import type { Tone } from '../../lib/tones'

/** The lines of the chart of orders per hour. */
export const series: { key: 'created' | 'executed' | 'verified' | 'errored'; word: string; tone: Tone }[] = [
  { key: 'created', word: t.home.created, tone: 'blue' },
  { key: 'executed', word: t.home.executed, tone: 'teal' },
  { key: 'verified', word: t.home.verified, tone: 'green' },
  { key: 'errored', word: t.home.erroredSeries, tone: 'red' },
]
