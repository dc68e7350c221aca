import { QueryClient } from '@tanstack/react-query'
import { Problem } from '@/api/problem'

const RETRIES_MAX = 2

/** Asks again only where the server was not there or too busy: a refusal stays one. */
function worthRetrying(failures: number, error: Error): boolean {
  const busy = error instanceof Problem && (error.status === 0 || error.status === 503)
  return busy && failures < RETRIES_MAX
}

export const queries = new QueryClient({
  defaultOptions: { queries: { retry: worthRetrying, staleTime: 5_000 } },
})
