import { Link } from '@tanstack/react-router'
import { CandlestickChart, LayoutDashboard, Settings, ShieldCheck } from 'lucide-react'
import { useSession } from '@/api/session'
import { usePreferences } from '@/ui/preferences'

const ITEM =
  'flex flex-1 flex-col items-center justify-center gap-0.5 text-2xs text-t3 ' +
  'data-[status=active]:text-accent'

export function PhoneBar() {
  const market = usePreferences((preferences) => preferences.market)
  const signedIn = useSession(({ state }) => state === 'signedIn')
  return (
    <nav aria-label="Pages" className="flex h-13 shrink-0 border-t border-line bg-s1">
      {signedIn && (
        <Link to="/dashboard" className={ITEM}>
          <LayoutDashboard aria-hidden="true" size={18} />
          Home
        </Link>
      )}
      <Link to="/trade/$symbol" params={{ symbol: market }} className={ITEM}>
        <CandlestickChart aria-hidden="true" size={18} />
        Trade
      </Link>
      {signedIn && (
        <Link to="/security" className={ITEM}>
          <ShieldCheck aria-hidden="true" size={18} />
          Security
        </Link>
      )}
      <Link to="/settings" className={ITEM}>
        <Settings aria-hidden="true" size={18} />
        Settings
      </Link>
    </nav>
  )
}
