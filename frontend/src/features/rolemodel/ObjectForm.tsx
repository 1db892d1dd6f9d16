import { t } from '../../lib/texts'
import { isAutomation, showsField, withType } from './automation'
import classes from './Editor.module.css'
import { groupsOf } from './groups'
import { ObjectFields } from './ObjectFields'
import type { Editor } from './useEditor'

/** One form for an object of any kind, in folds. What an object is called does not change once it is there. */
export function ObjectForm({ editor, disabled }: { editor: Editor; disabled?: boolean }) {
  const { kind, draft, isNew } = editor
  if (!draft) return null
  const wrong = (fields: Set<string>) =>
    editor.mistakes.some((m) => !m.isWarning && fields.has(m.place.split('.')[0] ?? ''))
  return groupsOf(kind.of).map((group, i) => (
    <details key={group.name} className={classes.fold} open={i === 0 || group.name === 'rules' || wrong(group.fields)}>
      <summary>{t.edit.groups[group.name]}</summary>
      <div className={classes.fields}>
        <ObjectFields
          struct={kind.of}
          value={draft}
          whole={draft}
          path=""
          only={(name) =>
            group.fields.has(name) &&
            (isNew || name !== 'identifier') &&
            !(name === 'imposedDimensions' && kind.name === 'compositeRole') &&
            showsField(kind, draft, name)
          }
          mistakes={editor.mistakes}
          disabled={disabled || editor.busy}
          onChange={(path, value) =>
            isAutomation(kind) && path === 'type' ? editor.setDraft(withType(draft, value)) : editor.set(path, value)
          }
        />
      </div>
    </details>
  ))
}
