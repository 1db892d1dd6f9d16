import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useContext, type ReactNode } from 'react'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { n } from '../../lib/texts/plural'
import { CriterionCounts } from './CriterionCounts'
import classes from './Editor.module.css'
import { ModelDimensionsDocument, ResourceByKeyDocument } from './RefPicker.generated'

export interface Criterion {
  dimension: string
  key: string
  inherit: boolean
}

interface Dimension {
  identifier: string
  displayName: string
  entityType: string
  isHierarchical: boolean
}

export function useDimensions(): Dimension[] {
  const [{ data }] = useReading({ query: ModelDimensionsDocument })
  return data?.configuration.dimensions?.nodes ?? []
}

/** The values that somebody's context must have, one line each: all of them must hold. */
export function CriteriaInput(props: {
  label: string
  /** What no criterion means; left out: everybody. */
  none?: string
  value: Criterion[]
  error?: ReactNode
  disabled?: boolean
  onChange: (value: Criterion[]) => void
}) {
  const { value } = props
  const dimensions = useDimensions()
  const counts = useContext(CriterionCounts)
  const free = dimensions.filter((d) => !value.some((c) => c.dimension === d.identifier))
  const set = (i: number, change: Partial<Criterion>) =>
    props.onChange(value.map((c, k) => (k === i ? { ...c, ...change } : c)))
  return (
    <div className={classes.criteria} role="group" aria-label={props.label}>
      <span className={classes.label}>{props.label}</span>
      {value.length === 0 && <p className={classes.everybody}>{props.none ?? t.edit.everybody}</p>}
      {value.map((c, i) => {
        const dimension = dimensions.find((d) => d.identifier === c.dimension)
        const name = dimension?.displayName ?? c.dimension
        return (
          <div key={c.dimension || i} className={classes.criterion}>
            <span className={classes.and}>{i > 0 ? t.edit.and : ''}</span>
            {dimensions.length > 0 ? (
              <NativeSelect
                aria-label={t.edit.dimension}
                disabled={props.disabled}
                value={c.dimension}
                data={dimensions
                  .filter((d) => d.identifier === c.dimension || free.includes(d))
                  .map((d) => ({ value: d.identifier, label: d.displayName }))}
                onChange={(event) => set(i, { dimension: event.currentTarget.value, key: '', inherit: false })}
              />
            ) : (
              <TextInput
                aria-label={t.edit.dimension}
                disabled={props.disabled}
                value={c.dimension}
                onChange={(event) => set(i, { dimension: event.currentTarget.value })}
              />
            )}
            <NativeSelect
              aria-label={`${name}: ${t.edit.is}`}
              disabled={props.disabled || !dimension?.isHierarchical}
              value={c.inherit ? 'below' : 'is'}
              data={[
                { value: 'is', label: t.edit.is },
                { value: 'below', label: t.edit.isBelow },
              ]}
              onChange={(event) => set(i, { inherit: event.currentTarget.value === 'below' })}
            />
            {dimension ? (
              <ValueOf
                key={c.dimension}
                label={name}
                entityType={dimension.entityType}
                value={c.key}
                onChange={(key) => set(i, { key })}
              />
            ) : (
              <TextInput
                aria-label={`${name}: ${t.edit.value}`}
                value={c.key}
                onChange={(event) => set(i, { key: event.currentTarget.value })}
              />
            )}
            <span className={classes.left}>{counts[i] !== undefined && n(counts[i])}</span>
            <ActionIcon
              variant="subtle"
              color="gray"
              disabled={props.disabled}
              aria-label={t.edit.removeThis(name)}
              onClick={() => props.onChange(value.filter((_, k) => k !== i))}
            >
              <IconX size={15} />
            </ActionIcon>
          </div>
        )
      })}
      {props.error && <p className={classes.error}>{props.error}</p>}
      <Button
        variant="subtle"
        className={classes.add}
        leftSection={<IconPlus size={14} aria-hidden />}
        disabled={props.disabled || (dimensions.length > 0 && free.length === 0)}
        onClick={() => props.onChange([...value, { dimension: free[0]?.identifier ?? '', key: '', inherit: false }])}
      >
        {t.edit.add(t.edit.criterion)}
      </Button>
    </div>
  )
}

/** One resource as a value: by its name, kept by its key. */
export function ValueOf(props: {
  label: string
  entityType: string
  value: string
  error?: ReactNode
  onChange: (key: string) => void
}) {
  const [{ data }] = useReading({
    query: ResourceByKeyDocument,
    variables: { entityType: props.entityType, key: props.value },
    pause: props.value === '',
  })
  const name = data?.resources.nodes.find((r) => r.key === props.value)?.displayName
  return (
    <ResourcePicker
      key={`${props.entityType} ${name ?? ''}`}
      label={props.label}
      hideLabel
      entityType={props.entityType}
      value={props.value}
      name={name ?? props.value}
      error={props.error}
      onChange={props.onChange}
    />
  )
}
