import { QueryClient } from '@tanstack/react-query'
import { Problem } from '@/api/problem'
import { useSession } from '@/api/session'

const RETRIES_MAX = 2

/** Asks again only where the server was not there or too busy: a refusal stays one. */
function worthRetrying(failures: number, error: Error): boolean {
  const busy = error instanceof Problem && (error.status === 0 || error.status === 503)
  return busy && failures < RETRIES_MAX
}

export const queries = new QueryClient({
  defaultOptions: { queries: { retry: worthRetrying, staleTime: 5_000 } },
})

/** What everybody may see. */
const PUBLIC = new Set<unknown>(['markets', 'tickers'])

// Whoever signs in must not see what the one before had. No page of theirs is open at this moment:
// one that is would ask again.
useSession.subscribe(({ state }, before) => {
  if (state !== 'signedIn' || before.state === 'signedIn') return
  queries.removeQueries({ predicate: ({ queryKey }) => !PUBLIC.has(queryKey[0]) })
})
