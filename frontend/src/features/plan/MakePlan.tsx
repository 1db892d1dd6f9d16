import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useMutation } from 'urql'
import { MakePlanDocument } from '../../graphql/makePlan.generated'
import { toProblem, type Problem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { ProblemNote } from '../../ui/ProblemNote'
import classes from './Plan.module.css'

/** Asks for a change, as configuration, and lets the server compute what it would do. */
export function MakePlan({ onMade, onClose }: { onMade: (id: string) => void; onClose: () => void }) {
  const [{ fetching }, make] = useMutation(MakePlanDocument)
  const [title, setTitle] = useState('')
  const [yaml, setYaml] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const send = async () => {
    const { data, error } = await make({ input: { title: title.trim() || null, yaml } })
    if (error) setProblem(toProblem(error))
    else if (data) onMade(data.makePlan.plan.id)
  }
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t.plan.makeTitle}
      closeButtonProps={{ 'aria-label': t.common.close }}
    >
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <p>{t.plan.makeText}</p>
        <TextInput
          data-autofocus
          label={t.plan.whatFor}
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Textarea
          label={t.plan.yaml}
          description={t.plan.yamlHint}
          className={classes.yaml}
          autosize
          minRows={8}
          maxRows={20}
          value={yaml}
          onChange={(event) => setYaml(event.currentTarget.value)}
        />
        {problem && <ProblemNote problem={problem} />}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            {t.common.cancel}
          </Button>
          <Button type="submit" loading={fetching} disabled={yaml.trim() === ''}>
            {t.plan.compute}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
