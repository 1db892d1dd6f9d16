import { Modal } from '@mantine/core'
import { useContext, useState } from 'react'
import { t } from '../lib/texts'
import { KeymapContext, type Binding } from '../ui/keys'
import classes from './KeyHelp.module.css'

/** The keys of the page that is open. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  const keymap = useContext(KeymapContext)
  const [bindings] = useState(() => keymap.list())
  const everywhere = [
    { key: 'Ctrl K', label: t.keys.jump },
    ...bindings.filter((b) => b.global),
    { key: 'Esc', label: t.keys.close },
  ]
  return (
    <Modal opened onClose={onClose} title={t.keys.title} size="lg" closeButtonProps={{ 'aria-label': t.common.close }}>
      <div className={classes.columns}>
        <Keys title={t.keys.page} bindings={bindings.filter((b) => !b.global)} />
        <Keys title={t.keys.everywhere} bindings={everywhere} />
      </div>
    </Modal>
  )
}

function Keys({ title, bindings }: { title: string; bindings: Pick<Binding, 'key' | 'label'>[] }) {
  if (bindings.length === 0) return null
  return (
    <section>
      <h3>{title}</h3>
      <dl className={classes.keys}>
        {bindings.map((b) => (
          <div key={b.key}>
            <dt>
              {b.key.split(' ').map((k) => (
                <kbd key={k}>{k}</kbd>
              ))}
            </dt>
            <dd>{b.label}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
