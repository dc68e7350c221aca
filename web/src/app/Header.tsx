import { Link, useNavigate } from '@tanstack/react-router'
import { KeyRound, LogIn, LogOut, Moon, Search, Settings, ShieldCheck, Sun } from 'lucide-react'
import { useIsPaper } from '@/api/about'
import { useSession } from '@/api/session'
import { IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { Logo } from '@/ui/Logo'
import { Kbd, Paper } from '@/ui/Marks'
import { MenuItem } from '@/ui/Menu'
import { Popover } from '@/ui/Popover'
import { prefer, shownTheme, usePreferences } from '@/ui/preferences'
import { Bell } from './Bell'
import { leave } from './leave'
import { showMenu } from './overlays'

const LINK =
  'flex h-8 items-center rounded-md px-2.5 text-sm font-medium text-t2 hover:text-t1 ' +
  'data-[status=active]:bg-s3 data-[status=active]:text-t1'

export function Header() {
  const signedIn = useSession(({ state }) => state === 'signedIn')
  const market = usePreferences((preferences) => preferences.market)
  const paper = useIsPaper()
  return (
    <header
      className={classes(
        'flex h-12 shrink-0 items-center gap-2 border-b bg-s1 px-3',
        paper ? 'border-warn' : 'border-line',
      )}
    >
      <Link to="/" className="me-3 flex items-center gap-2">
        <Logo className="size-6" />
        <span className="text-base font-semibold">Rialto</span>
      </Link>
      {paper && <Paper />}
      <nav aria-label="Pages" className="hidden items-center gap-1 md:flex">
        <Link to="/trade/$symbol" params={{ symbol: market }} className={LINK}>
          Trade
        </Link>
        {signedIn && (
          <>
            <Link to="/dashboard" className={LINK}>
              Dashboard
            </Link>
            <Link to="/api-keys" className={LINK}>
              API keys
            </Link>
            <Link to="/security" className={LINK}>
              Security
            </Link>
          </>
        )}
      </nav>
      <div className="flex-1" />
      <button
        type="button"
        onClick={() => showMenu(true)}
        className="hidden h-8 w-64 items-center gap-2 rounded-md border border-line bg-s2 px-2.5
          text-sm text-t3 hover:text-t1 md:flex"
      >
        <Search aria-hidden="true" size={14} />
        <span className="flex-1 truncate text-left">Search or run a command</span>
        <Kbd>Ctrl K</Kbd>
      </button>
      <ThemeButton />
      {signedIn ? <Person /> : <Door />}
    </header>
  )
}

function ThemeButton() {
  const theme = usePreferences((preferences) => shownTheme(preferences.theme))
  const other = theme === 'dark' ? 'light' : 'dark'
  return (
    <IconButton label={`Switch to ${other} colours`} onClick={() => prefer({ theme: other })}>
      {theme === 'dark' ? (
        <Sun aria-hidden="true" size={16} />
      ) : (
        <Moon aria-hidden="true" size={16} />
      )}
    </IconButton>
  )
}

function Door() {
  return (
    <Link
      to="/sign-in"
      className="flex h-8 items-center gap-1.5 rounded-md bg-accent-solid px-3 font-medium text-white"
    >
      <LogIn aria-hidden="true" size={14} />
      Sign in
    </Link>
  )
}

function Person() {
  const email = useSession(({ user }) => user?.email ?? '')
  const initials = email.slice(0, 2).toUpperCase()
  return (
    <>
      <Bell />
      <Popover
        title="Account"
        align="end"
        className="min-w-48 py-1"
        button={{
          'aria-label': `Account ${initials} ${email}`,
          className:
            'flex size-7 items-center justify-center rounded-full bg-accent-solid text-xs ' +
            'font-semibold text-white',
          children: initials,
        }}
      >
        {(close) => <AccountMenu email={email} onDone={close} />}
      </Popover>
    </>
  )
}

const PAGES = [
  { to: '/security', label: 'Security', icon: <ShieldCheck aria-hidden="true" size={16} /> },
  { to: '/api-keys', label: 'API keys', icon: <KeyRound aria-hidden="true" size={16} /> },
  { to: '/settings', label: 'Settings', icon: <Settings aria-hidden="true" size={16} /> },
] as const

function AccountMenu({ email, onDone }: { email: string; onDone: () => void }) {
  const navigate = useNavigate()
  async function out() {
    await leave()
    await navigate({ to: '/sign-in' })
  }
  return (
    <>
      <p className="max-w-64 truncate px-3 py-2 text-xs text-t3">{email}</p>
      {PAGES.map(({ to, label, icon }) => (
        <MenuItem
          key={to}
          icon={icon}
          onSelect={() => {
            onDone()
            void navigate({ to })
          }}
        >
          {label}
        </MenuItem>
      ))}
      <MenuItem icon={<LogOut aria-hidden="true" size={16} />} onSelect={() => void out()}>
        Sign out
      </MenuItem>
    </>
  )
}
