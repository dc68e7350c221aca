import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { claim } from '@/api/auth'
import { Field } from '@/ui/Field'
import { AuthFrame } from './AuthFrame'
import { NewAccountForm } from './NewAccountForm'

/** The token of the link in the log stands behind `#`: browsers tell that part to nobody. */
function tokenOfLink(): string {
  return decodeURIComponent(location.hash.slice(1))
}

export function ClaimPage() {
  const [token, setToken] = useState(tokenOfLink)
  const navigate = useNavigate()

  async function create(email: string, password: string) {
    await claim(token.trim(), email, password)
    await navigate({ to: '/' })
  }

  return (
    <AuthFrame
      title="Claim this exchange"
      intro="For an exchange that nobody owns yet: the link in the server’s log works once."
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
