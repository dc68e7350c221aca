import { useId } from 'react'
import type { Problem } from '@/api/problem'
import { useSession } from '@/api/session'
import type { Scope } from '@/api/shapes'
import { Field, FieldError } from '@/ui/Field'
import { type Choice, Select } from '@/ui/Select'
import { Checkbox } from '@/ui/Toggles'
import { addressesOf, EXPIRIES, type Terms } from './terms'

const SCOPES: { scope: Scope; label: string }[] = [
  { scope: 'read', label: 'Read: balances, orders, fills' },
  { scope: 'trade', label: 'Trade: place, amend and cancel orders' },
  { scope: 'transfer', label: 'Transfer: move funds out' },
]

type TermsFieldsProps = {
  terms: Terms
  onChange: (terms: Terms) => void
  problem: Problem | null
  /** A key that is there may keep the day it expires. */
  keeps?: string
}

export function TermsFields({ terms, onChange, problem, keeps }: TermsFieldsProps) {
  const id = useId()
  const verified = useSession(({ user }) => user?.kyc === 'approved')
  const kept: Choice<string>[] = keeps === undefined ? [] : [{ value: 'keep', label: keeps }]
  const risky = terms.scopes.some((scope) => scope !== 'read') && addressesOf(terms).length === 0

  function grant(scope: Scope, wanted: boolean) {
    const others = terms.scopes.filter((granted) => granted !== scope)
    onChange({ ...terms, scopes: wanted ? [...others, scope] : others })
  }

  return (
    <>
      <Field
        label="Name"
        required
        maxLength={64}
        value={terms.name}
        error={problem?.of('name') ?? null}
        onChange={(event) => onChange({ ...terms, name: event.target.value })}
      />
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 text-xs text-t2">Permissions</legend>
        {SCOPES.map(({ scope, label }) => (
          <Checkbox
            key={scope}
            label={scope === 'transfer' && !verified ? `${label} (once you are verified)` : label}
            checked={terms.scopes.includes(scope)}
            disabled={scope === 'transfer' && !verified && !terms.scopes.includes(scope)}
            onChange={(wanted) => grant(scope, wanted)}
          />
        ))}
        <FieldError id={`${id}-scopes`} text={problem?.of('scopes')} />
      </fieldset>
      <div className="flex flex-col gap-1">
        <label htmlFor={id} className="text-xs text-t2">
          Allowed addresses, one a line (empty: any)
        </label>
        <textarea
          id={id}
          rows={2}
          spellCheck={false}
          placeholder="203.0.113.24 or 203.0.113.0/24"
          className="w-full rounded-md border border-strong bg-s2 px-3 py-2 text-sm"
          value={terms.addresses}
          onChange={(event) => onChange({ ...terms, addresses: event.target.value })}
          aria-describedby={`${id}-addresses`}
        />
        <FieldError id={`${id}-addresses`} text={problem?.of('allowIps')} />
        {risky && (
          <p className="text-xs text-warn">
            Whoever gets this key can use it from anywhere. Name the addresses it is used from.
          </p>
        )}
      </div>
      <div className="flex items-center justify-between gap-3">
        <span aria-hidden="true" className="text-xs text-t2">
          Expires
        </span>
        <Select
          label="Expires"
          value={terms.expiry}
          choices={[...kept, ...EXPIRIES]}
          onChange={(expiry) => onChange({ ...terms, expiry })}
          className="w-48"
        />
      </div>
    </>
  )
}
