import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { claim } from '@/api/auth'
import { Field } from '@/ui/Field'
import { AuthFrame } from './AuthFrame'
import { NewAccountForm } from './NewAccountForm'

/** The token of the link in the log: behind `?token=` or `#token=`, whichever it has. */
function tokenOf(search: string | undefined): string {
  return search ?? new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
}

export function ClaimPage() {
  const search = useSearch({ from: '/claim' })
  const [token, setToken] = useState(() => tokenOf(search.token))
  const navigate = useNavigate()

  async function create(email: string, password: string) {
    await claim(token.trim(), email, password)
    await navigate({ to: '/' })
  }

  return (
    <AuthFrame
      title="Claim this exchange"
      intro="Nobody owns it yet. The link in the server’s log works once and makes you the owner."
    >
      <Field
        label="Claim token"
        required
        autoComplete="off"
        value={token}
        onChange={(event) => setToken(event.target.value)}
      />
      <NewAccountForm action="Become the owner" onSubmit={create} />
    </AuthFrame>
  )
}
