import {
  errorClassList,
  orderKindList,
  orderKinds,
  provisioningStateList,
  provisioningStates,
  waitReasonList,
} from '../../lib/states'
import { t } from '../../lib/texts'
import { ClearFilters, ManyFilter, SearchFilter, SelectFilter } from '../../ui/Filters'
import type { OrderRowFragment } from './orderColumns.generated'
import { countFilters, orderSorts, type OrderSearch } from './orderSearch'
import { useSeen } from '../../ui/useSeen'

export type FilterPart = 'states' | 'kinds' | 'types' | 'systems' | 'open' | 'postponed' | 'sort' | 'cause' | 'waits'

/** The filters of every list of orders; each page shows the parts that make sense for it. */
export function OrderFilters(props: {
  name: string
  parts: FilterPart[]
  rows: OrderRowFragment[]
  search: OrderSearch
  onChange: (change: Partial<OrderSearch>) => void
  onClear: () => void
}) {
  const { search, onChange, parts } = props
  const types = useSeen(
    `${props.name}.types`,
    props.rows.map((r) => [r.resourceType.identifier, r.resourceType.displayName]),
    search.types,
  )
  const systems = useSeen(
    `${props.name}.systems`,
    props.rows.flatMap((r) => (r.connector ? [[r.connector.identifier, r.connector.displayName]] : [])),
    search.systems,
  )
  return (
    <>
      <SearchFilter
        label={t.order.searchPlaceholder}
        placeholder={t.order.searchPlaceholder}
        value={search.text}
        onChange={(text) => onChange({ text })}
      />
      {parts.includes('states') && (
        <ManyFilter
          label={t.order.stateFilter}
          values={search.states}
          options={provisioningStateList.map((s) => ({ value: s, label: provisioningStates[s].word }))}
          onChange={(states) => onChange({ states })}
        />
      )}
      {parts.includes('kinds') && (
        <ManyFilter
          label={t.order.kindFilter}
          values={search.kinds}
          options={orderKindList.map((k) => ({ value: k, label: orderKinds[k] }))}
          onChange={(kinds) => onChange({ kinds })}
        />
      )}
      {parts.includes('types') && (
        <ManyFilter
          label={t.order.typeFilter}
          values={search.types}
          options={types}
          onChange={(value) => onChange({ types: value })}
        />
      )}
      {parts.includes('systems') && (
        <ManyFilter
          label={t.order.systemFilter}
          values={search.systems}
          options={systems}
          onChange={(value) => onChange({ systems: value })}
        />
      )}
      {parts.includes('cause') && (
        <SelectFilter
          label={t.order.classFilter}
          any={`${t.order.classFilter}: ${t.common.any}`}
          value={search.cause}
          options={errorClassList.map((value) => ({ value, label: t.errorClass[value] }))}
          onChange={(cause) => onChange({ cause })}
        />
      )}
      {parts.includes('waits') && (
        <ManyFilter
          label={t.order.waitsBecause}
          values={search.waits}
          options={waitReasonList.map((value) => ({ value, label: t.waitReason[value] }))}
          onChange={(waits) => onChange({ waits })}
        />
      )}
      {parts.includes('open') && (
        <SelectFilter
          label={t.order.openFilter}
          any={t.order.openFilter}
          value={search.open}
          options={[
            { value: 'yes', label: t.order.onlyOpen },
            { value: 'no', label: t.order.onlyEnded },
          ]}
          onChange={(open) => onChange({ open })}
        />
      )}
      {parts.includes('postponed') && (
        <SelectFilter
          label={t.order.hidePostponed}
          value={search.noPostponed ? 'hide' : 'show'}
          isSet={search.noPostponed}
          options={[
            { value: 'show', label: `${t.review.postponed}: ${t.common.all}` },
            { value: 'hide', label: t.order.hidePostponed },
          ]}
          onChange={(value) => onChange({ noPostponed: value === 'hide' ? true : undefined })}
        />
      )}
      {parts.includes('sort') && (
        <SelectFilter
          label={t.order.sort}
          value={search.sort ?? 'CREATED_DESC'}
          options={orderSorts().map((value) => ({ value, label: t.order.sorts[value] }))}
          onChange={(sort) => onChange({ sort: sort === 'CREATED_DESC' ? undefined : sort })}
        />
      )}
      {countFilters(search) > 0 && <ClearFilters onClick={props.onClear} />}
    </>
  )
}
