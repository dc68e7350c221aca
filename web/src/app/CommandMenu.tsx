import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useId, useState } from 'react'
import { marketsQuery } from '@/api/queries'
import { useSession } from '@/api/session'
import { classes } from '@/ui/classes'
import { Dialog } from '@/ui/Dialog'
import { pairName } from '@/ui/format'
import { prefer } from '@/ui/preferences'
import { leave } from './leave'
import { showKeyList, showMenu } from './overlays'

type Command = { name: string; kind: string; run: () => void }

/** Rows of the list at once. */
const SHOWN_MAX = 12

function useCommands(): Command[] {
  const navigate = useNavigate()
  const signedIn = useSession(({ state }) => state === 'signedIn')
  const { data: markets = [] } = useQuery(marketsQuery)
  const page = (name: string, to: '/dashboard' | '/security' | '/api-keys' | '/settings') => ({
    name,
    kind: 'Page',
    run: () => void navigate({ to }),
  })
  const own = [
    page('Dashboard', '/dashboard'),
    page('Security', '/security'),
    page('API keys', '/api-keys'),
  ]
  const out = { name: 'Sign out', kind: 'Account', run: () => void leave().then(toDoor) }
  const enter = { name: 'Sign in', kind: 'Account', run: () => void toDoor() }
  const toDoor = () => navigate({ to: '/sign-in' })
  return [
    ...markets.map(({ symbol }) => ({
      name: pairName(symbol),
      kind: 'Market',
      run: () => void navigate({ to: '/trade/$symbol', params: { symbol } }),
    })),
    ...(signedIn ? own : []),
    page('Settings', '/settings'),
    { name: 'Dark colours', kind: 'Look', run: () => prefer({ theme: 'dark' }) },
    { name: 'Light colours', kind: 'Look', run: () => prefer({ theme: 'light' }) },
    { name: 'Colours of the system', kind: 'Look', run: () => prefer({ theme: 'system' }) },
    { name: 'Keys', kind: 'Help', run: () => showKeyList(true) },
    signedIn ? out : enter,
  ]
}

/** Letters of the search in order, anywhere in the name. */
function matches(name: string, search: string): boolean {
  const letters = name.toLowerCase()
  let at = 0
  for (const letter of search.toLowerCase().replace(/\s/g, '')) {
    at = letters.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

export default function CommandMenu() {
  const commands = useCommands()
  const [search, setSearch] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const found = commands.filter(({ name }) => matches(name, search)).slice(0, SHOWN_MAX)
  const chosen = Math.min(at, found.length - 1)

  function run(command: Command | undefined) {
    showMenu(false)
    command?.run()
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, found.length - 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0))
    else if (event.key === 'Enter') run(found[chosen])
    else return
    event.preventDefault()
  }

  return (
    <Dialog open onClose={() => showMenu(false)} title="Commands">
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
        aria-label="Search or run a command"
        placeholder="A market, a page, a command"
        className="h-10 rounded-md border border-strong bg-s2 px-3 text-base"
        value={search}
        onChange={(event) => {
          setSearch(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Commands" className="-mx-2">
        {found.map((command, index) => (
          // The input has the keys; the list is for the pointer.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={`${command.kind}-${command.name}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => run(command)}
            className={classes(
              'flex h-9 items-center justify-between rounded-md px-3 hover:bg-s3',
              index === chosen && 'bg-s3',
            )}
          >
            {command.name}
            <span className="text-xs text-t3">{command.kind}</span>
          </li>
        ))}
        {found.length === 0 && <li className="px-3 py-2 text-t2">Nothing has this name.</li>}
      </ul>
    </Dialog>
  )
}
