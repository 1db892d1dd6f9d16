import type { MeFragment } from '../graphql/me.generated'
import { Session } from '../graphql/session'

/** A session of somebody who is signed in. */
export class SignedIn extends Session {
  private readonly inside

  constructor(who: MeFragment) {
    super()
    this.inside = { status: 'in' as const, me: who }
  }

  override getState = () => this.inside
}
