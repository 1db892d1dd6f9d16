import { useEffect, useState } from 'react'
import { useClient, type Client } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { MakePlanInput } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { RoleByNameDocument } from './RolePage.generated'
import { applyObjects, deleteObject, enumOf, readObjects, type Plan } from './documents'
import { fieldsOf, kindOf, plain, type Draft, type KindShape } from './shape'
import { kindOfRole } from './addressOf'

/** A rule that leans on what is to be deleted, and the object in which it stands. */
export interface Leaning {
  kind: string
  owner: string
  ownerName: string
  rule: string
  sentence: string
}

/** The rules of other objects that ask for a role. */
async function leaningOn(client: Client, kind: string, identifier: string): Promise<Leaning[]> {
  if (kind !== 'singleRole' && kind !== 'compositeRole') return []
  const { data } = await client
    .query(
      RoleByNameDocument,
      { identifier, kind: kind === 'singleRole' ? 'SINGLE' : 'COMPOSITE', withHolders: false },
      { requestPolicy: 'network-only' },
    )
    .toPromise()
  const role = data?.rolesPage.nodes[0]
  return [
    ...(role?.bundles ?? []).map((r) => ({
      kind: kindOfRole(r.roleKind),
      owner: r.role,
      ownerName: r.roleDisplayName,
      rule: r.identifier,
      sentence: r.sentence,
    })),
    ...(role?.gives ?? []).map((r) => ({
      kind: 'resourceType',
      owner: r.resourceType,
      ownerName: r.resourceTypeDisplayName,
      rule: r.identifier,
      sentence: r.sentence,
    })),
  ]
}

/** The change that deletes an object and takes out the rules that lean on it. */
async function cascade(client: Client, kind: string, identifier: string, rules: Leaning[]): Promise<Draft> {
  const save: Record<string, Draft[]> = {}
  const versions: Draft[] = []
  for (const name of new Set(rules.map((r) => r.kind))) {
    const of = kindOf(name)
    if (!of) continue
    const owners = [...new Set(rules.filter((r) => r.kind === name && r.owner !== identifier).map((r) => r.owner))]
    if (owners.length === 0) continue
    const { data, error } = await client
      .query(readObjects(of), { identifiers: owners, first: owners.length }, { requestPolicy: 'network-only' })
      .toPromise()
    if (error) throw error
    for (const object of data?.configuration.objects?.nodes ?? []) {
      versions.push({ kind: enumOf(name), identifier: object.identifier, version: object.version })
      const gone = new Set(rules.filter((r) => r.owner === object.identifier).map((r) => r.rule))
      const draft = plain(object) as Draft
      for (const f of fieldsOf(of.of))
        if (f.type === 'list')
          draft[f.name] = ((draft[f.name] as Draft[]) ?? []).filter((r) => !gone.has(String(r.identifier)))
      save[of.list] = [...(save[of.list] ?? []), draft]
    }
  }
  return { save, versions, delete: [{ kind: enumOf(kind), identifier }] }
}

/** Finds out what deleting an object would do, and does it: alone, or with the rules that lean on it. */
export function useDeletion(kind: KindShape, identifier: string) {
  const client = useClient()
  const [plan, setPlan] = useState<Plan | null>(null)
  const [refused, setRefused] = useState<Problem | null>(null)
  const [leaning, setLeaning] = useState<Leaning[]>([])
  const [change, setChange] = useState<Draft | null>(null)
  const [busy, setBusy] = useState(true)

  useEffect(() => {
    let left = false
    void client
      .mutation(deleteObject(kind), { input: { identifier, dryRun: true } })
      .toPromise()
      .then(async ({ data, error }) => {
        const rules = error ? await leaningOn(client, kind.name, identifier) : []
        if (left) return
        setBusy(false)
        setLeaning(rules)
        setRefused(error ? toProblem(error) : null)
        setPlan(data?.done ?? null)
      })
    return () => {
      left = true
    }
  }, [client, kind, identifier])

  const carryOut = async (dryRun: boolean, whole: Draft | null): Promise<Plan | null> => {
    setBusy(true)
    const { data, error } = whole
      ? await client.mutation(applyObjects, { input: { ...whole, dryRun } }).toPromise()
      : await client.mutation(deleteObject(kind), { input: { identifier, dryRun } }).toPromise()
    setBusy(false)
    setRefused(error ? toProblem(error) : null)
    return data?.done ?? null
  }
  return {
    plan,
    refused,
    leaning,
    busy,
    /** Plans the deletion together with the rules. */
    withRules: async () => {
      const whole = await cascade(client, kind.name, identifier, leaning)
      setChange(whole)
      setPlan(await carryOut(true, whole))
    },
    /** The deletion as something to plan. */
    proposal: () =>
      ({
        title: t.edit.deleteTitle(identifier).slice(0, 200),
        ...(change ?? { delete: [{ kind: enumOf(kind.name), identifier }] }),
      }) as MakePlanInput,
    remove: async () => (await carryOut(false, change)) !== null,
  }
}
