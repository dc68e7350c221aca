import { said } from '@/api/problem'
import { Button } from '@/ui/Button'
import { Empty, Failed, Loading } from '@/ui/Faces'
import { moment } from '@/ui/format'
import { type Column, Table } from '@/ui/Table'

type PagesProps<Row> = {
  query: {
    data: { pages: { items: Row[] }[] } | undefined
    error: Error | null
    hasNextPage: boolean
    isFetchingNextPage: boolean
    fetchNextPage: () => unknown
    refetch: () => unknown
  }
  label: string
  empty: string
  columns: Column<Row>[]
  rowKey: (row: Row) => string
}

/** A list that the server tells page by page, newest first. */
export function Pages<Row>({ query, label, empty, columns, rowKey }: PagesProps<Row>) {
  if (query.error) return <Failed text={said(query.error)} onRetry={() => void query.refetch()} />
  if (query.data === undefined) return <Loading label={`Waiting for: ${label.toLowerCase()}`} />
  const rows = query.data.pages.flatMap((page) => page.items)
  if (rows.length === 0) return <Empty text={empty} />
  return (
    <>
      <Table cards label={label} columns={columns} rows={rows} rowKey={rowKey} />
      {query.hasNextPage && (
        <div className="flex shrink-0 justify-center border-t border-line p-1">
          <Button
            size="small"
            look="quiet"
            pending={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show older
          </Button>
        </div>
      )}
    </>
  )
}

/** When something happened, for a column of times. */
export function when(at: string) {
  return (
    <time dateTime={at} className="figures text-t3">
      {moment(at)}
    </time>
  )
}
