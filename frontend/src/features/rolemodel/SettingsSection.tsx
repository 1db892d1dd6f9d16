import { t } from '../../lib/texts'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import type { SettingsFieldsFragment } from './rolemodel.generated'

/** What is in force for a role or resource type, and which of it its policy decides. */
export function SettingsSection({ of, policy }: { of: SettingsFieldsFragment; policy: string }) {
  const words = t.model.settings
  const from = (name: keyof SettingsFieldsFragment, says: string) => (
    <span key={name}>
      {says}
      {of.fromPolicy.includes(name) && <span className="dim"> {words.fromPolicy(policy)}</span>}
    </span>
  )
  return (
    <Section title={words.title}>
      <p className="dim">{words.hint}</p>
      <Fields
        rows={[
          [words.approvals, words.levels(of.approvalWorkflowType)],
          [words.implicit, from('hasImplicitApproval', of.hasImplicitApproval ? words.implicitOn : words.implicitOff)],
          [
            words.prolongation,
            from(
              'prolongationWithoutApproval',
              of.prolongationWithoutApproval ? words.prolongationOn : words.prolongationOff,
            ),
          ],
          [
            words.maxDuration,
            from('maxDuration', of.maxDuration > 0 ? t.model.minutes(of.maxDuration) : words.unlimited),
          ],
          [
            words.end,
            from(
              'manualAssignmentEndDateLockedToContextMode',
              words.ends[of.manualAssignmentEndDateLockedToContextMode],
            ),
          ],
          [
            words.onApprove,
            from('commentActivationOnApproveInReview', words.comments[of.commentActivationOnApproveInReview]),
          ],
          [
            words.onDecline,
            from('commentActivationOnDeclineInReview', words.comments[of.commentActivationOnDeclineInReview]),
          ],
          [
            words.onKeep,
            from(
              'commentActivationOnKeepGapInReconciliation',
              words.comments[of.commentActivationOnKeepGapInReconciliation],
            ),
          ],
          [
            words.onDelete,
            from(
              'commentActivationOnDeleteGapInReconciliation',
              words.comments[of.commentActivationOnDeleteGapInReconciliation],
            ),
          ],
        ]}
      />
    </Section>
  )
}
