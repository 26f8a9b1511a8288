import { defineConfig } from '@bot/core'

export default defineConfig({
  name: 'custom-sink',
  dataDir: 'data',

  backends: {
    web: { use: 'web', host: '127.0.0.1', port: 3000, title: 'Custom sink', rooms: ['lobby'] },
  },

  sinks: {
    announce: {
      use: './sinks/announce',
      host: '127.0.0.1',
      port: 9003,
      certfile: 'data/certificate.pem',
      // Anybody on this machine may post. Elsewhere it needs a token: { type: 'bearer', token: { env: 'ANNOUNCE_TOKEN' } }.
      auth: { type: 'none' },
      conversations: ['lobby'],
    },
  },
})
