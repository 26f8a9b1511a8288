import { defineConfig } from '@bot/core'

export default defineConfig({
  name: 'starter',
  prefix: '!',
  dataDir: 'data',

  // Where people talk to the bot. The name in front (`web`) is permanent: it is part of every identifier.
  backends: {
    web: { use: 'web', host: '127.0.0.1', port: 3000, title: 'Starter', rooms: ['lobby'] },
  },

  // Where programs talk to the bot: POST https://127.0.0.1:9002/lobby {"echo": "hello"}
  sinks: {
    generic: {
      use: 'generic',
      host: '127.0.0.1',
      port: 9002,
      certfile: 'data/certificate.pem',
      // Anybody on this machine may post, but only to the rooms listed. Before it listens elsewhere, it needs a token: see the README.
      auth: { type: 'none' },
      conversations: ['lobby'],
    },
  },

  // Plugins in ./plugins are found by themselves.
})
