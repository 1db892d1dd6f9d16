import { Button } from '@mantine/core'
import { useEffect, useRef, type ReactNode } from 'react'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { ConflictNote } from './ConflictNote'
import classes from './Editor.module.css'
import { Mistakes } from './Mistakes'
import { PlanPanel } from './PlanPanel'
import type { Editor } from './useEditor'

/**
 * The frame of every editor: what is wrong on top, the form, and at the end never a save but the plan of one. Ctrl Enter goes to the plan, and
 * from there it is applied.
 */
export function EditorFrame(props: {
  editor: Editor
  title: string
  hint?: string
  readOnly?: boolean
  aside?: ReactNode
  /** Holds the plan back, with the reason. */
  held?: string
  onSaved: () => void
  children: ReactNode
}) {
  const { editor, readOnly } = props
  const { plan, busy } = editor
  const panel = useRef<HTMLDivElement>(null)
  const top = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (plan) panel.current?.querySelector<HTMLElement>('h2')?.scrollIntoView?.({ block: 'nearest' })
  }, [plan])
  const count = editor.mistakes.length
  useEffect(() => {
    if (count > 0) top.current?.scrollIntoView?.({ block: 'nearest' })
  }, [count])
  const apply = async () => {
    if (await editor.save()) props.onSaved()
  }
  const next = () => {
    if (busy || readOnly || !editor.isChanged || props.held) return
    if (!plan) void editor.look()
    else if (plan.changes.length > 0 && !plan.problems.some((p) => p.severity === 'ERROR')) void apply()
  }
  return (
    <Page title={props.title} hint={props.hint} scroll>
      {editor.problem && <ProblemNote problem={editor.problem} onRetry={editor.readAgain} />}
      {editor.isGone && <EmptyNote title={t.edit.gone} hint={t.edit.goneHint} />}
      {!editor.draft ? (
        !editor.problem && !editor.isGone && <Skeleton lines={8} />
      ) : (
        <form
          className={props.aside ? classes.layout : undefined}
          onSubmit={(event) => {
            event.preventDefault()
            next()
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.preventDefault()
              next()
            }
          }}
        >
          <div className={classes.form}>
            <div ref={top} />
            <Mistakes mistakes={editor.mistakes} />
            {editor.conflict && <ConflictNote conflict={editor.conflict} onTake={editor.take} />}
            {readOnly && <p className="dim">{t.edit.readOnly}</p>}
            {props.children}
            {plan && (
              <div ref={panel}>
                <PlanPanel
                  plan={plan}
                  busy={busy}
                  simulate={editor.proposal}
                  onApply={() => void apply()}
                  onBack={editor.leavePlan}
                />
              </div>
            )}
            {!plan && !readOnly && (
              <div className={classes.bar}>
                <Button
                  type="submit"
                  loading={busy}
                  disabled={!editor.isChanged || props.held !== undefined}
                  title={props.held}
                >
                  {t.edit.look}
                </Button>
                <Button variant="default" disabled={!editor.isChanged || busy} onClick={editor.discard}>
                  {t.edit.discard}
                </Button>
                <span className="dim">{props.held ?? (editor.isChanged ? t.edit.draft : t.edit.unchanged)}</span>
              </div>
            )}
          </div>
          {props.aside}
        </form>
      )}
    </Page>
  )
}
