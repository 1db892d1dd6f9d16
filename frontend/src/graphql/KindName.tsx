import { useKindName } from './useKindName'

/** The name of an entity type, for cells that know its identifier only. */
export function KindName({ of }: { of: string }) {
  return useKindName()(of)
}
