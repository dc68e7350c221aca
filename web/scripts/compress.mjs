// Puts a brotli and a gzip file beside each asset of the build: the binary embeds and serves them
// as they are, so no request pays for compression. The manifest is for the size gate only: it moves
// out of what is embedded.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const DIST = new URL('../dist/', import.meta.url).pathname
const BUILT = new URL('../target/', import.meta.url).pathname
/** What does not get smaller: fonts are compressed already. */
const TEXT = /\.(html|js|css|svg|json|webmanifest|txt)$/

mkdirSync(BUILT, { recursive: true })
renameSync(join(DIST, '.vite/manifest.json'), join(BUILT, 'manifest.json'))
rmSync(join(DIST, '.vite'), { recursive: true })

for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name)) continue
  const path = join(entry.parentPath, entry.name)
  const bytes = readFileSync(path)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }))
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
}
