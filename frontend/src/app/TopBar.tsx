import {
  ActionIcon,
  Menu,
  SegmentedControl,
  Tooltip,
  useMantineColorScheme,
  type MantineColorScheme,
} from '@mantine/core'
import { IconChevronDown, IconLoader, IconMenu2, IconSearch, IconUserShare } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useCounters } from '../graphql/live'
import { ActsForDocument, DelegationsChangedDocument } from '../graphql/live.generated'
import { useMe, useSession } from '../graphql/SessionContext'
import { useOfflineSince, useSocketStatus } from '../graphql/socketStatus'
import { useReading } from '../graphql/useReading'
import { useTold } from '../graphql/useTold'
import { formatDay, formatHour } from '../lib/format'
import { readStored, writeStored } from '../lib/storage'
import { t } from '../lib/texts'
import { cx } from '../ui/cx'
import { maySeeJobs } from '../graphql/may'
import classes from './TopBar.module.css'

export function TopBar(props: { navOpen: boolean; onNav: () => void; onJump: () => void; onKeys: () => void }) {
  const me = useMe()
  const counters = useCounters()
  const running = counters?.runningJobs ?? 0
  return (
    <header className={classes.bar}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        className={classes.burger}
        aria-label={t.app.menu}
        aria-expanded={props.navOpen}
        onClick={props.onNav}
      >
        <IconMenu2 size={18} />
      </ActionIcon>
      <button type="button" className={classes.jump} onClick={props.onJump}>
        <IconSearch size={15} aria-hidden />
        <span>{t.app.jump}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div className={classes.right}>
        {maySeeJobs(me) && running > 0 && (
          <Link to="/jobs" className={classes.jobs} title={t.app.runningJobs(running)}>
            <IconLoader size={15} className={classes.spin} aria-hidden />
            <span className="num">{running}</span>
            <span className="sr-only">{t.app.runningJobs(running)}</span>
          </Link>
        )}
        <ActsFor />
        <LiveDot />
        <UserMenu onKeys={props.onKeys} />
      </div>
    </header>
  )
}

/** For whom one acts now, on every page; the pages that open with it come and go with it. */
function ActsFor() {
  const me = useMe()
  const session = useSession()
  const [{ data }, read] = useReading({ query: ActsForDocument, requestPolicy: 'cache-and-network' })
  const again = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(again.current), [])
  // The server may hold on to what it knows of a person for two seconds: what it says first may be of before.
  useTold(DelegationsChangedDocument, {}, () => {
    read({ requestPolicy: 'network-only' })
    clearTimeout(again.current)
    again.current = setTimeout(() => read({ requestPolicy: 'network-only' }), 2_500)
  })
  const now = data?.me?.actsFor ?? me.actsFor
  const isOther = now.map((d) => d.delegationId).join() !== me.actsFor.map((d) => d.delegationId).join()
  useEffect(() => {
    if (isOther) void session.refresh()
  }, [isOther, session])
  const names = [...new Set(now.map((d) => d.name))]
  if (names.length === 0) return null
  return (
    <Link
      to="/delegations"
      search={{ view: 'FOR_ME' }}
      className={classes.actsFor}
      title={now
        .map((d) => [d.name, d.until && t.delegation.until_(formatDay(d.until))].filter(Boolean).join(' '))
        .join(', ')}
    >
      <IconUserShare size={15} aria-hidden />
      <span className={classes.actsForWord}>{t.delegation.actingHint(t.delegation.actingAll(names))}</span>
    </Link>
  )
}

function LiveDot() {
  const status = useSocketStatus()
  const since = useOfflineSince()
  const [word, hint] = {
    live: [t.app.live, t.app.liveHint],
    connecting: [t.app.connecting, t.app.connectingHint],
    off: [t.app.offlineSince(formatHour(since ?? 0)), t.app.offlineHint],
  }[status]
  return (
    <Tooltip label={hint}>
      <span className={classes.live} role="status">
        <span className={cx(classes.dot, classes[status])} aria-hidden />
        <span className={classes.liveWord}>{word}</span>
      </span>
    </Tooltip>
  )
}

function UserMenu({ onKeys }: { onKeys: () => void }) {
  const me = useMe()
  const session = useSession()
  const navigate = useNavigate()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [density, setDensity] = useState(() => readStored('density', 'dense'))
  return (
    <Menu position="bottom-end" width={250} closeOnItemClick={false}>
      <Menu.Target>
        <button type="button" className={classes.user} aria-label={t.app.userMenu(me.displayName)}>
          <span className={classes.avatar} aria-hidden>
            {initials(me.displayName || me.username)}
          </span>
          <span className={classes.userName}>{me.displayName || me.username}</span>
          <IconChevronDown size={13} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <strong>{me.displayName}</strong>
          <span className="dim">
            {me.username}
            {me.profiles.length > 0 && ` · ${me.profiles.map((p) => p.displayName).join(', ')}`}
          </span>
        </div>
        <Menu.Divider />
        <div className={classes.setting}>
          <span id="setting-colours">{t.app.colours}</span>
          <SegmentedControl
            aria-labelledby="setting-colours"
            fullWidth
            value={colorScheme}
            onChange={(value) => setColorScheme(value as MantineColorScheme)}
            data={[
              { value: 'auto', label: t.app.system },
              { value: 'light', label: t.app.light },
              { value: 'dark', label: t.app.dark },
            ]}
          />
        </div>
        <div className={classes.setting}>
          <span id="setting-rows">{t.app.rows}</span>
          <SegmentedControl
            aria-labelledby="setting-rows"
            fullWidth
            value={density}
            onChange={(value) => {
              setDensity(value)
              writeStored('density', value)
              document.documentElement.dataset.density = value
              window.dispatchEvent(new Event('resize'))
            }}
            data={[
              { value: 'dense', label: t.app.dense },
              { value: 'roomy', label: t.app.roomy },
            ]}
          />
        </div>
        <Menu.Divider />
        <Menu.Item closeMenuOnClick rightSection={<kbd>?</kbd>} onClick={onKeys}>
          {t.app.keys}
        </Menu.Item>
        <Menu.Item closeMenuOnClick onClick={() => void navigate({ to: '/tokens' })}>
          {t.apiKey.mine}
        </Menu.Item>
        <Menu.Item closeMenuOnClick onClick={() => void navigate({ to: '/help' })}>
          {t.app.help}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          closeMenuOnClick
          onClick={() => void session.logout().then(() => navigate({ to: '/sign-in', search: {} }))}
        >
          {t.app.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function initials(name: string): string {
  const words = name.split(/[\s.]+/).filter(Boolean)
  return ((words[0]?.[0] ?? '') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : '')).toUpperCase()
}
