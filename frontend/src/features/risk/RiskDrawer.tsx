import { Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { mayAttachRisks, mayEditModel } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { AttachDialog } from './AttachDialog'
import { LevelBadge } from './LevelBadge'
import type { RiskRowFragment } from './risk.generated'
import classes from './Risk.module.css'

/** One risk: what is dangerous, why, and what to do about it. */
export function RiskDrawer({ risk, onClose }: { risk: RiskRowFragment; onClose: () => void }) {
  const me = useMe()
  const navigate = useNavigate()
  const [attaching, setAttaching] = useState(false)
  return (
    <Drawer
      title={risk.displayName}
      sub={<LevelBadge level={risk.level} />}
      subject={risk.id}
      onClose={onClose}
      footer={
        <>
          {mayAttachRisks(me) && (
            <Button variant="default" onClick={() => setAttaching(true)}>
              {t.risk.attach}
            </Button>
          )}
          {mayEditModel(me) && (
            <Button
              variant="default"
              onClick={() =>
                void navigate({
                  to: '/model/edit/$kind/$identifier',
                  params: { kind: 'risk', identifier: risk.identifier },
                })
              }
            >
              {t.risk.edit}
            </Button>
          )}
        </>
      }
    >
      <Fields
        rows={[
          [t.risk.type, t.risk.types[risk.riskType]],
          [t.risk.policy, t.risk.policies[risk.exemptionPolicy]],
          [t.risk.description, risk.description],
          [t.risk.remediation, risk.remediation],
          [t.risk.answers, risk.ownerKey],
          [
            t.risk.people,
            risk.people != null && (
              <Link key="people" to="/risks/identified" search={{ risk: risk.identifier }}>
                {t.risk.show(risk.people)}
              </Link>
            ),
          ],
          [t.common.identifier, <code key="id">{risk.identifier}</code>],
        ]}
      />
      <Section title={t.risk.dangerous}>
        {risk.rules.map((rule) => (
          <div key={rule.identifier} className={classes.rule}>
            {rule.items.length > 1 && <p className="dim">{t.risk.all}</p>}
            <ul className={classes.items}>
              {rule.items.map((i) => (
                <li key={`${i.resourceType} ${i.property} ${i.resource ?? ''}`}>
                  {t.risk.item(i.resourceTypeDisplayName, i.propertyDisplayName, i.resourceDisplayName ?? t.risk.any)}
                </li>
              ))}
            </ul>
          </div>
        ))}
      </Section>
      {attaching && <AttachDialog risk={risk} onClose={() => setAttaching(false)} onDone={() => undefined} />}
    </Drawer>
  )
}
