import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { patch } from '@/api/client'
import { apiKeysQuery } from '@/api/queries'
import type { ApiKey } from '@/api/shapes'
import { withProof } from '@/api/stepUp'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { day } from '@/ui/format'
import { Notice } from '@/ui/Notice'
import { addressesOf, expiryOf, termsOf } from './terms'
import { TermsFields } from './TermsFields'

type EditKeyProps = { apiKey: ApiKey; onDone: () => void }

export function EditKey({ apiKey, onDone }: EditKeyProps) {
  const queries = useQueryClient()
  const [terms, setTerms] = useState(() => termsOf(apiKey))
  const { pending, problem, message, submit } = useSubmit()

  async function onSubmit(event: FormEvent) {
    event.preventDefault()
    const expiresAt = expiryOf(terms, Date.now())
    const change = {
      name: terms.name.trim(),
      scopes: terms.scopes,
      allowIps: addressesOf(terms),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }
    const worked = await submit(async () => {
      await withProof(() => patch(`/api-keys/${encodeURIComponent(apiKey.id)}`, change))
      await queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey })
    })
    if (worked) onDone()
  }

  return (
    <form onSubmit={(event) => void onSubmit(event)} className="flex flex-col gap-4">
      {message && <Notice tone="bad">{message}</Notice>}
      <TermsFields
        terms={terms}
        onChange={setTerms}
        problem={problem}
        {...(apiKey.expiresAt === null ? {} : { keeps: `On ${day(apiKey.expiresAt)}` })}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Leave as it is</Button>
        <Button type="submit" look="solid" pending={pending} disabled={terms.scopes.length === 0}>
          Save
        </Button>
      </div>
    </form>
  )
}
