import { t } from './texts'

/** Who did something: a person by name, a part of the server by what it does. */
export function actorName(actor: string, name?: string | null): string {
  return name || t.audit.parts[actor] || actor
}
