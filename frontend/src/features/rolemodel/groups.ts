import { t } from '../../lib/texts'
import { fieldsOf } from './shape'

/** The folds of a form, in their order: the first that takes a field has it. */
const folds: { name: keyof typeof t.edit.groups; takes: (name: string, type: string) => boolean }[] = [
  { name: 'rules', takes: (name, type) => type === 'list' && /rules$/i.test(name) },
  { name: 'request', takes: (name) => /approval|comment/i.test(name) && !/prolongation/i.test(name) },
  { name: 'time', takes: (name) => /duration|grace|prolongation|endDateLocked/i.test(name) },
  {
    name: 'guards',
    takes: (name) =>
      /^(maximum|allow|remove|block|discard|depends|transmitted|autoRetry|fulfill|correlate|suggest|arguments|ticket)/.test(
        name,
      ),
  },
  { name: 'what', takes: () => true },
]

const shown: (keyof typeof t.edit.groups)[] = ['what', 'request', 'time', 'guards', 'rules']

/** The fields of a struct by the folds in which they stand. */
export function groupsOf(struct: string): { name: keyof typeof t.edit.groups; fields: Set<string> }[] {
  const fields = fieldsOf(struct)
  return shown
    .map((name) => ({
      name,
      fields: new Set(
        fields.filter((f) => folds.find((fold) => fold.takes(f.name, f.type))?.name === name).map((f) => f.name),
      ),
    }))
    .filter((g) => g.fields.size > 0)
}
