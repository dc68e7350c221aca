import '@/ui/tokens.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Away } from '@/app/PageFaces'
import { queries } from '@/app/queries'
import { router } from '@/app/router'
import { resume } from '@/api/session'
import { applyPreferences } from '@/ui/preferences'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')

applyPreferences()
const page = createRoot(root)
// Routes decide by who is signed in, so that is known before the first of them.
await resume(() => page.render(<Away />))

page.render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
