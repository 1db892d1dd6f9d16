import { formatName } from './format'
import { t } from './texts'

/**
 * A permission path in words: "/Custom/ProvisioningPolicy/ReviewProvisioning/Directory_User" is "Review and tickets: review orders, Person". A path
 * that ends above the leaves opens everything below it.
 */
export function permissionWords(path: string, kindName: (identifier: string) => string): string {
  const [root, ...below] = path.split('/').filter(Boolean)
  if (!root) return t.access.everything
  // Below /Custom the second name on is made from the configuration: a kind of resource or a system.
  const [area = '', ...rest] = root === 'Custom' ? below : [root, ...below]
  const words = rest.map((segment, index) =>
    root === 'Custom' && (index > 0 || area === 'Resources') && !t.access.words[segment]
      ? kindName(segment)
      : (t.access.words[segment] ?? formatName(segment).toLowerCase()),
  )
  const head = t.access.words[`${root}/${area}`] ?? t.access.words[area] ?? formatName(area || root)
  return `${head}: ${words.join(', ') || t.access.everything}`
}
