import { Outlet, useRouter } from '@tanstack/react-router'
import { Suspense, useEffect } from 'react'
import { followCancelAfter } from '@/api/cancelAfter'
import { useSession } from '@/api/session'
import { useStepUp } from '@/api/stepUp'
import { followTickers } from '@/api/tickers'
import { later } from '@/ui/later'
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

const CommandMenu = later(() => import('./CommandMenu'))
const KeyList = later(() => import('./KeyList'))
const StepUpDialog = later(() => import('./StepUpDialog'))

/** What stands around every page behind the door. */
export function Shell() {
  const phone = useMedia(PHONE)
  const { menu, keyList } = useOverlays()
  const asked = useStepUp((stepUp) => stepUp.asked)
  useEffect(() => followTickers(), [])
  useEffect(() => followCancelAfter(), [])
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
      <Suspense>
        {menu && <CommandMenu />}
        {keyList && <KeyList />}
        {asked && <StepUpDialog asked={asked} />}
      </Suspense>
    </div>
  )
}

/** When a session ends by itself, the way leads to the door and then back to where one was. */
function useLeaveWhenEnded() {
  const ended = useSession((session) => session.state === 'signedOut' && session.ended !== null)
  const router = useRouter()
  useEffect(() => {
    if (!ended) return
    void router.navigate({ to: '/sign-in', search: { next: router.state.location.href } })
  }, [ended, router])
}
