import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vite'

const target = process.env.WRIT_URL ?? 'http://127.0.0.1:8080'
const proxy = {
  '/graphql': { target, ws: true, changeOrigin: true, headers: { origin: target } },
  '/auth': { target },
}

/** Empties dist before a build but leaves the committed placeholder, which a fresh clone needs to compile the server. */
function keepPlaceholder(): Plugin {
  return {
    name: 'keep-placeholder',
    apply: 'build',
    buildStart() {
      const dist = join(import.meta.dirname, 'dist')
      try {
        for (const name of readdirSync(dist))
          if (name !== 'placeholder.html') rmSync(join(dist, name), { recursive: true })
      } catch {
        // no dist yet: nothing to empty
      }
    },
  }
}

export default defineConfig({
  plugins: [react(), keepPlaceholder()],
  build: { outDir: 'dist', emptyOutDir: false, target: 'es2022', chunkSizeWarningLimit: 600 },
  server: { port: 5173, proxy },
  preview: { port: 4173, proxy },
  test: {
    environment: 'jsdom',
    testTimeout: 20_000,
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    css: { modules: { classNameStrategy: 'non-scoped' } },
  },
})
