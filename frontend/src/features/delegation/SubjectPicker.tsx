import { MultiSelect } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useReading } from '../../graphql/useReading'
import type { DelegationSubjectKind } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { DelegationSubjectsDocument } from './delegation.generated'
import classes from './Delegation.module.css'

export interface Subject {
  id: string
  kind: DelegationSubjectKind
  identifier: string
  name: string
}

/** Chooses the roles, categories and policies that a delegation is about. */
export function SubjectPicker(props: { value: Subject[]; error?: string; onChange: (list: Subject[]) => void }) {
  const { value } = props
  const [search, setSearch] = useState('')
  const [text] = useDebouncedValue(search.trim(), 150)
  const [{ data, fetching, error }] = useReading({
    query: DelegationSubjectsDocument,
    variables: { first: 30, text: text || undefined },
    requestPolicy: 'cache-and-network',
  })
  const found = data?.delegationSubjects.nodes ?? []
  const known = [...value, ...found.filter((s) => !value.some((v) => v.id === s.id))]
  return (
    <MultiSelect
      label={`${t.delegation.narrow} (${t.common.optional})`}
      description={t.delegation.narrowHint}
      error={props.error}
      searchable
      data={known.map((s) => ({ value: s.id, label: s.name }))}
      value={value.map((s) => s.id)}
      searchValue={search}
      onSearchChange={setSearch}
      filter={({ options }) => options}
      nothingFoundMessage={
        error ? t.problem.what.UNREACHABLE : fetching || !data ? t.common.loading : t.person.pickNothing
      }
      maxDropdownHeight={280}
      renderOption={({ option }) => {
        const subject = known.find((s) => s.id === option.value)
        return (
          <span className={classes.option}>
            <span className="cut">{option.label}</span>
            <span className="dim">{subject && t.delegation.subject[subject.kind]}</span>
          </span>
        )
      }}
      onChange={(ids) => props.onChange(known.filter((s) => ids.includes(s.id)))}
    />
  )
}
