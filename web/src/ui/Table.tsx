import type { ReactNode } from 'react'
import { classes } from './classes'
import { padding } from './format'
import { PHONE, useMedia } from './media'
import { RowCards } from './RowCards'

export type Column<Row> = {
  key: string
  title: string
  cell: (row: Row) => ReactNode
  /** Figures stand at the right. */
  figures?: boolean
  /** The text of a figure whose point stands in one line with the others of its column. */
  aligned?: ((row: Row) => string) | undefined
  /** The title is for screen readers only: a column of buttons. */
  untitled?: boolean
  className?: string
}

/** A column of figures whose points stand in one line. */
export function figure<Row>(
  key: string,
  title: string,
  aligned: (row: Row) => string,
  className?: string,
): Column<Row> {
  return { key, title, figures: true, aligned, cell: aligned, ...(className && { className }) }
}

type TableProps<Row> = {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  roomy?: boolean
  /** Cards on a phone: for rows that are too wide or have buttons. */
  cards?: boolean
  /** Begins and ends at the edges of what it stands in. */
  flush?: boolean
}

export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, roomy, cards, flush } = props
  const phone = useMedia(PHONE)
  const pads = columns.map(({ aligned }) => aligned && padding(rows.map(aligned)))
  if (cards && phone)
    return <RowCards {...{ label, columns, rows, rowKey }} roomy={roomy ?? false} />
  return (
    // Focusable, so that a keyboard can scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div role="region" aria-label={label} tabIndex={0} className="min-h-0 flex-1 overflow-auto">
      <table className={classes('w-full border-collapse text-sm', flush && 'flush')}>
        <thead className="sticky top-0 z-10 bg-s1">
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={classes(
                  'h-8 px-3 text-xs font-normal whitespace-nowrap text-t3',
                  column.figures ? 'text-right' : 'text-left',
                  column.className,
                )}
              >
                {column.untitled ? <span className="sr-only">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={rowKey(row)} className="border-t border-line hover:bg-s2">
              {columns.map((column, at) => (
                <td
                  key={column.key}
                  data-pad={pads[at]?.[place]}
                  className={classes(
                    'px-3 whitespace-nowrap',
                    roomy ? 'h-12' : 'h-8',
                    column.figures && 'figures text-right',
                    column.aligned && 'after:invisible after:content-[attr(data-pad)]',
                    column.className,
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
