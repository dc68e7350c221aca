import { type ComponentProps } from 'react'
import { Field } from './Field'

type CodeFieldProps = Pick<ComponentProps<typeof Field>, 'value' | 'onChange'>

/** Either proof of a second factor. */
export function CodeField(props: CodeFieldProps) {
  return (
    <Field
      {...props}
      label="6 digits from your authenticator, or a recovery code"
      autoComplete="one-time-code"
      required
    />
  )
}
