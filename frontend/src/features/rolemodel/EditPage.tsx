import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { mayEditKind } from '../../graphql/may'
import { useCan, useMe } from '../../graphql/SessionContext'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { notifyDone } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { EditorFrame } from './EditorFrame'
import { ObjectForm } from './ObjectForm'
import { beginning, isAutomation } from './automation'
import { AutomationPreview } from './AutomationPreview'
import { IndirectPreview } from './IndirectPreview'
import { addressOf } from './addressOf'
import { blank, kindOf, type KindShape } from './shape'
import { StoredPanel } from './StoredPanel'
import { TriedContext, type Tried } from './TrialContext'
import { TrialPanel } from './TrialPanel'
import { useEditor } from './useEditor'

const edit = getRouteApi('/shell/model/edit/$kind/$identifier')
const make = getRouteApi('/shell/model/new/$kind')

/** Kinds that show beside their form what they would do. */
const previews: Record<string, typeof AutomationPreview | undefined> = {
  automationRule: AutomationPreview,
  indirectResourceRule: IndirectPreview,
}

/** Kinds that can be tried on somebody while they are written. */
const trials: Record<string, typeof TrialPanel | undefined> = {
  resourceType: TrialPanel,
  propertyExpression: StoredPanel,
}

/** Changes one object of the role model, whichever kind it is of. */
export function EditPage() {
  const { kind: name, identifier } = edit.useParams()
  const kind = kindOf(name)
  if (!kind) return <Unknown />
  return <ObjectEditor key={`${name} ${identifier}`} kind={kind} identifier={identifier} />
}

/** Begins a new one. */
export function NewPage() {
  const { kind: name } = make.useParams()
  const given = make.useSearch()
  const kind = kindOf(name)
  if (!kind) return <Unknown />
  return <ObjectEditor key={name} kind={kind} identifier={null} given={given} />
}

function Unknown() {
  return (
    <Page title={t.problem.notFoundTitle}>
      <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
    </Page>
  )
}

function ObjectEditor(props: { kind: KindShape; identifier: string | null; given?: Record<string, unknown> }) {
  const { kind, identifier } = props
  const navigate = useNavigate()
  const me = useMe()
  const { can } = useCan()
  const [begin] = useState(() => blank(kind.of, { ...(isAutomation(kind) && beginning), ...props.given }))
  const editor = useEditor(kind, identifier, begin)
  const [tried, setTried] = useState<Tried>({ trial: null, differences: null })
  const Preview = previews[kind.name]
  const { word } = kind
  const Trial = can(permissions.plansStart) ? trials[kind.name] : undefined
  const name = String(editor.base?.displayName || identifier || '')
  return (
    <EditorFrame
      editor={editor}
      title={identifier === null ? t.edit.newTitle(word) : t.edit.title(name)}
      hint={identifier === null ? undefined : word}
      readOnly={!mayEditKind(me, kind)}
      aside={
        editor.draft &&
        (Preview ? (
          <Preview draft={editor.draft} identifier={editor.isNew ? null : identifier} />
        ) : (
          Trial && <Trial draft={editor.draft} save={editor.proposal().save ?? {}} onTried={setTried} />
        ))
      }
      onSaved={() => {
        const saved = String(editor.draft?.identifier)
        notifyDone(t.edit.saved(String(editor.draft?.displayName || saved)))
        void navigate(addressOf(kind, saved))
      }}
    >
      <TriedContext value={tried}>
        <ObjectForm editor={editor} disabled={!mayEditKind(me, kind)} />
      </TriedContext>
    </EditorFrame>
  )
}
