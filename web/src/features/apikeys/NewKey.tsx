import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { post } from '@/api/client'
import { apiKeysQuery } from '@/api/queries'
import type { MadeApiKey, NewApiKey } from '@/api/shapes'
import { withProof } from '@/api/stepUp'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { FieldError } from '@/ui/Field'
import { Notice } from '@/ui/Notice'
import { Segmented } from '@/ui/Segmented'
import { addressesOf, expiryOf, NEW_TERMS } from './terms'
import { TermsFields } from './TermsFields'

const KINDS = [
  { value: 'hmac', label: 'Secret made here (HMAC)' },
  { value: 'public', label: 'My own key pair' },
] as const
type Kind = (typeof KINDS)[number]['value']

export function NewKey({ onMade }: { onMade: (made: MadeApiKey) => void }) {
  const queries = useQueryClient()
  const [terms, setTerms] = useState(NEW_TERMS)
  const [kind, setKind] = useState<Kind>('hmac')
  const [publicKey, setPublicKey] = useState('')
  const { pending, problem, message, submit } = useSubmit()

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    const body: NewApiKey = {
      name: terms.name.trim(),
      scopes: terms.scopes,
      allowIps: addressesOf(terms),
      expiresAt: expiryOf(terms, Date.now()) ?? null,
      publicKey: kind === 'public' ? publicKey.trim() : null,
    }
    void submit(async () => {
      const made = await withProof(() => post<MadeApiKey>('/api-keys', body))
      await queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey })
      onMade(made)
    })
  }

  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {message && <Notice tone="bad">{message}</Notice>}
      <TermsFields terms={terms} onChange={setTerms} problem={problem} />
      <Segmented<Kind> wide label="Signed with" value={kind} onChange={setKind} segments={KINDS} />
      {kind === 'public' && (
        <PublicKey
          value={publicKey}
          onChange={setPublicKey}
          error={problem?.of('publicKey') ?? null}
        />
      )}
      <div className="flex justify-end">
        <Button
          type="submit"
          look="solid"
          pending={pending}
          disabled={terms.name.trim() === '' || terms.scopes.length === 0}
        >
          Create key
        </Button>
      </div>
    </form>
  )
}

type PublicKeyProps = { value: string; onChange: (value: string) => void; error: string | null }

function PublicKey({ value, onChange, error }: PublicKeyProps) {
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-xs text-t2">
        Public key, Ed25519, in PEM
      </label>
      <textarea
        id={id}
        required
        rows={4}
        spellCheck={false}
        placeholder="-----BEGIN PUBLIC KEY-----"
        className="w-full rounded-md border border-strong bg-s2 px-3 py-2 font-mono text-xs"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-describedby={`${id}-error`}
      />
      <FieldError id={`${id}-error`} text={error} />
      <p className="text-xs text-t3">
        The private key stays with you. Make a pair with{' '}
        <code>openssl genpkey -algorithm ed25519</code>.
      </p>
    </div>
  )
}
