// Holds the build to its budgets, in bytes of gzip: the script of the first route without the chart,
// the chart, any other page, the styles, and all that the binary embeds.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const DIST = new URL('../dist/', import.meta.url).pathname
const MANIFEST = new URL('../target/manifest.json', import.meta.url).pathname
const KB = 1_000
const BUDGETS = {
  firstRoute: 150 * KB,
  chart: 60 * KB,
  page: 30 * KB,
  css: 15 * KB,
  all: 3_000 * KB,
}

const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'))
const gzip = (file) => statSync(join(DIST, `${file}.gz`)).size

/** The chunk and all that it imports at once. */
function closure(key, found = new Set()) {
  if (found.has(key)) return found
  found.add(key)
  for (const imported of manifest[key].imports ?? []) closure(imported, found)
  return found
}

function weight(keys) {
  return [...keys].reduce((sum, key) => sum + gzip(manifest[key].file), 0)
}

const entry = closure('index.html')
const shell = closure('src/app/Shell.tsx')
const route = (...keys) => {
  const loaded = new Set(entry)
  for (const key of keys) closure(key, loaded)
  return weight(loaded)
}
const chart = Object.keys(manifest).filter((key) => key.endsWith('/PriceChart.tsx'))
const css = Object.values(manifest).flatMap((chunk) => chunk.css ?? [])
const own = (key) =>
  weight([...closure(key)].filter((other) => !entry.has(other) && !shell.has(other)))

const rows = [
  ['first route: sign-in', route('src/features/auth/SignInPage.tsx'), BUDGETS.firstRoute],
  [
    'first route: trade, without chart',
    route('src/app/Shell.tsx', 'src/features/trade/TradePage.tsx'),
    BUDGETS.firstRoute,
  ],
  ...chart.map((key) => ['chart', own(key), BUDGETS.chart]),
  ...Object.keys(manifest)
    .filter((key) => /src\/features\/.*Page\.tsx$/.test(key) && manifest[key].isDynamicEntry)
    .map((key) => [key.replace(/^.*\//, ''), own(key), BUDGETS.page]),
  ['styles', [...new Set(css)].reduce((sum, file) => sum + gzip(file), 0), BUDGETS.css],
  ['all that is embedded', embedded(), BUDGETS.all],
]

function embedded() {
  return readdirSync(DIST, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0)
}

let over = 0
for (const [name, bytes, budget] of rows) {
  const verdict = bytes <= budget ? 'ok' : 'TOO LARGE'
  if (bytes > budget) over += 1
  console.log(
    `${name.padEnd(36)} ${(bytes / KB).toFixed(1).padStart(8)} kB of ${budget / KB}  ${verdict}`,
  )
}
process.exit(over === 0 ? 0 : 1)
