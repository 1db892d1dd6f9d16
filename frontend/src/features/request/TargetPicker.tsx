import { ActionIcon, Select, type ComboboxItem } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconX } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { addPerson, dropPerson, type Basket } from './basket'
import classes from './Request.module.css'
import { RequestTargetsDocument, type RequestRefFragment } from './request.generated'

/** For whom one asks: those chosen, and a field to find others. Who may ask for himself is chosen at first. */
export function TargetPicker(props: { basket: Basket; change: (how: (basket: Basket) => Basket) => void }) {
  const { basket, change } = props
  const me = useMe()
  const [search, setSearch] = useState('')
  const [text] = useDebouncedValue(search.trim(), 150)
  const [{ data: all, error: broken }, readAll] = useReading({
    query: RequestTargetsDocument,
    variables: { first: 2 },
    requestPolicy: 'cache-and-network',
  })
  const [{ data: mine }] = useReading({
    query: RequestTargetsDocument,
    variables: { first: 20, text: me.resource?.key ?? '' },
    pause: me.resource == null,
  })
  const [{ data, fetching, error }] = useReading({
    query: RequestTargetsDocument,
    variables: { first: 20, text: text || undefined },
    requestPolicy: 'cache-and-network',
  })

  const single = all?.requestTargets.totalCount === 1 ? all.requestTargets.nodes[0] : undefined
  const self = mine?.requestTargets.nodes.find((r) => r.id === me.resource?.id) ?? single
  const preselects = !basket.chosen && basket.people.length === 0 && self !== undefined
  useEffect(() => {
    if (preselects) change((old) => ({ ...addPerson(old, self), chosen: false }))
  }, [preselects, self, change])

  if (!all) return broken ? <ProblemNote problem={toProblem(broken)} onRetry={readAll} /> : <Skeleton lines={1} />
  if (all.requestTargets.totalCount === 0)
    return <EmptyNote title={t.request.noTargets} hint={t.request.noTargetsHint} />

  const found = (data?.requestTargets.nodes ?? []).filter((r) => !basket.people.some((p) => p.id === r.id))
  const more = (data?.requestTargets.totalCount ?? 0) - (data?.requestTargets.nodes.length ?? 0)
  const options: ComboboxItem[] = found.map((r) => ({ value: r.id, label: r.displayName }))
  if (more > 0) options.push({ value: ' more', label: t.request.moreTargets(more), disabled: true })
  const onlyOne = single !== undefined && basket.people.some((p) => p.id === single.id)
  return (
    <div className={classes.people} role="group" aria-label={t.request.forWhom}>
      <span className="dim">{t.request.forWhom}</span>
      {basket.people.map((person) => (
        <Person
          key={person.id}
          person={person}
          onDrop={onlyOne ? undefined : () => change((old) => dropPerson(old, person.id))}
        />
      ))}
      {!onlyOne && (
        <Select
          aria-label={t.request.addPerson}
          placeholder={t.request.addPerson}
          className={classes.addPerson}
          searchable
          data={options}
          value={null}
          searchValue={search}
          onSearchChange={setSearch}
          filter={({ options: shown }) => shown}
          nothingFoundMessage={
            error ? t.problem.what.UNREACHABLE : fetching || !data ? t.common.loading : t.person.pickNothing
          }
          maxDropdownHeight={280}
          renderOption={({ option }) => (
            <span className={classes.option}>
              <span className="cut">{option.label}</span>
              <span className="mono dim">{found.find((r) => r.id === option.value)?.key}</span>
            </span>
          )}
          onChange={(id) => {
            const person = found.find((r) => r.id === id)
            if (person) change((old) => addPerson(old, person))
            setSearch('')
          }}
        />
      )}
    </div>
  )
}

function Person({ person, onDrop }: { person: RequestRefFragment; onDrop?: () => void }) {
  return (
    <span className={classes.person}>
      <span className="cut">{person.displayName}</span>
      <span className="mono dim">{person.key}</span>
      {onDrop && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={t.request.removePerson(person.displayName)}
          onClick={onDrop}
        >
          <IconX size={13} />
        </ActionIcon>
      )}
    </span>
  )
}
