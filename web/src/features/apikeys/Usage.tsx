import { useQuery } from '@tanstack/react-query'
import { said } from '@/api/problem'
import { apiKeyUsageQuery } from '@/api/queries'
import type { ApiKey, ApiKeyUsage } from '@/api/shapes'
import { Empty, Failed, Loading } from '@/ui/Faces'
import { fix, moment } from '@/ui/format'
import { type Column, Table } from '@/ui/Table'

type Day = ApiKeyUsage['days'][number]

export function Usage({ apiKey }: { apiKey: ApiKey }) {
  const { data, error, refetch } = useQuery(apiKeyUsageQuery(apiKey.id))
  if (error) return <Failed text={said(error)} onRetry={() => void refetch()} />
  if (data === undefined) return <Loading label="Waiting for the usage" />
  if (data.days.length === 0) return <Empty text={`${apiKey.name} has not been used yet.`} />
  const busiest = Math.max(1, ...data.days.map(({ requests }) => requests))
  return (
    <>
      <p className="text-t2">
        {apiKey.name} · last used {data.lastUsedAt === null ? 'never' : moment(data.lastUsedAt)}
        {data.lastAddress !== null && ` from ${data.lastAddress}`}
      </p>
      <div className="flex max-h-[50dvh] min-h-0 flex-col">
        <Table
          flush
          label="Requests by day"
          columns={columnsOf(busiest)}
          rows={data.days.toReversed()}
          rowKey={({ day }) => day}
        />
      </div>
    </>
  )
}

function columnsOf(busiest: number): Column<Day>[] {
  return [
    { key: 'day', title: 'Day', cell: ({ day }) => <span className="figures">{day}</span> },
    {
      key: 'bar',
      title: 'Share of the busiest day',
      untitled: true,
      className: 'w-full',
      cell: ({ requests }) => (
        <span
          aria-hidden="true"
          className="block h-2 origin-left rounded-sm bg-accent"
          style={{ transform: `scaleX(${requests / busiest})` }}
        />
      ),
    },
    {
      key: 'requests',
      title: 'Requests',
      figures: true,
      cell: ({ requests }) => fix(requests, 0),
    },
    {
      key: 'errors',
      title: 'Errors',
      figures: true,
      cell: ({ errors }) => (
        <span className={errors > 0 ? 'text-bad' : 'text-t3'}>{fix(errors, 0)}</span>
      ),
    },
  ]
}
