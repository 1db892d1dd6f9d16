import { t } from '../../lib/texts'
import { ClearFilters, ManyFilter, SearchFilter } from '../../ui/Filters'
import { actionList, stateList, type RequestListSearch } from './requestSearch'

/** What narrows a list of what was asked for. */
export function ListFilters(props: {
  search: RequestListSearch
  withStates?: boolean
  onChange: (change: Partial<RequestListSearch>) => void
  onClear?: () => void
}) {
  const { search, onChange } = props
  return (
    <>
      <SearchFilter
        label={t.request.searchItems}
        placeholder={t.request.searchItems}
        value={search.text}
        onChange={(text) => onChange({ text })}
      />
      {props.withStates && (
        <ManyFilter
          label={t.request.states}
          values={search.states}
          options={stateList.map((value) => ({ value, label: t.request.state[value] }))}
          onChange={(states) => onChange({ states })}
        />
      )}
      <ManyFilter
        label={t.request.actions}
        values={search.actions}
        options={actionList.map((value) => ({ value, label: t.request.action[value] }))}
        onChange={(actions) => onChange({ actions })}
      />
      {props.onClear && <ClearFilters onClick={props.onClear} />}
    </>
  )
}
