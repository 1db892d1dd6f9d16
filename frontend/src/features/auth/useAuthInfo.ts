import { useEffect, useState } from 'react'

interface DemoLogin {
  username: string
  password: string
  description: string
}

/** An identity provider through which people sign in. */
interface Provider {
  identifier: string
  displayName: string
}

interface AuthInfo {
  demo: boolean
  testHooks: boolean
  logins: DemoLogin[]
  providers: Provider[]
}

const nothing: AuthInfo = { demo: false, testHooks: false, logins: [], providers: [] }

/** What the server tells before anybody signed in. */
export function useAuthInfo(): AuthInfo {
  const [info, setInfo] = useState(nothing)
  useEffect(() => {
    const stop = new AbortController()
    fetch('/auth/info', { signal: stop.signal, headers: { accept: 'application/json' } })
      .then((response) => (response.ok ? response.json() : null))
      .then((body) => setInfo(parse(body)))
      .catch(() => undefined) // without it there is just no help
    return () => stop.abort()
  }, [])
  return info
}

function parse(body: unknown): AuthInfo {
  if (typeof body !== 'object' || body === null) return nothing
  const { demo, testHooks, demoPassword, logins, providers } = body as Partial<Answer>
  return {
    demo: demo === true,
    testHooks: testHooks === true,
    providers: providers ?? [],
    logins: (logins ?? []).map((l) => ({
      username: l.username,
      password: demoPassword ?? '',
      description: [l.displayName, l.role].filter(Boolean).join(' · '),
    })),
  }
}

/** As server/auth answers it. */
interface Answer {
  demo: boolean
  testHooks: boolean
  demoPassword?: string
  logins?: { username: string; displayName: string; role: string }[]
  providers?: Provider[]
}
