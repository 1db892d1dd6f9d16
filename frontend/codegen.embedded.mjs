import { isObjectType } from 'graphql'

/** Types that have no id are part of what holds them. Names that end so are none by themselves, so they are not listed. */
const bySuffix = /(Configuration|Connection|Edge|Payload)$/

/** @param {import('graphql').GraphQLSchema} schema */
export function plugin(schema) {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const names = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !roots.includes(type) && !type.name.startsWith('__'))
    .filter((type) => !('id' in type.getFields()) && !bySuffix.test(type.name))
    .map((type) => type.name)
    .toSorted()
  return `/** Types without an id: they are part of what holds them. */
export const withoutId = [${names.map((name) => `\n  '${name}',`).join('')}\n]\n`
}
