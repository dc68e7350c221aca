import { Loading } from '@/ui/Faces'

export function DashboardPage() {
  return <Loading label="Waiting for the page" rows={6} />
}
