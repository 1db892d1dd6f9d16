import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { LackingDocument } from './WhyTab.generated'
import type { WhySearch } from './whySearch'

/** Finds what somebody does not have now and could have: the server searches. */
export function LackingPicker(props: { ownerId: string; onPick: (subject: WhySearch) => void }) {
  const [search, setSearch] = useState('')
  const [isOpen, setOpen] = useState(false)
  const [text] = useDebouncedValue(search.trim(), 150)
  const [{ data, fetching, error }] = useReading({
    query: LackingDocument,
    variables: { ownerId: props.ownerId, text },
    pause: !isOpen,
    requestPolicy: 'cache-and-network',
  })
  const found = data?.lacking.nodes ?? []
  const more = (data?.lacking.totalCount ?? 0) - found.length
  const options = found.map((x, index) => ({ value: String(index), label: x.name, kind: t.assignment.kinds[x.kind] }))
  const last = { value: 'more', label: t.person.pickMore(more), kind: '', disabled: true }
  return (
    <Select
      aria-label={t.why.lacking}
      placeholder={t.why.lacking}
      searchable
      value={null}
      searchValue={search}
      onSearchChange={setSearch}
      data={more > 0 ? [...options, last] : options}
      filter={({ options: all }) => all}
      nothingFoundMessage={
        error ? t.problem.what.UNREACHABLE : fetching || !data ? t.common.loading : t.why.lacksNothing
      }
      maxDropdownHeight={320}
      w="min(420px, 100%)"
      renderOption={({ option }) => (
        <span>
          {option.label} <span className="dim">{options.find((o) => o.value === option.value)?.kind}</span>
        </span>
      )}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      onChange={(index) => {
        const x = found[Number(index)]
        if (!x) return
        setSearch('')
        props.onPick({
          role: x.role ?? undefined,
          resourceType: x.resourceType ?? undefined,
          property: x.property ?? undefined,
          value: x.value ?? undefined,
        })
      }}
    />
  )
}
