import { Button } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { mayEditModel } from '../../graphql/may'
import { useCan, useMe } from '../../graphql/SessionContext'
import type { RuleChange } from '../../graphql/types.generated'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { notifyDone } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { addressOf } from './addressOf'
import type { Criterion } from './CriteriaInput'
import { CriterionCounts } from './CriterionCounts'
import classes from './Editor.module.css'
import { EditorFrame } from './EditorFrame'
import { ObjectFields } from './ObjectFields'
import { blank, fieldsOf, freeName, kindOf, type Draft, type KindShape } from './shape'
import { useEditor } from './useEditor'
import { PreviewPanel } from './PreviewPanel'
import { criteriaOf, SuggestionPanel } from './SuggestionPanel'
import { TrialPanel } from './TrialPanel'
import { useRuleSuggestions } from './useRuleSuggestions'
import { hasPreview, useRulePreview } from './useRulePreview'

const route = getRouteApi('/shell/model/rules/$kind/$owner')

/** One rule of a role or a resource type, edited within its object: that is what is saved. */
export function RulePage() {
  const { kind: name, owner } = route.useParams()
  const kind = kindOf(name)
  if (!kind)
    return (
      <Page title={t.problem.notFoundTitle}>
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
      </Page>
    )
  return <RuleEditor key={`${name} ${owner}`} kind={kind} owner={owner} />
}

/** Where a rule stands in its object. */
function find(kind: KindShape, draft: Draft, identifier: string) {
  for (const f of fieldsOf(kind.of)) {
    if (f.type !== 'list' || !f.of) continue
    const index = ((draft[f.name] as Draft[] | null) ?? []).findIndex((r) => r.identifier === identifier)
    if (index >= 0) return { list: f.name, struct: f.of, index, rule: (draft[f.name] as Draft[])[index] as Draft }
  }
  return undefined
}

function RuleEditor({ kind, owner }: { kind: KindShape; owner: string }) {
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const { can } = useCan()
  const hasTrial = kind.name === 'resourceType' && can(permissions.plansStart)
  const readOnly = !mayEditModel(me)
  const editor = useEditor(kind, owner, {})
  const { draft } = editor
  const at = draft && search.rule ? find(kind, draft, search.rule) : undefined

  // A new rule gets its name at once: the address then stands for it, also after a reload. One that is to explain what was found begins with what
  // explains most of it.
  const suggestions = useRuleSuggestions(kind.name, owner, search.found)
  const best = suggestions.answer?.suggestions[0]
  const begins =
    draft !== null && search.rule === undefined && search.list !== undefined && (readOnly || suggestions.isSettled)
  useEffect(() => {
    if (!begins || !draft || !search.list) return
    const struct = fieldsOf(kind.of).find((f) => f.name === search.list)?.of
    if (!struct) return
    const identifier = freeName(draft, search.list)
    const given: Draft = { identifier, ...(best && { dimensions: criteriaOf(best) }) }
    if (suggestions.answer?.property) {
      given.property = suggestions.answer.property
      given.resource = suggestions.answer.resource ?? ''
    }
    editor.set(search.list, [...((draft[search.list] as Draft[] | null) ?? []), blank(struct, given)])
    void navigate({
      to: '/model/rules/$kind/$owner',
      params: { kind: kind.name, owner },
      search: { rule: identifier, list: search.list, found: search.found },
      replace: true,
    })
    // Once: the address changes with it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [begins])

  const ownerName = String(draft?.displayName || owner)
  const [show, setShow] = useState<RuleChange | undefined>()
  const withPreview = draft !== null && at !== undefined && hasPreview(at.list)
  const preview = useRulePreview(
    {
      kind: kind.name,
      list: at?.list ?? '',
      owner: draft ?? {},
      rule: at?.rule ?? {},
      isSaved: editor.base !== null && search.rule !== undefined && find(kind, editor.base, search.rule) !== undefined,
    },
    show,
    search.at,
  )
  return (
    <EditorFrame
      editor={editor}
      title={t.rule.title(search.rule ?? '', ownerName)}
      hint={at && t.edit.fields[at.list]}
      readOnly={readOnly}
      held={withPreview && preview.error ? t.rule.held : undefined}
      aside={
        withPreview ? (
          <PreviewPanel
            preview={preview}
            show={show}
            onShow={setShow}
            day={search.at}
            onDay={(day) =>
              void navigate({
                to: '/model/rules/$kind/$owner',
                params: { kind: kind.name, owner },
                search: { ...search, at: day },
                replace: true,
              })
            }
          />
        ) : (
          draft && at && hasTrial && <TrialPanel draft={draft} save={editor.proposal().save ?? {}} />
        )
      }
      onSaved={() => {
        notifyDone(t.edit.saved(ownerName))
        void navigate(addressOf(kind, owner))
      }}
    >
      {draft && search.rule && !at && !begins && <EmptyNote title={t.edit.gone} hint={t.rule.gone} />}
      {draft && at && (
        <CriterionCounts value={withPreview ? (preview.preview?.criteria ?? []).map((c) => c.left) : []}>
          {search.found !== undefined && (
            <SuggestionPanel
              suggestions={suggestions}
              value={((at.rule.dimensions as Criterion[] | null) ?? []).map(({ dimension, key, inherit }) => ({
                dimension,
                key,
                inherit,
              }))}
              readOnly={readOnly || editor.busy}
              onChoose={(criteria) => editor.set(`${at.list}.${at.index}.dimensions`, criteria)}
            />
          )}
          <div className={classes.fields}>
            <ObjectFields
              struct={at.struct}
              value={at.rule}
              whole={draft}
              path={`${at.list}.${at.index}`}
              only={(name) => name !== 'identifier'}
              mistakes={editor.mistakes}
              disabled={readOnly || editor.busy}
              onChange={editor.set}
            />
          </div>
          {!readOnly && (
            <Button
              variant="subtle"
              color="gray"
              className={classes.add}
              leftSection={<IconTrash size={14} aria-hidden />}
              onClick={() =>
                editor.set(
                  at.list,
                  (draft[at.list] as Draft[]).filter((_, i) => i !== at.index),
                )
              }
            >
              {t.rule.remove}
            </Button>
          )}
        </CriterionCounts>
      )}
    </EditorFrame>
  )
}
