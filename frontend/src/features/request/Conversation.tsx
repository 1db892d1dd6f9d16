import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useOfflineSince } from '../../graphql/socketStatus'
import { t } from '../../lib/texts'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Section } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { useDraft } from '../../ui/useDraft'
import classes from './Request.module.css'
import {
  AnswerRequestInformationDocument,
  WithdrawRequestInformationDocument,
  type RequestDetailFragment,
} from './request.generated'

type Comment = RequestDetailFragment['comments'][number]

const heading = (comment: Comment) =>
  comment.kind === 'QUESTION'
    ? t.request.asks(comment.authorName, comment.addresseeName ?? '')
    : t.request.answers(comment.authorName)

/** What was asked before it is decided, and answered; who is asked answers here. */
export function Conversation({ item }: { item: RequestDetailFragment }) {
  if (item.comments.length === 0) return null
  const open = item.comments.findLast((comment) => comment.isOpen)
  return (
    <Section title={t.request.conversation}>
      <ol className={classes.conversation}>
        {item.comments.map((comment) => (
          <li key={comment.id} data-kind={comment.kind}>
            {comment.kind === 'SYSTEM' ? (
              <span className="dim" data-machine>
                {comment.text}
              </span>
            ) : (
              <>
                <span className="dim">
                  {heading(comment)} · <RelativeTime at={comment.at} />
                  {comment.isOpen && ` · ${t.request.waitsForAnswer}`}
                </span>
                <blockquote data-machine>{comment.text}</blockquote>
              </>
            )}
          </li>
        ))}
      </ol>
      {open?.stepId && item.canAnswer && <AnswerForm key={open.id} stepId={open.stepId} />}
      {open?.stepId && item.canWithdrawQuestion && <TakeBack stepId={open.stepId} />}
    </Section>
  )
}

function AnswerForm({ stepId }: { stepId: string }) {
  const [text, setText] = useDraft(`request-answer.${stepId}`)
  const [refused, setRefused] = useState<string | null>(null)
  const [{ fetching }, answer] = useMutation(AnswerRequestInformationDocument)
  const offline = useOfflineSince() !== null
  const send = async () => {
    const { data, error } = await answer({ input: { stepId, answer: text.trim() } })
    const no = error ? toProblem(error) : data?.answerRequestInformation.results[0]?.error
    if (no) return setRefused(no.message)
    setText('')
    notifyDone(t.request.answerSent)
  }
  return (
    <form
      className={classes.answer}
      onSubmit={(event) => {
        event.preventDefault()
        if (text.trim() !== '') void send()
      }}
    >
      <Textarea
        label={t.request.answerLabel}
        description={t.request.answerHint}
        error={refused}
        maxLength={4000}
        minRows={2}
        autosize
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit()
        }}
      />
      <Button type="submit" loading={fetching} disabled={offline || text.trim() === ''}>
        {t.request.answer}
      </Button>
    </form>
  )
}

function TakeBack({ stepId }: { stepId: string }) {
  const [{ fetching }, takeBack] = useMutation(WithdrawRequestInformationDocument)
  const offline = useOfflineSince() !== null
  const send = async () => {
    const { data, error } = await takeBack({ input: { stepIds: [stepId] } })
    const no = error ? toProblem(error) : data?.withdrawRequestInformation.results[0]?.error
    if (no) notifyProblem({ code: no.code, message: no.message })
    else notifyDone(t.request.questionBack)
  }
  return (
    <Button
      variant="default"
      className={classes.historyButton}
      loading={fetching}
      disabled={offline}
      onClick={() => void send()}
    >
      {t.request.takeQuestionBack}
    </Button>
  )
}
