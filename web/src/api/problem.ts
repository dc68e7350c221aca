/** What the server answers when it says no (RFC 9457), as an error that a form can show. */
export type FieldProblem = { field: string; message: string }

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly fields: FieldProblem[] = [],
    /** When asking again makes sense, in seconds. */
    readonly retryAfterS: number | null = null,
  ) {
    super(detail)
    this.name = 'Problem'
  }

  /** What is wrong with one field of a form. */
  of(field: string): string | null {
    const found = this.fields.find((problem) => problem.field === field)
    return found === undefined ? null : sentence(found.message)
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The code of a request that had no answer at all. */
export const UNREACHABLE = 'unreachable'

export async function problemOf(response: Response): Promise<Problem> {
  const retry = Number(response.headers.get('Retry-After'))
  const retryAfterS = Number.isFinite(retry) && retry > 0 ? retry : null
  const body: unknown = await response.json().catch(() => null)
  const told = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const text = (key: string) => (typeof told[key] === 'string' ? (told[key] as string) : null)
  const detail = text('detail') ?? text('title') ?? `The server answered ${response.status}.`
  const fields = Array.isArray(told.errors) ? (told.errors as FieldProblem[]) : []
  return new Problem(response.status, text('code') ?? 'unknown', detail, fields, retryAfterS)
}

/** One sentence for whoever waits: what failed, and when to try again. */
export function said(error: unknown): string {
  if (error instanceof Problem) {
    const wait = error.retryAfterS === null ? '' : ` Try again in ${error.retryAfterS} s.`
    // A full stop, where the server set none.
    return sentence(error.message.replace(/\w$/, '$&.')) + wait
  }
  return error instanceof Error ? error.message : 'Something went wrong.'
}
