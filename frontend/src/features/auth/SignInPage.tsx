import { Button, PasswordInput, TextInput } from '@mantine/core'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useEffect, useState, type FormEvent } from 'react'
import { SignInError } from '../../graphql/session'
import { useSession } from '../../graphql/SessionContext'
import { loadTexts, t } from '../../lib/texts'
import { Logo } from '../../ui/Logo'
import classes from './SignInPage.module.css'
import { useAuthInfo } from './useAuthInfo'

const route = getRouteApi('/sign-in')

/** Where the sign-in through a provider begins: a page of the server, not of ours. */
const addressOf = (provider: string, to?: string) =>
  `/auth/oidc/${encodeURIComponent(provider)}/sign-in${to ? `?to=${encodeURIComponent(to)}` : ''}`

/** The sentence for a word of the server; nothing for what anybody may write into a link. */
const known = (word: string) => (Object.hasOwn(t.signIn.problems, word) ? t.signIn.problems[word] : undefined)

export function SignInPage() {
  const session = useSession()
  const router = useRouter()
  const { to, problem: refused } = route.useSearch()
  const info = useAuthInfo()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [error, setError] = useState(() => (refused ? (known(refused) ?? t.signIn.problems.internal) : ''))
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    document.title = `${t.signIn.title} · ${t.app.name}`
  }, [])

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError('')
    try {
      await Promise.all([session.login(username, password), loadTexts()])
      await router.navigate({ href: to ?? '/', replace: true })
    } catch (problem) {
      setError(problem instanceof SignInError ? problem.message : t.signIn.unreachable)
    } finally {
      setBusy(false)
    }
  }

  return (
    <main className={classes.page}>
      <div className={classes.box}>
        <div className={classes.brand}>
          <Logo size={30} />
          <div>
            <strong>{t.app.name}</strong>
            <p className="dim">{t.app.claim}</p>
          </div>
        </div>
        <form className={`panel ${classes.form}`} onSubmit={(event) => void submit(event)}>
          <h1>{t.signIn.title}</h1>
          {to && !error && <p className="dim">{t.signIn.signedOut}</p>}
          {error && (
            <p role="alert" className={classes.error}>
              {error}
            </p>
          )}
          {info.providers.length > 0 && (
            <div className={classes.providers}>
              {info.providers.map((p) => (
                <Button
                  key={p.identifier}
                  component="a"
                  href={addressOf(p.identifier, to)}
                  variant="default"
                  size="sm"
                  fullWidth
                >
                  {t.signIn.through(p.displayName)}
                </Button>
              ))}
              <p className="dim">{t.signIn.orPassword}</p>
            </div>
          )}
          <TextInput
            size="sm"
            label={t.signIn.username}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            autoFocus
            required
            withAsterisk={false}
            value={username}
            onChange={(event) => setUsername(event.currentTarget.value)}
          />
          <PasswordInput
            size="sm"
            label={t.signIn.password}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" size="sm" loading={busy} fullWidth>
            {t.signIn.submit}
          </Button>
        </form>
        {info.demo && info.logins.length > 0 && (
          <section className={`panel ${classes.demo}`} aria-labelledby="demo-logins">
            <h2 id="demo-logins">{t.signIn.demo}</h2>
            <p className="dim">{t.signIn.demoHint}</p>
            <ul>
              {info.logins.map((login) => (
                <li key={login.username}>
                  <button
                    type="button"
                    onClick={() => {
                      setUsername(login.username)
                      setPassword(login.password)
                    }}
                  >
                    <span>{login.username}</span>
                    <span className="dim">{login.description}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {info.testHooks && <p className={classes.warning}>{t.app.testHooks}</p>}
      </div>
    </main>
  )
}
