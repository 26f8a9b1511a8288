import { markdownContent, type Content } from '@bot/core/backend'

const markdown = `# Deploy 部署
All **checks** are *green* for \`api\`, see [the run](https://ci.example/run/7) and https://status.example — ~~not yet~~ done.

- first
- second
  1. one
  2. two

> Quoted, with **bold**
> on two lines

\`\`\`ts
const answer: number = 42
\tif (answer) go()
\`\`\`

| Service | 状態 | Note |
| --- | --- | --- |
| api | 正常 ✅ | fine |
| worker 👩‍💻 | down | since *noon* |

---

Ping:`

/** One of everything. */
export const richContent: Content = {
  blocks: [
    ...markdownContent(markdown).blocks,
    {
      type: 'paragraph',
      children: [
        { type: 'mention', who: { id: 'console:@alice', nick: 'alice' }, label: 'alice' },
        { type: 'text', text: ' and ' },
        { type: 'mention', who: { id: 'console:@bob', nick: 'bob' }, label: '@bob' },
      ],
    },
  ],
  card: {
    title: 'Alert: disk almost full',
    link: 'https://alerts.example/1',
    color: '#d32f2f',
    body: markdownContent('The disk of **db-1** is at 97 %.').blocks,
    fields: [
      { name: 'Host', value: 'db-1', short: true },
      { name: 'Since', value: '12:04', short: true },
      { name: 'Runbook', value: 'free some space\nthen press a button' },
    ],
    image: 'https://alerts.example/1.png',
  },
  files: [{ blob: 'b1', name: '../report.txt', type: 'text/plain', sizeBytes: 12_345, alt: 'the report' }],
  actions: [
    { type: 'button', action: 'ack', label: 'Acknowledge', value: '1', style: 'primary' },
    { type: 'button', action: 'drop', label: 'Drop', style: 'danger' },
    { type: 'link', label: 'Open', url: 'https://alerts.example/1' },
    {
      type: 'select',
      action: 'snooze',
      label: 'Snooze',
      options: [
        { label: '1 h', value: '1' },
        { label: '1 day', value: '24' },
      ],
    },
  ],
}
