import { classes } from './classes'
import type { Column } from './Table'

type RowCardsProps<Row> = {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** One figure in a line: for those that are long. */
  roomy: boolean
}

/** The rows of a table where it would not fit: the first column heads a card, buttons stand beside. */
export function RowCards<Row>(props: RowCardsProps<Row>) {
  const { label, columns, rows, rowKey, roomy } = props
  const [head, ...rest] = columns
  const figures = rest.filter(({ untitled }) => !untitled)
  const buttons = rest.filter(({ untitled }) => untitled)
  return (
    // Focusable, so that a keyboard can scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div role="region" aria-label={label} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto">
      <ul className="divide-y divide-line">
        {rows.map((row) => (
          <li key={rowKey(row)} className="flex flex-col gap-1.5 px-3 py-2.5">
            <div className="flex min-h-8 items-center justify-between gap-3 font-medium">
              {head?.cell(row)}
              {buttons.map(({ key, cell }) => (
                <span key={key}>{cell(row)}</span>
              ))}
            </div>
            <dl
              className={classes('figures grid gap-x-4 gap-y-1 text-xs', !roomy && 'grid-cols-2')}
            >
              {figures.map(({ key, title, cell }) => (
                <div key={key} className="flex justify-between gap-2">
                  <dt className="text-t3">{title}</dt>
                  <dd className="min-w-0 text-right">{cell(row)}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </div>
  )
}
