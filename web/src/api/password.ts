/** Passwords leave the page encrypted for the server, with a challenge that is good once. */
import { get } from './client'
import type { PublicKey, SealedPassword } from './shapes'

/** The longest password that fits in one block of the key, in bytes of UTF-8. */
export const PASSWORD_BYTES_MAX = 256
export const PASSWORD_LETTERS_MIN = 12

/** Browsers offer encryption to pages of HTTPS and of this very machine only. */
export function canEncrypt(): boolean {
  return window.isSecureContext && crypto.subtle !== undefined
}

export async function seal(password: string): Promise<SealedPassword> {
  const key = await get<PublicKey>('/auth/public-key')
  const spki = Uint8Array.from(atob(key.spki), (letter) => letter.charCodeAt(0))
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' }
  const encryptFor = await crypto.subtle.importKey('spki', spki, algorithm, false, ['encrypt'])
  const plain = new TextEncoder().encode(JSON.stringify({ password, challenge: key.challenge }))
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, encryptFor, plain))
  let binary = ''
  for (const byte of sealed) binary += String.fromCharCode(byte)
  return { keyId: key.keyId, ciphertext: btoa(binary) }
}

/** What is wrong with a new password, before the server is asked. */
export function passwordProblem(password: string): string | null {
  if ([...password].length < PASSWORD_LETTERS_MIN) {
    return `Use at least ${PASSWORD_LETTERS_MIN} characters`
  }
  if (new TextEncoder().encode(password).length > PASSWORD_BYTES_MAX) {
    return `Use at most ${PASSWORD_BYTES_MAX} bytes`
  }
  return null
}
