import { type ReactNode, useEffect } from 'react'
import { classes } from './classes'

type PageProps = {
  title: string
  intro?: ReactNode
  aside?: ReactNode
  /** For tables: wider than one reads. */
  wide?: boolean
  children: ReactNode
}

/** A page of sections, as wide as one reads. */
export function Page({ title, intro, aside, wide, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Rialto`
  }, [title])
  return (
    <div
      className={classes(
        'mx-auto flex w-full flex-col gap-4 p-4 md:py-8',
        wide ? 'max-w-[1360px]' : 'max-w-[1100px]',
      )}
    >
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <h1 className="text-xl font-semibold">{title}</h1>
          {intro && <p className="text-t2">{intro}</p>}
        </div>
        {aside}
      </div>
      {children}
    </div>
  )
}

type PageSectionProps = { title: string; intro?: ReactNode; aside?: ReactNode; children: ReactNode }

export function PageSection({ title, intro, aside, children }: PageSectionProps) {
  return (
    <section className="flex flex-col gap-4 rounded-lg border border-line bg-s1 p-4 md:p-5">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div>
          <h2 className="text-lg font-semibold">{title}</h2>
          {intro && <p className="text-t2">{intro}</p>}
        </div>
        {aside}
      </div>
      {children}
    </section>
  )
}
