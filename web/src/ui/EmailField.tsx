import { type ComponentProps } from 'react'
import { Field } from './Field'

type EmailFieldProps = Pick<ComponentProps<typeof Field>, 'value' | 'error' | 'onChange'>

/** The address by which somebody is known. */
export function EmailField(props: EmailFieldProps) {
  return (
    <Field {...props} label="E-mail" type="email" name="email" autoComplete="username" required />
  )
}
