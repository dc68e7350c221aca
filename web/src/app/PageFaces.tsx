import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { said } from '@/api/problem'
import { Failed, Skeleton } from '@/ui/Faces'

export function PageLoading() {
  return (
    <div role="status" className="mx-auto flex w-full max-w-[1100px] flex-col gap-4 p-4 md:p-8">
      <span className="sr-only">Loading the page…</span>
      <Skeleton className="h-8 w-48" />
      <Skeleton className="h-40 w-full" />
      <Skeleton className="h-40 w-full" />
    </div>
  )
}

export function PageFailed({ error }: ErrorComponentProps) {
  return (
    <Failed
      className="min-h-80"
      text={`This page could not be shown. ${said(error)}`}
      onRetry={() => location.reload()}
    />
  )
}

/** Nobody says whether somebody is signed in here. */
export function Away() {
  return (
    <Failed
      className="min-h-full"
      text="The server does not say who is signed in here. It is asked again and again."
      onRetry={() => location.reload()}
    />
  )
}

export function NotFound() {
  return (
    <main className="flex min-h-full flex-col items-center justify-center gap-3 p-6">
      <h1 className="text-xl font-semibold">There is no such page</h1>
      <Link to="/" className="text-accent underline">
        To the start
      </Link>
    </main>
  )
}
