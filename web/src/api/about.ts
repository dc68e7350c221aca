/** What kind of exchange this is. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { get } from './client'
import type { About } from './shapes'

const aboutQuery = queryOptions({
  queryKey: ['about'],
  queryFn: () => get<About>('/about'),
  // It does not become another while it runs.
  staleTime: Number.POSITIVE_INFINITY,
})

/** Whether all its money is play money; unknown is not said. */
export const useIsPaper = () => useQuery(aboutQuery).data?.paper === true
