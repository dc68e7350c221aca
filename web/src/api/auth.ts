/** Signing in and out, and the proofs that some acts need. */
import { post } from './client'
import { seal } from './password'
import { begin, end, useSession } from './session'
import type { Login } from './shapes'

/** The second proof of a person with two-factor on. */
export type SecondProof = { totp: string } | { recoveryCode: string }

export async function signIn(email: string, password: string, second: SecondProof | null) {
  const passwordEncrypted = await seal(password)
  begin(await post<Login>('/auth/login', { email, passwordEncrypted, ...second }))
}

export async function register(email: string, password: string) {
  const passwordEncrypted = await seal(password)
  begin(await post<Login>('/auth/register', { email, passwordEncrypted }))
}

/** Makes the owner of a new exchange, with the token that the server's log shows once. */
export async function claim(token: string, email: string, password: string) {
  const passwordEncrypted = await seal(password)
  begin(await post<Login>('/auth/claim', { token, email, passwordEncrypted }))
}

/** Whatever the server says, this page forgets. Fails where the server did not hear of it. */
export async function signOut() {
  try {
    await logout(false)
  } finally {
    end()
  }
}

/** Fails where the server did not say that it was done: sessions may live on, this one does. */
export async function signOutEverywhere() {
  await logout(true)
  end()
}

async function logout(everywhere: boolean) {
  try {
    await post('/auth/logout', { everywhere })
  } catch (error) {
    const hadEnded = useSession.getState().state === 'signedOut'
    if (!hadEnded) throw error
  }
}

export async function changePassword(current: string, wanted: string) {
  const currentPasswordEncrypted = await seal(current)
  const newPasswordEncrypted = await seal(wanted)
  await post('/auth/password', { currentPasswordEncrypted, newPasswordEncrypted })
}

export type TypedCode = { code: string } | { recoveryCode: string }

/** What somebody typed as their second factor: six digits are a code, the rest a recovery code. */
export function typedCode(text: string): TypedCode {
  const bare = text.replace(/\s/g, '')
  return /^\d{6}$/.test(bare) ? { code: bare } : { recoveryCode: bare }
}

/** Proves again who sits here; good for five minutes. */
export async function stepUp(proof: { password: string } | TypedCode) {
  if ('password' in proof) {
    await post('/auth/step-up', { passwordEncrypted: await seal(proof.password) })
  } else {
    await post('/auth/step-up', proof)
  }
}

export function reportActivity(): Promise<void> {
  return post('/auth/activity')
}
