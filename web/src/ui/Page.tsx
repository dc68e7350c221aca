import { type ReactNode, useEffect, useId } from 'react'

type PageProps = { title: string; intro?: ReactNode; aside?: ReactNode; children: ReactNode }

/** A page of sections, as wide as one reads. */
export function Page({ title, intro, aside, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Rialto`
  }, [title])
  return (
    <div className="mx-auto flex w-full max-w-[1100px] flex-col gap-4 p-4 md:py-8">
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
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className="flex flex-col gap-4 rounded-lg border border-line bg-s1 p-4 md:p-5"
    >
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div>
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          {intro && <p className="text-t2">{intro}</p>}
        </div>
        {aside}
      </div>
      {children}
    </section>
  )
}
