import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { build, preview } from 'vite'

/** Builds the stories into a folder of their own, as pages are built, and serves them. They are no part of the product. */
export async function serveStories(): Promise<{ url: string; close: () => Promise<void> }> {
  const root = import.meta.dirname
  const outDir = mkdtempSync(join(tmpdir(), 'writ-stories-'))
  const common = { configFile: false as const, root, logLevel: 'error' as const, build: { outDir, emptyOutDir: true } }
  await build({
    ...common,
    plugins: [react()],
    build: { ...common.build, target: 'es2022', chunkSizeWarningLimit: 2_000 },
  })
  const server = await preview({ ...common, preview: { port: 0, host: '127.0.0.1' } })
  return {
    url: server.resolvedUrls?.local[0] ?? '',
    close: async () => {
      await server.close()
      rmSync(outDir, { recursive: true, force: true })
    },
  }
}
