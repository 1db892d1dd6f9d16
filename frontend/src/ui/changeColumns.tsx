import type { ChangeCommand } from '../graphql/types.generated'
import { formatName, formatValue } from '../lib/format'
import { t } from '../lib/texts'
import type { Column } from './column'

type ReadValues = { property: string; values: string[] }[] | null

/** One change of a synchronization, as its lists show it. */
export interface ReadChange {
  entityType: string
  key: string
  command: ChangeCommand
  oldValues: ReadValues
  newValues: ReadValues
}

/** The columns of a list of changes that a synchronization makes; `kindName` gives the name of an entity type. */
export function changeColumns(kindName: (identifier: string) => string): Column<ReadChange>[] {
  return [
    {
      id: 'command',
      header: t.job.counter,
      width: '90px',
      cell: (c) => t.job.command_[c.command],
      text: (c) => t.job.command_[c.command],
    },
    {
      id: 'entityType',
      header: t.system.kind,
      width: 'minmax(130px, 0.8fr)',
      cell: (c) => <span className="cut">{kindName(c.entityType)}</span>,
      text: (c) => kindName(c.entityType),
    },
    {
      id: 'key',
      header: t.common.key,
      width: 'minmax(130px, 0.8fr)',
      lasting: true,
      cell: (c) => <span className="cut mono">{c.key}</span>,
      text: (c) => c.key,
    },
    {
      id: 'old',
      header: t.job.oldValues,
      width: 'minmax(160px, 2fr)',
      cell: (c) => <Values of={c.oldValues} />,
      text: (c) => valuesText(c.oldValues),
    },
    {
      id: 'new',
      header: t.job.newValues,
      width: 'minmax(160px, 2fr)',
      cell: (c) => <Values of={c.newValues} />,
      text: (c) => valuesText(c.newValues),
    },
  ]
}

export const changeId = (change: ReadChange) => `${change.entityType} ${change.key} ${change.command}`

function valuesText(list: ReadValues): string {
  return (list ?? [])
    .map(({ property, values }) => `${formatName(property)}: ${values.map(formatValue).join(', ')}`)
    .join(' · ')
}

function Values({ of: values }: { of: ReadValues }) {
  const text = valuesText(values)
  if (text === '') return <span className="dim">–</span>
  return (
    <span className="cut" title={text}>
      {text}
    </span>
  )
}
