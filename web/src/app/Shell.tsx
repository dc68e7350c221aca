import { Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { useSession } from '@/api/session'
import { followTickers } from '@/api/tickers'
import { PHONE, useMedia } from '@/ui/media'
import { Toasts } from '@/ui/Toasts'
import { useActivity } from './activity'
import { ConnectionBanner } from './ConnectionBanner'
import { Header } from './Header'
import { useKeys } from './keys'
import { useAccountNews } from './news'
import { useOverlays } from './overlays'
import { PhoneBar } from './PhoneBar'
import { SessionWarning } from './SessionWarning'
import { StatusBar } from './StatusBar'
import { StepUpDialog } from './StepUpDialog'

const CommandMenu = lazy(() => import('./CommandMenu'))
const KeyList = lazy(() => import('./KeyList'))

/** What stands around every page behind the door. */
export function Shell() {
  const phone = useMedia(PHONE)
  const { menu, keyList } = useOverlays()
  useEffect(() => followTickers(), [])
  useAccountNews()
  useActivity()
  useKeys()
  useLeaveWhenEnded()
  return (
    <div className="flex h-full flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:z-60 focus:bg-s1 focus:p-3"
      >
        Skip to the page
      </a>
      <Header />
      <ConnectionBanner />
      <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
        <Outlet />
      </main>
      {phone ? <PhoneBar /> : <StatusBar />}
      <Toasts />
      <SessionWarning />
      <StepUpDialog />
      <Suspense>
        {menu && <CommandMenu />}
        {keyList && <KeyList />}
      </Suspense>
    </div>
  )
}

/** Pages for everybody stay when a session ends by itself; others lead to the door. */
function useLeaveWhenEnded() {
  const { state, ended } = useSession()
  const navigate = useNavigate()
  const href = useLocation({ select: (location) => location.href })
  useEffect(() => {
    if (state !== 'signedOut' || ended === null) return
    void navigate({ to: '/sign-in', search: { next: href } })
  }, [state, ended, navigate, href])
}
