/** Tasks that may run side by side, level after level. */
export function byLevel<T extends { level: number }>(tasks: T[]): { level: number; tasks: T[] }[] {
  const levels = new Map<number, T[]>()
  for (const task of tasks) levels.set(task.level, [...(levels.get(task.level) ?? []), task])
  return [...levels].sort(([a], [b]) => a - b).map(([level, list]) => ({ level, tasks: list }))
}
