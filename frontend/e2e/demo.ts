import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type APIRequestContext } from '@playwright/test'

/** A file of the demo organisation in the data directory of the server under test, e.g. `hr/People.csv`. */
export class DemoFile {
  private readonly path: string
  private readonly before: string

  constructor(name: string) {
    const dir = process.env.WRIT_E2E_DATA_DIR
    if (!dir) throw new Error('WRIT_E2E_DATA_DIR must name the data directory of the server under test')
    this.path = join(dir, 'files', 'demo', name)
    this.before = readFileSync(this.path, 'utf8')
  }

  /** The lines as they were when the file was opened, heading first. */
  get lines(): string[] {
    return this.before.trimEnd().split('\n')
  }

  /** The line that begins with this key. */
  line(key: string): string {
    const found = this.lines.find((line) => line.startsWith(`${key},`))
    if (found === undefined) throw new Error(`${this.path} has no line ${key}`)
    return found
  }

  /** Puts other lines in place, in one step: the server reads the file while the test runs. */
  write(lines: string[]) {
    this.put(lines.join('\n') + '\n')
  }

  /** Back to what it was. */
  restore() {
    this.put(this.before)
  }

  private put(content: string) {
    writeFileSync(`${this.path}.new`, content)
    renameSync(`${this.path}.new`, this.path)
  }
}

/** Asks the API directly, for what a journey needs beforehand; what is tested goes through the pages. */
async function ask<Data>(request: APIRequestContext, username: string, query: string): Promise<Data> {
  const post = async (body: object, token?: string) => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
    const response = await request.post('/graphql', { data: body, headers })
    const answer = (await response.json()) as { data?: Data; errors?: { message: string }[] }
    if (answer.errors) throw new Error(answer.errors.map((e) => e.message).join('; '))
    return answer.data as Data
  }
  const info = (await (await request.get('/auth/info')).json()) as { demoPassword: string }
  const login = 'mutation($input: LoginInput!) { login(input: $input) { accessToken } }'
  const granted = (await post({
    query: login,
    variables: { input: { username, password: info.demoPassword } },
  })) as unknown as { login: { accessToken: string } }
  return post({ query }, granted.login.accessToken)
}

interface Jobs {
  jobs: { identifier: string; lastInstance: { state: string } | null }[]
}

type Ask = <Data>(query: string) => Promise<Data>

async function ended(ask: Ask) {
  const state = async () => {
    const { jobs } = await ask<Jobs>('{ jobs { identifier lastInstance { state } } }')
    return jobs.find((job) => job.identifier === 'complete')?.lastInstance?.state ?? null
  }
  await expect.poll(state, { timeout: 120_000, intervals: [500, 1_000] }).not.toMatch(/QUEUED|IN_PROGRESS/)
  return state()
}

const launch = 'mutation { runJob(input: { job: "complete" }) { jobInstance { id } } }'

/** Makes sure that the complete job has run once: without it there is nothing to look at. */
export async function completeJobHasRun(request: APIRequestContext) {
  const asAdmin: Ask = (query) => ask(request, 'admin', query)
  const { jobs } = await asAdmin<Jobs>('{ jobs { identifier lastInstance { state } } }')
  if (!jobs.find((job) => job.identifier === 'complete')?.lastInstance) await asAdmin(launch)
  await ended(asAdmin)
}

/** Runs the complete job now, to its end. */
export async function runCompleteJob(request: APIRequestContext) {
  const asAdmin: Ask = (query) => ask(request, 'admin', query)
  await asAdmin(launch)
  expect(await ended(asAdmin)).toMatch(/COMPLETED|WARNING/)
}

/** Gives the role Source code these rules, as GraphQL text, and no others. */
export async function setRulesOfSourceCode(request: APIRequestContext, rules: string) {
  const role = `{ identifier: "Source_Code", displayName: "Source code", entityType: "Directory_User", category: "Business", gracePeriod: 10080, rules: [${rules}] }`
  await ask(
    request,
    'admin',
    `mutation { applyConfiguration(input: { save: { singleRoles: [${role}] } }) { changes { identifier } } }`,
  )
}

/** Approves prolonged roles of some people, as a reviewer does on the page. */
export async function approveProlonged(request: APIRequestContext, many: number) {
  const { prolongedRoles } = await ask<{ prolongedRoles: { nodes: { id: string; isOwn: boolean }[] } }>(
    request,
    'reviewer',
    '{ prolongedRoles(first: 50) { nodes { id isOwn } } }',
  )
  const items = prolongedRoles.nodes.filter((role) => !role.isOwn).slice(0, many)
  const named = items.map((role) => `{ id: "${role.id}" }`).join(', ')
  await ask(
    request,
    'reviewer',
    `mutation { decideProlongedRoles(input: { items: [${named}], decision: APPROVE, comment: "still needed" }) { results { error { message } } } }`,
  )
  return items.length
}

/** How many roles are in their grace period. */
export async function prolongedCount(request: APIRequestContext): Promise<number> {
  const { prolongedRoles } = await ask<{ prolongedRoles: { totalCount: number } }>(
    request,
    'reviewer',
    '{ prolongedRoles { totalCount } }',
  )
  return prolongedRoles.totalCount
}

/** Registers an endpoint and gives its id. */
export async function createWebhook(request: APIRequestContext, url: string): Promise<string> {
  const query = `mutation { createWebhook(input: { url: "${url}" }) { webhook { id } } }`
  const { createWebhook: made } = await ask<{ createWebhook: { webhook: { id: string } } }>(request, 'admin', query)
  return made.webhook.id
}

/** Decides about all values of a property that differ, as one decision of the server. */
export async function decideAll(
  request: APIRequestContext,
  username: string,
  decision: string,
  property: string,
  comment: string,
) {
  const filter = `{ properties: ["${property}"] }`
  await ask(
    request,
    username,
    `mutation { decideReconciliation(input: { filter: ${filter}, decision: ${decision}, comment: "${comment}" }) { bulkChangeId } }`,
  )
}

/** Changes something as somebody, for what a journey needs and does not show. */
export const changeAs = (request: APIRequestContext, username: string, mutation: string) =>
  ask<unknown>(request, username, mutation)

/** A person of the demo organisation, by display name. */
export async function personByName(request: APIRequestContext, name: string) {
  const { resources } = await ask<{ resources: { nodes: { id: string; displayName: string }[] } }>(
    request,
    'admin',
    `{ resources(entityType: "Directory_User", filter: { text: "${name}" }, first: 1) { nodes { id displayName } } }`,
  )
  const found = resources.nodes[0]
  if (!found) throw new Error(`nobody is called ${name}`)
  return found
}
