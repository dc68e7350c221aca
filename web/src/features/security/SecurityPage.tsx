import { Loading } from '@/ui/Faces'

export function SecurityPage() {
  return <Loading label="Waiting for the page" rows={6} />
}
