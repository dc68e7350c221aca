import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { useSession } from '@/api/session'
import { usePreferences } from '@/ui/preferences'
import { NotFound, PageFailed, PageLoading } from './PageFaces'

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Where to go after signing in: a path of ours, never another site. */
function ownPath(value: unknown): string | undefined {
  const path = text(value)
  if (!path?.startsWith('/') || !URL.canParse(path, location.origin)) return undefined
  return new URL(path, location.origin).origin === location.origin ? path : undefined
}

function signedInOnly({ location }: { location: { href: string } }) {
  if (useSession.getState().state !== 'signedIn') {
    throw redirect({ to: '/sign-in', search: { next: location.href } })
  }
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: lazyRouteComponent(() => import('./Shell'), 'Shell'),
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    if (useSession.getState().state !== 'signedIn') throw redirect({ to: '/sign-in' })
    throw redirect({ to: '/trade/$symbol', params: { symbol: usePreferences.getState().market } })
  },
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { next?: string } => {
    const next = ownPath(search.next)
    return next === undefined ? {} : { next }
  },
  component: lazyRouteComponent(() => import('@/features/auth/SignInPage'), 'SignInPage'),
})

const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  component: lazyRouteComponent(() => import('@/features/auth/RegisterPage'), 'RegisterPage'),
})

const claim = createRoute({
  getParentRoute: () => root,
  path: '/claim',
  component: lazyRouteComponent(() => import('@/features/auth/ClaimPage'), 'ClaimPage'),
})

const trade = createRoute({
  getParentRoute: () => shell,
  path: '/trade/$symbol',
  validateSearch: (search): { interval?: string } => {
    const interval = text(search.interval)
    return interval === undefined ? {} : { interval }
  },
  component: lazyRouteComponent(() => import('@/features/trade/TradePage'), 'TradePage'),
})

const dashboard = createRoute({
  getParentRoute: () => shell,
  path: '/dashboard',
  beforeLoad: signedInOnly,
  component: lazyRouteComponent(
    () => import('@/features/dashboard/DashboardPage'),
    'DashboardPage',
  ),
})

const security = createRoute({
  getParentRoute: () => shell,
  path: '/security',
  beforeLoad: signedInOnly,
  component: lazyRouteComponent(() => import('@/features/security/SecurityPage'), 'SecurityPage'),
})

const apiKeys = createRoute({
  getParentRoute: () => shell,
  path: '/api-keys',
  beforeLoad: signedInOnly,
  component: lazyRouteComponent(() => import('@/features/apikeys/ApiKeysPage'), 'ApiKeysPage'),
})

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/features/settings/SettingsPage'), 'SettingsPage'),
})

const pages = shell.addChildren([trade, dashboard, security, apiKeys, settings])

export const router = createRouter({
  routeTree: root.addChildren([home, signIn, register, claim, pages]),
  defaultPreload: 'intent',
  defaultPendingComponent: PageLoading,
  defaultPendingMs: 150,
  defaultErrorComponent: PageFailed,
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
