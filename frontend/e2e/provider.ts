import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RequestListener } from 'node:http'
// It brings no types.
// @ts-expect-error no declaration of the module
import Foreign from 'oidc-provider'

/** Somebody at the provider: the claims beside sub, which is the name he signs in with there. */
export type Claims = Record<string, unknown>

/** An OpenID provider that is somebody else's program (npm oidc-provider), with people of a company. */
export class Provider {
  private constructor(
    readonly issuer: string,
    readonly stop: () => void,
  ) {}

  static async start(here: string, identifier: string, people: Record<string, Claims>): Promise<Provider> {
    let serve: RequestListener = (_, answer) => answer.writeHead(503).end()
    const server = createServer((request, answer) => serve(request, answer))
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    const make = Foreign as new (issuer: string, settings: object) => { callback: () => RequestListener }
    const foreign = new make(issuer, {
      clients: [
        {
          client_id: 'writ',
          client_secret: 'a secret of the company',
          redirect_uris: [`${here}/auth/oidc/${identifier}/callback`],
          backchannel_logout_uri: `${here}/auth/oidc/${identifier}/logout`,
          backchannel_logout_session_required: true,
        },
      ],
      claims: {
        profile: ['preferred_username', 'name', 'groups', 'employee_number'],
        email: ['email', 'email_verified'],
      },
      features: { backchannelLogout: { enabled: true } },
      cookies: { keys: ['k'] },
      // By itself it calls nobody on the addresses of this machine.
      fetch: (url: string, { method, headers, body, signal }: RequestInit) =>
        fetch(url, { method, headers, body, signal }),
      findAccount: (_: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, ...people[id] }),
      }),
    })
    serve = foreign.callback()
    return new Provider(issuer, () => {
      server.closeAllConnections()
      server.close()
    })
  }
}
